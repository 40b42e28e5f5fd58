"""The figures that compute: moved by the keyboard, and what they show compared with softmax_lib."""

import gzip
import json
import math
import re
from datetime import datetime
from functools import cache
from urllib.parse import quote

import numpy as np
import pytest
from firefox import Firefox
from pages import NAMES, page
from playwright.sync_api import expect
from sklearn.model_selection import train_test_split

from softmax_lib import (
    Objective,
    add_bias,
    curvature_bound,
    lbfgs,
    load_digits,
    logsumexp,
    softmax,
    softmax_jacobian,
)
from website import figures as values
from website.pages import STATIC

SCRIPT = (STATIC / "figures.js").read_text()
MINUS = "\N{MINUS SIGN}"
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
READINGS = """() => Object.fromEntries([...document.querySelectorAll(".moving dl div")]
  .map(row => [...row.children].map(part => part.textContent)))"""
# letters that are cut off, lie on each other, or are smaller than 9 px; words that have no room
CROWDED = """() => [...document.querySelectorAll(".moving, .moving *")]
  .filter(part => part.scrollWidth > part.clientWidth + 1 && part.matches("label, select, .moving"))
  .map(part => `${part.textContent} sticks out`)
  .concat([...document.querySelectorAll(".moving svg[role]")].flatMap(svg => {
  const sheet = svg.getBoundingClientRect(), scale = sheet.width / svg.viewBox.baseVal.width;
  const words = [...svg.querySelectorAll("text")].map(text => [text.textContent,
    text.getBoundingClientRect(), scale * parseFloat(getComputedStyle(text).fontSize)]);
  const inside = box => box.left > sheet.left - 1 && box.right < sheet.right + 1
    && box.top > sheet.top - 1 && box.bottom < sheet.bottom + 1;
  const touch = (a, b) => a.left < b.right - 1 && b.left < a.right - 1
    && a.top < b.bottom - 3 && b.top < a.bottom - 3;
  return words.flatMap(([text, box, size], n) => [
    ...(inside(box) ? [] : [`${text} is cut off`]), ...(size >= 9 ? [] : [`${text}: ${size} px`]),
    ...words.slice(n + 1).filter(other => touch(box, other[1]))
      .map(other => `${text} on ${other[0]}`)]);
}))"""


def number(x, digits=2):
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return f"{MINUS}∞" if x < 0 else "∞"
    text = f"{x:.{digits}f}"
    return text.replace("-", MINUS if float(text) else "")


def scientific(x):
    if not math.isfinite(x) or x == 0:
        return number(x, 0)
    if 0.01 <= abs(x) < 1000:
        return number(x, 3 if abs(x) < 1 else 2)
    mantissa, exponent = f"{x:.1e}".split("e")
    return f"{mantissa.replace('-', MINUS)} · 10{str(int(exponent)).translate(SUPERSCRIPTS)}"


def several(v, digits=2):
    return ", ".join(number(float(v_k), digits) for v_k in v)


# What each figure has to show, in the state to which MOVES bring it


@cache
def front(passes=8, i=values.FOUR):
    features, y = load_digits()
    X = add_bias(features)
    p = softmax(lbfgs(np.zeros((10, 65)), Objective(X, y, C=10), max_passes=passes).W @ X[i])
    return {
        "predicted": f"{p.argmax()}, p = {number(p.max())}",
        f"p of the true class {y[i]}": number(p[y[i]]),
        "loss −log p": number(-np.log(p[y[i]])),
    }


def softmax_(s=(4.9, 0.5, -5.0), T=10**0.2, c=1):
    z = (np.array(s) + c) / T
    with np.errstate(all="ignore"):
        rivals = {
            "exp without the shift": np.exp(z),
            "rival s": z,
            "rival |s|": np.abs(z),
            "rival s²": z**2,
            "rival max(s, 0)": np.maximum(z, 0),
            "rival softplus": np.log1p(np.exp(z)),
        }
        return {
            "p = softmax((s + c)/T)": several(softmax(z)),
            "odds p₁ : p₂": scientific(np.exp(z[0] - z[1])),
            "odds p₁ : p₃": scientific(np.exp(z[0] - z[2])),
            "log-sum-exp": number(logsumexp(z)),
            "max": number(z.max()),
        } | {name: several(g / g.sum()) for name, g in rivals.items()}


def jacobian(s=(2, 0.5, -0.9), v=(2.0, 0.0, -1.0), label=1):
    p, J, y, v = softmax(s), softmax_jacobian(s), np.eye(3)[label], np.array(v)
    with np.errstate(all="ignore"):
        slope = -y / p
        product = J.T @ slope
    return {
        "p": several(p, 3),
        "eigenvalues": several(np.linalg.eigvalsh(J)[::-1], 3),
        "Jv": several(J @ v, 3),
        "vᵀJv": number(v @ J @ v, 3),
        "variance of v under p": number(p @ (v - p @ v) ** 2, 3),
        "½ ‖v‖²": number(v @ v / 2, 3),
        "−y ⊘ p": ", ".join(map(scientific, slope)),
        "Jᵀ(−y ⊘ p) in doubles": several(product, 3),
        "p − y": several(p - y, 3),
    }


X = add_bias(np.arange(-1.0, 5)[:, None])
LABELS = {"separable": [0, 0, 0, 1, 1, 1], "overlapping": [0, 0, 1, 0, 1, 1]}


def descent(gamma=10**0.1, lam=0.01, labels="overlapping", t=22):
    objective, W, losses = Objective(X, LABELS[labels], C=2, lam=lam), np.zeros((2, 2)), []
    for n in range(t + 1):
        L, G = objective(W)
        losses.append(L)
        W = W - gamma * G if n < t else W
    rose = losses[-1] > losses[-2]
    far = gamma * lam > 2 and losses[-1] > losses[0]
    return {
        "2/B": number(2 / curvature_bound(X, lam), 3),
        "2/λ": number(2 / lam if lam else math.inf),
        f"loss after {t} steps": scientific(losses[-1]),
        "the last step": ("diverges" if far else "rises") if rose else "falls",
        "steps that rose": f"{(np.diff(losses) > 0).sum()} of {t}",
        "(b, w)": ", ".join(map(scientific, W[1])),
    }


def curvature(gamma=0.37, b=0.6, w=-3.0):
    objective, W, B = Objective(X, LABELS["overlapping"], C=2), np.outer([-1, 1], [b, w]), None
    B, (L, G) = curvature_bound(X), objective(W)
    square, after = np.sum(G**2), objective(W - gamma * G)[0]
    return {
        "L(W)": number(L, 3),
        "L(W − γG)": number(after, 3),
        "parabola: at most": number(L - gamma * (1 - gamma * B / 2) * square, 3),
        "tangent: at least": number(L - gamma * square, 3),
        "‖G‖²": number(square, 3),
        "1/B, 2/B": several([1 / B, 2 / B], 3),
        "the loss": "falls" if after < L else "rises",
    }


def digits(j=0, k=6):
    given = json.loads(page("book/digits.html").soup.select_one(".computes")["data-values"])
    W, ink = np.array(given["W"]), np.array(given["image"])
    ink[1] = 16
    image = np.roll(ink.reshape(8, 8), -1, axis=1).ravel() / 16
    x = np.r_[1, image]
    p, shares = softmax(W @ x), (W[j] - W[k]) * x
    pixels = shares[1:]
    return {
        "predicted": f"{p.argmax()}, p = {number(p.max())}",
        f"log-odds of {j} against {k}": number((W[j] - W[k]) @ x),
        "share of the bias": number(shares[0]),
        "pixels for, against": several([pixels[pixels > 0].sum(), pixels[pixels < 0].sum()]),
    }


def likelihood(q=(3, 5, 0), p=(6, 3, 2)):
    q, p, found = np.divide(q, sum(q)), np.divide(p, sum(p)), {}
    with np.errstate(all="ignore"):
        for a, b, of, to in (("q", "p", q, p), ("p", "q", p, q)):
            some = of > 0
            found[f"Ent({a})"] = number(-of[some] @ np.log(of[some]), 3)
            found[f"KL({a}, {b})"] = number(of[some] @ np.log(of[some] / to[some]), 3)
            found[f"CE({a}, {b})"] = number(-of[some] @ np.log(to[some]), 3)
    return found


def implementation(h=10**-0.5):
    """Where the step is large, and rounding has no say in the digits shown."""
    s, v = np.array([2, 0.5, -1]), np.array([-0.5, 1, 0.7])
    slope = softmax(s) @ v
    quotient = (logsumexp(s + h * v) - logsumexp(s - h * v)) / (2 * h)
    return {
        "quotient": number(quotient, 12),
        "slope pᵀv": number(slope, 12),
        "error": scientific(abs(quotient - slope)),
        "of it truncation": scientific(abs(quotient - slope)),
    }


# page, keys for each control, what must then be shown, and a formula with a slip in it
FIGURES = {
    "front": ("index", {"passes of training": "End Home" + 7 * " ArrowRight"}, front,
              ("e_k / sum(e)", "e_k / Math.max(...e)")),
    "softmax": ("softmax", {"score s₁": "End ArrowLeft", "score s₃": "Home",
                            "temperature T": "ArrowRight ArrowRight", "shift c": "ArrowRight"},
                softmax_, ("largest + Math.log(sum", "Math.log(sum")),
    "jacobian": ("jacobian", {"score s₃": "ArrowRight", "direction v₁": "End"}, jacobian,
                 ("(j === k ? p_j : 0) - p_j * p_k", "j === k ? p_j * (1 - p_j) : 0")),
    "descent": ("gradient-descent", {"step size γ": "ArrowRight ArrowRight",
                                     "penalty λ": "ArrowRight", "data": "ArrowDown",
                                     "steps t": "ArrowRight ArrowRight"}, descent,
                ("(d ? lam * w_d : 0)", "lam * w_d")),
    "curvature": ("curvature", {"step size γ": "ArrowRight ArrowRight", "start: bias b": "ArrowUp",
                                "start: weight w": "Home"}, curvature,
                  ("(1 - gamma * B / 2) * square", "(1 - gamma * B) * square")),
    "digits": ("digits", {"row 1, column 1": "ArrowRight Space", "← left": "Enter",
                          "against class": "ArrowDown"}, digits,
               ("(W[j][d] - W[k][d]) * x_d", "W[j][d] * x_d")),
    "likelihood": ("likelihood", {"parts of q₁": "ArrowRight", "parts of q₃": "Home",
                                  "parts of p₃": "ArrowRight"}, likelihood,
                   ("Math.log(q_k / p[k])", "Math.log(p[k] / q_k)")),
    "implementation": ("implementation", {"step h": "ArrowRight ArrowRight",
                                          "quotient": "ArrowDown"}, implementation,
                       ("(f(h) - f(-h)) / (2 * h),", "(f(h) - f(-h)) / h,")),
}  # fmt: skip


@pytest.fixture(scope="module")
def phone(browser):
    size = {"width": 390, "height": 844}
    context = browser.new_context(viewport=size, has_touch=True, reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def tab(phone):
    tab = phone.new_page()
    yield tab
    tab.close()


ARTICLE = re.compile("(<article[^>]*>).*(</article>)", re.DOTALL)


def address(server, kind):
    """Where the page of a figure is, without the rest of its text, which takes long to lay out.

    What the whole pages do in a browser is seen in test_browser.py.
    """
    text, name = page(f"book/{FIGURES[kind][0]}.html").text, f"book/{kind} alone.html"
    figures = re.findall("<figure.*?</figure>", text, re.DOTALL)
    figure = next(figure for figure in figures if f'class="computes {kind}"' in figure)
    server.doctored[name] = ARTICLE.sub(lambda parts: parts[1] + figure + parts[2], text)
    return server.url + quote(name)


def press(tab, name, keys):
    named = tab.get_by_label(name).or_(tab.get_by_role("button", name=name))
    tab.locator(".moving :is(input, select, button)").and_(named).first.focus()
    for key in keys.split():
        tab.keyboard.press(key)


def move(tab, server, kind, moves):
    """Open a page, move its figure by the keyboard alone, and say what it shows."""
    tab.goto(address(server, kind), wait_until="domcontentloaded")
    tab.locator(".moving").wait_for()  # a page is hidden while its font is on the way
    for name, keys in moves.items():
        press(tab, name, keys)
    return tab.evaluate(READINGS)


def shown(tab, kind):
    """Whether the picture and the figure that computes are to be seen."""
    picture = tab.locator(f"img.computes.{kind}")
    return picture.is_visible(), tab.locator(".moving").is_visible()


@pytest.mark.parametrize("kind", FIGURES)
def test_it_shows_what_the_library_computes_and_prints_the_picture(tab, server, kind):
    readings, right = move(tab, server, kind, FIGURES[kind][1]), FIGURES[kind][2]()
    assert {term: readings.get(term) for term in right} == right
    assert tab.evaluate(CROWDED) == []
    assert shown(tab, kind) == (False, True)
    tab.emulate_media(media="print")
    assert shown(tab, kind) == (True, False)


@pytest.mark.parametrize("kind", FIGURES)
def test_a_figure_that_computes_another_formula_is_seen(tab, server, kind):
    formula, slip = FIGURES[kind][3]
    assert formula in SCRIPT
    slipped = {"body": SCRIPT.replace(formula, slip), "content_type": "text/javascript"}
    tab.route("**/figures.js*", lambda route: route.fulfill(**slipped))
    readings, right = move(tab, server, kind, FIGURES[kind][1]), FIGURES[kind][2]()
    assert {term: readings.get(term) for term in right} != right


def test_without_javascript_the_pictures_stand(browser, server):
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        for kind in FIGURES:
            page.goto(address(server, kind), wait_until="domcontentloaded")
            assert shown(page, kind) == (True, False), kind


@pytest.mark.parametrize(
    ("kind", "ends", "right", "word"),
    [  # the product breaks as it does in NumPy; descent diverges where the penalty says so
        ("jacobian", ["all scores times"], jacobian((1000, 250, -500), (1.0, 0.0, -1.0)), "NaN"),
        ("descent", ["step size γ", "penalty λ"], descent(100, 3, "separable", 20), "diverges"),
    ],
)  # fmt: skip
def test_at_the_ends_of_its_sliders(kind, ends, right, word, tab, server):
    assert move(tab, server, kind, dict.fromkeys(ends, "End")) == right
    assert word in str(right)
    assert tab.evaluate(CROWDED) == []


def test_the_weights_of_the_digits_are_those_of_the_chapter():
    """The only minimum of its objective is where the gradient is zero, up to rounded weights."""
    features, y = load_digits()
    train, _ = train_test_split(np.arange(len(y)), test_size=450, stratify=y, random_state=0)
    objective = Objective(add_bias(features[train]), y[train], C=10, lam=1e-4)
    given = json.loads(page("book/digits.html").soup.select_one(".computes")["data-values"])
    assert np.linalg.norm(objective(np.array(given["W"]))[1]) < 1e-3


def test_a_finger_draws_and_rubs_out(tab, server):
    move(tab, server, "digits", {})
    pixel = tab.locator(".pad button").first
    for ink in (16, 0):
        pixel.tap()
        expect(pixel).to_have_attribute("aria-label", f"row 1, column 1: ink {ink} of 16")


def test_rounding_grows_where_the_step_is_tiny(tab, server):
    rounding = move(tab, server, "implementation", {"step h": "Home"})["and rounding"]
    assert rounding.endswith(("10⁻⁴", "10⁻⁵"))  # a unit of rounding over 10⁻¹²


def test_it_speaks_once_the_reader_rests_names_values_in_words_and_goes_back(tab, server):
    tab.clock.install(time=datetime(2026, 1, 1))
    before, said = move(tab, server, "likelihood", {}), tab.locator(".moving [role=status]")
    tab.clock.pause_at(datetime(2026, 1, 2))
    press(tab, "parts of q₁", 5 * "ArrowRight ")
    tab.clock.run_for(700)
    assert said.inner_text() == ""
    tab.clock.run_for(200)
    right = likelihood((7, 5, 3), (6, 3, 1))
    ways = [right[f"KL({pair})"] for pair in ("q, p", "p, q")]
    assert said.inner_text() == "Divergence of q from p {}, of p from q {}".format(*ways)
    assert tab.get_by_label("parts of q₁").get_attribute("aria-valuetext") == "7"
    assert tab.evaluate(READINGS) != before
    press(tab, "Back to the start", "Enter")
    assert tab.evaluate(READINGS) == before


def test_a_figure_computes_in_firefox_too(server):
    with Firefox() as firefox:
        firefox.open(address(server, "softmax"), 390)
        assert firefox.evaluate(READINGS) == softmax_((2, 0.5, -1), 1, 0)


def test_the_script_is_small_and_on_no_page_without_a_figure():
    assert len(gzip.compress(SCRIPT.encode())) <= 15 * 1024
    with_figure = {name for name in NAMES if 'class="computes ' in page(name).text}
    assert with_figure == {f"book/{name}.html" for name, *_ in FIGURES.values()}
    assert with_figure == {name for name in NAMES if "figures.js" in page(name).text}
