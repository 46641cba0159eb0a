"""How a source is read and what the model finds (spec 1.6, 1.7, 13.2, 13.3, 13.4, 13.5)."""

from __future__ import annotations

import pytest

from .harness import Stage


@pytest.mark.parametrize(
    "source",
    [
        "def score(r):\r\n    return 'é'\r\n".encode(),
        b"\xef\xbb\xbfdef score(r): return '\xc3\xa9'",
        b"# -*- coding: latin-1 -*-\ndef score(r): return '\xe9'",
        b"def score(r): return '\xe9'",
        b"def score(r):\r    return '\xc3\xa9'\r",
        "def score(r): return 'é'".encode("utf-16"),
    ],
    ids=["dos", "bom", "pep263", "latin-1", "mac", "utf-16"],
)
def test_a_source_of_any_encoding_is_read(stage: Stage, source: bytes) -> None:
    """What an editor of any age leaves behind runs (spec 13.2)."""
    ran = stage(source, "1\n")

    assert ran.records == ["é"]


def test_the_working_directory_holds_the_assets(stage: Stage) -> None:
    """Assets by relative path, an outputDir/, the source's folder may be another (spec 13.3)."""
    source = """
import os
from helpers import tool
def score(r):
    return [open("data/a.txt").read(), os.path.isdir("outputDir"), tool.name, "__pycache__" in os.listdir(".")]
"""
    assets = {"data/a.txt": "A", "src/helpers/tool.py": "name = 'beside'"}
    ran = stage(source, "1\n", name="src/main.py", assets=assets)

    assert ran.records == [["A", True, "beside", False]]


@pytest.mark.parametrize(
    ("init", "said"),
    [
        ("def begin(): print('none')", "none"),
        ("def begin(job): print(sorted(job))", "['job', 'rawJson']"),
        ("def begin(job=None): print(type(job['rawJson']).__name__)", "str"),
        ("def begin(*args): print(len(args))", "1"),
        ("def begin(**kwargs): print(len(kwargs))", "0"),
        ("def begin():\n    yield print('yielded')", "yielded"),
        ("class Begin:\n    def __call__(self, job): print('object')\nbegin = Begin()", "object"),
    ],
)
def test_init_gets_the_job_when_it_takes_it(stage: Stage, init: str, said: str) -> None:
    """None or one argument, by arity (spec 13.4)."""
    ran = stage(f"{init}\ndef score(r): return r", "1\n", entry={"init": "begin"})

    assert ran.console == f"{said}\n"
    assert ran.records == [1]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("async def score(r): return r", "async function"),
        ("def score(): return 1", "has no parameter"),
        ("def score(a, b, c, d): return 1", "has 4 parameters"),
        ("def score(r, *, key): return 1", "needs the keyword 'key'"),
        ("score = 5", "is a int, not a function"),
        ("x = 1", "'score' is not defined in the source"),
    ],
)
def test_a_function_that_cannot_be_called_is_told_before_any_record(
    stage: Stage, source: str, said: str
) -> None:
    """A clear error, and nothing scored (spec 13.9)."""
    ran = stage(source, "1\n")

    assert ran.ended == ("ERROR", "FAILURE")
    assert said in ran.result["error"]["message"]
    assert ran.counts == (0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("raise SystemExit(3)", "the model called sys.exit(3)"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("class E(Exception):\n    __str__ = None\nraise E", "E"),
        ("raise Exception('x' * 10000)", "x" * 4000),
    ],
)
def test_an_import_may_end_in_any_way(stage: Stage, source: str, message: str) -> None:
    """The error says something, and not too much (spec 13.4)."""
    ran = stage(source, "1\n")

    assert ran.ended == ("ERROR", "FAILURE")
    assert ran.result["error"]["stage"] == "import"
    assert ran.result["error"]["message"] == message


def test_an_explicit_slot_model_is_told_so(stage: Stage) -> None:
    """Models that read Slot(0) themselves are not run (spec 1.4)."""
    ran = stage("def score(r): return r", "1\n", slots={"0": {"action": "unused"}})

    assert "read their Slot themselves" in ran.result["error"]["message"]


def test_a_missing_module_is_named_with_the_line_that_wants_it(stage: Stage) -> None:
    """The error tells module, file and line (spec 13.4)."""
    ran = stage("x = 1\nimport tool\n", "1\n", assets={"tool.py": "\n\nimport modelop.utils\n"})

    error = ran.result["error"]
    assert (error["module"], error["file"], error["line"]) == ("modelop", "tool.py", 3)
    assert 'File "code.py", line 2' in error["traceback"]
    assert "main.py" not in error["traceback"]


def test_a_traceback_holds_the_models_frames_and_where_a_library_raised(stage: Stage) -> None:
    """Causes too, nothing of the runner (spec 13.11)."""
    source = """
import json
def inner(r):
    try:
        return json.loads(r)
    except ValueError as error:
        raise RuntimeError("no luck") from error
def score(r):
    return inner(r)
"""
    ran = stage(source, '"{"\n')

    traceback = ran.errors[0]["traceback"]
    assert traceback.split("\n") == [
        "Traceback (most recent call last):",
        '  File "code.py", line 5, in inner',
        "    return json.loads(r)",
        traceback.split("\n")[3],
        "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        "",
        "which led to:",
        "",
        "Traceback (most recent call last):",
        '  File "code.py", line 9, in score',
        "    return inner(r)",
        '  File "code.py", line 7, in inner',
        '    raise RuntimeError("no luck") from error',
        "RuntimeError: no luck",
    ]
    assert traceback.split("\n")[3].startswith("  raised in json/decoder.py, line ")


def test_warnings_while_loading_are_kept_and_printed(stage: Stage) -> None:
    """Unpickling warns; that must not fail a job (spec 13.5)."""
    source = """
import warnings
class VersionWarning(UserWarning): pass
def begin():
    warnings.warn("old pickle", VersionWarning)
def score(r):
    return r
"""
    ran = stage(source, "1\n", entry={"init": "begin"})

    assert ran.ended == ("COMPLETE", "SUCCESS")
    assert ran.result["warnings"] == ["VersionWarning: old pickle"]
    assert "VersionWarning: old pickle" in ran.console


def test_the_processes_of_joblib_find_the_model(stage: Stage) -> None:
    """loky starts Python afresh, with nothing but ``sys.path`` of the runner's (spec 13.20)."""
    source = """
from joblib import Parallel, delayed
class Pair:
    def __init__(self, x):
        self.x = x
def double(pair):
    return Pair(2 * pair.x)
def score(record):
    found = Parallel(n_jobs=2)(delayed(double)(Pair(x)) for x in record)
    return [isinstance(each, Pair) and each.x for each in found]
"""
    ran = stage(source, "[1, 2]\n", assets={"model.py": "raise SystemExit('not this one')"})

    assert ran.records == [[2, 4]]


def test_why_a_warning_is_an_error_is_told_once(stage: Stage) -> None:
    """With what to write into the model against this one (spec 13.5)."""
    source = """
import warnings
def score(r):
    warnings.warn("X has 3 features of 4 (really)")
"""
    ran = stage(source, "1\n2\n")

    told = [line for line in ran.log if "counts a UserWarning" in line]
    assert len(told) == 1
    assert "filterwarnings('ignore', message='X has', category=UserWarning)" in told[0]
    assert ran.counts == (2, 0, 0, 2, 0)
