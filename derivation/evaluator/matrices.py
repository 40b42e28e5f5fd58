"""Inverse, determinant, rank, pseudo-inverse and eigenvalues, of stacks of floats or of one matrix
of decimals, where a pivot far below the others counts as zero."""

import decimal

import numpy as np

from . import numbers

__all__ = ["ELIMINATION", "determinant", "eigenvalues", "inverse", "pseudo_inverse", "rank"]

# The operations that do so.
ELIMINATION = ("inverse", "pinv", "rank", "det", r"\lambda_{\max}", r"\lambda_{\min}")
LARGEST = 12  # rows of a matrix of decimals whose eigenvalues are computed
SWEEPS = 30  # of Jacobi's rotations; each about doubles the digits
FLOATS = 15  # digits of a float
DOUBT = 10  # digits that rounding costs at most where a pivot is 0


def _each(of_decimals, of_floats):
    """A function of one matrix for both kinds; not defined where an entry is not."""

    def value(a):
        good = numbers.finite(a).all((-1, -2))
        clean = np.where(good[..., None, None], a, 0 * numbers.array(np.ones(1), a.dtype == object))
        if a.dtype != object:
            found = of_floats(clean)
        else:
            flat = clean.reshape(-1, *a.shape[-2:])
            found = np.array([of_decimals(m) for m in flat], object)
            found = found.reshape(*a.shape[:-2], *found.shape[1:])
        found = found if found.ndim == a.ndim else found[..., None, None]
        return numbers.nan_where(~good[..., None, None], found)

    return value


def _tiny(a):
    """Below this a decimal is a zero that was rounded, be it a sum of larger terms that cancel."""
    size, digits = max((abs(x) for x in a.flat), default=0), decimal.getcontext().prec
    return size * decimal.Decimal(10) ** -(digits * 4 // 5) + decimal.Decimal(10) ** (20 - digits)


def _reduced(a):
    """The reduced row echelon form, its pivot columns, and the product of the pivots with signs."""
    work, tiny = a.copy(), _tiny(a)
    doubt = max(1, *map(abs, a.flat)) * decimal.Decimal(10) ** (DOUBT - numbers.precision())
    pivots, product, row = [], decimal.Decimal(1), 0
    for column in range(work.shape[1]):
        if row == work.shape[0]:
            break
        best = row + max(range(work.shape[0] - row), key=lambda k: abs(work[row + k, column]))
        if abs(work[best, column]) <= tiny:
            if abs(work[best, column]) > doubt:  # more than rounding leaves
                numbers.undecided()
            continue
        if best != row:
            work[[row, best]] = work[[best, row]]
            product = -product
        product *= work[row, column]
        work[row] = work[row] / work[row, column]
        for other in range(work.shape[0]):
            if other != row:
                work[other] = work[other] - work[other, column] * work[row]
        pivots.append(column)
        row += 1
    return work, pivots, product


def _inverse(a):
    n = len(a)
    work, pivots, _ = _reduced(np.concatenate([a, numbers.array(np.eye(n), True)], 1))
    if pivots[:n] != list(range(n)):
        return np.full((n, n), decimal.Decimal("NaN"), object)
    return work[:, n:]


def _determinant(a):
    _, pivots, product = _reduced(a)
    return product if len(pivots) == len(a) else decimal.Decimal(0)


def _pseudo_inverse(a):
    """C⁺B⁺ of the factors A = BC of full rank."""
    work, pivots, _ = _reduced(a)
    if not pivots:
        return numbers.array(np.zeros(a.shape[::-1]), True)
    b, c = a[:, pivots], work[: len(pivots)]
    with numbers.digits(2 * decimal.getcontext().prec):  # what is far apart is squared
        return c.T @ _inverse(c @ c.T) @ _inverse(b.T @ b) @ b.T


def _turned(a):
    """A similar matrix that is all but diagonal: turned by the eigenvectors that floats find, which
    are made orthogonal to all digits first."""
    size = max(abs(x) for x in a.flat)
    if not size:
        return a
    q = numbers.array(np.linalg.eigh((a / size).astype(float))[1], True)
    for _ in range((decimal.getcontext().prec // FLOATS).bit_length()):
        q = (3 * q - q @ (q.T @ q)) / 2
    return q.T @ a @ q


def _eigenvalues(a):
    """Of a symmetric matrix in rising order, by Jacobi's rotations; nan if it is not symmetric."""
    n, a, tiny = len(a), a.copy(), _tiny(a)
    if n > LARGEST:  # too slow: nothing is decided
        numbers.undecided()
        return np.full(n, decimal.Decimal("NaN"), object)
    # what is so small changes an eigenvalue by its square only
    small = tiny * decimal.Decimal(10) ** (decimal.getcontext().prec // 4)
    one = decimal.Decimal(1)
    if any(abs(x) > tiny for x in (a - a.T).flat):
        return np.full(n, decimal.Decimal("NaN"), object)
    a = _turned(a)
    for _ in range(SWEEPS):
        if all(abs(a[p, q]) <= small for p in range(n) for q in range(p)):
            break
        for p in range(n):
            for q in range(p + 1, n):
                if abs(a[p, q]) <= small:
                    continue
                ratio = (a[q, q] - a[p, p]) / (2 * a[p, q])
                t = (one if ratio >= 0 else -one) / (abs(ratio) + (ratio * ratio + 1).sqrt())
                c = one / (t * t + 1).sqrt()
                s = t * c
                a[[p, q]] = np.array([c * a[p] - s * a[q], s * a[p] + c * a[q]])
                a[:, [p, q]] = np.array([c * a[:, p] - s * a[:, q], s * a[:, p] + c * a[:, q]]).T
    return np.array(sorted(x if abs(x) > tiny else 0 * one for x in a.diagonal()), object)


def _symmetric(a):
    """Of floats, likewise."""
    size = np.abs(a).max((-1, -2), keepdims=True)
    good = (np.abs(a - np.swapaxes(a, -1, -2)) <= 1e-9 * size).all((-1, -2))
    return np.where(good[..., None], np.linalg.eigvalsh(a), np.nan)


def _float_inverse(a):
    """nan for a matrix that has none, up to rounding."""
    size = np.abs(a).max((-1, -2), keepdims=True)
    a = a / np.where(size > 0, size, 1.0)
    good = np.linalg.det(a)[..., None, None] != 0
    found = np.linalg.inv(np.where(good, a, np.eye(a.shape[-1])))
    norms = (np.abs(b).sum(-2, keepdims=True).max(-1, keepdims=True) for b in (a, found))
    return np.where(good & (np.prod([*norms], 0) < 1e14), found / np.where(good, size, 1.0), np.nan)


def _float_rank(a):
    values = np.linalg.svd(a, compute_uv=False)
    return (values > 1e-11 * values.max(-1, keepdims=True)).sum(-1).astype(float)


inverse = _each(_inverse, _float_inverse)
determinant = _each(_determinant, np.linalg.det)
pseudo_inverse = _each(_pseudo_inverse, lambda a: np.linalg.pinv(a, rcond=1e-11))
rank = _each(lambda a: decimal.Decimal(len(_reduced(a)[1])), _float_rank)


def eigenvalues(which):
    """The largest (-1) or the smallest (0)."""
    return _each(lambda a: _eigenvalues(a)[which], lambda a: _symmetric(a)[..., which])
