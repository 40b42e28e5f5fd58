"""scikit-learn's own tests of its linear loss and of LogisticRegression, run against ours.

Their wheel ships them. Two adapters put our objective and our fit in the place of theirs; each of
their tests runs here, or stands below with the reason why not.
"""

import inspect
import itertools

import numpy as np
import pytest
import scipy.sparse
from sklearn._loss.loss import HalfMultinomialLoss
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model._linear_loss import LinearModelLoss
from sklearn.linear_model.tests import test_linear_loss, test_logistic
from sklearn.utils import compute_class_weight

from softmax_lib import Objective
from softmax_lib.model import SoftmaxRegression

RUN = {  # the names of their tests without test_
    test_linear_loss: """
        gradients_hessians_numerically loss_grad_hess_are_the_same loss_gradients_hessp_intercept
        multinomial_coef_shape multinomial_hessian_3_classes""",
    test_logistic: """
        c_inf_no_warning inconsistent_input large_sparse_matrix logistic_glmnet
        logistic_regression_class_weights logistic_regression_sample_weights
        logistic_regression_solver_class_weights logistic_regression_solvers
        logistic_regression_solvers_multiclass logistic_regression_solvers_multiclass_unpenalized
        logreg_intercept_scaling_zero logreg_predict_proba_multinomial
        multinomial_identifiability_on_iris multinomial_logistic_regression_string_inputs n_iter
        nan predict_2_classes predict_3_classes sample_weight_not_modified sparsify warm_start
        write_parameters""",
}  # fmt: skip
NOT_RUN = {
    "of how their arrays lie in memory": """
        init_zero_coef linear_loss_gradient_hessian_raises_wrong_out_parameters""",
    "of a penalty that is not ours (L1, elastic net, none by name)": """
        LogisticRegression_elastic_net_objective elastic_net_coeffs elastic_net_l1_l2_equivalence
        elastic_net_versus_sgd elastic_net_vs_l1_l2 elasticnet_l1_ratio_err_helpful
        l1_ratio_None_deprecated l1_ratio_non_elasticnet logreg_l1 lr_penalty_l1ratio_incompatible
        penalty_deprecated penalty_none""",
    "of one of their other solvers, or of the words in which theirs give up": """
        check_solver_option liblinear_decision_function_zero liblinear_dual_random_state
        liblinear_multiclass_raises liblinear_not_stuck liblinear_with_large_values
        logisticregression_liblinear_sample_weight max_iter newton_cholesky_fallback_to_lbfgs
        saga_vs_liblinear sample_and_class_weight_equivalence_liblinear single_feature_newton_cg
        warm_start_converge_LR warm_start_newton_solver""",
    "of LogisticRegressionCV or of the path of penalties": """
        LogisticRegressionCV_GridSearchCV_elastic_net
        LogisticRegressionCV_elasticnet_attribute_shapes LogisticRegressionCV_no_refit
        LogisticRegressionCV_on_folds consistency_path get_default_scorer logistic_cv
        logistic_cv_folds_with_classes_missing logistic_cv_mock_scorer
        logistic_cv_multinomial_score logistic_cv_refit_false_non_elasticnet logistic_cv_sparse
        logistic_regression_cv_refit logistic_regression_path_coefs_multinomial
        logistic_regression_path_convergence_fail logistic_regression_path_init_coefs
        logistic_regressioncv_class_weights logisticregressioncv_warns_with_use_legacy_attributes
        lr_cv_scores_differ_when_sample_weight_is_requested
        lr_cv_scores_without_enabling_metadata_routing lr_scoring_warns multinomial_cv_iris
        passing_params_without_enabling_metadata_routing scores_attribute_layout_elasticnet""",
    "of other kinds of arrays, callbacks and parallel jobs": """
        logistic_regression_array_api_compliance logistic_regression_array_api_warm_start
        logistic_regression_callback_fitted_estimator logistic_regression_callback_support
        logistic_regression_callback_support_warning logisticregression_warns_with_n_jobs""",
    "we compute float32 in float64, they do not": """
        dtype_match""",
    "we refuse a fit of no pass, they do not": """
        zero_max_iter""",
}  # fmt: skip
ONLY = {"base_loss": HalfMultinomialLoss, "solver": "lbfgs", "problem": "single"}


class OurLoss(LinearModelLoss):
    """Their loss with our objective inside. Theirs has the bias last, and may do without."""

    def objective(self, coef, X, y, sample_weight, lam):
        C = self.base_loss.n_classes
        first = np.full((X.shape[0], 1), float(self.fit_intercept))  # no bias: a column of zeros
        if scipy.sparse.issparse(X):
            X = scipy.sparse.hstack([scipy.sparse.csr_array(first), X])
        else:
            X = np.hstack([first, X])
        return Objective(X, y.astype(int), C, lam, sample_weight)

    def inward(self, coef):
        coef = coef.reshape((self.base_loss.n_classes, -1), order="F")
        if self.fit_intercept:
            return np.ascontiguousarray(np.roll(coef, 1, axis=1))
        return np.pad(coef, [(0, 0), (1, 0)])

    def outward(self, W, coef):
        W = np.roll(W, -1, axis=1) if self.fit_intercept else W[:, 1:]
        return W if coef.ndim == 2 else W.ravel(order="F")

    def loss_gradient(self, coef, X, y, sample_weight=None, l2_reg_strength=0.0):
        L, G = self.objective(coef, X, y, sample_weight, l2_reg_strength)(self.inward(coef))
        return L, self.outward(G, coef)

    def loss(self, *args, **options):
        return self.loss_gradient(*args, **options)[0]

    def gradient(self, *args, **options):
        return self.loss_gradient(*args, **options)[1]

    def gradient_hessian_product(self, coef, X, y, sample_weight=None, l2_reg_strength=0.0):
        objective, W = self.objective(coef, X, y, sample_weight, l2_reg_strength), self.inward(coef)

        def product(s):
            return self.outward(objective.hessian_product(W, self.inward(s)), s)

        return self.outward(objective(W)[1], coef), product

    def gradient_hessian(self, coef, *args, gradient_out=None, hessian_out=None, **options):
        g, product = self.gradient_hessian_product(coef, *args, **options)
        h = np.array([product(e) for e in np.eye(coef.size)])
        for out, value in ((gradient_out, g), (hessian_out, h)):
            if out is not None:
                out[...] = value
        g, h = (v if out is None else out for out, v in ((gradient_out, g), (hessian_out, h)))
        return g, h, False


class WithoutBias(SoftmaxRegression):
    """Ours with a column of zeros in the place of the ones."""

    def _objective(self, *data):
        objective = super()._objective(*data)
        X, keep = objective.X, np.arange(objective.shape[1]) > 0
        objective.X = X.multiply(keep).tocsr() if scipy.sparse.issparse(X) else X * keep
        return objective


class OurFit(LogisticRegression):
    """Their estimator with our fit where its solver is "lbfgs"; all else stays theirs."""

    def fit(self, X, y, sample_weight=None):
        if self.solver != "lbfgs":
            return super().fit(X, y, sample_weight)
        if not (self.warm_start and hasattr(self, "ours_")):
            self.ours_ = (SoftmaxRegression if self.fit_intercept else WithoutBias)()
        for name in ("tol", "max_iter", "class_weight", "warm_start"):
            setattr(self.ours_, name, getattr(self, name))
        self.ours_.lam = self.our_lam(y, sample_weight)
        self.ours_.fit(X, y, sample_weight)
        self.classes_, self.n_features_in_ = self.ours_.classes_, self.ours_.n_features_in_
        self.coef_, self.intercept_ = self.ours_.coef_, self.ours_.intercept_
        if len(self.classes_) == 2:  # they keep a single row
            self.coef_, self.intercept_ = np.diff(self.coef_, axis=0), np.diff(self.intercept_)
        self.n_iter_ = np.array([self.ours_.n_iter_])
        return self

    def our_lam(self, y, sample_weight):
        """Our λ for their C: 1/(M C) with M the total weight, twice that for two classes."""
        classes = np.unique(y)
        given = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
        factors = compute_class_weight(self.class_weight, classes=classes, y=y, sample_weight=given)
        total = np.sum(given * factors[np.searchsorted(classes, y)])
        return (2 if len(classes) == 2 else 1) / (self.C * total)


def cases():
    """Each of their tests with each set of its parameters that is ours."""
    for module, names in RUN.items():
        for name in names.split():
            function = getattr(module, f"test_{name}")
            options = [{}]
            for mark in getattr(function, "pytestmark", []):
                if mark.name == "parametrize":
                    (argument, values) = mark.args
                    kept = [v for v in values if argument not in ONLY or v == ONLY[argument]]
                    options = [o | {argument: v} for o, v in itertools.product(options, kept)]
            if "global_random_seed" in inspect.signature(function).parameters:
                options = [o | {"global_random_seed": 0} for o in options]
            for o in options:
                yield pytest.param(function, o, id=f"{name}-{'-'.join(map(shown, o.values()))}")


def shown(value):
    return getattr(value, "__name__", str(value))


@pytest.mark.parametrize(("test", "options"), list(cases()))
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_scikit_learns_own_test_passes_with_ours_in_the_place_of_theirs(test, options, monkeypatch):
    monkeypatch.setattr(test_linear_loss, "LinearModelLoss", OurLoss)
    monkeypatch.setattr(test_logistic, "LogisticRegression", OurFit)
    test(**options)


def test_every_one_of_their_tests_is_run_or_has_its_reason():
    theirs = {
        name.removeprefix("test_")
        for module in RUN
        for name, function in vars(module).items()
        if name.startswith("test_") and getattr(function, "__module__", "") == module.__name__
    }
    listed = " ".join([*RUN.values(), *NOT_RUN.values()]).split()
    assert len(listed) == len(set(listed))
    assert set(listed) == theirs
