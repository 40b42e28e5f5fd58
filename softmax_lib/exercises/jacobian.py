"""Checks of the exercises of *Jacobian*."""

import numpy as np

from softmax_lib.exact import softmax
from softmax_lib.exercises import judges
from softmax_lib.notation import Symbol

P = np.array([1 / 2, 1 / 4, 1 / 4])
J = np.diag(P) - np.outer(P, P)


def product(chain=...):
    return judges.derivation(
        chain,
        starts=r"J^\top (-\mathbf{y} \oslash \mathbf{p})",
        through=[r"-\operatorname{diag}(\mathbf{p}) (\mathbf{y} \oslash \mathbf{p})"
                 r" + \mathbf{p} \mathbf{p}^\top (\mathbf{y} \oslash \mathbf{p})"],
        ends=r"\mathbf{p} - \mathbf{y}")  # fmt: skip


def by_hand(jacobian=..., eigenvalues=..., direction=...):
    def of_length_one(move):
        largest = move.flat[np.argmax(abs(move))]  # its sign is that of the move
        return np.sign(largest) * move / max(np.linalg.norm(move), 1e-9)

    found = judges.in_form(eigenvalues, lambda array: np.sort(array, axis=None))
    direction = judges.in_form(direction, of_length_one)
    strongest = np.array([2.0, -1.0, -1.0]) / np.sqrt(6)
    shift = "a common shift changes nothing"
    return judges.values(
        jacobian=(jacobian, J, {"off the diagonal stands -p_j p_k": np.diag(P * (1 - P)),
                                "the diagonal is p_k - p_k²": np.diag(P) + np.outer(P, P)}),
        eigenvalues=(found, np.linalg.eigvalsh(J), {
            "that is the diagonal": np.sort(np.diag(J)),
            "their sum must be that of the diagonal": np.array([0, 0.25, 0.25])}),
        direction=(direction, strongest, {
            "that is the eigenvector of 1/4": np.array([0, 1, -1]) / np.sqrt(2),
            shift: np.ones(3) / np.sqrt(3),
            f"{shift}, and this is the right move and a shift": np.array([2, 1, 1]) / np.sqrt(6)}),
    )  # fmt: skip


def variance(chain=...):
    return judges.derivation(
        chain,
        (Symbol(r"\mathbf{v}", "any column", "C × 1"),),
        starts=r"\mathbf{v}^\top J \mathbf{v}",
        through=[r"\sum_k p_k v_k^2 - (\mathbf{p}^\top \mathbf{v})^2"],
        ends=r"\sum_k p_k (v_k - \mathbf{p}^\top \mathbf{v})^2")  # fmt: skip


def batch(backward=...):
    V = np.array([[1.0, 0.0, 2.0], [0.0, 3.0, 1.0], [2.0, 1.0, 0.0]])
    Q = softmax(np.log([[1.0, 2.0, 1.0], [3.0, 1.0, 1.0], [1.0, 1.0, 4.0]]))
    tests = {"two examples": (Q[:2], V[:2]), "as many examples as classes": (Q, V)}

    def right(P, V, axis=1, keepdims=True):
        return P * (V - np.sum(P * V, axis, keepdims=keepdims))

    column = "the mean of a row is a number for each example: it must stay a column"
    slips = {
        column: lambda P, V: right(P, V, keepdims=False),
        "sum over the classes of an example, axis 1": lambda P, V: right(P, V, axis=0),
        "only the diagonal of each Jacobian": lambda P, V: P * (1 - P) * V,
        "the mean is weighted with p": lambda P, V: P * (V - V.mean(axis=1, keepdims=True)),
    }
    return judges.program(backward, tests, right, slips)


def circles(centre=..., radius=..., upper=...):
    p = 0.2
    return judges.values(
        centre=(centre, p * (1 - p), {"the diagonal entry is p_k - p_k²": p}),
        radius=(radius, p * (1 - p), {
            "the other entries are -p_k p_j: what do they sum to?": p, "each has a p_k": 1 - p}),
        upper=(upper, 2 * p * (1 - p), {"centre plus radius": p * (1 - p),
                                        "of this row, not of the worst": 1 / 2}))  # fmt: skip


def log_softmax(jacobian=..., without_transpose=...):
    y = np.array([1.0, 0.0, 0.0])
    return judges.values(
        jacobian=(jacobian, np.eye(3) - np.outer(np.ones(3), P), {
            "a row for each output: which index does p carry?": np.eye(3) - np.outer(P, np.ones(3)),
            "that is the Jacobian of p; divide row j by p_j": J}),
        without_transpose=(without_transpose, P[0] - y, {
            "that is with the transpose": P - y, "the slope by a is -y": y - P[0]}))  # fmt: skip


@judges.example
def another_normaliser(s=...):
    yield s.shape == (3,), "three scores, the first of the true class"
    p = (1 + s**2) / np.sum(1 + s**2)
    slope = 2 * s[0] / (1 + s[0] ** 2) * (p[0] - 1)
    yield slope == 0, f"the derivative by the first score is {slope:.2g}: where is g' 0?"
    yield p[0] < p.max() - 1e-9, "no other class is more probable: the model is not wrong"


def determinant(value=..., scores=...):
    return judges.values(
        value=(value, P.prod(), {"that is of the whole J": 0.0,
                                 "the second factor has a determinant, too": P[0] * P[1],
                                 "only the diagonal": P[0] * (1 - P[0]) * P[1] * (1 - P[1])}),
        scores=(scores, np.log(P / P[2]), {"with the last score at 0": np.log(P),
                                           "the logarithm is missing": P / P[2]}))  # fmt: skip
