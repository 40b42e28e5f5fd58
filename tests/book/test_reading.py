"""Times of reading are counted: what counts, what is left out, and how long the short path is."""

import re
from collections import defaultdict

import matplotlib.pyplot as plt
import pytest

from website import contents, myst, reading

PAGE = r"""---
kernelspec: {}
---

# Two words

(sec-one)=
## One

seven words that take their seven words

$$
\begin{aligned}
a &= b \\
&= c
\end{aligned}
$$ (eq-a)

```{code-cell} ipython3
print("=")
```

:::{admonition} More
:class: dropdown
not counted
:::

### Below

```{exercise-start} A task
:label: ex-a
:class: prove level-1 minutes-15
```

not counted

```{code-cell} ipython3
```

```{exercise-end}
```

````{solution} ex-a
:class: dropdown

$$
a = b
$$
````

## Two

% not counted
"""


def test_a_minute_for_150_words_and_for_a_step_and_half_a_minute_for_a_cell():
    _, title, one, below, two = reading.sections(PAGE)
    assert title.minutes == pytest.approx(2 / 150)
    assert one.labels == ["sec-one"]
    assert one.minutes == pytest.approx((1 + 7) / 150 + 2 + 0.5)
    assert (below.level, below.minutes) == (3, pytest.approx(1 / 150))
    assert two.minutes == pytest.approx(1 / 150)


def test_times_are_rounded_as_far_as_they_are_known():
    shown = " | ".join(map(reading.shown, (0, 3, 22, 89, 95, 130)))
    assert shown == "– | 5 min | 20 min | 90 min | 1½ h | 2 h"


def path():
    """The labels of the sections of the short path."""
    front = (contents.HOME / "book" / "index.md").read_text()
    return re.search(r"\{reading-path\}\n(.*?)\n```", front, re.DOTALL)[1].split()


def cells(text, label):
    """The cells of the section with this label and of those below it."""
    level, found, label_is_next = None, [], False
    for part in myst.parts(text):
        if part.kind == "target":
            label_is_next = label_is_next or part.name == label
        elif part.kind == "heading":
            if level and int(part.name[1]) <= level:
                break
            level = level or (int(part.name[1]) if label_is_next else None)
        elif part.name == "code-cell" and level:
            found.append(part.body)
    return found


def test_the_path_of_ninety_minutes_takes_no_more():
    assert 75 <= sum(reading.places()[label][1] for label in path()) <= 90


def test_the_path_of_ninety_minutes_runs_without_the_cells_that_it_leaves_out():
    names = defaultdict(dict)
    for label in path():
        page = reading.places()[label][0]
        for cell in cells((contents.HOME / "book" / f"{page}.md").read_text(), label):
            exec(cell, names[page])  # a NameError: what the cell needs stands off the path
    plt.close("all")


def test_every_chapter_takes_a_first_reading_of_at_most_two_hours():
    numbered = [entry.name for entry in contents.entries() if entry.number]
    assert [name for name in numbered if not 10 < reading.total("reading", name) <= 120] == []
