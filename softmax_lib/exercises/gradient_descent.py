"""Checks of the exercises of *gradient descent*."""

import numpy as np

from softmax_lib.exercises import judges
from softmax_lib.loss import curvature_bound


def one_example(changes=...):
    p = np.array([0.5, 0.3, 0.2])
    return judges.values(
        changes=(changes, 1 - p[0] + p[1:], {
            "the score of the other class falls, too": np.full(2, 1 - p[0]),
            "the score of the true class rises, too": p[1:],
            "the more likely of the two falls faster": 1 - p[0] + p[:0:-1]}))  # fmt: skip


def bound(B=..., step=...):
    X = np.array([[1.0, 0.0], [1.0, 2.0]])
    wanted = curvature_bound(X)
    return judges.values(
        B=(B, wanted, {"that is the trace, not the eigenvalue": 1.5}),
        step=(step, 2 / wanted, {"that is the step that lowers the bound most": 1 / wanted}),
    )  # fmt: skip


def rescale(factor=..., standardised=...):
    a, deviation = 10.0, 4.0
    return judges.values(
        factor=(factor, a**2, {
            "the gradient gains one a; the weight that it changes is another scale, too": a,
            "long columns get long steps on the old data": 1 / a**2}),
        standardised=(standardised, 1 / deviation**2, {
            "dividing by 4 is multiplying by 1/4": deviation**2,
            "the factor enters twice": 1 / deviation}))  # fmt: skip


def _search(enough, first=2.0):
    def search(loss_and_gradient, W, step):
        L, G = loss_and_gradient(W)
        step = first * step
        while not enough(loss_and_gradient(W - step * G)[0], L, step, np.sum(G * G)):
            step = step / 2
        return W - step * G, step

    return search


def line_search(search=...):
    def bowl(W):
        return 3.0 * np.sum(W**2), 6.0 * W

    W = np.array([[1.0, -1.0]])
    tests = {f"last step {name}": (bowl, W, 1 / n)
             for name, n in (("1", 1), ("1/16", 16), ("1/100", 100))}  # fmt: skip

    def enough(L_new, L, step, square):
        return L_new <= L - step / 2 * square

    slips = {
        "the loss must fall by half of what the slope promises, not only fall": _search(
            lambda L_new, L, step, square: L_new <= L
        ),
        "try twice the last step first": _search(enough, first=1.0),
        "the condition has a half": _search(
            lambda L_new, L, step, square: step < 1e-9 or L_new <= L - step * square
        ),
    }
    return judges.program(search, tests, _search(enough), slips)


def no_floor(bound=..., noise=...):
    R, p_y = 10.0, 0.99
    return judges.values(
        bound=(bound, np.sqrt(2) * R * (1 - p_y), {
            "the length of p - y is at most √2 (1 - p_y)": R * (1 - p_y),
            "1 - p_y, not p_y": np.sqrt(2) * R * p_y}),
        noise=(noise, "vanishes", {
            "what becomes of each single gradient if all p_y go to 1?": "stays"}))  # fmt: skip


def _heavy_ball(keep=True, damped=False, late=False):
    def run(gradient, W, step, beta, n):
        V = np.zeros_like(W)
        for _ in range(n):
            old, V = V, keep * beta * V - (1 - beta * damped) * step * gradient(W)
            W = W + (old if late else V)
        return W

    return run


def momentum(heavy_ball=...):
    def slope(W):
        return 2.0 * W

    tests = {f"{n} steps": (slope, np.array([[1.0, 2.0]]), 0.1, 0.9, n) for n in (1, 3)}

    slips = {
        "the velocity is forgotten after each step": _heavy_ball(keep=False),
        "here the gradient is not multiplied by 1 - β": _heavy_ball(damped=True),
        "the weights take the new velocity, not the old one": _heavy_ball(late=True),
    }
    return judges.program(heavy_ball, tests, _heavy_ball(), slips)


@judges.example
def early_stopping(held_out=...):
    yield held_out.shape == (400,), "one loss after each of 400 passes"
    turn = held_out.argmin()
    yield turn < 399, "it falls to the end: is this the loss on the training digits?"
    yield turn > 0, "it rises from the first pass on: is the step too long?"
    told = "it hardly rises again: are 20 labels random, is there no penalty?"
    yield held_out[-1] > 1.2 * held_out[turn], told


def edge(factor=..., bound=...):
    step, R, t = 20.0, 2.0, 100
    return judges.values(
        factor=(factor, -1.0, {"the sign: 1 - γλ": 1.0, "1 minus 2": 0.0}),
        bound=(bound, np.sqrt(2) * step * R * t, {
            "that is one step": np.sqrt(2) * step * R, "a step is 20": np.sqrt(2) * R * t,
            "a gradient is as long as √2 R": step * R * t}))  # fmt: skip
