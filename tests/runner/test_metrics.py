"""Metrics and training jobs (spec 3.1, 3.2, 3.3, 13.13, 13.14, 13.15)."""

from __future__ import annotations

import gzip
import venv
from pathlib import Path

import pandas
import pytest

from .harness import Stage, load_parts

frames, functions = load_parts("frames", "functions")
DETECTED = "[info] json autodetected to be a single array of containing multiple records"


class Log(list[str]):
    """A journal that only keeps what is logged."""

    def log(self, level: str, text: str) -> None:
        self.append(f"[{level}] {text}")


@pytest.mark.parametrize(
    ("data", "values", "detected"),
    [
        ('{"a": 1}\n{"a": 2}\n', [[1], [2]], []),
        ('[{"a": 1}, {"a": 2}]', [[1], [2]], [DETECTED]),
        ('[\n {"a": 1},\n {"a": 2}\n]\n', [[1], [2]], [DETECTED]),
        ('{"a": 1}', [[1]], []),
        ('{\n "a": 1\n}', [[1]], []),
        ("0\n1\n2\n", [[0], [1], [2]], []),
        ('{"a": 1}\r\n3\r\n', [{"a": 1}, 3], []),
        ("[1, 2]\n[3, 4]\n", [[1, 2], [3, 4]], []),
        ('\ufeff{"a": {"b": [1]}}\n\n', [[{"b": [1]}]], []),
        ('{"a": 123456789012345678901234567890}\n', [[123456789012345678901234567890]], []),
        ('{"a": "x"}\n\n{"a": "y"}', [["x"], ["y"]], []),
        ("[]", [], [DETECTED]),
        ("", [], []),
    ],
)
def test_json_is_read_as_the_file_is(
    tmp_path: Path, data: str, values: object, detected: list[str]
) -> None:
    """Lines or an array, on one line or many; never a failure for what is no dict
    (spec 3.1, 13.13).
    """
    path, log = tmp_path / "in.json", Log()
    path.write_text(data, "utf-8")
    frame = frames.read_frame(pandas, {"path": str(path), "format": "json", "name": "in"}, log)

    assert frame.to_numpy().tolist() == values
    assert log == detected


def test_one_frame_per_input_in_order(stage: Stage) -> None:
    """Positional; ModelOp counts 0 records in and 1 out (spec 3.2, 13.13)."""
    source = """
import pandas
def metrics(df1: pandas.DataFrame, df2, df3):
    yield {"one": str(df1.shape), "two": list(df2.a), "three": float(df3.b.sum())}
    yield "never seen"
"""
    zipped = gzip.compress(b"b\n1\n2\n")
    ran = stage(
        source,
        ['[{"x": 1}]', "a,b\n007,\n", zipped],
        kind="metrics",
        names=["a.json", "b.csv", "c.csv.gz"],
    )

    assert ran.records == [{"one": "(1, 1)", "two": [7], "three": 3.0}]
    assert ran.result["metrics"] == ran.records[0]
    assert ran.counts == (0, 0, 0, 0, 1)


@pytest.mark.parametrize(
    ("parameters", "result"),
    [
        ("a", [1]),
        ("a, b=None", [1, 2]),
        ("a, b, c=None", [1, 2]),
        ("a, *, key=0", [1]),
        ("*all", [1, 2]),
    ],
)
def test_only_the_positional_parameters_there_are_get_frames(
    stage: Stage, parameters: str, result: object
) -> None:
    """Inputs beyond them are not passed (spec 13.13)."""
    source = f"def metrics({parameters}):\n    found = list(locals().values())\n"
    source += "    found = list(found[0]) if isinstance(found[0], tuple) else found\n"
    source += "    return [int(f.x.iloc[0]) for f in found if hasattr(f, 'x')]"
    ran = stage(source, ['{"x": 1}', '{"x": 2}'], kind="metrics")

    assert ran.result["metrics"] == result


@pytest.mark.parametrize("name", ["slot", "slot_no", "slot_number"])
def test_the_older_protocol_is_known_by_its_parameter(name: str) -> None:
    """The second parameter's name tells (spec 3.2, 13.13)."""
    names: dict[str, object] = {}
    exec(f"def metrics(data, {name}): pass", names)

    assert functions.parameters(names["metrics"], "metrics").has_slot


def test_the_older_protocol_calls_once_per_slot(stage: Stage) -> None:
    """The first object given is the result (spec 3.2, 13.13)."""
    source = """
seen = {}
def metrics(data, slot_no):
    seen[slot_no] = len(data)
    if len(seen) == 2:
        yield {"seen": sorted(seen.items())}
"""
    ran = stage(source, ["1\n2\n", "3\n"], kind="metrics", slots={"0": {}, "2": {}})

    assert ran.result["metrics"] == {"seen": [[0, 2], [2, 1]]}


def test_too_few_inputs_are_the_functions_own_error(stage: Stage) -> None:
    """As in ModelOp, a TypeError; COMPLETE / FAILURE (spec 3.2)."""
    ran = stage("def metrics(a, b): return 1", ["1\n"], kind="metrics")

    assert ran.ended == ("COMPLETE", "FAILURE")
    assert ran.result["error"]["exception"] == "TypeError"
    assert "missing 1 required positional argument: 'b'" in ran.result["error"]["message"]


def test_an_error_is_a_failure_with_its_traceback(stage: Stage) -> None:
    """COMPLETE / FAILURE, in ModelOp's words (spec 13.14)."""
    source = "import warnings\ndef metrics(df):\n    warnings.warn('odd')\n    return 1"
    ran = stage(source, "1\n", kind="metrics")

    assert ran.ended == ("COMPLETE", "FAILURE")
    assert 'File "code.py", line 3, in metrics' in ran.result["error"]["traceback"]
    assert ran.result["reason"].startswith("An output error occurred")
    assert ran.counts == (0, 0, 0, 0, 0)
    assert [error["stage"] for error in ran.errors] == ["model"]


def test_results_are_converted_as_records_are(stage: Stage) -> None:
    """A list of dicts, numpy values (spec 13.14)."""
    source = """
import numpy as np
def metrics(df):
    return [{"a": np.float64(0.5), "n": np.int64(3), "m": np.eye(1)}, *df.to_dict(orient="records")]
"""
    ran = stage(source, '{"x": 1}', kind="metrics")

    assert ran.result["metrics"] == [{"a": 0.5, "n": 3, "m": [[1.0]]}, {"x": 1}]


@pytest.mark.parametrize("value", ["{'a': [df.x.std()]}", "object()"])
def test_a_result_that_is_no_json_is_rejected_by_encoding(stage: Stage, value: str) -> None:
    """NaN and Infinity break it (spec 13.14)."""
    ran = stage(f"def metrics(df): yield {value}", '{"x": 1}', kind="metrics")

    assert ran.ended == ("COMPLETE", "FAILURE")
    assert ran.result["reason"] == "output record rejected by encoding"
    assert ran.result["metrics"] is None
    assert ran.counts == (0, 0, 0, 0, 0)


def test_no_result_is_no_failure_but_said(stage: Stage) -> None:
    """A function that gives nothing leaves no result (spec 3.3)."""
    ran = stage("def metrics(df): pass", "1\n", kind="metrics")

    assert ran.ended == ("COMPLETE", "SUCCESS")
    assert ran.result["metrics"] is None
    assert ran.result["warnings"] == ["the metrics function gave no result"]


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.json", "{broken"), ("a.json", "[1,"), ("a.csv", 'a\n"'), ("a.csv", ""), ("a.csv.gz", "x")],
)
def test_an_input_that_cannot_be_read_is_a_failure(stage: Stage, name: str, data: str) -> None:
    """COMPLETE / FAILURE, rejected by encoding; the function is not called (spec 2.4)."""
    ran = stage("def metrics(df): print('called')", data, kind="metrics", names=[name])

    assert ran.ended == ("COMPLETE", "FAILURE")
    assert ran.result["reason"] == "input record rejected by encoding"
    assert ran.result["error"]["stage"] == "read"
    assert ran.console == ""


def test_a_missing_pandas_is_told_with_the_remedy(tmp_path: Path) -> None:
    """An interpreter without pandas cannot hand over a DataFrame (spec 13.13)."""
    venv.create(tmp_path / "bare", symlinks=True)
    python = str(tmp_path / "bare" / "bin" / "python")
    ran = Stage(tmp_path, python)("def metrics(df): return 1", "1\n", kind="metrics")

    assert ran.ended == ("ERROR", "FAILURE")
    assert "add pandas to the model's requirements" in ran.result["error"]["message"]


def test_training_leaves_files_and_needs_no_result(stage: Stage) -> None:
    """A DataFrame in, artefacts in outputDir/ (spec 13.13, 13.15)."""
    source = """
def train(df):
    with open("outputDir/model.pkl", "wb") as file:
        file.write(b"%d rows" % len(df))
"""
    ran = stage(source, "a,b\n1,2\n3,4\n", kind="train", names=["train.csv"])

    assert ran.ended == ("COMPLETE", "SUCCESS")
    assert (ran.folder / "work/outputDir/model.pkl").read_bytes() == b"2 rows"
    assert ran.result["metrics"] is None


def test_init_runs_before_metrics(stage: Stage) -> None:
    """Init gets the job's parameters (spec 1.6)."""
    source = """
import json
def begin(job):
    global threshold
    threshold = json.loads(job["rawJson"])["jobParameters"]["t"]
def metrics(df): return {"t": threshold}
"""
    ran = stage(source, "1\n", kind="metrics", entry={"init": "begin"}, parameters={"t": "0.5"})

    assert ran.result["metrics"] == {"t": "0.5"}
