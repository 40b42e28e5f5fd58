"""Survivors of the chapters on curvature, implementation, gradient descent and digits."""

import numpy as np
from numpy.linalg import norm
from survivors import loss, survivor

WRONG = np.array([[1.0, 9.0]]), np.array([1]), np.array([[-20.0, 0], [20, 0]])
"""One example that the biases put firmly into the wrong class: its gradient is the longest."""
BALANCED = np.array([[1.0, 5], [1, 5], [1, -5], [1, -5]]), np.array([1, 2, 1, 2])
"""Both labels at both places: W = 0 is the minimum, with any penalty."""
ONE = np.array([[1.0, 0.0]]), np.array([1])
"""One example whose only feature is 0."""


def softmax(S):
    P = np.exp(S - S.max(1, keepdims=True))
    return P / P.sum(1, keepdims=True)


def gradient(W, X, y, lam=0.0):
    """Of the mean loss, with the penalty."""
    P = softmax(X @ W.T)
    P[np.arange(len(y)), y - 1] -= 1
    G = P.T @ X / len(X)
    G[:, 1:] += lam * W[:, 1:]
    return G


def objective(W, X, y, lam):
    return loss(W, X, y) + lam / 2 * np.sum(W[:, 1:] ** 2)


def descend(W, X, y, step, T, lam=0.0):
    """The weights W_0, …, W_T."""
    run = [W]
    for _ in range(T):
        run.append(run[-1] - step * gradient(run[-1], X, y, lam))
    return run


def radius(X):
    return norm(X, axis=1).max()


def bound(X, lam=0.0):
    """B of the curvature."""
    return np.linalg.eigvalsh(X.T @ X)[-1] / (2 * len(X)) + lam


def missing(W, X, y):
    """q, the mean probability that is missing from the true classes."""
    return 1 - softmax(X @ W.T)[np.arange(len(y)), y - 1].mean()


def separable(v):
    """v with weights U of length 1 that give every label the largest score, and the margin."""
    v.U = v.W / norm(v.W)
    S = v.X @ v.U.T
    v.y = S.argmax(1) + 1
    v.rho = np.subtract(*np.sort(S)[:, [-1, -2]].T).min()
    v.T, v.gam = v.rng.integers(1, 30), v.gam * v.rng.choice([0.1, 1, 100])
    v.q = np.array([missing(W, v.X, v.y) for W in descend(0 * v.W, v.X, v.y, v.gam, v.T - 1)])
    v.R2, v.log = radius(v.X) ** 2, np.log(v.C)
    return v


def minimum(X, y, lam, C):
    """By Newton's method, with steps that are halved."""
    W, D = np.zeros((C, X.shape[1])), np.diag([0] + [lam] * (X.shape[1] - 1))
    for _ in range(40):
        G = gradient(W, X, y, lam)
        H = np.kron(np.eye(C), D)
        for p, x in zip(softmax(X @ W.T), X, strict=True):
            H = H + np.kron(np.diag(p) - np.outer(p, p), np.outer(x, x)) / len(X)
        move, t = np.linalg.lstsq(H, G.ravel(), rcond=1e-12)[0].reshape(W.shape), 1.0
        while t > 1e-8 and objective(W - t * move, X, y, lam) > objective(W, X, y, lam):
            t /= 2
        W = W - t * move
    return W


def every_class(v):
    """v with data in which every class occurs, their minimum W⋆, and descent from W."""
    v.X = np.column_stack([np.ones(2 * v.C), v.scale * v.rng.standard_normal((2 * v.C, v.m))])
    v.y = np.tile(np.arange(v.C) + 1, 2)
    v.star = minimum(v.X, v.y, v.lam, v.C)
    v.B = bound(v.X, v.lam)
    v.run = descend(v.W, v.X, v.y, 1 / v.B, 3, v.lam)
    least = objective(v.star, v.X, v.y, v.lam)
    v.excess = np.array([objective(W, v.X, v.y, v.lam) - least for W in v.run])
    v.slopes = [gradient(W, v.X, v.y, v.lam) for W in v.run]
    return v


def strong(star, W, X, y, lam):
    """The largest μ with which the objective at W⋆ is above the parabola at W."""
    V = star - W
    rise = objective(star, X, y, lam) - objective(W, X, y, lam)
    return 2 / norm(V) ** 2 * (rise - np.sum(gradient(W, X, y, lam) * V))


def line(v):
    """The loss along a direction of length 1, and its slope at 0."""
    V = v.rng.standard_normal(v.W.shape)
    V /= norm(V)
    return lambda t: v.loss(v.W + t * V), np.sum(v.G * V)


# curvature


@survivor(
    "curvature",
    "The label is a constant, so its derivative by a score is 0.",
    r"\begin{aligned} \frac{\partial^2 \ell}{\partial s_j \partial s_k} &= "
    r"\frac{\partial}{\partial s_k} (p_j + y_j) \\ &= \frac{\partial p_j}{\partial s_k} \\ &= "
    r"J_{jk} . \end{aligned}",
    r"\begin{aligned} \frac{\partial^2 \ell}{\partial s_j \partial s_k} &= "
    r"\frac{\partial}{\partial s_k} (p_j - y_k) \\ &= \frac{\partial p_j}{\partial s_k} \\ &= "
    r"J_{jk} . \end{aligned}",
)
def _(v):
    def slopes(f, h=1e-6):
        return np.array([(f(v.s + h * e) - f(v.s - h * e)) / (2 * h) for e in np.eye(v.C)])

    def error(s, y):
        return softmax(s[None])[0] + y

    turned = [slopes(lambda s, k=k: error(s, -v.yy[k]))[k] for k in range(v.C)]
    before = slopes(lambda s: error(s, -v.yy))
    return np.array([before, before]), np.array([slopes(lambda s: error(s, v.yy)), turned])


@survivor(
    "curvature",
    "The factor after the inner sum does not depend on its index.",
    r"\begin{aligned} &U_{jd} \\ &= \sum_{k=1}^C \sum_{r=0}^m \frac{1}{M} \sum_{i=1}^M "
    r"J_{jk}^{(i)} x_d^{(i)} x_r^{(i)} V_{kr} \\ &= \frac{1}{M} \sum_{i=1}^M \sum_{k=1}^C "
    r"J_{jk}^{(i)} \left \sum_{r=0}^m V_{kr} x_r^{(i)} \right x_d^{(i)} \\ &= \frac{1}{M} "
    r"\sum_{i=1}^M \left( J^{(i)} V \mathbf{x}^{(i)} \right)_j x_d^{(i)} . \end{aligned}",
)
def _(v):
    V, d = v.rng.standard_normal(v.W.shape), v.rng.integers(v.m + 1)
    inner = [(v.J @ V)[:, r] * v.x[r] for r in range(v.m + 1)]
    return sum(inner) * v.x[d], sum(term * v.x[d] for term in inner)


@survivor(
    "curvature",
    "Weaker: the right side is larger, since the loss is not negative and t lies in [0, 1].",
    r"\begin{aligned} &L((1 - t) W + t W') \\ &\le (1 + t) L(W) + t L(W') . \end{aligned}",
    r"\begin{aligned} &L((1 - t) W + t W') \\ &\le L(W) + t L(W') . \end{aligned}",
    r"\begin{aligned} &L((1 - t) W + t W') \\ &\le (1 - t) L(W) + L(W') . \end{aligned}",
    r"\varphi(t) \le (1 + t)\, \varphi(0) + t\, \varphi(1) .",
    r"\varphi(t) \le \varphi(0) + t\, \varphi(1) .",
    r"\varphi(t) \le (1 - t)\, \varphi(0) + \varphi(1) .",
    claim="<=",
)
def _(v):
    V, t = v.scale * v.rng.standard_normal(v.W.shape), v.rng.uniform()
    a, b = v.L, v.loss(v.W + V)
    return v.loss(v.W + t * V), np.array([(1 + t) * a + t * b, a + t * b, (1 - t) * a + b])


@survivor(
    "curvature",
    "Weaker: the right side is larger, since the loss is not negative.",
    r"\frac{\varphi(t) - \varphi(0)}{t} \le \frac{\varphi(1) + \varphi(t)}{1 - t} .",
    claim="<=",
)
def _(v):
    V, t = v.scale * v.rng.standard_normal(v.W.shape), v.rng.uniform(0.01, 0.99)
    at_t, at_1 = v.loss(v.W + t * V), v.loss(v.W + V)
    return (at_t - v.L) / t, (at_1 + at_t) / (1 - t)


@survivor(
    "curvature",
    "Weaker: the right side, not negative, lacks the factor 1/2.",
    r"\mathbf{a}^\top J \mathbf{a} \le \lVert \mathbf{a} \rVert^2 .",
    r"\mathbf{a}^\top J \mathbf{a} \le \left(1\right) \lVert \mathbf{a} \rVert^2 .",
    claim="<=",
)
def _(v):
    a = v.rng.standard_normal(v.C)
    return a @ v.J @ a, a @ a


@survivor(
    "curvature",
    "Weaker: the right side, not negative, lacks the factor 1/2 or the factor 1/M.",
    r"\begin{aligned} &\mathbf{v}^\top H \mathbf{v} \\ &\le \mathbf{v}^\top \left( I \otimes "
    r"\frac{X^\top X}{M} \right) \mathbf{v} , \end{aligned}",
    r"\begin{aligned} &\mathbf{v}^\top H \mathbf{v} \\ &\le \left(1\right)\, \mathbf{v}^\top "
    r"\left( I \otimes \frac{X^\top X}{M} \right) \mathbf{v} , \end{aligned}",
    r"\begin{aligned} &\mathbf{v}^\top H \mathbf{v} \\ &\le \frac{1}{2}\, \mathbf{v}^\top "
    r"\left( I \otimes \left(X^\top X\right) \right) \mathbf{v} , \end{aligned}",
    claim="<=",
)
def _(v):
    V = v.rng.standard_normal(v.W.shape)
    right = np.sum((v.X @ V.T) ** 2)
    return V.ravel() @ v.H @ V.ravel(), np.array([right / v.M, right / 2])


@survivor(
    "curvature",
    "Weaker: the right side, not negative, lacks the factor 1/2 or the factor 1/M.",
    r"\lambda_{\max}(H) \le \frac{\lambda_{\max}(X^\top X)}{M} .",
    r"\lambda_{\max}(H) \le \left(1\right) \frac{\lambda_{\max}(X^\top X)}{M} .",
    r"\lambda_{\max}(H) \le \frac{1}{2} \left(\lambda_{\max}(X^\top X)\right) .",
    claim="<=",
)
def _(v):
    return np.linalg.eigvalsh(v.H)[-1], np.array([2 * v.B, v.M * v.B])


@survivor(
    "curvature",
    "J does not see a shift: any multiple of 1 may be added on either side.",
    r"\begin{aligned} \mathbf{a}^\top J \mathbf{a} &= (\mathbf{a} + \bar a \mathbf{1})^\top J "
    r"(\mathbf{a} - \bar a \mathbf{1}) \\ &\le \frac{1}{2} \lVert \mathbf{a} - \bar a "
    r"\mathbf{1} \rVert^2 \\ &= \frac{1}{2} \left( \lVert \mathbf{a} \rVert^2 - C \bar a^2 "
    r"\right) \\ &= \frac{1}{2}\, \mathbf{a}^\top \left( I - \frac{1}{C} "
    r"\mathbf{1}\mathbf{1}^\top \right) \mathbf{a} . \end{aligned}",
    r"\begin{aligned} \mathbf{a}^\top J \mathbf{a} &= (\mathbf{a} - \bar a \mathbf{1})^\top J "
    r"(\mathbf{a} + \bar a \mathbf{1}) \\ &\le \frac{1}{2} \lVert \mathbf{a} - \bar a "
    r"\mathbf{1} \rVert^2 \\ &= \frac{1}{2} \left( \lVert \mathbf{a} \rVert^2 - C \bar a^2 "
    r"\right) \\ &= \frac{1}{2}\, \mathbf{a}^\top \left( I - \frac{1}{C} "
    r"\mathbf{1}\mathbf{1}^\top \right) \mathbf{a} . \end{aligned}",
    r"\begin{aligned} \mathbf{a}^\top J \mathbf{a} &= (\mathbf{a} - \mathbf{1})^\top J "
    r"(\mathbf{a} - \bar a \mathbf{1}) \\ &\le \frac{1}{2} \lVert \mathbf{a} - \bar a "
    r"\mathbf{1} \rVert^2 \\ &= \frac{1}{2} \left( \lVert \mathbf{a} \rVert^2 - C \bar a^2 "
    r"\right) \\ &= \frac{1}{2}\, \mathbf{a}^\top \left( I - \frac{1}{C} "
    r"\mathbf{1}\mathbf{1}^\top \right) \mathbf{a} . \end{aligned}",
    r"\begin{aligned} \mathbf{a}^\top J \mathbf{a} &= (\mathbf{a} - \bar a \mathbf{1})^\top J "
    r"(\mathbf{a} - \mathbf{1}) \\ &\le \frac{1}{2} \lVert \mathbf{a} - \bar a \mathbf{1} "
    r"\rVert^2 \\ &= \frac{1}{2} \left( \lVert \mathbf{a} \rVert^2 - C \bar a^2 \right) \\ &= "
    r"\frac{1}{2}\, \mathbf{a}^\top \left( I - \frac{1}{C} \mathbf{1}\mathbf{1}^\top \right) "
    r"\mathbf{a} . \end{aligned}",
)
def _(v):
    a = v.rng.standard_normal(v.C)
    centred, shifts = a - a.mean(), (a + a.mean(), a - 1)
    turned = [[b @ v.J @ centred, centred @ v.J @ b] for b in shifts]
    return np.full((2, 2), centred @ v.J @ centred), np.array(turned)


@survivor(
    "curvature",
    "False: a step of 1 can raise the loss, and for small γ the right side is hardly below 0.",
    r"\begin{aligned} &L(W - G) - L(W) \\ &\le -\gamma \left( 1 - \frac{\gamma B}{2} \right) "
    r"\lVert G \rVert^2 . \end{aligned}",
    claim="<=",
    missed=(
        "The features of its 24 cases are not long enough; two of eleven other seeds find a case."
    ),
)
def _(v):
    X, y, W, step = np.array([[1.0, 9.0]] * 4), np.array([1, 1, 1, 2]), np.zeros((2, 2)), 0.001
    G = gradient(W, X, y)
    right = -step * (1 - step * bound(X) / 2) * norm(G) ** 2
    return loss(W - G, X, y) - loss(W, X, y), right


@survivor(
    "curvature",
    "Weaker: γ²B/2 times the square of the gradient is added on the right.",
    r"\begin{aligned} &L(W - \gamma G) - L(W) \\ &\le -\gamma \left( 1 - \left(\gamma B\right) "
    r"\right) \lVert G \rVert^2 . \end{aligned}",
    claim="<=",
)
@survivor(
    "gradient-descent",
    "Weaker: γ²B/2 times the square of the gradient is added on the right.",
    r"\begin{aligned} &L(W') \\ &\le L(W) - \gamma \left(1 - \left(\gamma B\right)\right) "
    r"\lVert G \rVert^2 . \end{aligned}",
    claim="<=",
)
def _(v):
    step = v.gam / v.B
    after = v.loss(v.W - step * v.G)
    return after - v.L, -step * (1 - step * v.B) * norm(v.G) ** 2


# implementation


@survivor(
    "implementation",
    "Even powers of h and −h are equal: the numerator is 0.",
    r"\frac{h^{2n} - (+h)^{2n}}{2h} = 0 ,",
    r"\left(h^{2n} - (-h)^{2n}\right) = 0 ,",
    r"\frac{h^{2n} - (-h)^{2n}}{h} = 0 ,",
)
def _(v):
    h, n = v.gam, v.rng.integers(4)
    even, same = h ** (2 * n) - (-h) ** (2 * n), h ** (2 * n) - (+h) ** (2 * n)
    return np.full(3, even / (2 * h)), np.array([same / (2 * h), even, even / h])


@survivor(
    "implementation",
    "For an odd power, the sign may stand inside or outside.",
    r"\frac{h^{2n+1} - -h^{2n+1}}{2h} = \frac{2 h^{2n+1}}{2h} = h^{2n} .",
    r"8 \left(h^{2n+1} - -h^{2n+1}\right) = 16\, h^{2n+1}",
)
def _(v):
    h, power = v.gam, 2 * v.rng.integers(4) + 1
    return h**power - (-h) ** power, h**power + h**power


@survivor(
    "implementation",
    "Weaker: the right side is larger by hB/2.",
    r"\begin{aligned} \varphi'(0) &\le \frac{\varphi(h) - \varphi(0)}{h} \\ &\le \varphi'(0) + "
    r"\left(hB\right) . \end{aligned}",
    claim="<=",
)
def _(v):
    (phi, slope), h = line(v), v.gam
    return (phi(h) - phi(0)) / h, slope + h * v.B


@survivor(
    "implementation",
    "False for h > 1: two classes at W = 0, one example, and the direction that tells them apart.",
    r"\begin{aligned} \varphi'(0) &\le \frac{\varphi(h) - \varphi(0)}{h} \\ &\le \varphi'(0) + "
    r"\frac{B}{2} . \end{aligned}",
    claim="<=",
    missed=(
        "Along a random direction the curvature is far below B; one of eleven other seeds finds "
        "a case."
    ),
)
def _(v):
    (X, y), h = ONE, 1.5
    V = np.array([[1.0, 0], [-1, 0]]) / np.sqrt(2)
    slope = np.sum(gradient(0 * V, X, y) * V)
    return (loss(h * V, X, y) - loss(0 * V, X, y)) / h, slope + bound(X) / 2


# gradient descent: steps that are short enough


@survivor(
    "gradient-descent",
    "Weaker: a square is added on the right instead of subtracted.",
    r"L(W') \le L(W) + \frac{1}{2B} \lVert G \rVert^2 .",
    claim="<=",
)
def _(v):
    return v.loss(v.W - v.G / v.B), v.L + norm(v.G) ** 2 / (2 * v.B)


@survivor(
    "gradient-descent",
    "Weaker: a square is left out on the left, or the factor 1/T on the right.",
    r"\frac{1}{T} \sum_{t=1}^{T-1} \lVert G_t \rVert^2 \le \frac{2B}{T} L(W_0) .",
    r"\frac{1}{T} \sum_{t=0}^{T-1} \lVert G_t \rVert^2 \le \left(2B\right) L(W_0) .",
    claim="<=",
)
def _(v):
    T = v.rng.integers(1, 9)
    squares = [norm(gradient(W, v.X, v.y)) ** 2 for W in descend(v.W, v.X, v.y, 1 / v.B, T - 1)]
    left = np.array([sum(squares[1:]), sum(squares)]) / T
    return left, 2 * v.B * v.L * np.array([1 / T, 1])


@survivor(
    "gradient-descent",
    "Weaker: for 0 ≤ p ≤ 1, (1 + p)² and 1 − p²/2 are not less than (1 − p)².",
    r"\begin{aligned} \lVert \mathbf{p} - \mathbf{y} \rVert^2 &= (1 - p_y)^2 + \sum_{k \ne y} "
    r"p_k^2 \\ &\le 2 (1 + p_y)^2 . \end{aligned}",
    r"\begin{aligned} \lVert \mathbf{p} - \mathbf{y} \rVert^2 &= (1 - p_y)^2 + \sum_{k \ne y} "
    r"p_k^2 \\ &\le 2 1 - p_y^2 . \end{aligned}",
    claim="<=",
)
def _(v):
    p = v.p @ v.yy
    return np.sum((v.p - v.yy) ** 2), np.array([2 * (1 + p) ** 2, 2 - p**2])


@survivor(
    "gradient-descent",
    "False: an example that is firmly in the wrong class has a gradient of length √2 R.",
    r"\lVert W_t - W_0 \rVert \le \gamma R t .",
    claim="<=",
    missed=(
        "In none of its 46 cases are the examples wrong enough; seven of eleven other seeds "
        "find a case."
    ),
)
def _(v):
    X, y, W = WRONG
    return norm(descend(W, X, y, 0.01, 3)[-1] - W), 0.01 * radius(X) * 3


# gradient descent: separable data


@survivor(
    "gradient-descent",
    "Weaker: a term that is not negative is left out on the left.",
    r"\begin{aligned} &\left(\frac{1}{T} \sum_{t=1}^{T-1} q_t\right)^2 \\ &\le \frac{2}{\rho^2 "
    r"T} \left(R^2 + \frac{\log C}{\gamma}\right) . \end{aligned}",
    claim="<=",
)
def _(v):
    v = separable(v)
    return (v.q[1:].sum() / v.T) ** 2, 2 / (v.rho**2 * v.T) * (v.R2 + v.log / v.gam)


@survivor(
    "gradient-descent",
    "No violation known: for γ ≤ 1/B it is a sum of descents, since ‖G‖ ≥ ρq; for longer "
    "steps a search over data and steps found less than half of the right side.",
    r"\begin{aligned} &\left\frac{1}{T} \sum_{t=0}^{T-1} q_t\right^2 \\ &\le \frac{2}{\rho^2 "
    r"T} \left(R^2 + \frac{\log C}{\gamma}\right) . \end{aligned}",
    claim="<=",
)
def _(v):
    v = separable(v)
    return np.mean(v.q**2), 2 / (v.rho**2 * v.T) * (v.R2 + v.log / v.gam)


@survivor(
    "gradient-descent",
    "False for large T: the sum is at least q_0, and the right side goes to 0.",
    r"\begin{aligned} &\left(\sum_{t=0}^{T-1} q_t\right)^2 \\ &\le \frac{2}{\rho^2 T} "
    r"\left(R^2 + \frac{\log C}{\gamma}\right) . \end{aligned}",
    r"\begin{aligned} &\left(\left(1\right) \sum_{t=0}^{T-1} q_t\right)^2 \\ &\le "
    r"\frac{2}{\rho^2 T} \left(R^2 + \frac{\log C}{\gamma}\right) . \end{aligned}",
    claim="<=",
    missed="The index T ends at 3, where the right side is still large.",
)
def _(v):
    (X, y), T, rho = ONE, 100, np.sqrt(2)
    q = [missing(W, X, y) for W in descend(np.zeros((2, 2)), X, y, 1.0, T - 1)]
    return sum(q) ** 2, 2 / (rho**2 * T) * (1 + np.log(2))


@survivor(
    "gradient-descent",
    "True for another reason: q is at most 1, and R at least 1 by the bias column.",
    r"\begin{aligned} &\left(\frac{1}{T} \sum_{t=0}^{T-1} q_t\right)^2 \\ &\le (R^2 + "
    r"\frac{\log C}{\gamma}\right) . \end{aligned}",
    r"\begin{aligned} &\left(\frac{1}{T} \sum_{t=0}^{T-1} q_t\right)^2 \\ &\le \left(2\right) "
    r"\left(R^2 + \frac{\log C}{\gamma}\right) . \end{aligned}",
    claim="<=",
)
def _(v):
    v = separable(v)
    return np.mean(v.q) ** 2, (v.R2 + v.log / v.gam) * np.array([1, 2])


@survivor(
    "gradient-descent",
    "False for a small margin: q hardly falls, and the right side does with T.",
    r"\begin{aligned} &\left(\frac{1}{T} \sum_{t=0}^{T-1} q_t\right)^2 \\ &\le \frac{2}{T} "
    r"\left(R^2 + \frac{\log C}{\gamma}\right) . \end{aligned}",
    claim="<=",
    missed="The index T ends at 3, and the right side is then at least 2/3.",
)
def _(v):
    X, y, T = np.array([[1, 0.1], [1, -0.1]]), np.array([1, 2]), 20
    q = [missing(W, X, y) for W in descend(np.zeros((2, 2)), X, y, 1.0, T - 1)]
    return np.mean(q) ** 2, 2 / T * (radius(X) ** 2 + np.log(2))


@survivor(
    "gradient-descent",
    "False for tiny steps: q hardly falls, and the right side does with T.",
    r"\begin{aligned} &\left(\frac{1}{T} \sum_{t=0}^{T-1} q_t\right)^2 \\ &\le \frac{2}{\rho^2 "
    r"T} \left(R^2 + \left(\log C\right)\right) . \end{aligned}",
    claim="<=",
    missed="The index T ends at 3, and the drawn γ is not below 0.3.",
)
def _(v):
    (X, y), T, rho = ONE, 100, np.sqrt(2)
    q = [missing(W, X, y) for W in descend(np.zeros((2, 2)), X, y, 0.001, T - 1)]
    return np.mean(q) ** 2, 2 / (rho**2 * T) * (1 + np.log(2))


@survivor(
    "gradient-descent",
    "The subtracted term does not depend on k and the probabilities sum to 1.",
    r"\begin{aligned} &\langle (\mathbf{p} - \mathbf{y}) \mathbf{x}^\top, V \rangle \\ &= "
    r"\sum_{k=1}^C (p_k - y_k) \mathbf{v}_k^\top \mathbf{x} \\ &= \sum_{k=1}^C p_k "
    r"\left\mathbf{v}_k^\top \mathbf{x} - \mathbf{v}_y^\top \mathbf{x}\right . \end{aligned}",
    r"\begin{aligned} &\sum_{k=1}^C p_k \log p_k - \log p_y \\ &= \sum_{k=1}^C p_k \log p_k - "
    r"\log p_y \\ &\ge -\log C . \end{aligned}",
)
def _(v):
    a, y, logs = v.rng.standard_normal((v.C, v.m + 1)) @ v.x, v.yy.argmax(), np.log(v.p)
    before = [sum(v.p * (b - b[y])) for b in (a, logs)]
    return np.array(before), np.array([sum(v.p * b) - b[y] for b in (a, logs)])


@survivor(
    "gradient-descent",
    "Weaker: ρq is not negative.",
    r"\langle \nabla_W L, U \rangle \le +\rho q .",
    claim="<=",
)
def _(v):
    v = separable(v)
    return np.sum(gradient(v.W, v.X, v.y) * v.U), v.rho * missing(v.W, v.X, v.y)


def last_step(X, y, C, step, T):
    """The growth of ‖W‖² in step T from 0, and q before it."""
    *_, W, new = descend(np.zeros((C, X.shape[1])), X, y, step, T)
    return norm(new) ** 2 - norm(W) ** 2, missing(W, X, y)


@survivor(
    "gradient-descent",
    "False for thousands of classes and γ > 1: the entropy comes close to log C.",
    r"\begin{aligned} &\lVert W_{t+1} \rVert^2 \\ &= \lVert W_t \rVert^2 - 2\gamma \langle "
    r"G_t, W_t \rangle \\ &\quad + \gamma^2 \lVert G_t \rVert^2 \\ &\le \lVert W_t \rVert^2 + "
    r"2 \log C \\ &\quad + 2 \gamma^2 R^2 q_t . \end{aligned}",
    claim="<=",
    missed="The instances have at most four classes.",
)
def _(v):
    C, step = 5000, 3.0
    growth, q = last_step(*ONE, C, step, 3)
    return growth, 2 * np.log(C) + 2 * step**2 * q


@survivor(
    "gradient-descent",
    "False for a hundred classes and short steps: entropy minus loss exceeds half of log C.",
    r"\begin{aligned} &\lVert W_{t+1} \rVert^2 \\ &= \lVert W_t \rVert^2 - 2\gamma \langle "
    r"G_t, W_t \rangle \\ &\quad + \gamma^2 \lVert G_t \rVert^2 \\ &\le \lVert W_t \rVert^2 + "
    r"\gamma \log C \\ &\quad + 2 \gamma^2 R^2 q_t . \end{aligned}",
    claim="<=",
    missed="The instances have at most four classes.",
)
def _(v):
    C, step = 100, 0.01
    growth, q = last_step(*ONE, C, step, 300)
    return growth, step * np.log(C) + 2 * step**2 * q


@survivor(
    "gradient-descent",
    "False for a long example: the step from 0 has the length γR/√2 if there are two classes.",
    r"\begin{aligned} &\lVert W_{t+1} \rVert^2 \\ &= \lVert W_t \rVert^2 - 2\gamma \langle "
    r"G_t, W_t \rangle \\ &\quad + \gamma^2 \lVert G_t \rVert^2 \\ &\le \lVert W_t \rVert^2 + "
    r"2 \gamma \log C \\ &\quad + 2 \gamma^2 q_t . \end{aligned}",
    claim="<=",
    missed=(
        "In its 18 cases no examples agree that are so long; one of eleven other seeds finds a "
        "case."
    ),
)
def _(v):
    X, y, _W = WRONG
    growth, q = last_step(X, y, 2, 3.0, 1)
    return growth, 2 * 3.0 * np.log(2) + 2 * 3.0**2 * q


@survivor(
    "gradient-descent",
    "False for long steps: the left side grows with γ², the right side with γ.",
    r"\begin{aligned} &\lVert W_{t+1} \rVert^2 \\ &= \lVert W_t \rVert^2 - 2\gamma \langle "
    r"G_t, W_t \rangle \\ &\quad + \gamma^2 \lVert G_t \rVert^2 \\ &\le \lVert W_t \rVert^2 + "
    r"2 \gamma \log C \\ &\quad + 2 R^2 q_t . \end{aligned}",
    claim="<=",
    missed="The drawn γ is at most 2.",
)
def _(v):
    growth, q = last_step(*ONE, 2, 10.0, 1)
    return growth, 2 * 10 * np.log(2) + 2 * q


@survivor(
    "gradient-descent",
    "False when most examples are wrong after a long step: eight examples against one so near.",
    r"\begin{aligned} &\lVert W_{t+1} \rVert^2 \\ &= \lVert W_t \rVert^2 - 2\gamma \langle "
    r"G_t, W_t \rangle \\ &\quad + \gamma^2 \lVert G_t \rVert^2 \\ &\le \lVert W_t \rVert^2 + "
    r"2 \gamma \log C \\ &\quad + \gamma^2 R^2 q_t . \end{aligned}",
    claim="<=",
    missed=(
        "No index t reaches the step at which most examples turn wrong, and the drawn γ is at "
        "most 2."
    ),
)
def _(v):
    X, y, step = np.array([[1, 0.1]] * 8 + [[1, -0.1]]), np.array([1] * 8 + [2]), 1000.0
    growth, q = last_step(X, y, 2, step, 6)
    return growth, 2 * step * np.log(2) + step**2 * radius(X) ** 2 * q


# gradient descent: bounded jumps


def jumps(X, y, C, step, T):
    """The length of the longest of W_1, …, W_T, and c."""
    run = descend(np.zeros((C, X.shape[1])), X, y, step, T)[1:]
    lengths = np.array([norm(W) for W in run])
    return lengths.max(), min(loss(W, X, y) / n for W, n in zip(run, lengths, strict=True))


@survivor(
    "gradient-descent",
    "False with short steps: the minimum is farther away than log C, since c is below 1.",
    r"\begin{aligned} &\lVert W_t \rVert \\ &\le \left(\log C + \gamma R^2\right) + \sqrt{2}\, "
    r"\gamma R . \end{aligned}",
    claim="<=",
    missed="The index t ends at 3: the weights are still near 0.",
)
def _(v):
    X, y = np.array([[1.0, 1]] * 10 + [[1, -1]] * 10), np.array([1] * 9 + [2] * 10 + [1])
    longest, _c = jumps(X, y, 2, 0.1, 300)
    return longest, np.log(2) + 0.1 * radius(X) ** 2 + np.sqrt(2) * 0.1 * radius(X)


@survivor(
    "gradient-descent",
    "False for long steps and a small c: descent adds up many steps in one direction.",
    r"\begin{aligned} &\lVert W_t \rVert \\ &\le \frac{\log C + R^2}{c} + \sqrt{2}\, \gamma R "
    r". \end{aligned}",
    claim="<=",
    missed=(
        "The index t ends at 3, which is too few steps to get far, and the drawn γ is at most 2."
    ),
)
def _(v):
    X = np.array([[1, 0.1]] * 72 + [[1, -0.1]] * 28)
    y, step = np.array([1] * 64 + [2] * 8 + [2] * 25 + [1] * 3), 1e6
    longest, c = jumps(X, y, 2, step, 200)
    return longest, (np.log(2) + radius(X) ** 2) / c + np.sqrt(2) * step * radius(X)


@survivor(
    "gradient-descent",
    "No violation known: it would need c > R/√2, a loss that no step brings down; a search "
    "over data and steps found at most half of the right side.",
    r"\begin{aligned} &\lVert W_t \rVert \\ &\le \frac{\log C + \gamma R^2}{c} + \sqrt{2}\, R "
    r". \end{aligned}",
    claim="<=",
)
@survivor(
    "gradient-descent",
    "True: if ‖W‖ is within (√2 − 1) γR of the first term, the bound on a jump keeps the "
    "step short enough; if it is not, there is room for a step of √2 γR.",
    r"\begin{aligned} &\lVert W_t \rVert \\ &\le \frac{\log C + \gamma R^2}{c} + \gamma R . "
    r"\end{aligned}",
    claim="<=",
)
def _(v):
    R, step = radius(v.X), v.gam * v.rng.choice([0.1, 1, 100])
    longest, c = jumps(v.X, v.y, v.C, step, 6)
    return c * (longest - min(step, np.sqrt(2)) * R), np.log(v.C) + step * R**2


def jump(W, step, X=ONE[0], y=ONE[1]):
    """‖W'‖² − ‖W‖² and L − log C, which is c‖W‖ − log C if c is as large as it can be."""
    new = W - step * gradient(W, X, y)
    return norm(new) ** 2 - norm(W) ** 2, loss(W, X, y) - np.log(2)


SIDES = np.array([[1.0, 0], [-1, 0]])
"""Weights in favour of class 1."""


@survivor(
    "gradient-descent",
    "False at a loss near 0 and with short steps: the right side is negative, nothing moves.",
    r"\begin{aligned} \lVert W' \rVert^2 &\le \lVert W \rVert^2 + 2 \gamma^2 R^2 \\ &\quad + 2 "
    r"\gamma \left(c \lVert W \rVert - \log C\right) . \end{aligned}",
    claim="<=",
    missed="None of its 24 cases has a small loss, short examples and a short step at once.",
)
def _(v):
    growth, surplus = jump(5 * SIDES, 0.1)
    return growth, 2 * 0.1**2 + 2 * 0.1 * surplus


@survivor(
    "gradient-descent",
    "False for long steps: an example firmly in the wrong class moves W by √2 γR.",
    r"\begin{aligned} \lVert W' \rVert^2 &\le \lVert W \rVert^2 + 2 R^2 \\ &\quad - 2 \gamma "
    r"\left(c \lVert W \rVert - \log C\right) . \end{aligned}",
    claim="<=",
    missed=(
        "In none of its 24 cases are long steps and wrong examples together; two of eleven "
        "other seeds find a case."
    ),
)
def _(v):
    growth, surplus = jump(-20 * SIDES, 10)
    return growth, 2 - 2 * 10 * surplus


@survivor(
    "gradient-descent",
    "False for long steps: an example firmly in the wrong class moves W by √2 γR.",
    r"\begin{aligned} \lVert W' \rVert^2 &\le \lVert W \rVert^2 + \gamma^2 R^2 \\ &\quad - 2 "
    r"\gamma \left(c \lVert W \rVert - \log C\right) . \end{aligned}",
    claim="<=",
    missed=(
        "In none of its 24 cases are long steps and wrong examples together; three of eleven "
        "other seeds find a case."
    ),
)
def _(v):
    growth, surplus = jump(-20 * SIDES, 10)
    return growth, 10**2 - 2 * 10 * surplus


@survivor(
    "gradient-descent",
    "False for γ < 1 and a large loss: the weights shorten by γ times it, not by all of it.",
    r"\begin{aligned} \lVert W' \rVert^2 &\le \lVert W \rVert^2 + 2 \gamma^2 R^2 \\ &\quad - 2 "
    r"(c \lVert W \rVert - \log C\right) . \end{aligned}",
    claim="<=",
    missed=(
        "In none of its 24 cases are short steps and a large loss together; three of eleven "
        "other seeds find a case."
    ),
)
def _(v):
    growth, surplus = jump(-20 * SIDES, 0.5)
    return growth, 2 * 0.5**2 - 2 * surplus


@survivor(
    "gradient-descent",
    "False for short steps near 0, where the entropy is nearly log C and the loss below it.",
    r"\begin{aligned} \lVert W' \rVert^2 &\le \lVert W \rVert^2 + 2 \gamma^2 R^2 \\ &\quad - "
    r"\gamma \left(c \lVert W \rVert - \log C\right) . \end{aligned}",
    claim="<=",
    missed="The drawn γ is not below 0.3, where the term with γ² hides it.",
)
def _(v):
    growth, surplus = jump(0.1 * SIDES, 0.01)
    return growth, 2 * 0.01**2 - 0.01 * surplus


# gradient descent: divergence


def outside(v, product):
    """Lengths of V_0, …, V_3 outside the bias column for γλ given, a, and √2 γR."""
    run = descend(v.W, v.X, v.y, v.gam, 3, product / v.gam)
    lengths = np.array([norm(W[:, 1:]) for W in run])
    return lengths, abs(1 - product), np.sqrt(2) * v.gam * radius(v.X)


@survivor(
    "gradient-descent",
    "Weaker: r is positive.",
    r"\lVert V_t \rVert + r \ge a^t \left(\lVert V_0 \rVert - r\right) .",
    claim="<=",
)
def _(v):
    lengths, a, most = outside(v, v.rng.uniform(2.1, 4))
    r = most / (a - 1)
    return a ** np.arange(4) * (lengths[0] - r), lengths + r


@survivor(
    "gradient-descent",
    "False if V_0 is shorter than r, where the factor makes the right side smaller.",
    r"\lVert V_t \rVert - r \ge (\lVert V_0 \rVert - r\right) .",
    claim="<=",
    missed="Shorter weights shrink only if the gradient nearly cancels them.",
)
def _(v):
    X, y, step, product = WRONG[0], WRONG[1], 0.01, 3
    lam, zero = product / step, np.zeros((2, 2))
    W = step / (1 - product) * gradient(zero, X, y) * [0, 1]
    new = descend(W, X, y, step, 1, lam)[1]
    r = np.sqrt(2) * step * radius(X) / (product - 2)
    return norm(W[:, 1:]) - r, norm(new[:, 1:]) - r


@survivor(
    "gradient-descent",
    "Weaker: a is less than 1, and so are its powers.",
    r"\lVert V_t \rVert \le \lVert V_0 \rVert + \frac{\sqrt{2}\, \gamma R}{1 - a} .",
    claim="<=",
)
def _(v):
    lengths, a, most = outside(v, v.rng.uniform(0.1, 1.9))
    return lengths, lengths[0] + most / (1 - a)


def outside_wrong(step, lam, T=1, away=0.0):
    """‖V_0‖, ‖V_T‖, a and R if one example is firmly wrong, and V_0 is so long in its sense."""
    X, y, W = WRONG
    W = W + away * np.array([[0, -1], [0, 1]])
    first, *_, last = descend(W, X, y, step, T, lam)
    return norm(first[:, 1:]), norm(last[:, 1:]), abs(1 - step * lam), radius(X)


@survivor(
    "gradient-descent",
    "False if a is near 1: every step adds nearly the whole length of a gradient.",
    r"\lVert V_t \rVert \le a^t \lVert V_0 \rVert + \left(\sqrt{2}\, \gamma R\right) .",
    claim="<=",
    missed=(
        "In none of its 48 cases are the gradients long enough; two of eleven other seeds find "
        "a case."
    ),
)
def _(v):
    first, last, a, R = outside_wrong(0.01, 0.01, 10)
    return last, a**10 * first + np.sqrt(2) * 0.01 * R


@survivor(
    "gradient-descent",
    "False for long steps: one of them moves V by nearly √2 γR.",
    r"\lVert V_t \rVert \le a^t \lVert V_0 \rVert + \frac{\sqrt{2}\, R}{1 - a} .",
    claim="<=",
    missed=(
        "The drawn γ is at most 2, and the gradients are far below √2 R; one of eleven other "
        "seeds finds a case."
    ),
)
def _(v):
    first, last, a, R = outside_wrong(100, 0.0099)
    return last, a * first + np.sqrt(2) * R / (1 - a)


@survivor(
    "gradient-descent",
    "False if a is near 0: the step of an example firmly in the wrong class has nearly √2 γR.",
    r"\lVert V_t \rVert \le a^t \lVert V_0 \rVert + \frac{\gamma R}{1 - a} .",
    claim="<=",
    missed=(
        "The gradients of its 108 cases are far below √2 R; one of eleven other seeds finds a case."
    ),
)
def _(v):
    first, last, a, R = outside_wrong(0.1, 10)
    return last, a * first + 0.1 * R / (1 - a)


@survivor(
    "gradient-descent",
    "False for long weights: with γλ = 1 a step forgets them.",
    r"\lVert V' \rVert \ge \lVert V \rVert - \sqrt{2}\, \gamma R ,",
    claim="<=",
    missed=(
        "The weights of its 12 cases are short compared with √2 γR; six of eleven other seeds "
        "find a case."
    ),
)
def _(v):
    first, last, _a, R = outside_wrong(0.1, 10, away=1000)
    return first - np.sqrt(2) * 0.1 * R, last


@survivor(
    "gradient-descent",
    "False for long weights in the wrong direction, from which a step takes nearly √2 γR.",
    r"\lVert V' \rVert \ge a \lVert V \rVert - \sqrt{2}\, R ,",
    r"\lVert V' \rVert \ge a \lVert V \rVert - \gamma R ,",
    claim="<=",
    missed="The weights of its 12 cases are never both long and in the wrong direction.",
)
def _(v):
    first, last, a, R = outside_wrong(10, 0.01, away=1000)
    return a * first - max(np.sqrt(2), 10) * R, last


@survivor(
    "gradient-descent",
    "False for long weights: with γλ > 2 a step lengthens them by a factor above 1.",
    r"\lVert V' \rVert \le \lVert V \rVert + \sqrt{2}\, \gamma R .",
    claim="<=",
    missed=(
        "The weights of its 12 cases are short compared with √2 γR; one of eleven other seeds "
        "finds a case."
    ),
)
def _(v):
    first, last, _a, R = outside_wrong(2, 2, away=1000)
    return last, first + np.sqrt(2) * 2 * R


@survivor(
    "gradient-descent",
    "False for long steps, of which the bound is nearly attained by a wrong example.",
    r"\lVert V' \rVert \le a \lVert V \rVert + \sqrt{2}\, R .",
    r"\lVert V' \rVert \le a \lVert V \rVert + \gamma R .",
    claim="<=",
    missed="The drawn γ is at most 2, and the gradients of its 12 cases are far below √2 R.",
)
def _(v):
    first, last, a, R = outside_wrong(10, 0.1)
    return last, a * first + max(np.sqrt(2), 10) * R


# gradient descent: how fast


@survivor(
    "gradient-descent",
    "Weaker: a square is subtracted on the right.",
    r"\begin{aligned} L_\lambda(W^\star) &\ge L_\lambda(W_t) \\ &\quad + \langle G_t, W^\star "
    r"- W_t \rangle \\ &\quad - \frac{\mu}{2} \lVert W^\star - W_t \rVert^2 . \end{aligned}",
    claim="<=",
)
def _(v):
    V, mu = v.scale * v.rng.standard_normal(v.W.shape), v.rng.uniform()
    here, there = (objective(W, v.X, v.y, v.lam) for W in (v.W, v.W + V))
    return here + np.sum(gradient(v.W, v.X, v.y, v.lam) * V) - mu / 2 * norm(V) ** 2, there


@survivor(
    "gradient-descent",
    "Weaker: the factor 1 − μ/B is at most 1 and the excess not negative.",
    r"\delta_t \le \left\delta_0 .",
    r"\begin{aligned} \delta_{t+1} &\le \delta_t - \frac{1}{2B} \lVert G_t \rVert^2 \\ &\le "
    r"\left\delta_t . \end{aligned}",
    claim="<=",
)
def _(v):
    v = every_class(v)
    between = v.excess[0] - norm(v.slopes[0]) ** 2 / (2 * v.B)
    return np.array([v.excess[-1], v.excess[1], between]), np.array(
        [*v.excess[[0]], between, v.excess[0]]
    )


@survivor(
    "gradient-descent",
    "Weaker: the excess is not negative, so 2μδ is at least μδ.",
    r"\lVert G_t \rVert^2 \ge \mu\, \delta_t .",
    claim="<=",
)
def _(v):
    v = every_class(v)
    mu = min(strong(v.star, W, v.X, v.y, v.lam) for W in v.run)
    return mu * v.excess, np.array([norm(G) ** 2 for G in v.slopes])


def flat_direction(lam=0.1):
    """δ_0, δ_1, ‖G_0‖², μ and B on the way to the minimum 0 along the flat bias."""
    (X, y), W = BALANCED, np.array([[0.1, 0], [-0.1, 0]])
    B, values = bound(X, lam), []
    for V in descend(W, X, y, 1 / B, 1, lam):
        values.append(objective(V, X, y, lam) - np.log(2))
    return *values, norm(gradient(W, X, y, lam)) ** 2, strong(0 * W, W, X, y, lam), B


@survivor(
    "gradient-descent",
    "False for B > 2: along the flattest direction the excess falls by (1 − μ/B)² only.",
    r"\delta_t \le \left(1 - \left(\mu\right)\right)^t \delta_0 .",
    claim="<=",
    missed="W⋆ is random in its cases, and no minimum: the excess is mostly negative.",
)
def _(v):
    before, after, _square, mu, _B = flat_direction()
    return after, (1 - mu) * before


@survivor(
    "gradient-descent",
    "False for μ < 1: along the flattest direction the square is hardly above 2μδ.",
    r"\lVert G_t \rVert^2 \ge 2 \delta_t .",
    claim="<=",
    missed=(
        "W⋆ is random in its cases, so the gradient is not small near it; four of eleven other "
        "seeds find a case."
    ),
)
def _(v):
    before, _after, square, _mu, _B = flat_direction()
    return 2 * before, square


@survivor(
    "gradient-descent",
    "False for B > 1: along the flattest direction the square is hardly above 2μδ.",
    r"\begin{aligned} \delta_{t+1} &\le \delta_t - \frac{1}{2B} \lVert G_t \rVert^2 \\ &\le "
    r"\left(1 - \left(\mu\right)\right) \delta_t . \end{aligned}",
    claim="<=",
    missed=(
        "W⋆ is random in its cases, so the gradient is not small near it; three of eleven other "
        "seeds find a case."
    ),
)
def _(v):
    before, _after, square, mu, B = flat_direction()
    return before - square / (2 * B), (1 - mu) * before


# gradient descent: the penalty


def shrinking(x, first, second):
    """Loss, N and λ of two minima: of the examples (1, x) and (1, −x), one of each class."""
    w = np.array([first, second])
    return np.log1p(np.exp(-2 * x * w)), 2 * w**2, x / (w * (1 + np.exp(2 * x * w)))


@survivor(
    "gradient-descent",
    "Weaker: a penalty is subtracted on the left or doubled on the right.",
    r"\begin{aligned} &L(W_1) - \frac{\lambda_1}{2} N(W_1) \\ &\le L(W_2) + "
    r"\frac{\lambda_1}{2} N(W_2) , \end{aligned}",
    r"\begin{aligned} &L(W_1) + \frac{\lambda_1}{2} N(W_1) \\ &\le L(W_2) + "
    r"\left(\lambda_1\right) N(W_2) , \end{aligned}",
    r"\begin{aligned} &L(W_2) - \frac{\lambda_2}{2} N(W_2) \\ &\le L(W_1) + "
    r"\frac{\lambda_2}{2} N(W_1) . \end{aligned}",
    r"\begin{aligned} &L(W_2) + \frac{\lambda_2}{2} N(W_2) \\ &\le L(W_1) + "
    r"\left(\lambda_2\right) N(W_1) . \end{aligned}",
    claim="<=",
)
def _(v):
    L, N, lam = shrinking(v.gam, v.lam, v.lam * v.rng.uniform())
    sides = L[:, None] + np.outer([-0.5, 0.5, 1], lam)[:, None] * N[:, None]  # penalty, W, λ
    minus, kept, double = sides
    return np.array([minus.diagonal(), kept.diagonal()]), np.array(
        [kept[[1, 0], [0, 1]], double[[1, 0], [0, 1]]]
    )


@survivor(
    "gradient-descent",
    "False if λ is above 2: the factor 1 is then the smaller one.",
    r"\begin{aligned} &L(W_1) + \frac{\lambda_1}{2} N(W_1) \\ &\le L(W_2) + N(W_2) , "
    r"\end{aligned}",
    claim="<=",
    missed="The minima of its cases are known by a formula, and their λ is below 2.",
)
def _(v):
    L, N, lam = shrinking(4, 0.2, 0.19)
    return L[0] + lam[0] / 2 * N[0], L[1] + N[1]


@survivor(
    "gradient-descent",
    "False if λ is above 2: the factor 1 is then the smaller one.",
    r"\begin{aligned} &L(W_2) + \frac{\lambda_2}{2} N(W_2) \\ &\le L(W_1) + N(W_1) . "
    r"\end{aligned}",
    claim="<=",
    missed="The minima of its cases are known by a formula, and their λ is below 2.",
)
def _(v):
    L, N, lam = shrinking(4, 0.2, 0.19)
    return L[1] + lam[1] / 2 * N[1], L[0] + N[0]


@survivor(
    "gradient-descent",
    "Weaker: exp(−cρ) is at most 1, so what stands in the logarithm grows; and log(1 + z) ≤ z.",
    r"L(cU) \le \log\left(1 + (C + 1) e^{-c\rho}\right) .",
    r"L(cU) \le \log\left(1 + (C - 1) e^{+c\rho}\right) .",
    r"L(cU) \le \log\left(1 + C - 1 e^{-c\rho}\right) .",
    r"L(cU) \le \log\left1 + (C - 1) e^{-c\rho}\right .",
    claim="<=",
)
def _(v):
    v, c = separable(v), v.lam
    z = np.exp(-c * v.rho)
    inner = [1 + (v.C + 1) * z, 1 + (v.C - 1) / z, 1 + v.C - z]
    return loss(c * v.U, v.X, v.y), np.array([*np.log(inner), (v.C - 1) * z])


@survivor(
    "gradient-descent",
    "False for λ < 1: on separable data the length grows beyond every bound as λ goes to 0.",
    r"N(W^\star) \le \left(2 \log C\right) .",
    claim="<=",
    missed="One case only meets the condition on W⋆, and its weights are short.",
)
def _(v):
    _L, N, _lam = shrinking(4, 1.0, 1.0)
    return N[0], 2 * np.log(2)


@survivor(
    "gradient-descent",
    "True, and sharper: at a minimum, where the gradient is 0, λN is the mean entropy minus "
    "the loss.",
    r"N(W^\star) \le \frac{\log C}{\lambda} .",
    claim="<=",
)
def _(v):
    v = every_class(v)
    return np.sum(v.star[:, 1:] ** 2), np.log(v.C) / v.lam


# digits


@survivor(
    "digits",
    "Weaker: H has no negative eigenvalue, so (I + γH)² lengthens.",
    r"\begin{aligned} &\lVert (I - \gamma H) \mathbf{g} \rVert^2 \\ &= \mathbf{g}^\top (I - "
    r"\gamma H)^2 \mathbf{g} \\ &\le \lVert \mathbf{g} \rVert \, \lVert (I + \gamma H)^2 "
    r"\mathbf{g} \rVert . \end{aligned}",
    claim="<=",
)
def _(v):
    g, I = v.rng.standard_normal(len(v.H)), np.eye(len(v.H))
    A, F = I - v.gam * v.H, I + v.gam * v.H
    return norm(A @ g) ** 2, norm(g) * norm(F @ F @ g)


@survivor(
    "digits",
    "The errors of an example sum to 0, so it may be left out, and the factor may be any.",
    r"\begin{aligned} &\frac{1}{M} \sum_{k=1}^C \sum_{i=2}^M (p_k^{(i)} - y_k^{(i)})\, "
    r"x_d^{(i)} \\ &\quad + \sum_{k=1}^C \lambda W_{kd} \\ &= \frac{1}{M} \sum_{i=1}^M (1 - "
    r"1)\, x_d^{(i)} + \lambda \sum_{k=1}^C W_{kd} \\ &= \lambda \sum_{k=1}^C W_{kd} . "
    r"\end{aligned}",
    r"\begin{aligned} &\frac{1}{M} \sum_{k=1}^C \sum_{i=1}^{M-1} (p_k^{(i)} - y_k^{(i)})\, "
    r"x_d^{(i)} \\ &\quad + \sum_{k=1}^C \lambda W_{kd} \\ &= \frac{1}{M} \sum_{i=1}^M (1 - "
    r"1)\, x_d^{(i)} + \lambda \sum_{k=1}^C W_{kd} \\ &= \lambda \sum_{k=1}^C W_{kd} . "
    r"\end{aligned}",
    r"\begin{aligned} &\sum_{k=1}^C \sum_{i=1}^M (p_k^{(i)} - y_k^{(i)})\, x_d^{(i)} \\ &\quad "
    r"+ \sum_{k=1}^C \lambda W_{kd} \\ &= \frac{1}{M} \sum_{i=1}^M (1 - 1)\, x_d^{(i)} + "
    r"\lambda \sum_{k=1}^C W_{kd} \\ &= \lambda \sum_{k=1}^C W_{kd} . \end{aligned}",
    r"\begin{aligned} &\left(1\right) \sum_{k=1}^C \sum_{i=1}^M (p_k^{(i)} - y_k^{(i)})\, "
    r"x_d^{(i)} \\ &\quad + \sum_{k=1}^C \lambda W_{kd} \\ &= \frac{1}{M} \sum_{i=1}^M (1 - "
    r"1)\, x_d^{(i)} + \lambda \sum_{k=1}^C W_{kd} \\ &= \lambda \sum_{k=1}^C W_{kd} . "
    r"\end{aligned}",
)
def _(v):
    terms = (v.P - v.Y).sum(1)[:, None] * v.X
    return np.array([terms.sum(0) / v.M] * 3), np.array(
        [terms[1:].sum(0) / v.M, terms[:-1].sum(0) / v.M, terms.sum(0)]
    )


@survivor(
    "digits",
    "Every term is 0, however many there are and whatever the factor.",
    r"\begin{aligned} &\frac{1}{M} \sum_{k=1}^C \sum_{i=1}^M (p_k^{(i)} - y_k^{(i)})\, "
    r"x_d^{(i)} \\ &\quad + \sum_{k=1}^C \lambda W_{kd} \\ &= \frac{1}{M} \sum_{i=2}^M (1 - "
    r"1)\, x_d^{(i)} + \lambda \sum_{k=1}^C W_{kd} \\ &= \lambda \sum_{k=1}^C W_{kd} . "
    r"\end{aligned}",
    r"\begin{aligned} &\frac{1}{M} \sum_{k=1}^C \sum_{i=1}^M (p_k^{(i)} - y_k^{(i)})\, "
    r"x_d^{(i)} \\ &\quad + \sum_{k=1}^C \lambda W_{kd} \\ &= \frac{1}{M} \sum_{i=1}^{M-1} (1 "
    r"- 1)\, x_d^{(i)} + \lambda \sum_{k=1}^C W_{kd} \\ &= \lambda \sum_{k=1}^C W_{kd} . "
    r"\end{aligned}",
    r"\begin{aligned} &\frac{1}{M} \sum_{k=1}^C \sum_{i=1}^M (p_k^{(i)} - y_k^{(i)})\, "
    r"x_d^{(i)} \\ &\quad + \sum_{k=1}^C \lambda W_{kd} \\ &= \sum_{i=1}^M (1 - 1)\, x_d^{(i)} "
    r"+ \lambda \sum_{k=1}^C W_{kd} \\ &= \lambda \sum_{k=1}^C W_{kd} . \end{aligned}",
    r"\begin{aligned} &\frac{1}{M} \sum_{k=1}^C \sum_{i=1}^M (p_k^{(i)} - y_k^{(i)})\, "
    r"x_d^{(i)} \\ &\quad + \sum_{k=1}^C \lambda W_{kd} \\ &= \left(1\right) \sum_{i=1}^M (1 - "
    r"1)\, x_d^{(i)} + \lambda \sum_{k=1}^C W_{kd} \\ &= \lambda \sum_{k=1}^C W_{kd} . "
    r"\end{aligned}",
)
def _(v):
    terms = (1 - 1) * v.X
    return np.array([terms.sum(0) / v.M] * 3), np.array(
        [terms[1:].sum(0) / v.M, terms[:-1].sum(0) / v.M, terms.sum(0)]
    )
