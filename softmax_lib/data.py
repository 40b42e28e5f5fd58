"""The design matrix and the data sets of the chapters."""

import json
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softmax_lib.checks import checked_array

__all__ = ["add_bias", "load_digits", "load_iris", "load_measurements", "standardize"]


class Sparse(Protocol):
    """A sparse matrix or array of SciPy, as far as the library asks for it."""

    shape: tuple[int, ...]

    def tocsr(self) -> Any: ...


def add_bias(features: ArrayLike | Sparse) -> Any:
    """Put a column of ones in front: features become the design matrix X.

    Parameters
    ----------
    features : array_like or SciPy sparse array, shape (M, m)

    Returns
    -------
    ndarray, shape (M, m + 1)
        Sparse, by rows, if the features are sparse.

    Raises
    ------
    ValueError
        If `features` is not two-dimensional, or not of real numbers.

    Examples
    --------
    Without the ones, every example at the origin has the same scores, zero, whatever W is.

    >>> add_bias([[0.0, 0.0], [3.0, 4.0]])
    array([[1., 0., 0.],
           [1., 3., 4.]])
    """
    A = checked_array("features", features, sparse=True)
    if len(A.shape) != 2:
        raise ValueError(f"features must have shape (M, m), got shape {A.shape}")
    ones = np.ones((A.shape[0], 1))
    if hasattr(A, "tocsr"):
        from scipy.sparse import csr_array, hstack  # whoever has a sparse array has SciPy

        return hstack([csr_array(ones), A], format="csr", dtype=float)
    return np.hstack([ones, A])


def standardize(train: ArrayLike, *others: ArrayLike) -> list[NDArray[np.float64]]:
    """Shift and scale each column to mean 0 and standard deviation 1 over the training rows.

    The other arrays are moved by the training rows' mean and deviation, so that nothing of
    them leaks into training. A column that is constant in `train` becomes 0 there: it is only
    shifted, never divided by its zero deviation.

    Parameters
    ----------
    train, *others : array_like, shape (M, m); m alike, M may differ

    Returns
    -------
    list of ndarray
        The arrays in the order given.

    Raises
    ------
    ValueError
        If the arrays are not two-dimensional with the same number of columns; `train` is empty,
        not finite, or so large or small that its deviation is not; or a finite number in another
        array is so large that it is infinite in units of the deviation.

    Examples
    --------
    >>> train, test = standardize([[1.0, 7.0], [3.0, 7.0]], [[2.0, 7.0]])
    >>> train
    array([[-1.,  0.],
           [ 1.,  0.]])
    >>> test
    array([[0., 0.]])
    """
    arrays = [checked_array("train and others", a) for a in (train, *others)]
    with np.errstate(over="ignore"):  # of a longer type
        arrays = [a.astype(float) for a in arrays]
    shapes = [a.shape for a in arrays]
    if any(len(shape) != 2 or shape[1] != shapes[0][1] for shape in shapes):
        raise ValueError(f"arrays must have shapes (M, m) with one m, got {shapes}")
    if not len(arrays[0]):
        raise ValueError(f"train must have at least one row, got shape {shapes[0]}")
    with np.errstate(over="ignore", invalid="ignore"):
        mean, deviation = arrays[0].mean(axis=0), arrays[0].std(axis=0)
        # where a column is constant, its mean and its zero deviation may be off by rounding
        constant = np.ptp(arrays[0], axis=0) == 0
    mean, deviation = np.where(constant, arrays[0][0], mean), np.where(constant, 1, deviation)
    if not ((deviation > 0) & (deviation < np.inf)).all():
        column = np.flatnonzero(~((deviation > 0) & (deviation < np.inf)))[0]
        raise ValueError(
            "train must hold finite numbers whose squares are in the range of floats,"
            f" got {arrays[0][:, column].min():g} to {arrays[0][:, column].max():g}"
            f" in column {column}"
        )
    with np.errstate(over="ignore"):
        moved = [(a - mean) / deviation for a in arrays]
    for a, b in zip(arrays, moved, strict=True):
        if (lost := np.isinf(b) & np.isfinite(a)).any():
            row, column = np.argwhere(lost)[0]
            raise ValueError(
                "others must stay finite in units of the deviation of train,"
                f" {deviation[column]:g}, got {a[row, column]:g} in column {column}"
            )
    return moved


def load_digits() -> tuple[NDArray[np.float64], NDArray[np.integer]]:
    """Handwritten digits, 8 × 8 pixels: the data of the chapters.

    Returns
    -------
    features : ndarray, shape (1797, 64)
        Grey values, scaled from 0..16 to 0..1. Three pixels are 0 in every image.
    labels : ndarray of int, shape (1797,)
        The digit, 0 to 9; all ten occur about equally often.

    References
    ----------
    Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning
    Repository (1998); the test part, as bundled with scikit-learn.

    Examples
    --------
    >>> features, labels = load_digits()
    >>> features.shape, int((np.ptp(features, axis=0) == 0).sum())
    ((1797, 64), 3)
    """
    from sklearn import datasets  # here, so that add_bias costs no import of scikit-learn

    features, labels = datasets.load_digits(return_X_y=True)
    return features / 16, labels


def load_iris() -> tuple[NDArray[np.float64], NDArray[np.integer]]:
    """Three kinds of iris flower, four lengths in centimetres each.

    Returns
    -------
    features : ndarray, shape (150, 4)
        Sepal length, sepal width, petal length, petal width.
    labels : ndarray of int, shape (150,)
        0 setosa, 1 versicolor, 2 virginica; fifty of each.

    References
    ----------
    Fisher, The use of multiple measurements in taxonomic problems, Annals of Eugenics 7
    (1936), as bundled with scikit-learn.

    Examples
    --------
    >>> features, labels = load_iris()
    >>> features.shape, np.bincount(labels).tolist()
    ((150, 4), [50, 50, 50])
    """
    from sklearn import datasets

    return datasets.load_iris(return_X_y=True)


def load_measurements(name: Literal["accuracy", "scale", "speed"]) -> dict[str, Any]:
    """What `make bench` measured, for the appendices: a file that lies beside the chapters.

    Parameters
    ----------
    name : "accuracy", "scale" or "speed"

    Returns
    -------
    dict
        What was measured, by its name, and on what machine.

    Raises
    ------
    FileNotFoundError
        If the file is neither in the folder of the notebook nor in the course's `book/`.

    Examples
    --------
    >>> load_measurements("speed")["shapes"]["digits"]
    [1797, 64, 10]
    """
    for folder in ("", "book", "../book"):
        path = Path(folder, f"{name}.json")
        if path.is_file():
            return dict(json.loads(path.read_text(encoding="utf-8")))
    raise FileNotFoundError(
        f"{name}.json, which lies in the folder book/ of the course, must lie beside this notebook:"
        f" there is none in {Path.cwd()}"
    )
