"""Numbers, dual numbers and matrices: floats and decimals agree with each other and with NumPy."""

from decimal import Decimal

import numpy as np
import pytest

from derivation.check.derivation import factors, references
from derivation.check.judge import JUDGES
from derivation.evaluator import dual, matrices, numbers
from derivation.evaluator.dual import Dual

RNG = np.random.default_rng(0)


def exact(a):
    return numbers.array(np.asarray(a, float), True)


def close(a, b, rtol=1e-12):
    np.testing.assert_allclose(np.asarray(a, float), np.asarray(b, float), rtol=rtol, atol=1e-12)


# numbers


@pytest.mark.parametrize("name", ["exp", "tanh", "sqrt", "log"])
def test_decimals_and_floats_have_the_same_functions(name):
    a = np.array([0.1, 1.0, 2.5, 7.0])
    with numbers.digits(40):
        close(getattr(numbers, name)(exact(a)), getattr(numbers, name)(a))


@pytest.mark.parametrize("digits", [40, 61, 150, 700])
def test_exponentials_and_logarithms_have_all_their_digits(digits):
    with numbers.digits(digits):
        for x in (Decimal(text) / 3 for text in ("1e-70", "-0.4", "2", "-70", "1e5", "-1e8")):
            assert numbers.exp(np.array([x])) == x.exp()
            for a in (abs(x), 1 + abs(x), 1 / (1 + abs(x))):
                assert numbers.log(np.array([a])) == a.ln()


def test_what_is_not_defined_is_nan():
    with np.errstate(all="ignore"), numbers.digits(40):
        for a in (np.array([0.0, -1.0]), exact([0.0, -1.0])):
            assert not numbers.finite(numbers.quotient(a, 0 * a)).any()
            assert not numbers.finite(numbers.sqrt(a))[1]
            assert not numbers.finite(numbers.log(a)).any()
            assert not numbers.finite(numbers.power(a, 0 * a - 1))[0]
            assert numbers.power(a, 0 * a)[0] == 1


def test_zero_times_the_logarithm_of_zero_is_zero():
    with np.errstate(all="ignore"), numbers.digits(40), numbers.extremes():
        for a in (np.zeros((1, 2, 2)), exact(np.zeros((1, 2, 2)))):
            assert (numbers.product(a, numbers.log(a)) == 0).all()
            assert (numbers.matmul(a, numbers.log(a)) == 0).all()


def test_decimals_have_the_digits_that_are_asked_for():
    with numbers.digits(80):
        (third,) = numbers.quotient(exact([1.0]), exact([3.0]))
        assert abs(third * 3 - 1) < Decimal(10) ** -78
        assert numbers.number("0.1", True).item() == Decimal("0.1")  # as written, not as a float
        assert numbers.exp(exact([-1000.0]))[0] > 0
    assert numbers.number("0.1", False) == 0.1


def test_how_far_apart_the_sizes_are_is_noted():
    with numbers.digits(60), numbers.extremes() as outer:
        numbers.exp(exact([300.0]))
        with numbers.extremes() as inner:
            numbers.exp(exact([3.0]))
    assert inner.most <= 2
    assert outer.most == 130


# matrices


@pytest.mark.parametrize("n", [1, 2, 4])
def test_matrices_of_decimals_agree_with_numpy(n):
    a = RNG.standard_normal((n, n))
    symmetric = a @ a.T
    with numbers.digits(50):
        close(matrices.inverse(exact(a)[None]), np.linalg.inv(a)[None], 1e-9)
        close(matrices.determinant(exact(a)[None]), np.linalg.det(a), 1e-9)
        for which in (0, -1):
            found = matrices.eigenvalues(which)(exact(symmetric)[None])
            close(found, np.linalg.eigvalsh(symmetric)[which], 1e-9)


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_rank_and_pseudo_inverse_of_what_has_no_inverse(rank):
    a = RNG.standard_normal((3, rank)) @ RNG.standard_normal((rank, 4))
    with numbers.digits(50):
        whole = exact(np.round(a, 3)) if rank == 0 else None
        parts = [exact(RNG.standard_normal(shape)) for shape in ((3, rank), (rank, 4))]
        whole = parts[0] @ parts[1] if rank else whole
        assert matrices.rank(whole[None]).item() == rank
        close(matrices.pseudo_inverse(whole[None])[0], np.linalg.pinv(whole.astype(float)), 1e-8)
    assert matrices.rank(a[None]).item() == rank


def test_a_singular_matrix_has_no_inverse_and_one_that_is_not_symmetric_no_eigenvalue():
    ones = np.ones((1, 2, 2))
    skew = np.array([[[0.0, 1.0], [-1.0, 0.0]]])
    with numbers.digits(40):
        for kind in (np.asarray, exact):
            assert not numbers.finite(matrices.inverse(kind(ones))).any()
            assert not numbers.finite(matrices.eigenvalues(0)(kind(skew))).any()


# dual numbers


def variable(a, level=1):
    """Perturbed in the direction of ones."""
    return Dual(level, a, np.ones_like(dual.real(a)))


def slope(value, level=1):
    return dual.parts(value, level)[1]


def test_dual_numbers_nest():
    t = np.full((1, 1, 1, 1), 0.7)
    inner = Dual(2, Dual(1, t, np.ones_like(t)), np.ones_like(t))
    # f = |x| log(x) e^x; d²f/dx² by hand
    f = dual.multiply(dual.multiply(dual.absolute(inner), dual.log(inner)), dual.exp(inner))
    by_hand = np.exp(t) * (t * np.log(t) + 2 * (np.log(t) + 1) + 1 / t)
    close(slope(slope(f, 2)), by_hand, 1e-13)


@pytest.mark.parametrize("kind", [np.asarray, exact], ids=["floats", "decimals"])
@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (dual.exp, np.exp),
        (dual.log, lambda a: 1 / a),
        (dual.sqrt, lambda a: 0.5 / np.sqrt(a)),
        (dual.tanh, lambda a: 1 - np.tanh(a) ** 2),
        (dual.absolute, np.sign),
        (lambda a: dual.multiply(a, a), lambda a: 2 * a),
        (lambda a: dual.divide(a, dual.exp(a)), lambda a: (1 - a) * np.exp(-a)),
        (lambda a: dual.power(a, dual.multiply(a, a)),
         lambda a: a ** (a * a) * (2 * a * np.log(a) + a)),
    ],
)  # fmt: skip
def test_derivatives_of_functions_of_a_number(function, derivative, kind):
    a = np.array([0.3, 1.0, 2.2]).reshape(3, 1, 1, 1)
    with numbers.digits(40):
        value = function(Dual(1, kind(a), kind(np.ones_like(a))))
        close(slope(value), derivative(a), 1e-10)


@pytest.mark.parametrize(
    ("function", "derivative"),
    [
        (dual.determinant, lambda a, da: np.linalg.det(a) * np.trace(np.linalg.inv(a) @ da)),
        (dual.inverse, lambda a, da: -np.linalg.inv(a) @ da @ np.linalg.inv(a)),
        (dual.trace, lambda a, da: np.trace(da)),
        (dual.transpose, lambda a, da: da.T),
        (dual.total, lambda a, da: da.sum()),
        (dual.largest, lambda a, da: da.flat[a.argmax()]),
        (dual.lse, lambda a, da: (np.exp(a) * da).sum() / np.exp(a).sum()),
    ],
)
def test_derivatives_of_functions_of_a_matrix(function, derivative):
    a, da = RNG.standard_normal((2, 3, 3))
    value = function(Dual(1, a[None, None], da[None, None]))
    found = np.asarray(slope(value), float)
    wanted = np.asarray(derivative(a, da), float)
    close(found.reshape(wanted.shape), wanted, 1e-9)


# judgements


@pytest.mark.parametrize(
    ("relation", "a", "b", "said"),
    [
        ("=", 1.0, 1.0, True),
        ("=", 1.0, 1.1, False),  # never sure that it fails: decimals decide
        ("<=", 1.0, 2.0, True),
        ("<=", 1.0, 1.0, False),
        ("<=", 2.0, 1.0, False),
        (">", 2.0, 1.0, True),
        ("!=", 1.0, 2.0, True),
        ("!=", 1.0, 1.0, False),
        ("~", 1.0, 1.005, True),
        ("~", 1.0, 1.02, False),
        ("~", 1e-9, 2e-9, False),
    ],
)
def test_floats_say_only_what_is_sure(relation, a, b, said):
    sure = JUDGES[relation](*(np.full((1, 1, 1, 1), x) for x in (a, b)))
    assert bool(sure.all()) == said


def test_proportional_is_one_factor_for_a_draw_and_for_numbers_one_for_all():
    b = RNG.standard_normal((2, 3, 1, 1))
    each = np.array([2.0, 3.0]).reshape(2, 1, 1, 1) * b
    close(factors(each, b, references(each, b, np.ones((2, 3), bool)))[1], each)
    single = np.array([1.0, 2.0]).reshape(2, 1, 1, 1)
    places = references(single * single, single, np.ones((2, 1), bool))
    assert not np.allclose(*factors(single * single, single, places))
