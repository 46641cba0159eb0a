"""What `register` asks in a notebook, and what `--yes` decides."""

from __future__ import annotations

import io
import json
from importlib.metadata import version
from pathlib import Path

import pytest

from .conftest import Notebook

PREDICT = "def predict(record):\n    return {'y': record['x']}"
TAGGED = f"# modelop.score\n{PREDICT}"


class Answers(io.StringIO):
    """What a user types, a line for each question."""

    def isatty(self) -> bool:
        return True


def answer(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", Answers("".join(f"{line}\n" for line in lines)))


def functions_of(notebook: Notebook, model: str) -> object:
    points = "from modelop_jupyter import Workspace; Workspace().show({!r}).entry_points.score"
    return notebook.run(points.format(model))


def test_an_untagged_function_is_named(notebook: Notebook) -> None:
    """Nothing is registered where nobody can answer, and the next words to type are there."""
    notebook.run(PREDICT)
    notebook.run("%modelop register churn")

    assert "predict (cell 2) may be meant: --score predict" in str(notebook.error)


def test_yes_takes_the_function_that_may_be_meant(notebook: Notebook) -> None:
    """And says which tag keeps that."""
    notebook.run(PREDICT)
    notebook.run("%modelop register churn --yes")

    assert "churn  created" in notebook.text
    assert "write '# modelop.score' above its def" in notebook.text
    assert functions_of(notebook, "churn") == "predict"


def test_yes_takes_no_unclear_function(notebook: Notebook) -> None:
    """Two of the same likelihood are the user's choice."""
    notebook.run(PREDICT + "\n\ndef score(record):\n    return 1")
    notebook.run("%modelop register churn --yes")

    assert "predict (cell 2) or score (cell 2) may be meant" in str(notebook.error)


@pytest.mark.parametrize(("typed", "taken"), [("", "predict"), ("score_all", "score_all")])
def test_an_untagged_function_is_asked_for(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, typed: str, taken: str
) -> None:
    """Enter takes the only one there is."""
    more = "\n\ndef score_all(record):\n    return 1" if typed else ""
    notebook.run(PREDICT + more)
    answer(monkeypatch, typed)
    notebook.run("%modelop register churn")

    assert "Which is the score function?" in notebook.out
    assert functions_of(notebook, "churn") == taken


def test_a_mistyped_name_is_asked_for(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer may be the model that is there."""
    notebook.run(TAGGED)
    notebook.run("%modelop register diabetes")
    answer(monkeypatch, "diabetes")
    notebook.run("%modelop register diabtes")

    assert "New model, or diabetes?" in notebook.out
    assert "diabetes  unchanged" in notebook.text


@pytest.mark.parametrize("words", ["register diabtes --yes", "register diabtes"])
def test_without_a_question_a_mistyped_name_is_a_new_model(notebook: Notebook, words: str) -> None:
    """A note names the other."""
    notebook.run(TAGGED)
    notebook.run("%modelop register diabetes")
    notebook.run(f"%modelop {words}")

    assert "diabtes  created" in notebook.text
    assert "diabtes is a new model beside diabetes" in notebook.text


def test_another_answer_registers_nothing(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what the answers are."""
    notebook.run(TAGGED)
    notebook.run("%modelop register diabetes")
    answer(monkeypatch, "hm")
    notebook.run("%modelop register diabtes")

    assert "nothing is registered: 'hm' is not an answer" in str(notebook.error)


@pytest.mark.parametrize(("typed", "is_there"), [("y", True), ("n", False)])
def test_files_and_requirements_are_asked_for_in_one_question(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, typed: str, is_there: bool
) -> None:
    """With the reason of each, and where requirements are written."""
    Path("w.json").write_text("{}")
    notebook.run("import packaging\n" + TAGGED + ", open('w.json'), packaging")
    answer(monkeypatch, typed)
    notebook.run("%modelop register churn")

    assert "w.json  (named in the source)" in notebook.out
    assert f"packaging=={version('packaging')}, written to {Path.cwd()}" in notebook.out
    assert ("Required libraries" in notebook.text) is is_there
    assert Path("requirements.txt").is_file() is is_there


def test_yes_takes_files_and_writes_requirements(notebook: Notebook) -> None:
    """Lines of the file on disk stay; a second time there is nothing to do."""
    Path("requirements.txt").write_text("# ours\nsix\n")
    notebook.run("import packaging\n" + TAGGED + ", packaging")
    notebook.run("%modelop register churn --yes")
    first = notebook.text
    notebook.run("%modelop register churn --yes")

    assert f"The requirements are written to {Path.cwd() / 'requirements.txt'}" in first
    assert Path("requirements.txt").read_text() == (
        f"# ours\nsix\npackaging=={version('packaging')}\n"
    )
    assert "churn  unchanged" in notebook.text


def test_no_score_function_is_never_a_green_created(notebook: Notebook) -> None:
    """A file without a tag can be registered, and it says what no job can do (issue 15)."""
    Path("m.py").write_text(PREDICT)
    notebook.run("%modelop register m m.py")

    assert "created without a function that a job can call" in notebook.text
    assert "predict (line 1) may be meant: --score predict" in notebook.text


def test_a_marked_cell_takes_no_tagged_function_of_other_cells(notebook: Notebook) -> None:
    """`%%modelop model NAME` takes that cell and what it needs (issue 15)."""
    notebook.run("# modelop.metrics\ndef metrics(frame):\n    yield {}")
    notebook.run(f"%%modelop model churn\n{PREDICT}")

    assert "predict (cell 3) may be meant" in str(notebook.error)


def test_a_model_keeps_the_function_that_was_chosen_for_it(notebook: Notebook) -> None:
    """Registering again needs neither tag nor option, and takes the code as it runs now."""
    notebook.run(PREDICT)
    notebook.run("%modelop register churn --score predict")
    notebook.run(PREDICT.replace("'y'", "'z'"))
    notebook.run("%modelop register churn")

    assert "churn  updated" in notebook.text
    assert "'z'" in notebook.text


class Silent(io.StringIO):
    """An input where nobody can answer."""

    def isatty(self) -> bool:
        return False


def test_where_nobody_can_answer_it_says_what_is_open(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is taken silently, and nothing waits: the options that decide are named (issue 15)."""
    monkeypatch.setattr("sys.stdin", Silent())
    Path("w.json").write_text("{}")
    notebook.run("import packaging\n" + TAGGED + ", open('w.json'), packaging")
    notebook.run("%modelop register churn")

    assert "churn  created" in notebook.text
    assert (
        "Nobody can answer a question here, so churn is registered without"
        f" w.json (named in the source) and the requirements packaging=={version('packaging')}."
        " Add --yes to take all of it, or --asset w.json for the files alone."
    ) in " ".join(notebook.text.split())


def test_where_nothing_is_open_nothing_is_said(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line that decides everything has no remark."""
    monkeypatch.setattr("sys.stdin", Silent())
    Path("w.json").write_text("{}")
    notebook.run(TAGGED + ", open('w.json')")
    notebook.run("%modelop register churn --asset w.json")

    assert "Nobody can answer" not in notebook.text


def test_the_line_to_type_next_ends_the_output(notebook: Notebook) -> None:
    """With the model's test data; it runs as it stands (issue 15)."""
    Path("test_data.json").write_text('{"x": 1}\n')
    notebook.run(TAGGED)
    notebook.run("%modelop register churn --asset test_data.json")

    assert notebook.text.splitlines()[-1].strip() == "%modelop batch churn test_data.json"


def test_the_line_to_type_next_names_a_data_frame_that_fits(notebook: Notebook) -> None:
    """It has columns that the score function reads; another one has none of them."""
    notebook.run(f"import pandas as pd\ntested = pd.DataFrame({{'x': [1, 2]}})\n{TAGGED}")
    notebook.run("other = pd.DataFrame({'z': [1]})")
    notebook.run("%modelop register churn")

    assert notebook.text.splitlines()[-1].strip() == "%modelop batch churn tested"


def test_without_a_known_input_the_line_says_what_to_put_there(notebook: Notebook) -> None:
    """A word in capitals is no file's name."""
    notebook.run(TAGGED)
    notebook.run("%modelop register churn")

    assert notebook.text.splitlines()[-1].strip() == "%modelop batch churn FILE"


DERIVED = (
    "import pandas\nframe = pandas.DataFrame({'a': [1.5], 'b': [2.5]})\nnames = list(frame.columns)"
)
USE_NAMES = "# modelop.score\ndef score(record):\n    return [record[name] for name in names]"
LINE = "names = ['a', 'b']  # the value of cell 2 when it ran: list(frame.columns)"


def source_of(notebook: Notebook, model: str) -> str:
    return str(
        notebook.run(f"from modelop_jupyter import Workspace; Workspace().show({model!r}).source")
    )


@pytest.mark.parametrize(("typed", "is_there"), [("", True), ("n", False)])
def test_a_value_whose_code_reads_data_is_asked_for(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, typed: str, is_there: bool
) -> None:
    """With the line that would stand in the module; otherwise it is refused (issue 15)."""
    notebook.run(DERIVED)
    notebook.run(USE_NAMES)
    answer(monkeypatch, typed, "n")
    notebook.run("%modelop register churn")
    error = str(notebook.error)

    assert f"  {LINE}\nWrite them into the module? [Y/n]" in notebook.out
    assert ("'names' is needed by the model" in error) is not is_there
    assert is_there is (notebook.error is None and LINE in source_of(notebook, "churn"))


def test_yes_takes_values_whose_code_reads_data(notebook: Notebook) -> None:
    """Again is no change, though the cell has another number; another value is one."""
    notebook.run(DERIVED)
    notebook.run(USE_NAMES)
    notebook.run("%modelop register churn --yes")
    first = source_of(notebook, "churn")
    notebook.run(DERIVED)
    notebook.run("%modelop register churn --yes")
    again = notebook.text
    notebook.run("names.remove('a')")
    notebook.run("%modelop register churn --yes")

    assert LINE in first
    assert "churn  unchanged" in again
    assert "names = ['b']  # the value of cell 6, changed since in cell 8: list(frame.columns)" in (
        source_of(notebook, "churn")
    )


def test_a_value_that_was_taken_is_not_asked_for_again(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor refused where nobody can answer; another value is."""
    notebook.run(DERIVED)
    notebook.run(USE_NAMES)
    notebook.run("%modelop register churn --yes")
    notebook.run("%modelop register churn")
    again = notebook.text
    notebook.run("names.remove('a')")
    notebook.run("%modelop register churn")
    unanswered = str(notebook.error)
    answer(monkeypatch, "y", "n")
    notebook.run("%modelop register churn")

    assert "churn  unchanged" in again
    assert "'names' is needed by the model" in unanswered
    assert "  names = ['b']  # the value of cell 2, changed since in cell 6" in notebook.out
    assert "churn  updated" in notebook.text


def test_where_nobody_can_answer_the_error_names_the_option(notebook: Notebook) -> None:
    """Nothing is frozen that nobody has seen."""
    notebook.run(DERIVED)
    notebook.run(USE_NAMES)
    notebook.run("%modelop register churn")

    assert "Register with --yes, or tick its value in the form" in str(notebook.error)


def test_a_function_that_may_be_meant_and_its_values_are_taken(notebook: Notebook) -> None:
    """Both at once, and the requirements of what is left."""
    notebook.run(DERIVED)
    notebook.run(USE_NAMES.partition("\n")[2])
    notebook.run("%modelop register churn --yes")

    assert LINE in source_of(notebook, "churn")
    assert not Path("requirements.txt").exists()


def test_a_marked_cell_has_its_values_asked_for(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no option for them."""
    notebook.run(DERIVED)
    answer(monkeypatch, "y", "n")
    notebook.run(f"%%modelop model churn\n{USE_NAMES}")

    assert LINE in source_of(notebook, "churn")


FITTED = (
    "import pandas\nfrom sklearn.linear_model import LinearRegression\n"
    "frame = pandas.DataFrame({'a': [1.0, 2.0], 'b': [2.0, 4.0]})\n"
    "fitted = LinearRegression().fit(frame[['a']], frame['b'])"
)
USE_FITTED = (
    "# modelop.score\ndef score(record):\n    return float(fitted.predict([[record['a']]])[0])"
)
LOADING = 'fitted = pickle.loads(Path("fitted.pkl").read_bytes())'


def assets_of(notebook: Notebook, model: str) -> object:
    assets = "{{a.path: a.role.value for a in Workspace().show({!r}).model.state.assets}}"
    return notebook.run(f"from modelop_jupyter import Workspace; {assets.format(model)}")


@pytest.mark.parametrize(("typed", "is_there"), [("", True), ("n", False)])
def test_a_fitted_model_is_asked_for_as_a_file(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, typed: str, is_there: bool
) -> None:
    """The path, the line that loads it and what it needs are shown before it is written (issue 15)."""
    notebook.run(FITTED)
    notebook.run(USE_FITTED)
    answer(monkeypatch, typed, "y")
    notebook.run("%modelop register churn")

    assert "  fitted.pkl (" in notebook.out
    assert "a pickle needs the same version" in notebook.out
    assert f"    {LOADING}" in notebook.out
    assert "Save them, and add them to the model? [Y/n]" in notebook.out
    assert Path("fitted.pkl").exists() is is_there
    assert is_there is (notebook.error is None)
    if is_there:
        assert LOADING in source_of(notebook, "churn")
        assert assets_of(notebook, "churn")["fitted.pkl"] == "WEIGHTS_FILE"  # type: ignore[index]
        assert f"scikit-learn=={version('scikit-learn')}" in Path("requirements.txt").read_text()


def test_yes_saves_what_is_too_big_once(notebook: Notebook) -> None:
    """Again it is no change; another value takes the place of the model's older one."""
    notebook.run(f"{DERIVED}\nnames = names + list(map(str, range(2000)))")
    notebook.run(USE_NAMES)
    notebook.run("%modelop register churn --yes")
    first = json.loads(Path("names.json").read_text())
    notebook.run("%modelop register churn")
    again = notebook.text
    notebook.run("names.remove('a')")
    notebook.run("%modelop register churn --yes")

    assert first[:3] == ["a", "b", "0"]
    assert "churn  unchanged" in again
    assert json.loads(Path("names.json").read_text())[:2] == ["b", "0"]
    assert assets_of(notebook, "churn")["names.json"] == "WEIGHTS_FILE"  # type: ignore[index]


def test_a_file_of_another_is_never_replaced(notebook: Notebook) -> None:
    """The value gets another name."""
    Path("fitted.pkl").write_text("mine")
    notebook.run(FITTED)
    notebook.run(USE_FITTED)
    notebook.run("%modelop register churn --yes")

    assert Path("fitted.pkl").read_text() == "mine"
    assert 'Path("fitted-2.pkl")' in source_of(notebook, "churn")
    assert Path("fitted-2.pkl").is_file()


def test_what_cannot_be_written_loses_nothing(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says which file and why, and the next try has all it needs."""

    def refused(*_: object) -> None:
        raise OSError(28, "No space left on device")

    notebook.run(FITTED)
    notebook.run(USE_FITTED)
    with monkeypatch.context() as patch:
        patch.setattr("modelop_jupyter.capture.value_files._put", refused)
        notebook.run("%modelop register churn --yes")
    failed = str(notebook.error)
    left = [path.name for path in Path().glob("fitted*")]
    notebook.run("%modelop register churn --yes")

    assert "fitted.pkl: the value of 'fitted' cannot be written: No space left on device" in failed
    assert left == []
    assert LOADING in source_of(notebook, "churn")


def test_what_was_declined_is_not_asked_for_again(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it is another one; `--yes` takes it all the same (issue 15)."""
    Path("weights.pkl").write_bytes(b"weights")
    notebook.run("import packaging.version")
    notebook.run(
        "# modelop.score\ndef score(record):\n    open('weights.pkl')\n    return packaging.version.Version('1')"
    )
    answer(monkeypatch, "n")
    notebook.run("%modelop register churn")
    asked = notebook.out.count("Add them?")
    answer(monkeypatch)
    notebook.run("%modelop register churn")
    again, error = notebook.out.count("Add them?"), notebook.error
    Path("weights.pkl").write_bytes(b"others")
    answer(monkeypatch, "n")
    notebook.run("%modelop register churn")
    changed = notebook.out
    notebook.run("%modelop register churn --yes")

    assert (asked, again, error) == (1, 0, None)
    assert "weights.pkl  (named in the source)" in changed
    assert "requirements: packaging" not in changed.rpartition("may also need:")[2]
    assert {"weights.pkl", "requirements.txt"} <= assets_of(notebook, "churn").keys()  # type: ignore[attr-defined]


def test_values_that_only_the_definition_of_a_pickle_needs_are_asked_for(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The class in the file is copied, and with it what its methods read (issue 15)."""
    notebook.run(DERIVED)
    notebook.run("class Picker:\n    def pick(self, record):\n        return record[names[0]]")
    notebook.run(
        "import pathlib, pickle\n_ = pathlib.Path('picker.pkl').write_bytes(pickle.dumps(Picker()))"
    )
    notebook.run(
        "# modelop.init\ndef init():\n    global picker\n"
        "    picker = pickle.loads(pathlib.Path('picker.pkl').read_bytes())\n"
        "# modelop.score\ndef score(record):\n    return picker.pick(record)"
    )
    answer(monkeypatch, "", "n")
    notebook.run("%modelop register churn --asset picker.pkl")

    assert f"  {LINE}\nWrite them into the module? [Y/n]" in notebook.out
    assert notebook.error is None
    assert LINE in source_of(notebook, "churn")
    assert "class Picker:" in source_of(notebook, "churn")
