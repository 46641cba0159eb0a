"""`%modelop` and `%%modelop` in a real shell."""

from __future__ import annotations

from pathlib import Path

import pytest
from IPython.core.error import UsageError

from modelop_jupyter.domain.examples import SNIPPET

from .conftest import Notebook

SCORE = "FACTOR = 3\n\n# modelop.score\ndef action(record):\n    print('scoring')\n    yield {'s': record['x'] * FACTOR}"


def test_the_tagged_functions_of_executed_cells_are_registered(notebook: Notebook) -> None:
    """Issue 2, Register: the source is shown to the user."""
    notebook.run(SCORE)
    notebook.run("%modelop register churn --asset libs.txt")

    assert notebook.error is None
    assert "churn  created" in notebook.text
    assert "FACTOR = 3" in notebook.text
    assert "<details open>" in notebook.shown[0]["text/html"]


def test_registering_the_same_again_changes_nothing(notebook: Notebook) -> None:
    """Issue 2, Register."""
    notebook.run(SCORE)
    notebook.run("%modelop register churn")
    notebook.run("%modelop register churn")

    assert "churn  unchanged" in notebook.text


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("%modelop bacth", "'bacth' is not a verb of %modelop. Did you mean 'batch'?"),
        (
            "%modelop batch churn in.json --limt 3",
            "batch has no option '--limt'. Did you mean '--limit'?",
        ),
        (
            "%modelop models --match 'churn tga:x'",
            "'tga:x' at character 7 of the search names no field: tga. Did you mean tag?",
        ),
        ("%modelop show nobody", "no model named 'nobody'."),
        ("%modelop register 'my model'", "Try 'my-model'."),
        ("%modelop asset role m f LIBS", "The roles are: "),
        ("%modelop batch 'open", "a quote or backslash is not closed in: batch 'open."),
        ("%modelop model churn", "model needs a cell."),
        ("%%modelop models\nx", "models takes no cell. Write it as a line: %modelop models."),
        ("%%modelop\nx", "%%modelop without a verb takes no cell. Write it as a line: %modelop."),
    ],
)
def test_a_mistake_is_one_line_without_a_traceback(
    notebook: Notebook, cell: str, sentence: str
) -> None:
    """A ModelOpError becomes a UsageError."""
    notebook.run(cell)

    assert isinstance(notebook.error, UsageError)
    assert sentence in str(notebook.error)
    assert notebook.err.startswith("UsageError: ")
    assert notebook.err.count("\n") == 1
    assert notebook.shown == []


def test_an_error_reaches_kernels_that_see_only_what_is_rendered(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 12, G2: xeus-python's reply was ``ok``; it keeps what IPython renders, and no UsageError is."""
    kept: list[list[str]] = []
    monkeypatch.setattr(notebook.shell, "last_error", None, raising=False)
    monkeypatch.setattr(notebook.shell, "_showtraceback", lambda _, __, lines: kept.append(lines))
    notebook.run("%modelop show nobody")

    assert kept == [[f"UsageError: {notebook.error}"]]


def test_data_that_a_function_needs_is_named_with_what_it_is(notebook: Notebook) -> None:
    """Issue 2, Register: cell, line and name, with the remedy."""
    notebook.run("import pandas as pd\nframe = pd.DataFrame({'x': [1, 2]})")
    notebook.run("# modelop.score\ndef action(record):\n    yield len(frame)")
    notebook.run("%modelop register churn")

    assert "'frame'" in str(notebook.error)
    assert "to make it a file of the model that the module loads" in str(notebook.error)


def test_a_marked_cell_runs_and_is_registered(notebook: Notebook) -> None:
    """`%%modelop model NAME`: its value is displayed, its names are the notebook's."""
    value = notebook.run(
        "%%modelop model churn\n# modelop.score\ndef action(r):\n    yield r\n6 * 7"
    )

    assert notebook.error is None
    assert "churn  created" in notebook.text
    assert notebook.shell.user_ns["action"]
    assert value == 42


def test_a_marked_cell_that_fails_registers_nothing(notebook: Notebook) -> None:
    """Its own error is raised, with the traceback of a plain cell."""
    notebook.run("%%modelop model churn\n# modelop.score\ndef action(r):\n    yield r\n1 / 0")
    error, shown = notebook.error, notebook.out
    notebook.run("%modelop models")

    assert isinstance(error, ZeroDivisionError)
    assert "1 / 0" in shown
    assert "run_cell_magic" not in shown
    assert "No models yet." in notebook.text


def test_a_marked_cell_that_does_not_parse_shows_where(notebook: Notebook) -> None:
    """A SyntaxError without frames of this package."""
    notebook.run("%%modelop model churn\nx = (1,\n")

    assert type(notebook.error).__name__ == "SyntaxError"
    assert "x = (1," in notebook.out
    assert "magics" not in notebook.out


def test_an_edited_marked_cell_replaces_its_older_version(notebook: Notebook) -> None:
    """Two cells with the same function are one cell before and after editing."""
    notebook.run("%%modelop model churn\n# modelop.score\ndef action(r):\n    yield 1")
    notebook.run("%%modelop model churn\n# modelop.score\ndef action(r):\n    yield 2")

    assert "churn  updated" in notebook.text
    assert "yield 2" in notebook.text
    assert "yield 1" not in notebook.text


def test_two_models_in_one_notebook_do_not_mix(notebook: Notebook) -> None:
    """Each has the cells that were marked for it."""
    notebook.run("%%modelop model one\n# modelop.score\ndef first(r):\n    yield 1")
    notebook.run("%%modelop model two\n# modelop.score\ndef second(r):\n    yield 2")

    assert notebook.error is None
    assert "second" in notebook.text
    assert "first" not in notebook.text


def test_a_notebook_without_the_model_s_cells_keeps_its_source(
    notebook: Notebook, tmp_path: Path
) -> None:
    """Commands in warnings work for a model from a file, too (issue 4)."""
    (tmp_path / "m.py").write_text("# modelop.score\ndef action(r):\n    yield 1\n")
    notebook.run("%modelop register m m.py")
    notebook.run("%modelop register m --description one")

    assert "m  updated" in notebook.text
    assert "description" in notebook.text


def test_a_bare_magic_says_what_to_type_next(notebook: Notebook) -> None:
    """The overview."""
    notebook.run("%modelop")

    assert "# modelop.score\ndef score(record):" in notebook.text
    assert "%modelop register NAME" in notebook.text
    assert "%modelop example" in notebook.text
    assert "%modelop help" in notebook.text


def test_the_tag_that_is_shown_first_makes_a_model(notebook: Notebook) -> None:
    """What an empty home shows can be pasted, run and registered as it stands."""
    notebook.run(SNIPPET)
    notebook.run("%modelop register double")

    assert "double  created" in notebook.text
    assert "score        score" in notebook.text


def test_an_example_is_written_into_the_current_folder(
    notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a link below the notebook's own folder."""
    monkeypatch.chdir(tmp_path)
    notebook.run("%modelop example faults")

    assert "Faults to find  written" in notebook.text
    assert (tmp_path / "example-faults" / "faults.ipynb").is_file()


@pytest.mark.parametrize(
    "line", ["%modelop help batch", "%modelop batch --help", "%modelop batch -h"]
)
def test_help_does_not_end_the_kernel(notebook: Notebook, line: str) -> None:
    """argparse would call sys.exit."""
    notebook.run(line)

    assert notebook.error is None
    assert "%modelop batch churn customers.json" in notebook.text


def test_variables_are_inserted_into_a_line(notebook: Notebook) -> None:
    """`{name}` and `$name`."""
    notebook.run("name = 'churn'\n" + SCORE)
    notebook.run("%modelop register {name}")
    notebook.run("%modelop show $name")

    assert notebook.error is None
    assert notebook.text.startswith("churn")


def test_another_home_is_used_from_the_next_verb_on(
    notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`%env MODELOP_HOME=…` after the first verb."""
    notebook.run(SCORE)
    notebook.run("%modelop register churn")
    monkeypatch.setenv("MODELOP_HOME", str(tmp_path / "other"))
    notebook.run("%modelop models")

    assert "No models yet." in notebook.text


def test_the_notebook_of_the_session_tells_old_cells_apart(
    notebook: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """jupyter_server names it in JPY_SESSION_NAME; of one that is half saved only the name is taken."""
    (tmp_path / "half.ipynb").write_text("{")
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "half.ipynb"))
    notebook.run(SCORE)
    notebook.run("%modelop register churn")
    model = "from modelop_jupyter import Workspace; Workspace().show('churn').model"

    assert notebook.error is None
    assert notebook.run(f"{model}.notebook") == str(tmp_path / "half.ipynb")


def test_unloading_removes_the_magic(notebook: Notebook) -> None:
    """`%unload_ext`; and loading again works."""
    notebook.run("%unload_ext modelop_jupyter")
    notebook.run("%modelop models")
    gone = notebook.err
    notebook.run("%load_ext modelop_jupyter")
    notebook.run("%modelop models")

    assert "not found" in gone
    assert "No models yet." in notebook.text


def test_the_code_of_a_line_names_the_notebooks_variables(notebook: Notebook) -> None:
    """``--show-code`` is pasted into the next cell, and runs there."""
    notebook.run("# modelop.score\ndef f(record):\n    yield {'y': record['x']}")
    notebook.run("%modelop register churn")
    notebook.run("rows, most, path = [{'x': 1}, {'x': 2}], 1, 'in.json'")

    notebook.run("%modelop batch churn rows {path} -o scored --limit $most --show-code")
    assert 'workspace.batch("churn", [rows, path], limit=most)' in notebook.text
    assert notebook.text.endswith("job.wait()\nscored = job.to_frame()")

    notebook.run("%modelop schema infer churn rows --show-code")
    schema = notebook.run(notebook.text)
    assert [field["name"] for field in schema["fields"]] == ["x"]


def test_an_alias_is_given_listed_and_followed(notebook: Notebook) -> None:
    """What a user types about a champion, and sees."""
    notebook.run(SCORE)
    notebook.run("%modelop register churn")
    notebook.run("%modelop snapshot churn")
    notebook.run("%modelop alias churn champion @1")
    given = notebook.text
    notebook.run("%modelop alias churn")
    listed = notebook.text
    notebook.run("%modelop alias churn champion --remove")
    notebook.run("%modelop alias churn champion --history")

    assert "churn@champion is churn@1." in given
    assert "churn@champion  @1" in listed
    assert "removed" in notebook.text


def test_tags_and_metadata_are_typed_and_shown(notebook: Notebook) -> None:
    """``-draft`` is a tag to remove, and no option."""
    notebook.run(SCORE)
    notebook.run("%modelop register churn --tag draft")
    notebook.run("%modelop tag churn +fraud -draft")
    tagged = notebook.text
    notebook.run("%modelop meta churn owner=ada limits='[1, 2]' old=")
    refused = notebook.error
    notebook.run("%modelop meta churn owner=ada limits='[1, 2]'")
    notebook.run("%modelop show churn")

    assert "fraud" in tagged
    assert "draft" not in tagged
    assert "churn has no metadata 'old'" in str(refused)
    assert "meta owner   ada" in notebook.text
    assert "meta limits  [1, 2]" in notebook.text
