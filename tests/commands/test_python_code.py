"""``--show-code``: the Python call of a line."""

from __future__ import annotations

import json
from argparse import Action
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.commands.context import Context, ShellSession
from modelop_jupyter.commands.grammar import build_parser, cell_verbs, parse, verbs
from modelop_jupyter.commands.python_code import PythonCode
from modelop_jupyter.commands.shell_words import split
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.display import text
from modelop_jupyter.errors import UsageMistakeError

_MODEL = "# modelop.score\ndef action(record):\n    yield {'y': record['x'] * 2}\n"
# They show something in the notebook itself.
_WITHOUT_CALL = {"help", "panel", "model"}
# What an option takes, where neither its choices nor its metavar says it.
_VALUES = {
    "--as-of": "2024-01-31",
    "--before": "2026-01-31",
    "--asset": "libs.txt=Required libraries",
    "--engine": "dask",
    "--expect": "auc >= 0.9",
    "--for": "2h",
    "--folder": "sub",
    "--max-errors": "5%",
    "--memory": "2GB",
    "--older": "12h",
    "--param": "depth=6",
    "--quota": "5GB",
    "--role": "TEST_DATA",
    "--source": "m.py",
    **dict.fromkeys(("--init", "--score", "--train", "--metrics"), "action"),
    "--tag": "fraud",
    "tag --remove": "demo",
    "--cron": "0 7 * * *",
    "--notify": "desktop",
    "--notebook": "notebook.ipynb",
    "check --metrics": "in.json",
}
_ARGUMENTS = {
    "add": ["+fraud"],
    "after": ["churn"],
    "asset": ["libs.txt"],
    "before": ["churn@1"],
    "challenger": ["churn"],
    "deployment": ["churn"],
    "entries": ["owner=risk"],
    "file": ["libs.txt"],
    "input": ["in.json"],
    "inputs": ["in.json"],
    "job": ["3f2a1c"],
    "jobs": ["3f2a1c", "9b8b7b"],
    "key": ["engine"],
    "metric": ["auc"],
    "name": ["churn"],
    "role": ["TEST_DATA"],
    "snapshot": ["@1"],
    "value": ["dask"],
    "verb": ["batch"],
    "word": ["champion"],
    "words": ["in.json"],
}
_PATHS = {"register": "m.py", "export": "new.zip", "import": "churn.zip", "run": "churn.zip"}
# Lines in which an option may stand, where all the arguments of its verb leave it no place.
_LINES = {
    ("alias", "--history"): "alias churn",
    ("alias", "--remove"): "alias churn champion",
    ("config", "--unset"): "config engine",
    ("register", "--notebook"): "register churn --description d",
    ("register", "--source"): "register churn sub",
    ("requirements", "--write"): "requirements churn --infer",
    ("register", "--yes"): "register churn --description d",
    ("schema infer", "-o"): "schema infer churn in.json",
}


@pytest.fixture
def context(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Context]:
    """A shell with a model, and with the files that the lines name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    for source in ("m.py", "sub/m.py"):
        (tmp_path / source).write_text(_MODEL)
    (tmp_path / "libs.txt").write_text("# none\n")
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "in.json").write_text('{"x": 1}\n')
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": 1}
    cells = [
        {**cell, "id": "a", "source": _MODEL.replace("* 2", "* 3")},
        {**cell, "id": "b", "source": f"%%modelop model another\n{_MODEL}"},
    ]
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}
    (tmp_path / "notebook.ipynb").write_text(json.dumps(notebook))
    workspace.register("churn", "m.py")
    workspace.snapshot("churn")
    workspace.export("churn", "churn.zip")
    yield Context(ShellSession(), workspace=workspace)


def _code_of(line: str, context: Context) -> str:
    verb, args = parse([*split(line), "--show-code"], program="modelop")
    value = verb.value(context, args)
    assert isinstance(value, PythonCode)
    return value.code


def _line_of(verb: Verb) -> str:
    words = verb.name.split()
    for action in build_parser(verb, program="modelop").positionals:
        if action.dest == "path":
            words.append(_PATHS[verb.name])
        elif verb.name != "example" or action.dest != "name":
            words += _ARGUMENTS[action.dest]
        else:
            words.append("regression")
    return " ".join(words)


def _words_of(verb: Verb, action: Action) -> list[str]:
    option = action.option_strings[-1]
    if action.nargs == 0:
        return [option]
    other = [choice for choice in action.choices or () if choice != action.default]
    metavar = str(action.metavar).rpartition("|")[0] or str(action.metavar)
    usual = {"N": "7", "S": "3", "P": "8123"}.get(metavar, "other")
    value = _VALUES.get(f"{verb.name} {option}") or _VALUES.get(option, usual)
    value = str(other[0]) if other else value
    return [option, value]


def _options() -> Iterator[Any]:
    for verb in verbs().values():
        if verb.name in _WITHOUT_CALL:
            continue
        for action in build_parser(verb, program="modelop").options:
            yield pytest.param(verb, action, id=f"{verb.name} {action.option_strings[-1]}")


def _files(folder: Path) -> set[Path]:
    """Return what is there, apart from texts that a preview of a registration has read."""
    found = (path for path in folder.rglob("*") if "blobs" not in path.parts)
    return {path for path in found if not path.name.endswith(("-shm", "-wal"))}


def test_every_option_is_in_the_code_and_nothing_is_done(context: Context, tmp_path: Path) -> None:
    """A new verb or option needs no code of its own for it: what the verb calls is noted."""
    context.workspace.models()
    before, same = _files(tmp_path), []

    for parameter in _options():
        verb, action = parameter.values
        option = action.option_strings[-1]
        line = _LINES.get((verb.name, option)) or _line_of(verb)
        words = " ".join(f"'{word}'" for word in _words_of(verb, action))
        if _code_of(line, context) == _code_of(f"{line} {words}", context):
            same.append(parameter.id)

    # It decides only what of the result is shown.
    assert same == ["job errors --records"]
    assert _files(tmp_path) == before


@pytest.mark.parametrize(
    ("line", "afterwards", "expected"),
    [
        ("register other m.py --tag fraud --asset 'libs.txt=TEST_DATA'", "show other", "libs.txt"),
        ("register churn --notebook notebook.ipynb", "show churn", "churn.py"),
        ("register churn --description 'Who leaves' --yes", "show churn", "requirements.txt"),
        ("asset add churn libs.txt --role 'Required libraries'", "asset list churn", "libs.txt"),
        ("snapshot churn -m 'before'", "snapshots churn", "churn-"),
        ("config engine dask", "config engine", "dask"),
        ("remove churn", "models", "No models yet"),
        ("import churn.zip", "snapshots churn", "churn@1"),
        ("schema infer churn in.json -o input.avsc", "asset add churn input.avsc", "input.avsc"),
        ("job gc --older 0", "jobs", "No jobs yet"),
        ("job gc --before 2026-01-31", "jobs", "No jobs yet"),
    ],
)
def test_the_code_does_what_the_line_does(
    context: Context, monkeypatch: pytest.MonkeyPatch, line: str, afterwards: str, expected: str
) -> None:
    """It is run as it is printed, in a home that only it changes."""
    monkeypatch.setenv("MODELOP_HOME", str(context.workspace.settings.home))
    names: dict[str, Any] = {}

    exec(_code_of(line, context), names)

    verb, args = parse(split(afterwards), program="modelop")
    names["workspace"].close()
    assert expected in text(verb.run(context, args))


def test_a_job_is_waited_for_and_its_results_are_taken(context: Context) -> None:
    """The job, then the variables that the line sets."""
    code = _code_of("batch churn in.json -o scored.csv --workers 4 --param depth=6", context)

    assert code.splitlines() == [
        "from modelop_jupyter import Workspace",
        "",
        "workspace = Workspace()",
        "job = workspace.batch(",
        '    "churn",',
        '    "in.json",',
        '    output="scored.csv",',
        '    parameters={"depth": 6},',
        "    workers=4,",
        ")",
        "job.wait()",
    ]


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("batch churn 'postgresql://me:geheim@host/db?query=SELECT 1'", "geheim"),
        ("batch churn in.json --param api_key=geheim", "geheim"),
        ("batch churn in.json --notify https://hooks.example.com/geheim", "geheim"),
        ("config notify https://hooks.example.com/geheim", "geheim"),
        ("deploy churn --token geheim", "geheim"),
    ],
)
def test_no_secret_is_printed(context: Context, line: str, secret: str) -> None:
    """A line's password does not get into a notebook by its code."""
    code = _code_of(line, context)

    assert secret not in code
    assert code.startswith("# **** is a secret")


@pytest.mark.parametrize("name", ["help", "panel"])
def test_a_verb_without_a_python_call_says_so(context: Context, name: str) -> None:
    """What only shows something has none."""
    with pytest.raises(UsageMistakeError, match=f"{name}"):
        _code_of(name, context)


def test_a_cell_of_another_kernel_has_no_python_call(context: Context) -> None:
    """The kernel is asked by a protocol, not by a call."""
    _, args = parse(["run", "churn", "--show-code"], program="%modelop", is_cell=True)
    args.cell = "x"

    with pytest.raises(UsageMistakeError, match="run has no Python call"):
        cell_verbs()["run"].value(context, args)
