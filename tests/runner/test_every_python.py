"""The core of the runtime on every interpreter that the machine has."""

from __future__ import annotations

import gzip
import re
import subprocess
from pathlib import Path

import pytest

from ..waiting import PATIENCE
from .harness import RUNNER, Stage

INIT = """
import json
# modelop.init
def begin(job):
    global factor
    factor = json.loads(job["rawJson"])["jobParameters"]["factor"]
    print("init", sorted(job), __name__, __file__)
# modelop.score
def score(record):
    print("scöring", flush=True)
    if record["x"] is None:
        raise ValueError("no x")
    yield {"y": record["x"] * factor, "é": "ü"}
"""
LOAD_ALL = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("runner_main", sys.argv[1])
main = importlib.util.module_from_spec(spec)
spec.loader.exec_module(main)
main.load(*sys.argv[2:])
"""


def test_json_lines_are_scored_and_written(any_stage: Stage) -> None:
    """Good records are written, bad ones counted once, whatever stands between
    (spec 13.4, 13.6, 13.11).
    """
    lines = '\ufeff{"x": 1}\r\n\r\n{"x": null}\n{"x": NaN}\n{"x": 2}'
    ran = any_stage(INIT, lines, entry={"init": "begin"}, parameters={"factor": 10})

    assert ran.ended == ("COMPLETE", "FAILURE")
    assert ran.records == [{"y": 10, "é": "ü"}, {"y": 20, "é": "ü"}]
    assert ran.counts == (4, 2, 1, 1, 2)
    assert ran.result["stages"] == {"model": 1, "input encoding": 1}
    assert ran.console.startswith("init ['job', 'rawJson'] model ")
    assert "\nscöring\n" in ran.console
    assert [one["index"] for one in ran.errors] == [1, 2]


def test_csv_becomes_csv(any_stage: Stage) -> None:
    """A dict per row in, header and rows out (spec 13.7, 2.3)."""
    source = "def score(row): return {**row, 'sum': row['a'] + row['b']}"
    ran = any_stage(source, 'a,b,t\r\n1,2.5,"x\ny"\r\n3,4,\r\n', names=["in.csv"], output="o.csv")

    assert ran.ended == ("COMPLETE", "SUCCESS")
    assert ran.output == 'a,b,t,sum\r\n1,2.5,"x\ny",3.5\r\n3,4,,7\r\n'


def test_gzip_is_read(any_stage: Stage) -> None:
    """Compressed JSON lines are records too (spec 2.1)."""
    data = gzip.compress(b'{"a": 1}\n[2]\n')
    ran = any_stage("def score(r): return r", data, names=["in.json.gz"])

    assert ran.records == [{"a": 1}, [2]]


@pytest.mark.parametrize(
    ("texts", "format", "got", "bad"),
    [
        ((b"1\n{", b"", b"2\n\n3"), "json", [1, 2, 3], (1, "0.gz")),
        ((b"x\n1", b"x\n2\n3,4\n"), "csv", [{"x": 1}, {"x": 2}], (2, "1.gz")),
        ((b"one\n", b"\xff", b"two"), "text", ["one\n", "two"], (1, "1.gz")),
    ],
)
def test_files_of_one_input_are_read_in_turn(
    any_stage: Stage,
    tmp_path: Path,
    texts: tuple[bytes, ...],
    format: str,
    got: list[object],
    bad: tuple[int, str],
) -> None:
    """Indices go on, and a bad record names its file (spec 2.2)."""
    paths = [tmp_path / f"{number}.gz" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_bytes(gzip.compress(text))
    files = [{"file": path.name, "path": str(path), "gzip": True} for path in paths]
    data = {"name": "in", "path": str(tmp_path), "format": format, "gzip": False, "slot": 0}
    ran = any_stage("def score(r): return r", more={"inputs": [{**data, "files": files}]})
    (error,) = ran.errors

    assert ran.records == got
    assert ran.counts == (len(got) + 1, len(got), 1, 0, len(got))
    assert (error["index"], error["file"]) == bad


def test_a_user_warning_fails_its_record_only_while_scoring(any_stage: Stage) -> None:
    """Logged at import, fatal in score (spec 13.5)."""
    source = """
import warnings
warnings.warn("at import")
def score(record):
    warnings.warn("ignored", DeprecationWarning)
    if record == 1:
        warnings.warn("in score")
    return record
"""
    ran = any_stage(source, "0\n1\n2\n")

    assert ran.records == [0, 2]
    assert ran.counts == (3, 2, 0, 1, 2)
    assert ran.result["warnings"] == ["UserWarning: at import"]
    assert "[info] MODEL-CONSOLE: UserWarning: in score" in ran.log


def test_a_filter_of_the_model_itself_is_kept(any_stage: Stage) -> None:
    """A model that silences warnings at import stays silent, as in ModelOp (spec 13.5)."""
    source = """
import warnings
warnings.filterwarnings("ignore", message="quiet")
def score(record):
    warnings.warn("quiet")
    return record
"""
    ran = any_stage(source, "0\n")

    assert ran.ended == ("COMPLETE", "SUCCESS")


@pytest.mark.parametrize("name", ["inspect.py", "my-model.py3", "a/code.py"])
def test_a_source_of_any_name_shadows_nothing(any_stage: Stage, name: str) -> None:
    """The source's own folder comes last on the path (spec 13.2)."""
    source = """
import code, inspect, json, logging
from shared.part import seven
logging.basicConfig(level="INFO")
logging.getLogger(__name__).info("loaded")
def score(record):
    return [inspect.signature(score).parameters["record"].name, seven, code.__name__, json.dumps(record)]
"""
    assets = {"shared/part.py": "seven = 7", "logging.py": "1/0", "xml.py": "1/0"}
    ran = any_stage(source, "0\n", name=name, assets=assets)

    assert ran.records == [["record", 7, "code", "0"]]
    assert "INFO:model:loaded" in ran.console


@pytest.mark.parametrize(
    ("body", "stage_of_error", "exception"),
    [
        ("import no_such_library", "import", "ModuleNotFoundError"),
        ("def begin(): raise KeyError()", "init", "KeyError"),
        ("def broken(:", "import", "SyntaxError"),
    ],
)
def test_an_error_while_loading_ends_the_job(
    any_stage: Stage, body: str, stage_of_error: str, exception: str
) -> None:
    """Nothing is scored, and the error is never empty (spec 13.4)."""
    source = f"def begin(): pass\ndef score(r): return r\n{body}\n"
    ran = any_stage(source, "1\n", entry={"init": "begin"})

    error = ran.result["error"]
    assert ran.ended == ("ERROR", "FAILURE")
    assert ran.counts == (0, 0, 0, 0, 0)
    assert (error["stage"], error["exception"]) == (stage_of_error, exception)
    assert error["message"]
    assert error["line"] == 3
    assert ran.log[-1] == "[info] MODEL-CONSOLE: Model runner exits"


def test_the_log_has_the_words_and_order_of_modelop(any_stage: Stage) -> None:
    """The lines of a good job, and where the console stood at each (spec 2.8)."""
    source = "print('imported')\ndef score(r):\n    print('scored')\n    return r"
    ran = any_stage(source, "1\n")

    logged = [(e["text"], e["console"]) for e in ran.events if e["event"] == "log"]
    assert logged == [
        ("state changes to RUNNING", 0),
        ("init succeeded", 9),
        ("state changes to FINISHING", 16),
        ("MODEL-CONSOLE: Model runner exits", 16),
    ]


def test_records_of_any_content_never_reach_the_log(any_stage: Stage) -> None:
    """Content is masked (spec 2.4)."""
    schema = {"type": "record", "name": "in", "fields": [{"name": "x", "type": "double"}]}
    slots = {"0": {"schema": schema}, "1": {"schema": {"type": "int"}}}
    lines = '{"x": "secret"}\n"secret"\n{"secret\n{"x": 1}\n{"secret": 1}\n'
    source = "def score(r): return 'secret'"
    ran = any_stage(source, lines, slots=slots, check="both")

    assert [line for line in ran.log if "secret" in line] == []
    assert ran.log[2:11] == [
        "[error] Record rejected by schema: Double expected, not **********: **********",
        "[error] Record rejected by schema: Record expected, not **********: **********",
        "[error] Record rejected by encoding with reason {2,invalid_string}: **********",
        "[error] Record rejected by schema: Int expected, not **********: **********",
        "[error] 1 output record(s) rejected by schema",
        "[error] Record rejected by schema: Field 'x' missing for record 'in': **********",
        "[error] 1 input record(s) rejected by encoding",
        "[error] 3 input record(s) rejected by schema",
        "[info] state changes to FINISHING",
    ]


def test_values_of_the_standard_library_become_json(any_stage: Stage) -> None:
    """Dates, Decimal, sets and what else has a JSON form (spec 13.10)."""
    source = """
import collections, datetime, decimal, enum, pathlib, uuid
class Colour(enum.Enum):
    RED = "red"
def score(record):
    yield datetime.datetime(2024, 1, 2, 3, 4, 5)
    yield [datetime.date(2024, 1, 2), datetime.time(1, 2), datetime.timedelta(seconds=90)]
    yield [decimal.Decimal("1.5"), decimal.Decimal("7")]
    yield [{3, 1, 2}, (1, 2), collections.deque([1]), range(2), {}.keys()]
    yield collections.OrderedDict([("b", 1), ("a", Colour.RED)])
    yield {1: None, None: 2, True: 3, 1.5: 4, datetime.date(2024, 1, 2): 5}
    yield [pathlib.PurePosixPath("a/b"), uuid.UUID(int=1)]
"""
    ran = any_stage(source, "1\n")

    assert ran.errors == []
    assert ran.output.split("\n")[:-1] == [
        '"2024-01-02T03:04:05"',
        '["2024-01-02","01:02:00",90.0]',
        "[1.5,7]",
        "[[1,2,3],[1,2],[1],[0,1],[]]",
        '{"b":1,"a":"red"}',
        '{"1":3,"null":2,"1.5":4,"2024-01-02":5}',
        '["a/b","00000000-0000-0000-0000-000000000001"]',
    ]


def test_what_has_no_json_form_is_rejected_by_encoding(any_stage: Stage) -> None:
    """Each such record is rejected, the others go on (spec 13.10)."""
    source = """
from decimal import Decimal
loop = []; loop.append(loop)
deep = []
for _ in range(100000):
    deep = [deep]
class Odd:
    def __getattr__(self, name):
        raise RuntimeError("odd")
VALUES = [
    0, float("nan"), {"a": [1, {"b": float("-inf")}]}, b"bytes", object(), 1j, {(1, 2): 3},
    loop, deep, Odd(), (n for n in [1]), open, Decimal("nan"), {float("nan"): 1}, 1,
]
def score(number):
    return [VALUES[number]]
"""
    ran = any_stage(source, "".join(f"{number}\n" for number in range(15)))

    assert ran.ended == ("COMPLETE", "FAILURE")
    assert ran.records == [[0], [1]]
    assert ran.counts == (15, 2, 13, 0, 2)
    assert ran.result["reason"] == "output record rejected by encoding"
    assert [error["index"] for error in ran.errors if error["message"]] == [*range(1, 14)]


def test_whatever_a_model_raises_is_that_records_failure(any_stage: Stage) -> None:
    """Counted once, kept with message and traceback; the job goes on (spec 13.11)."""
    source = """
class Silent(Exception):
    def __str__(self):
        raise ValueError
def again(number):
    return again(number)
ERRORS = [SystemExit(2), KeyboardInterrupt, MemoryError, Silent, GeneratorExit, StopIteration, KeyError()]
def score(number):
    if number == 7: again(number)
    if number < 7: raise ERRORS[number]
    return number
"""
    ran = any_stage(source, "".join(f"{number}\n" for number in range(9)))

    assert ran.ended == ("COMPLETE", "FAILURE")
    assert ran.records == [8]
    assert ran.counts == (9, 1, 0, 8, 1)
    assert [error["index"] for error in ran.errors if error["message"]] == [*range(8)]
    assert all('File "code.py", line ' in error["traceback"] for error in ran.errors)


START = """
import concurrent.futures
import multiprocessing
class Pair:
    def __init__(self, x):
        self.x = x
def double(pair):
    return Pair(2 * pair.x)
def score(record):
    pairs = [Pair(x) for x in record]
    context = multiprocessing.get_context(METHOD)
    with context.Pool(1) as pool:
        found = pool.map(double, pairs)
    with concurrent.futures.ProcessPoolExecutor(1) as executor:
        found += executor.map(double, pairs)
    return [isinstance(each, Pair) and each.x for each in found]
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_that_a_model_starts_find_the_model(any_stage: Stage, method: str) -> None:
    """By every start method a pool unpickles the model's functions and classes (spec 13.20)."""
    ran = any_stage(f"METHOD = {method!r}{START}", "[1, 2]\n")

    assert ran.records == [[2, 4, 2, 4]]
    assert ran.ended == ("COMPLETE", "SUCCESS")


def test_a_model_is_run_as_a_file_by_itself(any_stage: Stage) -> None:
    """``sys.argv`` holds the source alone, in a process that it starts, too (spec 13.20)."""
    source = """
import multiprocessing
import sys
def argv(_):
    return [sys.argv == [__file__], len(sys.argv)]
def score(record):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return [argv(0), *pool.map(argv, [0])]
"""
    ran = any_stage(source, "1\n")
    assert ran.records == [[[True, 1], [True, 1]]]


def test_pickles_of_a_notebook_find_their_names_in_the_model(any_stage: Stage) -> None:
    """What a pickle looks up in ``__main__`` is the model's; names like ours too (spec 13.20)."""
    source = """
import multiprocessing
import pickle
class Scaler:
    def __call__(self, x):
        return self.by * x
def load(x):
    return x + 1
with open("model.pkl", "rb") as file:
    early = pickle.load(file)
def late(x):
    with open("model.pkl", "rb") as file:
        scaler, function = pickle.load(file)
    return [function(scaler(x)), type(scaler) is Scaler, pickle.loads(pickle.dumps(scaler)).by]
def score(record):
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return [early[1](early[0](record)), late(record), *pool.map(late, [record])]
"""
    data = b"(c__main__\nScaler\n)\x81}(U\x02byK\x03ubc__main__\nload\nt."
    ran = any_stage(source, "2\n", assets={"model.pkl": b"\x80\x02" + data})

    assert ran.records == [[7, [7, True, 3], [7, True, 3]]]


def test_a_long_cell_and_a_lone_quote_are_read_alike(any_stage: Stage) -> None:
    """The cell is one, the quote rejects its own line; csv modules differ in what they do by
    themselves (spec 13.7).
    """
    lines = "line\n" * 12_000
    data = f'"a\n,";b\n"{lines}";1\n"open;2\n3;4\n'
    source = "def score(row): return [len(str(value)) for value in row.values()]"
    ran = any_stage(source, data, names=["in.csv"])

    assert ran.records == [[60_000, 1], [1, 1]]
    assert ran.counts == (3, 2, 1, 0, 2)


def test_every_file_can_be_loaded(any_stage: Stage) -> None:
    """Also those that no batch needs: the kernel, MLflow's and the process that waits for jobs."""
    files = [path for path in RUNNER.parent.rglob("*.py") if path.parent.name != "children"]
    parts = [path.relative_to(RUNNER.parent).with_suffix("").parts for path in files]
    names = [".".join(part) for part in parts if part[-1] not in ("__init__", "main")]
    ran = subprocess.run(
        [any_stage.python, "-I", "-B", "-c", LOAD_ALL, str(RUNNER), *names], timeout=PATIENCE
    )

    assert ran.returncode == 0


def test_a_runner_does_not_wait_for_typing() -> None:
    """Annotations are for type checkers; typing would take milliseconds of every job."""
    texts = {path.name: path.read_text() for path in RUNNER.parent.rglob("*.py")}
    names = [
        name for name, text in texts.items() if re.search(r"^(import|from) typing", text, re.M)
    ]

    assert names == []
