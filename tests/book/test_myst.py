"""The parts of a page."""

import pytest

from website import myst

PAGE = """\
---
kernelspec: {name: python3}
---
(sec-one)=
# One

Some words,
% a comment
and more.

> A quotation with
>
> $$
> a = b
> $$ (eq-quoted)

```{exercise-start} A title
:label: ex-one
:class: prove level-1 minutes-2
```

$$
c = d
$$

```{code-cell} ipython3
:tags: [hide-input]

check_derivation(mine)
```

```{exercise-end}
```

````md
```{code-cell} ipython3
no cell
```
````
"""


def test_a_page_in_its_parts():
    parts = list(myst.parts(PAGE))
    assert [(part.kind, part.first, part.end, part.name) for part in parts] == [
        ("front matter", 0, 3, ""),
        ("target", 3, 4, "sec-one"),
        ("heading", 4, 5, "h1"),
        ("comment", 7, 8, ""),
        ("equation", 12, 15, "eq-quoted"),
        ("directive", 16, 33, "exercise"),
        ("code", 34, 39, ""),
    ]


def test_a_gated_directive_is_one_with_what_stands_between():
    exercise = next(part for part in myst.parts(PAGE) if part.name == "exercise")
    assert exercise.argument == "A title"
    assert exercise.options == {"label": "ex-one", "class": "prove level-1 minutes-2"}
    equation, cell = myst.parts(exercise.body)
    assert equation.kind == "equation"
    assert (cell.name, cell.body) == ("code-cell", "check_derivation(mine)")


def test_a_walk_goes_into_what_is_text_and_not_into_code():
    assert [part.name for part in myst.walk(PAGE)][-4:] == ["exercise", "", "code-cell", ""]


def test_a_gate_that_nothing_closes_is_named():
    with pytest.raises(ValueError, match=r"exercise-start} in line 17 has no {exercise-end}"):
        list(myst.parts(PAGE.replace("exercise-end", "exercise-and")))
