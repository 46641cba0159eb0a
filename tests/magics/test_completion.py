"""TAB in a real shell, with jedi and without."""

from __future__ import annotations

import pytest
from IPython.core.completer import provisionalcompleter

from .conftest import Notebook
from .test_magic import SCORE


@pytest.fixture(params=[True, False], ids=["jedi", "no jedi"])
def typing(notebook: Notebook, request: pytest.FixtureRequest) -> Notebook:
    """A notebook with a model, with and without jedi."""
    notebook.shell.Completer.use_jedi = request.param
    notebook.run(SCORE)
    notebook.run("%modelop register churn --asset libs.txt")
    return notebook


def completed(notebook: Notebook, text: str) -> list[str]:
    """Return the lines to which TAB completes a text."""
    with provisionalcompleter():
        completions = list(notebook.shell.Completer.completions(text, len(text)))
    return [
        text[: completion.start] + completion.text + text[completion.end :]
        for completion in completions
    ]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("%modelop ba", ["%modelop batch"]),
        ("%%modelop mo", ["%%modelop model"]),
        ("job = %modelop job", ["job = %modelop jobs", "job = %modelop job"]),
        ("x = 1\n%modelop trai", ["x = 1\n%modelop train"]),
        ("%modelop show ch", ["%modelop show churn"]),
        ("%modelop asset role churn l", ["%modelop asset role churn libs.txt"]),
        (
            "%modelop asset role churn libs.txt REQUIRED_L",
            ["%modelop asset role churn libs.txt REQUIRED_LIBRARIES"],
        ),
        (
            "%modelop asset role churn libs.txt 'Required l",
            ["%modelop asset role churn libs.txt 'Required libraries'"],
        ),
        ("%modelop batch churn in", ["%modelop batch churn in.json"]),
        ("%modelop batch churn 'my d", ["%modelop batch churn 'my data.json'"]),
        ("%modelop batch churn in.json --max", ["%modelop batch churn in.json --max-errors"]),
        ("%%modelop model ch", ["%%modelop model churn"]),
        ("%modelop batch churn zzz", ["%modelop batch churn zzz"]),
    ],
)
def test_a_magic_line_has_only_our_completions(
    typing: Notebook, text: str, lines: list[str]
) -> None:
    """Issue 2, Magics: verbs, options, models, assets, roles, files; in line and cell magics."""
    assert completed(typing, text) == lines


@pytest.mark.parametrize("text", ["impor", "%modelo", "%%modelo", "FAC", "%modelop models\nFAC"])
def test_other_lines_are_left_to_ipython(typing: Notebook, text: str) -> None:
    """Also those below a line of ours, and the magic's own name."""
    assert any(len(line) > len(text) for line in completed(typing, text))


def test_variables_are_offered_as_inputs(typing: Notebook) -> None:
    """DataFrames and lists."""
    typing.run("rows = [{'x': 1}]")

    assert "%modelop batch churn rows" in completed(typing, "%modelop batch churn r")
