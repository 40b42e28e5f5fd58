"""The figures that compute in the reader's browser: figures.js on their pages, and what it needs.

A picture with the classes `computes KIND` is replaced there by the moving figure of that kind. What
this one has to know of the data stands in the picture's attribute data-values; most need nothing.
"""

import json
import re
from functools import cache
from html import escape

import numpy as np
from sklearn.model_selection import train_test_split

from softmax_lib import Objective, add_bias, lbfgs, load_digits, newton_cg

PASSES = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20]
FOUR, MOVED = 1095, 1579  # the images of the front page's picture and of the chapter on digits
PICTURE = re.compile(r'(?<=class="computes )(\w+)"')
SCRIPT = "figures.js"


@cache
def front():
    """The scores of ten images, one of each digit, after some passes of training.

    Of each digit but the first it is the image that the model has most wrong when the training
    has come as far as in the picture.
    """
    features, y = load_digits()
    X = add_bias(features)
    objective = Objective(X, y, C=10)
    start = np.zeros((10, X.shape[1]))
    weights = [lbfgs(start, objective, max_passes=n).W if n else start for n in PASSES]
    S = X @ weights[3].T
    margins = S[np.arange(len(y)), y] - S.max(axis=1)
    hardest = [np.flatnonzero(y == k)[margins[y == k].argmin()] for k in range(10) if k != y[FOUR]]
    examples = [FOUR, *hardest]
    return {
        "passes": PASSES,
        "labels": y[examples].tolist(),
        "images": _ink(features[examples]).tolist(),
        "scores": [np.round(X[examples] @ W.T, 3).tolist() for W in weights],
    }


@cache
def digits():
    """The weights of the chapter on digits, and an image that a move by one pixel breaks."""
    features, y = load_digits()
    train, _ = train_test_split(np.arange(len(y)), test_size=450, stratify=y, random_state=0)
    objective = Objective(add_bias(features[train]), y[train], C=10, lam=1e-4)
    W = newton_cg(np.zeros(objective.shape), objective, tolerance=1e-6).W
    moved = np.roll(features[MOVED].reshape(8, 8), -1, axis=1).ravel()
    classes = [int((W @ np.r_[1, image]).argmax()) for image in (features[MOVED], moved)]
    return {
        "W": np.round(W, 3).tolist(),
        "image": _ink(features[MOVED]).tolist(),
        "classes": classes,
    }


def _ink(features):
    return (16 * features).astype(int)


VALUES = {"front": front, "digits": digits}


def _give(app, pagename, template, context, doctree):
    """A page with a moving figure gets the script, the styles and the figure's data."""
    body = context.get("body", "")
    if PICTURE.search(body):
        app.add_css_file("figures.css", priority=900)  # for this page
    else:
        files = context["script_files"]
        context["script_files"] = [js for js in files if SCRIPT not in str(js.filename)]
    context["body"] = PICTURE.sub(_with_values, body)


def _with_values(picture):
    if picture[1] not in VALUES:
        return picture[0]
    values = json.dumps(VALUES[picture[1]](), separators=(",", ":"))
    return f'{picture[0]} data-values="{escape(values)}"'


def setup(app):
    app.connect("builder-inited", lambda app: app.add_js_file(SCRIPT))
    app.connect("html-page-context", _give, priority=1000)  # when pages.py has chosen the scripts
    return {"parallel_read_safe": True, "parallel_write_safe": True}
