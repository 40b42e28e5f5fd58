"""The student edition is built from pages in which no solution stands."""

import pytest

from website import contents, myst, student

PAGE = """# A page

```{exercise-start} Title
:label: ex-one
```
Question
```{exercise-end}
```

```{solution-start} ex-one
:class: dropdown
```
Secret
```{code-cell} ipython3
print("secret")
```
```{solution-end}
```

Text
"""


def test_a_page_loses_its_solutions_and_nothing_else():
    left = student.without_solutions(PAGE)
    assert [part.name for part in myst.parts(left) if part.name] == ["h1", "exercise"]
    assert "Question" in left
    assert left.endswith("\n\nText\n")
    assert "secret" not in left.lower()


def test_a_solution_inside_something_else_is_refused():
    inside = PAGE.replace("```{solution", ":::{note}\n```{solution", 1).replace("\nText", ":::\n")
    with pytest.raises(ValueError, match="inside another"):
        student.without_solutions(inside)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("student") / "source"
    student.prepare(folder)
    return folder


def test_no_line_that_only_a_solution_has_is_in_what_is_built(source):
    secret = student.secrets()
    assert len(secret) > 500
    for path in (p for p in source.rglob("*") if p.is_file() and p.suffix != ".json"):
        found = secret & {line.strip() for line in path.read_text().splitlines()}
        assert not found, path


def test_every_page_and_every_exercise_is_there(source):
    for entry in contents.entries():
        full = [part.options["label"] for part in myst.walk(entry.path.read_text())
                if part.name == "exercise"]  # fmt: skip
        page = (source / "book" / entry.path.name).read_text()
        assert all(f":label: {label}\n" in page for label in full)


def test_nothing_leads_to_where_the_solutions_are(source):
    assert 'url: ""' in (source / "_config.yml").read_text().replace("'", '"')
