"""SoftmaxRegression, by itself and beside scikit-learn's LogisticRegression."""

import re
import tracemalloc

import numpy as np
import pytest
import scipy.sparse
from sklearn.exceptions import ConvergenceWarning, NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils import compute_class_weight
from sklearn.utils.estimator_checks import check_estimator

from softmax_lib import Objective, add_bias, lbfgs, load_digits, load_iris, loss, softmax
from softmax_lib.model import SoftmaxRegression

# scikit-learn's own checks that may be skipped: without pandas, which is no dependency of the
# course, and without a variable of the environment that is set before SciPy is imported
MAY_BE_SKIPPED = {
    "check_array_api_input",
    "check_classifier_data_not_an_array",
    "check_sample_weights_pandas_series",
}


def iris(C=3):
    """Iris; with two classes the two kinds that overlap."""
    features, y = load_iris()
    return (features, y) if C == 3 else (features[50:], y[50:])


def theirs(X, y, c, sample_weight=None, **options):
    """LogisticRegression taken to the minimum."""
    return LogisticRegression(
        C=c, solver="newton-cholesky", tol=1e-12, max_iter=1000, **options
    ).fit(X, y, sample_weight)


def weights(model):
    return np.column_stack([model.intercept_, model.coef_])


# scikit-learn's interface


def test_all_of_scikit_learns_checks_pass_except_those_that_may_be_skipped():
    results = check_estimator(SoftmaxRegression(), on_fail=None, on_skip=None)
    failed = {r["check_name"]: r["exception"] for r in results if r["status"] == "failed"}
    skipped = {r["check_name"] for r in results if r["status"] == "skipped"}
    assert not failed
    assert skipped <= MAY_BE_SKIPPED
    assert [r["status"] for r in results].count("passed") >= 61


def test_the_fit_is_lbfgs_from_zero_on_centred_features_to_a_share_of_the_gradient_there():
    X, y = iris()
    model, W = SoftmaxRegression(lam=0.02, tol=1e-4).fit(X, y), np.zeros((3, 5))
    objective = Objective(add_bias(X - X.mean(axis=0)), y, 3, 0.02)
    expected = lbfgs(W, objective, tolerance=1e-4 * np.linalg.norm(objective(W)[1]))
    np.testing.assert_allclose(model.coef_, expected.W[:, 1:], atol=1e-3)
    assert model.n_iter_ == expected.passes[-1]
    np.testing.assert_array_equal(model.result_.W, weights(model))
    assert model.result_.loss[-1] == pytest.approx(loss(weights(model), add_bias(X), y, 0.02))


@pytest.mark.parametrize("lam", [0.0, 1e-3])
@pytest.mark.parametrize(("unit", "zero"), [(2.0**-500, 0), (2.0**400, 0), (1, 1e8), (0.125, -7)])
def test_units_and_zero_of_the_features_do_not_matter(lam, unit, zero):
    X, y = (part[::3] for part in iris())
    X = np.column_stack([np.round(8 * X), np.full(50, 3.0)])  # moved without rounding
    plain = SoftmaxRegression(lam).fit(X, y)
    with np.errstate(over="ignore"):
        model = SoftmaxRegression(lam * unit * unit).fit(moved := unit * (X + zero), y)
    np.testing.assert_allclose(model.predict_proba(moved), plain.predict_proba(X), atol=1e-5)
    assert abs(model.n_iter_ - plain.n_iter_) <= 2


@pytest.mark.parametrize("C", [2, 3])
def test_scores_probabilities_and_predictions_belong_together_within_1e_13(C):
    X, y = iris(C)
    model = SoftmaxRegression(lam=0.01).fit(X, y)
    assert (model.coef_.shape, model.intercept_.shape) == ((C, 4), (C,))
    assert model.n_iter_ == model.result_.passes[-1] > 0
    S = add_bias(X) @ weights(model).T
    np.testing.assert_allclose(model.predict_proba(X), softmax(S), rtol=1e-12)
    np.testing.assert_array_equal(model.predict(X), model.classes_[S.argmax(axis=1)])
    assert model.score(X, y) == np.mean(model.predict(X) == y) > 0.9
    scores = model.decision_function(X)
    if C == 2:
        np.testing.assert_allclose(scores, S[:, 1] - S[:, 0], atol=1e-13)
        np.testing.assert_array_equal(model.predict(X) == model.classes_[1], scores > 0)
    else:
        np.testing.assert_allclose(scores, S, atol=1e-13)


@pytest.mark.parametrize(
    "names",
    [
        ["zebra", "ant", "moth"],
        np.array([*"xyz"], np.dtypes.StringDType()),
        [-7, 12, -300],
        np.array([3, 2, 5], object),
        [0.0, 2.0, 1.0],
    ],
)
def test_labels_may_be_anything_that_sorts(names):
    X, y = iris()
    names = np.asarray(names)
    plain = SoftmaxRegression(tol=1e-9).fit(X, y)
    named = SoftmaxRegression(tol=1e-9).fit(X, names[y])
    np.testing.assert_array_equal(named.classes_, np.sort(names))
    order = np.argsort(names)
    np.testing.assert_allclose(named.coef_, plain.coef_[order], atol=1e-5)
    np.testing.assert_array_equal(named.predict(X), names[plain.predict(X)])


@pytest.mark.parametrize("kind", ["Int64", "boolean", "string", "category"])
def test_labels_of_pandas_stay_what_they_are_also_beyond_the_integers_of_float64(kind):
    pandas = pytest.importorskip("pandas")
    labels = {"Int64": [2**53, 2**53 + 1], "boolean": [False, True]}.get(kind, ["ant", "bee"])
    model = SoftmaxRegression().fit([[0.0], [1.0]], pandas.Series(labels, dtype=kind))
    assert model.classes_.tolist() == labels


# Beside scikit-learn


@pytest.mark.parametrize("c", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("data", ["iris", "digits"])
def test_our_loss_is_at_most_theirs_times_1_plus_1e_9_at_lam_1_over_M_c(data, c):
    X, y = iris() if data == "iris" else (part[:600] for part in load_digits())
    lam = 1 / (len(X) * c)
    ours, other = SoftmaxRegression(lam=lam, tol=1e-8).fit(X, y), theirs(X, y, c)
    our_loss = loss(weights(ours), add_bias(X), y, lam)
    assert our_loss <= (1 + 1e-9) * loss(weights(other), add_bias(X), y, lam)
    np.testing.assert_allclose(ours.predict_proba(X), other.predict_proba(X), atol=1e-5)


@pytest.mark.parametrize("c", [0.01, 1.0, 100.0])
def test_with_two_classes_our_lam_is_2_over_M_c_and_half_of_it_is_wrong(c):
    X, y = iris(2)
    other = theirs(X, y, c)
    right = SoftmaxRegression(lam=2 / (len(X) * c), tol=1e-9).fit(X, y)
    naive = SoftmaxRegression(lam=1 / (len(X) * c), tol=1e-9).fit(X, y)
    np.testing.assert_allclose(right.predict_proba(X), other.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(right.coef_[1], other.coef_[0] / 2, atol=1e-5)
    np.testing.assert_allclose(right.coef_[0], -right.coef_[1], atol=1e-5)
    assert np.abs(naive.predict_proba(X) - other.predict_proba(X)).max() > 1e-2


def test_the_matrix_that_lbfgs_computes_anew_saves_a_third_of_the_passes():
    features, y = load_digits()
    model = SoftmaxRegression(1 / len(y)).fit(StandardScaler().fit_transform(features), y)
    assert model.n_iter_ < 95  # 72 passes; without it 116


# Columns that are no obstacle


@pytest.mark.parametrize("lam", [0.0, 1e-3])
def test_from_constant_features_the_shares_of_the_classes_are_learnt_and_no_weight(lam):
    model = SoftmaxRegression(lam).fit([[0.1, 7.0]] * 7, [0, 0, 0, 1, 1, 2, 2])
    assert not model.coef_.any()
    np.testing.assert_allclose(7 * softmax(model.intercept_), [3, 2, 2], atol=1e-5)


# Weights


@pytest.mark.parametrize("c", [0.01, 1.0])
@pytest.mark.parametrize("class_weight", [None, "balanced", {0: 0.5, 2: 3.0}])
def test_weights_of_examples_and_classes_mean_what_they_mean_there_within_1e_5(c, class_weight):
    X, y = iris()
    X, y = X[20:], y[20:]  # not balanced
    omega = np.random.default_rng(0).random(len(y))
    other = theirs(X, y, c, class_weight=class_weight, sample_weight=omega)
    factors = compute_class_weight(class_weight, classes=np.unique(y), y=y, sample_weight=omega)
    lam = 1 / (c * np.sum(omega * factors[y]))
    model = SoftmaxRegression(lam=lam, tol=1e-9, class_weight=class_weight).fit(X, y, omega)
    np.testing.assert_allclose(model.predict_proba(X), other.predict_proba(X), atol=1e-5)
    plain = SoftmaxRegression(lam=lam, tol=1e-9).fit(X, y)
    assert np.abs(model.predict_proba(X) - plain.predict_proba(X)).max() > 1e-2


# Other kinds of X


@pytest.mark.parametrize("sparse", [scipy.sparse.csr_array, scipy.sparse.coo_matrix])
def test_sparse_features_give_the_same_within_1e_9(sparse):
    X, y = (part[:300] for part in load_digits())
    dense, model = SoftmaxRegression().fit(X, y), SoftmaxRegression().fit(sparse(X), y)
    np.testing.assert_allclose(model.coef_, dense.coef_, rtol=0, atol=1e-9)
    np.testing.assert_allclose(model.predict_proba(sparse(X)), dense.predict_proba(X), atol=1e-9)
    assert model.n_iter_ == dense.n_iter_


def test_float32_features_are_computed_in_float64():
    X, y = iris()
    single = SoftmaxRegression().fit(X.astype(np.float32), y)
    double = SoftmaxRegression().fit(X.astype(np.float32).astype(float), y)
    assert single.coef_.dtype == np.float64
    np.testing.assert_array_equal(single.coef_, double.coef_)


@pytest.mark.parametrize("stored", [np.float32, np.float64, np.int8, np.asfortranarray])
def test_features_in_a_file_give_the_same_within_1e_9_and_are_not_read_as_a_whole(tmp_path, stored):
    rng = np.random.default_rng(0)
    np.save(tmp_path / "X.npy", stored(rng.standard_normal((200_000, 20))))
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    y = np.argmax(X[:, :3] + rng.gumbel(size=(200_000, 3)), axis=1)
    tracemalloc.start()
    model = SoftmaxRegression().fit(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.5 * X.size * 8  # most of it for the labels
    in_memory = SoftmaxRegression().fit(np.array(X), y)
    np.testing.assert_allclose(model.coef_, in_memory.coef_, rtol=0, atol=1e-9)
    np.testing.assert_allclose(model.predict_proba(X), in_memory.predict_proba(X), atol=1e-9)
    assert model.n_features_in_ == 20


@pytest.mark.parametrize("zero", [0, 1e8])
@pytest.mark.parametrize(
    ("unit", "kind"), [(1, float), (1e-200, float), (1e200, float), (1e30, np.float32)]
)
@pytest.mark.parametrize("omega", [None, np.arange(150.0)])
def test_units_and_zero_of_features_do_not_matter_in_a_file(tmp_path, unit, kind, zero, omega):
    X, y = load_iris()
    X = (unit * (X + zero)).astype(kind)  # joblib, too, puts arrays into files for processes
    np.save(tmp_path / "X.npy", X)
    there = SoftmaxRegression(0.0).fit(np.load(tmp_path / "X.npy", mmap_mode="r"), y, omega)
    here = SoftmaxRegression(0.0).fit(X, y, omega)
    np.testing.assert_array_equal(there.result_.W, here.result_.W)


@pytest.mark.parametrize(
    "call",
    [
        lambda X, y: SoftmaxRegression().fit(X, y),
        lambda X, y: Objective(X, y, 2, bias=True).gram(),
    ],
)
def test_numbers_of_a_file_whose_squares_overflow_are_named(tmp_path, call):
    np.save(tmp_path / "X.npy", [[1e308], [-1e308], [1.0]])
    message = r"^X must hold numbers whose squares are finite, got up to 1e\+308$"
    with pytest.raises(ValueError, match=message):
        call(np.load(tmp_path / "X.npy", mmap_mode="r"), [0, 1, 1])


@pytest.mark.parametrize("kind", [np.array, scipy.sparse.csr_array])
@pytest.mark.parametrize("unit", [0.0, 1.0, 1e9])
@pytest.mark.parametrize("lam", [0.0, 1e-3])
def test_balanced_data_without_information_need_no_pass(kind, unit, lam):
    row = np.array([[0.1, 0.7], [0.3, 0.2]]) * [1.0, unit]
    X, y = kind(np.tile(row, (3, 1)).repeat(3, axis=0)), np.tile([0, 1, 2], 6)
    model = SoftmaxRegression(lam).fit(X, y)
    assert model.n_iter_ == 0
    assert not model.coef_.any()


def test_features_too_small_to_matter_beside_the_penalty_need_no_pass():
    X, y = load_iris()
    for lam in (1e-3, 1e308):
        assert SoftmaxRegression(lam).fit(1e-100 * X, y).n_iter_ == 0


def test_logarithms_of_probabilities_are_exact_where_these_underflow():
    model = SoftmaxRegression(lam=1e-3).fit([[0.0], [1.0]], [0, 1])
    log_p = model.predict_log_proba([[1e4]])
    assert model.predict_proba([[1e4]])[0, 0] == 0
    np.testing.assert_allclose(log_p[0, 0], -model.decision_function([[1e4]])[0], rtol=1e-12)


# What it warns of and refuses


def test_a_fit_that_needs_more_steps_gives_a_convergence_warning_with_the_reason():
    with pytest.warns(ConvergenceWarning, match="^stopped at max_passes = 2 with") as w:
        model = SoftmaxRegression(max_iter=2).fit(*load_iris())
    assert w[0].filename == __file__
    assert model.n_iter_ == 2
    assert not model.result_.converged


@pytest.mark.parametrize("label", [3, "ant"])
def test_one_class_is_an_error_that_names_it(label):
    message = f"y must hold at least 2 classes, got one class only: {label}"
    with pytest.raises(ValueError, match=f"^{message}$"):
        SoftmaxRegression().fit([[1.0], [2.0]], [label, label])


@pytest.mark.parametrize(
    ("labels", "kinds"),
    [
        ([0, "a"], "Number and str"),
        (["a", np.nan], "Number and str"),
        ([1, None], "NoneType and Number"),
    ],
)
@pytest.mark.parametrize("kind", [list, lambda y: np.array(y, object)])
def test_labels_of_several_kinds_are_refused(labels, kinds, kind):
    with pytest.raises(ValueError, match=f"^y must hold labels of one kind, got {kinds}$"):
        SoftmaxRegression().fit([[1.0], [2.0]], kind(labels))


@pytest.mark.parametrize("labels", [[2**63 + 1, 2**63, -1], ["a", "a\0", "b"]])
def test_labels_that_an_array_takes_for_the_same_are_refused(labels):
    with pytest.raises(ValueError, match=r"^y must hold labels that an array of \S+ tells apart$"):
        SoftmaxRegression().fit([[1.0], [2.0], [3.0]], labels)


def test_a_number_may_stand_in_an_array_without_axes():
    number, (X, y) = np.array, load_iris()
    model = SoftmaxRegression(number(0.1), tol=number(1e-3), max_iter=number(50)).fit(X, y)
    np.testing.assert_array_equal(model.coef_, SoftmaxRegression(0.1, tol=1e-3).fit(X, y).coef_)


def test_a_fit_that_fails_leaves_the_model_as_it_was():
    X, y = load_iris()
    model = SoftmaxRegression()
    with pytest.raises(ValueError, match=r"^y must hold"):
        model.fit(X, 0 * y)
    with pytest.raises(NotFittedError):
        model.predict(X)
    before = model.fit(X, y).predict(X)
    with pytest.raises(ValueError, match=r"^lam must be"):
        model.set_params(lam=-1).fit(X, y == 1)
    np.testing.assert_array_equal(model.predict(X), before)


def test_features_and_labels_that_are_masked_are_refused():
    X, y = load_iris()
    model, masked = SoftmaxRegression().fit(X, y), np.ma.masked_greater
    for call in (
        lambda: model.fit(masked(X, 7), y),
        lambda: model.fit(X, masked(y, 1)),
        lambda: model.predict(masked(X, 7)),
    ):
        with pytest.raises(ValueError, match=r"^[Xy] must have no masked entries"):
            call()


METHODS = ["predict", "predict_proba", "predict_log_proba", "decision_function"]
X0 = load_iris()[0]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.where(X0 > 7, np.nan, X0), "Input X contains NaN"),
        (np.ones((3, 4)) * 1j, "Complex data not supported"),
        (np.array(1.0), "Expected 2D array, got scalar array instead"),
        (np.empty((0, 4)), "Found array with 0 sample(s) (shape=(0, 4)) while a minimum of 1"),
        (np.ones((2, 3)), "X has 3 features, but SoftmaxRegression is expecting 4 features as"),
        (np.full((1, 4), 1e308), "X must give finite scores, got numbers up to 1e+308"),
    ],
)
def test_bad_features_in_a_file_are_the_errors_that_they_are_in_memory(
    method, features, message, tmp_path
):
    model = SoftmaxRegression().fit(*load_iris())
    np.save(tmp_path / "X.npy", features)
    for X in (features, np.load(tmp_path / "X.npy", mmap_mode="r")):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
            getattr(model, method)(X)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.where(X0[:, 0] > 7, np.nan, 1.0), "Input y contains NaN"),
        (np.ones((150, 2)), "y should be a 1d array"),
        (None, "This SoftmaxRegression estimator requires y to be passed"),
        (np.ones(149), "Found input variables with inconsistent numbers of samples: [150, 149]"),
    ],
)
def test_bad_labels_of_a_file_are_refused_without_a_warning(labels, message, tmp_path):
    np.save(tmp_path / "X.npy", X0)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        SoftmaxRegression().fit(np.load(tmp_path / "X.npy", mmap_mode="r"), labels)


@pytest.mark.parametrize("kind", ["M8[s]", str, complex])
def test_a_file_of_anything_but_real_numbers_is_refused(kind, tmp_path):
    np.save(tmp_path / "X.npy", X0.astype(kind))
    message = f"^X must hold real numbers, got an array of {re.escape(str(X0.astype(kind).dtype))}"
    with pytest.raises(ValueError, match=message):
        SoftmaxRegression().fit(np.load(tmp_path / "X.npy", mmap_mode="r"), np.arange(150) % 3)


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_weights_may_be_of_any_size(class_weight):
    X, y = load_iris()
    omega = np.random.default_rng(0).random(150)
    plain = SoftmaxRegression(class_weight=class_weight).fit(X, y, omega)
    for size in (2.0**1023, 2.0**-900):
        scaled = SoftmaxRegression(class_weight=class_weight).fit(X, y, size * omega)
        np.testing.assert_array_equal(scaled.coef_, plain.coef_)


def test_a_class_without_weight_cannot_be_balanced():
    X, y = load_iris()
    message = r" got \{0: 0\.66\d*, 1: inf, 2: 0\.66\d*\}; balanced needs weight in each class$"
    with pytest.raises(ValueError, match=message):
        SoftmaxRegression(class_weight="balanced").fit(X, y, sample_weight=y != 1)


@pytest.mark.parametrize(
    ("kind", "largest", "message"),
    [
        (np.array, 1e308, "hold numbers whose squares are finite, got up to 1e+308"),
        (scipy.sparse.csr_array, 1e160, "give a finite loss and gradient, got numbers too large"),
    ],
)
def test_features_whose_squares_overflow_are_named(kind, largest, message):
    with pytest.raises(ValueError, match=f"^X must {re.escape(message)}$"):
        SoftmaxRegression().fit(kind([[largest], [-largest], [1], [0]]), [0, 1, 1, 1])
