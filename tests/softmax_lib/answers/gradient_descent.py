"""Answers to the exercises of *gradient descent*, right and wrong."""

import numpy as np

B = (3 + 5**0.5) / 4


def search(loss_and_gradient, W, step):
    """Halving as in the solution, with the squared length by another way."""
    L, G = loss_and_gradient(W)
    step = 2 * step
    while loss_and_gradient(W - step * G)[0] > L - step / 2 * np.linalg.norm(G) ** 2:
        step = step / 2
    return W - step * G, step


def heavy_ball(gradient, W, step, beta, n):
    """Without a velocity: with the last two points."""
    last = W
    for _ in range(n):
        W, last = W - step * gradient(W) + beta * (W - last), W
    return W


TURNING_LOSSES = 1 + abs(np.arange(400) - 5) / 100

ANSWERS = {
    "one_example": ({"changes": [0.8, 0.7]}, [
        ({"changes": [0.5, 0.5]}, "falls, too"), ({"changes": [0.7, 0.8]}, "falls faster")]),
    "bound": ({"B": B, "step": 2 / B}, [({"B": 4 * B}, "a factor")]),
    "rescale": ({"factor": 100, "standardised": 1 / 16}, [({"standardised": 16}, "by 1/4")]),
    "line_search": ({"search": search}, [
        ({"search": lambda f, W, step: search(f, W, 4 * step)}, "last step 1/100: not yet")]),
    "no_floor": ({"bound": 0.1414, "noise": "vanishes"}, [({"bound": 0.1}, "length of p - y")]),
    "momentum": ({"heavy_ball": heavy_ball}, []),
    "early_stopping": (
        {"held_out": TURNING_LOSSES},
        [({"held_out": 3 * 0.99 ** np.arange(400)}, "training digits"),
         ({"held_out": TURNING_LOSSES[:50]}, "400")],
    ),
    "edge": ({"factor": -1, "bound": 4000 * 2**0.5}, [({"bound": 40 * 2**0.5}, "one step")]),
}  # fmt: skip
