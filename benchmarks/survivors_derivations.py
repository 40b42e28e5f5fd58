"""Why mutants of the chapters on derivations survive, from the notation to log-sum-exp.

Each function computes anew what was changed, before and after, or both sides of an inequality.
"""

import numpy as np
from survivors import survivor


def softmax(s):
    return np.exp(s) / np.exp(s).sum()


def lse(s):
    return np.log(np.exp(s).sum())


def slopes(f, a, h=1e-6):
    """Derivatives of f, a number or more, by each entry of the vector a: they come last."""
    return np.stack([(f(a + h * e) - f(a - h * e)) / (2 * h) for e in np.eye(len(a))], axis=-1)


def distribution(v):
    """Some q: even at a small scale, nearly hard at a large one."""
    return v.rng.dirichlet(np.full(v.C, 1 / v.scale))


def by_weights(v):
    """The derivatives of s_j by W_kd, in the order j k d."""
    columns = slopes(lambda w: w.reshape(v.W.shape) @ v.x, v.W.ravel())
    return columns.reshape(v.C, *v.W.shape)


# one letter for another under 1{j = k}


@survivor(
    "notation",
    "∂s_j/∂W_kd is zero unless j = k, as 1{j = k} is; so j may be k in the factor before it.",
    (
        r"\begin{aligned} \frac{\partial f}{\partial W_{kd}} "
        r"&= \sum_{j=1}^C \frac{\partial f}{\partial s_k} \frac{\partial s_j}{\partial W_{kd}} \\ "
        r"&= \sum_{j=1}^C \frac{\partial f}{\partial s_j} \mathbb{1}\{j = k\}\, x_d \\ "
        r"&= \frac{\partial f}{\partial s_k}\, x_d . \end{aligned}"
    ),
    (
        r"\begin{aligned} \frac{\partial f}{\partial W_{kd}} "
        r"&= \sum_{j=1}^C \frac{\partial f}{\partial s_j} \frac{\partial s_j}{\partial W_{kd}} \\ "
        r"&= \sum_{j=1}^C \frac{\partial f}{\partial s_k} \mathbb{1}\{j = k\}\, x_d \\ "
        r"&= \frac{\partial f}{\partial s_k}\, x_d . \end{aligned}"
    ),
)
def _(v):
    g, D = v.rng.standard_normal(v.C), by_weights(v)  # the derivatives of any f by the scores
    return np.einsum("j,jkd->kd", g, D), np.einsum("k,jkd->kd", g, D)


@survivor(
    "log-sum-exp",
    "∂s_j/∂w_k is zero unless j = k, as 1{j = k} is; so j may be k in the factor before it.",
    (
        r"\begin{aligned} \frac{\partial \ell}{\partial \mathbf{w}_k} &= \sum_{j=1}^C "
        r"\frac{\partial \ell}{\partial s_k} \frac{\partial s_j}{\partial \mathbf{w}_k} \\ "
        r"&= \sum_{j=1}^C (p_j - y_j)\, \mathbb{1}\{j = k\}\, \mathbf{x} \\ "
        r"&= (p_k - y_k)\, \mathbf{x} . \end{aligned}"
    ),
    (
        r"\begin{aligned} \frac{\partial \ell}{\partial \mathbf{w}_k} &= \sum_{j=1}^C "
        r"\frac{\partial \ell}{\partial s_j} \frac{\partial s_j}{\partial \mathbf{w}_k} \\ "
        r"&= \sum_{j=1}^C (p_k - y_j)\, \mathbb{1}\{j = k\}\, \mathbf{x} \\ "
        r"&= (p_k - y_k)\, \mathbf{x} . \end{aligned}"
    ),
    (
        r"\begin{aligned} \frac{\partial \ell}{\partial \mathbf{w}_k} &= \sum_{j=1}^C "
        r"\frac{\partial \ell}{\partial s_j} \frac{\partial s_j}{\partial \mathbf{w}_k} \\ "
        r"&= \sum_{j=1}^C (p_j - y_k)\, \mathbb{1}\{j = k\}\, \mathbf{x} \\ "
        r"&= (p_k - y_k)\, \mathbf{x} . \end{aligned}"
    ),
)
def _(v):
    p_j, y_j, p_k, y_k, D = v.p[:, None], v.yy[:, None], v.p, v.yy, by_weights(v)
    ones = np.ones((v.C, v.C))
    before = np.einsum("jk,jkd->kd", ones * (p_j - y_j), D)
    after = [np.einsum("jk,jkd->kd", ones * a, D) for a in (p_k - y_k, p_k - y_j, p_j - y_k)]
    return np.array([before] * 3), np.array(after)


@survivor(
    "log-sum-exp",
    "In the sum over j only j = k is left, where y_j and y_k are the same.",
    (
        r"\begin{aligned} \sum_{j=1}^C y_k \frac{\partial s_j}{\partial \mathbf{w}_k} &= "
        r"\sum_{j=1}^C y_j\, \mathbb{1}\{j = k\}\, \mathbf{x} \\ "
        r"&= y_k\, \mathbf{x} . \end{aligned}"
    ),
    (
        r"\begin{aligned} \sum_{j=1}^C y_j \frac{\partial s_j}{\partial \mathbf{w}_k} &= "
        r"\sum_{j=1}^C y_k\, \mathbb{1}\{j = k\}\, \mathbf{x} \\ "
        r"&= y_k\, \mathbf{x} . \end{aligned}"
    ),
)
def _(v):
    D = by_weights(v)
    return np.einsum("j,jkd->kd", v.yy, D), np.einsum("k,jkd->kd", v.yy, D)


@survivor(
    "quotient-rule",
    "The factor 1{j = k} leaves only j = k, where e^(s_j) and e^(s_k) are the same.",
    r"\frac{\partial e^{s_j}}{\partial s_k} = \mathbb{1}\{j = k\}\, e^{s_j} .",
    r"\frac{\partial Z}{\partial s_k} = \sum_{j=1}^C \mathbb{1}\{j = k\}\, e^{s_j} = e^{s_k} .",
)
def _(v):
    e, same = np.exp(v.s), np.eye(v.C)
    return same * e[None, :], same * e[:, None]


@survivor(
    "jacobian",
    "The factor 1{j = k} leaves only j = k, where p_j and p_k are the same.",
    r"J_{jk} = \frac{\partial p_j}{\partial s_k} = \mathbb{1}\{j = k\}\, p_k - p_j\, p_k .",
    (
        r"\begin{aligned} \frac{\partial \log p_j}{\partial s_k} &= \frac{1}{p_j} \left( "
        r"\mathbb{1}\{j = k\}\, p_k - p_j\, p_k \right) \\ "
        r"&= \mathbb{1}\{j = k\} - p_k . \end{aligned}"
    ),
)
def _(v):
    same = np.eye(v.C)
    return same * v.p[:, None], same * v.p[None, :]


@survivor(
    "softmax",
    "The statement is about every class, and a free index may have any name.",
    r"0 < p_j < 1 .",
)
def _(v):
    rest = np.array([np.delete(v.p, j).sum() for j in range(v.C)])  # 1 - p_j
    return (v.p > 0) & (rest > 0), np.ones(v.C, dtype=bool)


# a symmetric matrix, a factor of zero, a constant


@survivor(
    "jacobian",
    "The Jacobian of softmax is symmetric, so its transpose may be dropped.",
    (
        r"\frac{\partial \ell}{\partial \mathbf{s}} = \left(\frac{\partial \mathbf{p}}{\partial "
        r"\mathbf{s}}\right) \frac{\partial \ell}{\partial \mathbf{p}} = J^\top \frac{\partial "
        r"\ell}{\partial \mathbf{p}} ."
    ),
    (
        r"\frac{\partial \ell}{\partial \mathbf{s}} = \left(\frac{\partial \mathbf{p}}{\partial "
        r"\mathbf{s}}\right)^\top \frac{\partial \ell}{\partial \mathbf{p}} = J \frac{\partial "
        r"\ell}{\partial \mathbf{p}} ."
    ),
    (
        r"\frac{\partial \ell}{\partial \mathbf{s}} = J \left( - \mathbf{y} \oslash \mathbf{p} "
        r"\right) ."
    ),
    (
        r"\begin{aligned} J (- \mathbf{y} \oslash \mathbf{p}) &= - "
        r"\operatorname{diag}(\mathbf{p}) (\mathbf{y} \oslash \mathbf{p}) \\ "
        r"&\quad + \mathbf{p}\, \mathbf{p}^\top (\mathbf{y} \oslash \mathbf{p}) . \end{aligned}"
    ),
    (
        r"\begin{aligned} \frac{\partial \ell}{\partial \mathbf{s}} &= \left(\frac{\partial "
        r"\mathbf{p}}{\partial \mathbf{s}}\right) \frac{\partial \ell}{\partial \mathbf{p}} \\ "
        r"&= J^\top (- \mathbf{y} \oslash \mathbf{p}) \\ "
        r"&= \mathbf{p} - \mathbf{y} . \end{aligned}"
    ),
    (
        r"\begin{aligned} \frac{\partial \ell}{\partial \mathbf{s}} &= \left(\frac{\partial "
        r"\mathbf{p}}{\partial \mathbf{s}}\right)^\top \frac{\partial \ell}{\partial \mathbf{p}} "
        r"\\ &= J (- \mathbf{y} \oslash \mathbf{p}) \\ &= \mathbf{p} - \mathbf{y} . \end{aligned}"
    ),
    (
        r"\frac{\partial}{\partial \mathbf{s}} \left( \frac{1}{2} \lVert \mathbf{p} - \mathbf{y} "
        r"\rVert^2 \right) = J (\mathbf{p} - \mathbf{y}) ."
    ),
    (
        r"\begin{aligned} J \mathbf{v} &= \operatorname{diag}(\mathbf{p})\, \mathbf{v} - "
        r"\mathbf{p}\, (\mathbf{p}^\top \mathbf{v}) \\ "
        r"&= \mathbf{p} \odot \mathbf{v} - (\mathbf{p}^\top \mathbf{v})\, \mathbf{p} \\ "
        r"&= \mathbf{p} \odot \left( \mathbf{v} - (\mathbf{p}^\top \mathbf{v})\, \mathbf{1} "
        r"\right) . \end{aligned}"
    ),
)
def _(v):
    J = slopes(softmax, v.s)
    return J.T, J


@survivor(
    "jacobian",
    "The claim is that both sides are equal; with J on both it is true but says nothing.",
    r"J = J .",
)
def _(v):
    J = slopes(softmax, v.s)
    return J.T, J


@survivor(
    "quotient-rule",
    "A factor before 0 has no effect.",
    (
        r"\begin{aligned} &0\, \mathbf{x}^\top - e^{s_y} e^{s_k}\, \mathbf{x}^\top \\ "
        r"&\quad = - e^{s_y} e^{s_k}\, \mathbf{x}^\top . \end{aligned}"
    ),
)
@survivor(
    "jacobian",
    "A factor before 0 has no effect.",
    (
        r"\begin{aligned} \frac{\partial p_j}{\partial s_k} &= \frac{0 - e^{s_j} e^{s_k}}{Z^2} \\ "
        r"&= - \frac{e^{s_j}}{Z} \cdot \frac{e^{s_k}}{Z} \\ "
        r"&= - p_j\, p_k \quad \text{if } j \neq k . \end{aligned}"
    ),
)
def _(v):
    return np.exp(v.s).sum() * 0 * v.x, 0 * v.x


@survivor(
    "jacobian",
    "The bracket differs by a number without p, whose derivative is zero.",
    (
        r"\begin{aligned} &\frac{\partial}{\partial \mathbf{p}} \left( \ell + c\, "
        r"(\mathbf{1}^\top \mathbf{p} + 1) \right) \\ "
        r"&\quad = - \mathbf{y} \oslash \mathbf{p} + c\, \mathbf{1} . \end{aligned}"
    ),
    (
        r"\begin{aligned} &\frac{\partial}{\partial \mathbf{p}} \left( \ell + c\, \mathbf{1}^\top "
        r"\mathbf{p} - 1 \right) \\ "
        r"&\quad = - \mathbf{y} \oslash \mathbf{p} + c\, \mathbf{1} . \end{aligned}"
    ),
)
def _(v):
    before = slopes(lambda p: v.c * (p.sum() - 1), v.p)
    sign = slopes(lambda p: v.c * (p.sum() + 1), v.p)
    bracket = slopes(lambda p: v.c * p.sum() - 1, v.p)
    return np.array([before, before]), np.array([sign, bracket])


# softmax and the rows of W do not feel a common shift


@survivor(
    "softmax",
    "Softmax does not feel a number that is added to all scores, be it c, -c or 1.",
    (
        r"\begin{aligned} \operatorname{softmax}(\mathbf{s} - c\mathbf{1})_k &= \frac{e^{s_k + "
        r"c}}{\sum_{j=1}^C e^{s_j + c}} \\ &= \frac{e^c e^{s_k}}{e^c \sum_{j=1}^C e^{s_j}} \\ "
        r"&= \operatorname{softmax}(\mathbf{s})_k . \end{aligned}"
    ),
    (
        r"\begin{aligned} \operatorname{softmax}(\mathbf{s} + \mathbf{1})_k &= \frac{e^{s_k + "
        r"c}}{\sum_{j=1}^C e^{s_j + c}} \\ &= \frac{e^c e^{s_k}}{e^c \sum_{j=1}^C e^{s_j}} \\ "
        r"&= \operatorname{softmax}(\mathbf{s})_k . \end{aligned}"
    ),
    r"\operatorname{softmax}(\mathbf{s} - c\mathbf{1}) = \operatorname{softmax}(\mathbf{s}) .",
    r"\operatorname{softmax}(\mathbf{s} + \mathbf{1}) = \operatorname{softmax}(\mathbf{s}) .",
)
def _(v):
    before = softmax(v.s + v.c)
    return np.array([before, before]), np.array([softmax(v.s - v.c), softmax(v.s + 1)])


@survivor(
    "softmax",
    "In the proof all v_k give the same change of score, so v_j - v_k adds nothing to any score; "
    "a row minus itself does so in every case, which is true but says nothing.",
    r"(\mathbf{v}_k - \mathbf{v}_k)^\top \mathbf{x}^{(i)} = 0 .",
    r"(\mathbf{v}_j - \mathbf{v}_j)^\top \mathbf{x}^{(i)} = 0 .",
)
def _(v):
    V = np.ones((v.C, 1)) * v.rng.standard_normal(v.m + 1)
    before = (V[:, None] - V[None, :]) @ v.X.T
    return before, np.zeros((v.C, v.C, v.M))


@survivor(
    "softmax",
    "Where classes are equally probable their scores are equal, and w_j - w_k gives zero; "
    "a row minus itself does so everywhere, which is true but says nothing.",
    r"(\mathbf{w}_k - \mathbf{w}_k)^\top \mathbf{x} = 0 .",
    r"(\mathbf{w}_j - \mathbf{w}_j)^\top \mathbf{x} = 0 .",
)
def _(v):
    W = v.W + np.outer(v.c - v.s, v.x) / (v.x @ v.x)  # all scores of x are c: a point of the tie
    return (W[:, None] - W[None, :]) @ v.x, np.zeros((v.C, v.C))


# brackets


@survivor(
    "softmax",
    "Without the bracket log Z stands behind the sum; it counts once, since the q_k sum to one.",
    (
        r"\begin{aligned} &-\sum_{k=1}^C q_k \log q_k + \sum_{k=1}^C q_k s_k \\ "
        r"&= \sum_{k=1}^C q_k (s_k - \log q_k) \\ "
        r"&= \sum_{k=1}^C q_k \Bigl\log \frac{p_k}{q_k} + \log Z\Bigr \\ "
        r"&= \log Z + \sum_{k=1}^C q_k \log \frac{p_k}{q_k} . \end{aligned}"
    ),
)
def _(v):
    q, log_Z = distribution(v), lse(v.s)
    ratio = v.s - log_Z - np.log(q)
    return np.sum(q * (ratio + log_Z)), np.sum(q * ratio) + log_Z


@survivor(
    "log-sum-exp",
    "Without the bracket lse(s) stands behind the sum; it counts once, since the q_k sum to one.",
    (
        r"\begin{aligned} &\sum_{k=1}^C q_k \log p_k \\ "
        r"&= \sum_{k=1}^C q_k \left s_k - \operatorname{lse}(\mathbf{s}) \right \\ "
        r"&= \mathbf{q}^\top \mathbf{s} - \operatorname{lse}(\mathbf{s}) . \end{aligned}"
    ),
)
def _(v):
    q = distribution(v)
    return np.sum(q * (v.s - lse(v.s))), np.sum(q * v.s) - lse(v.s)


@survivor(
    "likelihood",
    "A product of powers is the power of the product.",
    r"e^{-L(W)} = \Bigl\prod_{i=1}^M p_{y^{(i)}}^{(i)}\Bigr^{1/M} .",
)
def _(v):
    p = v.P[np.arange(v.M), v.y - 1]
    return np.prod(p) ** (1 / v.M), np.prod(p ** (1 / v.M))


@survivor(
    "jacobian",
    "Matrix products are associative.",
    (
        r"\begin{aligned} J \mathbf{1} &= \operatorname{diag}(\mathbf{p})\, \mathbf{1} - "
        r"\mathbf{p}\, \mathbf{p}^\top \mathbf{1} \\ "
        r"&= \mathbf{p} - \mathbf{p} = \mathbf{0} . \end{aligned}"
    ),
    (
        r"\begin{aligned} J^\top \mathbf{v} &= \operatorname{diag}(\mathbf{p})\, \mathbf{v} - "
        r"\mathbf{p}\, \mathbf{p}^\top \mathbf{v} \\ "
        r"&= \mathbf{p} \odot \mathbf{v} - (\mathbf{p}^\top \mathbf{v})\, \mathbf{p} \\ "
        r"&= \mathbf{p} \odot \left( \mathbf{v} - (\mathbf{p}^\top \mathbf{v})\, \mathbf{1} "
        r"\right) . \end{aligned}"
    ),
    (
        r"\begin{aligned} \frac{\partial \ell}{\partial \mathbf{s}} &= - (I - "
        r"\mathbf{p}\mathbf{1}^\top)\, \mathbf{y} \\ "
        r"&= - \mathbf{y} + \mathbf{p}\, \mathbf{1}^\top \mathbf{y} \\ "
        r"&= \mathbf{p} - \mathbf{y} . \end{aligned}"
    ),
)
def _(v):
    p, one, a = v.p[:, None], np.ones((v.C, 1)), v.rng.standard_normal((v.C, 1))
    before = p @ (p.T @ one), p @ (p.T @ a), p @ (one.T @ v.yy[:, None])
    after = (p @ p.T) @ one, (p @ p.T) @ a, (p @ one.T) @ v.yy[:, None]
    return np.array(before), np.array(after)


@survivor(
    "jacobian",
    "diag(p) multiplies entry by entry, so it does not matter whether p divides before or after.",
    (
        r"\begin{aligned} J^\top (- \mathbf{y} \oslash \mathbf{p}) &= - "
        r"\operatorname{diag}(\mathbf{p}) \mathbf{y} \oslash \mathbf{p} \\ "
        r"&\quad + \mathbf{p}\, \mathbf{p}^\top (\mathbf{y} \oslash \mathbf{p}) . \end{aligned}"
    ),
    r"\operatorname{diag}(\mathbf{p}) \mathbf{y} \oslash \mathbf{p} = \mathbf{y} .",
)
def _(v):
    return np.diag(v.p) @ (v.yy / v.p), (np.diag(v.p) @ v.yy) / v.p


def shifted(v):
    """t, e^a and e^b of the proof that log-sum-exp is convex: both sum to one."""
    return v.rng.uniform(), softmax(v.s), softmax(v.scale * v.rng.standard_normal(v.C))


@survivor(
    "log-sum-exp",
    "The numbers e^(b_j) sum to one, so (1 - t) times their sum is one minus t times it.",
    (
        r"\begin{aligned} &\sum_{j=1}^C e^{t a_j + (1 - t) b_j} \\ "
        r"&\quad \le t \sum_{j=1}^C e^{a_j} + 1 - t \sum_{j=1}^C e^{b_j} \\ "
        r"&\quad = t + (1 - t) \\ &\quad = 1 . \end{aligned}"
    ),
)
def _(v):
    t, _, e_b = shifted(v)
    return (1 - t) * e_b.sum(), 1 - t * e_b.sum()


@survivor(
    "log-sum-exp",
    "A bracket after a plus may be dropped.",
    (
        r"\begin{aligned} &\sum_{j=1}^C e^{t a_j + (1 - t) b_j} \\ "
        r"&\quad \le t \sum_{j=1}^C e^{a_j} + (1 - t) \sum_{j=1}^C e^{b_j} \\ "
        r"&\quad = t + 1 - t \\ &\quad = 1 . \end{aligned}"
    ),
)
def _(v):
    t, _, _ = shifted(v)
    return t + (1 - t), t + 1 - t


# inequalities that became weaker


@survivor(
    "log-sum-exp",
    "Weaker, since a sum over fewer classes leaves out a positive term.",
    (
        r"\begin{aligned} &\sum_{j=2}^C e^{t a_j + (1 - t) b_j} \\ "
        r"&\quad \le t \sum_{j=1}^C e^{a_j} + (1 - t) \sum_{j=1}^C e^{b_j} \\ "
        r"&\quad = t + (1 - t) \\ &\quad = 1 . \end{aligned}"
    ),
    (
        r"\begin{aligned} &\sum_{j=1}^{C-1} e^{t a_j + (1 - t) b_j} \\ "
        r"&\quad \le t \sum_{j=1}^C e^{a_j} + (1 - t) \sum_{j=1}^C e^{b_j} \\ "
        r"&\quad = t + (1 - t) \\ &\quad = 1 . \end{aligned}"
    ),
    claim="<=",
)
def _(v):
    t, e_a, e_b = shifted(v)
    terms = e_a**t * e_b ** (1 - t)
    return np.array([terms[1:].sum(), terms[:-1].sum()]), t * e_a.sum() + (1 - t) * e_b.sum()


@survivor(
    "log-sum-exp",
    "True, since a_j and b_j are negative: the new exponent is at most a_j or at most b_j, "
    "the numbers e^(a_j) and e^(b_j) sum to one, and the right side is one.",
    (
        r"\begin{aligned} &\sum_{j=1}^C e^{t a_j + (1 + t) b_j} \\ "
        r"&\quad \le t \sum_{j=1}^C e^{a_j} + (1 - t) \sum_{j=1}^C e^{b_j} \\ "
        r"&\quad = t + (1 - t) \\ &\quad = 1 . \end{aligned}"
    ),
    (
        r"\begin{aligned} &\sum_{j=1}^C e^{a_j + (1 - t) b_j} \\ "
        r"&\quad \le t \sum_{j=1}^C e^{a_j} + (1 - t) \sum_{j=1}^C e^{b_j} \\ "
        r"&\quad = t + (1 - t) \\ &\quad = 1 . \end{aligned}"
    ),
    (
        r"\begin{aligned} &\sum_{j=1}^C e^{t a_j + b_j} \\ "
        r"&\quad \le t \sum_{j=1}^C e^{a_j} + (1 - t) \sum_{j=1}^C e^{b_j} \\ "
        r"&\quad = t + (1 - t) \\ &\quad = 1 . \end{aligned}"
    ),
    claim="<=",
)
def _(v):
    t, e_a, e_b = shifted(v)
    left = e_a**t * e_b ** (1 + t), e_a * e_b ** (1 - t), e_a**t * e_b
    return np.sum(left, axis=1), t * e_a.sum() + (1 - t) * e_b.sum()


@survivor(
    "log-sum-exp",
    "Weaker: the maximum over j of s_k is s_k, for every k at most the largest score.",
    (
        r"\begin{aligned} \max_j s_k &\le \operatorname{lse}(\mathbf{s}) \\ "
        r"&\le \max_j s_j + \log C . \end{aligned}"
    ),
    (
        r"\begin{aligned} e^{\max_j s_k} &\le \sum_{j=1}^C e^{s_j} \\ "
        r"&\le C e^{\max_j s_j} . \end{aligned}"
    ),
    (
        r"\begin{aligned} \max_j s_k &\le \frac{1}{c} \operatorname{lse}(c\,\mathbf{s}) \\ "
        r"&\le \max_j s_j + \frac{1}{c} \log C . \end{aligned}"
    ),
    claim="<=",
)
def _(v):
    c, e = v.lam, np.exp(v.s)
    right = np.array([[lse(v.s)], [e.sum()], [lse(c * v.s) / c]])
    return np.array([v.s, e, v.s]), right


@survivor(
    "softmax",
    "Weaker, since q_k is not negative.",
    r"q_k \log \frac{p_k}{q_k} \le p_k + q_k .",
    claim="<=",
)
@survivor(
    "likelihood",
    "Weaker, since q_k is not negative.",
    r"q_k \log \frac{p_k}{q_k} \le p_k + q_k .",
    claim="<=",
)
def _(v):
    q = distribution(v)
    return q * np.log(v.p / q), v.p + q


@survivor(
    "softmax",
    "Weaker: q_k log q_k was added on the left, which is not positive, as q_k is at most one.",
    r"q_k \log \left(p_k\right) \le p_k - q_k .",
    (
        r"\begin{aligned} \sum_{k=1}^C q_k \log \left(p_k\right) &\le \sum_{k=1}^C (p_k - q_k) \\ "
        r"&= 0 . \end{aligned}"
    ),
    claim="<=",
)
@survivor(
    "likelihood",
    "Weaker: q_k log q_k was added on the left, which is not positive, as q_k is at most one.",
    r"q_k \log \left(p_k\right) \le p_k - q_k .",
    claim="<=",
)
def _(v):
    q = distribution(v)
    left, right = q * np.log(v.p), v.p - q
    return np.append(left, left.sum()), np.append(right, right.sum())


@survivor(
    "likelihood", "Weaker, since 2 was added on the right.", r"\log t \le t + 1 ,", claim="<="
)
def _(v):
    t = np.exp(3 * v.scale * v.rng.standard_normal(20))
    return np.log(t), t + 1


@survivor(
    "jacobian",
    "Weaker, since a square on the right counts in full and no longer by a half or a quarter.",
    r"\mathbf{v}^\top J \mathbf{v} \leq \lVert \mathbf{v} \rVert^2 .",
    r"\mathbf{v}^\top J \mathbf{v} \leq \left(1\right)\, \lVert \mathbf{v} \rVert^2 .",
    r"\mathbf{v}^\top J \mathbf{v} \leq (v_j - v_l)^2 .",
    r"\mathbf{v}^\top J \mathbf{v} \leq \left(1\right)\, (v_j - v_l)^2 .",
    claim="<=",
)
def _(v):
    a = v.scale * v.rng.standard_normal(v.C)
    return a @ v.J @ a, np.array([a @ a, np.ptp(a) ** 2])


@survivor(
    "jacobian",
    "The left side is now zero, and the right side is not negative.",
    r"(v_l - v_l)^2 \leq 2\, \lVert \mathbf{v} \rVert^2 .",
    r"(v_j - v_j)^2 \leq 2\, \lVert \mathbf{v} \rVert^2 .",
    claim="<=",
)
def _(v):
    a = v.scale * v.rng.standard_normal(v.C)
    return (a - a) ** 2, 2 * (a @ a)
