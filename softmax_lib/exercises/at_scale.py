"""Checks of the exercises of *at scale*."""

import numpy as np

from softmax_lib.exercises import judges


def mean_of_means(repaired=...):
    tests = {
        "means 4 and 0 of 1 and 3 rows": ([4.0, 0.0], [1, 3]),
        "means 1, 2, 3 of 2, 2, 4": ([1.0, 2.0, 3.0], [2, 2, 4]),
    }
    slips = {
        "a part with more rows counts for more": lambda m, n: np.mean(m),
        "divide by all rows": np.dot,
        "divide by the rows, not by the parts": lambda means, rows: np.mean(
            np.multiply(means, rows)
        ),
    }
    return judges.program(repaired, tests, lambda means, rows: np.average(means, 0, rows), slips)


def eight_workers(break_even=..., gain_of_six=...):
    overhead, row, N = 7e-3, 1e-6, 8
    rows = overhead / row * N / (N - 1)
    return judges.values(
        break_even=(break_even, rows, {
            "the workers do the rows, too: τ_1 M / 8 remains": overhead / row}),
        gain_of_six=(gain_of_six, 24 * overhead / row, {
            "the gain is one process over eight workers: solve for M": 6 * overhead / row,
            "with the overhead in both, not only in one": rows}))  # fmt: skip


def in_blocks(share=...):
    X = np.array([[1.0, a] for a in (0.0, 1.0, 2.0, 3.0, 4.0)])
    W, y = np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 1, 1, 1, 1])
    tests = {"5 rows in blocks of 2": (W, X, y, 2), "in one block": (W, X, y, 5)}

    def right(W, X, y, rows):
        return np.mean((X @ W.T).argmax(axis=1) == y)

    def of_blocks(W, X, y, rows):
        starts = range(0, len(X), rows)
        return np.mean([right(W, X[n : n + rows], y[n : n + rows], rows) for n in starts])

    def without_last(W, X, y, rows):
        starts = range(0, len(X) - rows + 1, rows)
        return sum(right(W, X[n : n + rows], y[n : n + rows], 0) * rows for n in starts) / len(X)

    slips = {
        "the last block is shorter: add numbers, not shares": of_blocks,
        "the last block, which is shorter, is left out": without_last,
        "a share: divide by the number of rows": lambda *a: right(*a) * len(a[1]),
    }
    return judges.program(share, tests, right, slips)


def two_machines(lse=..., p_k=...):
    e_1, e_2 = 3.0, 5.0  # the sums of exponentials on the two machines
    return judges.values(
        lse=(lse, np.log(e_1 + e_2), {
            "add the sums, not their logarithms": np.log(e_1 * e_2),
            "that is one machine alone": np.log(e_1), "take the logarithm": e_1 + e_2}),
        p_k=(p_k, 1 / (e_1 + e_2), {"the classes of the other machine count, too": 1 / e_1,
                                    "that is all classes of its machine": e_1 / (e_1 + e_2)}),
    )  # fmt: skip


def sending_rows(seconds=...):
    M, m, network = 10**9, 10**3, 10e9 / 8
    wanted = 4 * M * m / network
    return judges.values(
        seconds=(seconds, wanted, {
            "the network is given in bits, a number has four bytes": wanted / 8,
            "four bytes for each number": wanted / 4,
            "in float32 a number has four bytes": 2 * wanted,
            "in a star all rows pass through one machine": wanted / 100}))  # fmt: skip
