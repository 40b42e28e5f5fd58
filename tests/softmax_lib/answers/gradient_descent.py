"""Answers to the exercises of *gradient descent*, right and wrong."""

import numpy as np

ROOT2 = 2**0.5

B = (3 + 5**0.5) / 4


def search(loss_and_gradient, W, step, rate=0.5):
    L, G = loss_and_gradient(W)
    step = 2 * step
    while loss_and_gradient(W - step * G)[0] > L - rate * step * np.sum(G * G):
        step = step / 2
    return W - step * G, step


def heavy_ball(gradient, W, step, beta, n):
    V = np.zeros_like(W)
    for _ in range(n):
        V = beta * V - step * gradient(W)
        W = W + V
    return W


MONOTONE_LOSSES = 3 * 0.99 ** np.arange(400)

TURNING_LOSSES = 1 + abs(np.arange(400) - 5) / 100

ANSWERS = {
    "one_example": (
        {"changes": [0.8, 0.7]}, [({"changes": [0.5, 0.5]}, "falls, too")]
    ),
    "bound": (
        {"B": B, "step": 2 / B}, [({"B": 4 * B}, "divided by M"), ({"step": 1 / B}, "most")]
    ),
    "rescale": (
        {"factor": 100, "standardised": 1 / 16},
        [({"factor": 10}, "gains one"), ({"standardised": 16}, "multiplying by 1/4")],
    ),
    "line_search": (
        {"search": search},
        [({"search": lambda f, W, step: search(f, W, step, rate=0.0)}, "not only fall"),
         ({"search": lambda f, W, step: search(f, W, step / 2)}, "twice the last")],
    ),
    "no_floor": (
        {"bound": 0.1414, "noise": "vanishes"},
        [({"bound": 0.1}, "length of p - y"), ({"noise": "stays"}, "each single")],
    ),
    "momentum": (
        {"heavy_ball": heavy_ball},
        [({"heavy_ball": lambda f, W, step, beta, n: heavy_ball(f, W, step, 0, n)}, "forgotten"),
         ({"heavy_ball": lambda f, W, step, beta, n:
               heavy_ball(f, W, (1 - beta) * step, beta, n)}, "1 - β")],
    ),
    "early_stopping": (
        {"held_out": TURNING_LOSSES},
        [({"held_out": MONOTONE_LOSSES}, "training digits"),
         ({"held_out": TURNING_LOSSES[:50]}, "400")],
    ),
    "edge": (
        {"factor": -1, "bound": 4000 * ROOT2},
        [({"factor": 1}, "sign"), ({"bound": 40 * ROOT2}, "one step")],
    ),
}  # fmt: skip
