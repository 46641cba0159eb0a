"""The fast codec means exactly what the json module makes of it, or leaves it to it (issue 5)."""

from __future__ import annotations

import atexit
import dataclasses
import datetime
import enum
import importlib.machinery
import importlib.util
import math
import shutil
import tempfile
import uuid
from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy
import pandas
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelop_jupyter.accelerators.codec import copy_installed

from ..harness import Stage, load_parts

codec, json_lines, output = load_parts("accelerators.codec", "json_lines", "output")
FOLDER = Path(str(importlib.util.find_spec("orjson").origin)).parent  # type: ignore[union-attr]
# A copy, as runners are given: the installed one may be loaded already, by Jupyter or a test tool.
COPY = Path(tempfile.mkdtemp(prefix="modelop-codec-"))
atexit.register(shutil.rmtree, COPY, ignore_errors=True)
copy_installed(COPY)
FAST = codec.OrjsonCodec(codec.load_extension(str(COPY), "orjson"))
STANDARD = json_lines.StandardCodec()


class Colour(enum.Enum):
    RED = "red"


class Number(enum.IntEnum):
    ONE = 1


class Odd(int, enum.Enum):
    """Its value is not what it is as a number."""

    def __new__(cls, number: int, label: str) -> Odd:
        one = int.__new__(cls, number)
        one._value_ = label
        return one

    def __repr__(self) -> str:
        return self.name

    TWO = 2, "two"


class Text(str):
    """A string that shows itself differently."""

    def __str__(self) -> str:
        return "shown"


class Fraction(float):
    def __repr__(self) -> str:
        return "shown"


@dataclasses.dataclass
class Point:
    x: int = 1


Pair = namedtuple("Pair", "a b")
ODD = [
    Colour.RED, Number.ONE, Odd.TWO, Text("text"), Fraction(1.5), Point(), Pair(1, 2), (1, (2,)), {1, 2}, b"x",
    OrderedDict(b=1, a=2), {1: 2}, {None: 1, True: 2, 1.5: 3}, {Text("k"): 1}, {(1, 2): 3}, Decimal("1.10"),
    datetime.datetime(2024, 1, 2, 3, 4, 5, 6, datetime.timezone.utc), datetime.date(2024, 1, 2), datetime.time(1),
    datetime.timedelta(1), uuid.UUID(int=1), numpy.float64(0.1), numpy.float32(0.1), numpy.int64(7), numpy.bool_(True),
    numpy.array([1, 2]), numpy.datetime64("2024-01-02"), pandas.NA, pandas.NaT, pandas.Timestamp("2024-01-02"),
    pandas.Series([1, 2]), pandas.DataFrame({"a": [1.5, None]}), math.nan, -math.inf, -0.0, 2**63, 2**64, -(2**63) - 1,
    10**400, "\ud800", "null", "e-7 0.0000", "\x00\x7f\u2028", object(), type, None, True,
]  # fmt: skip
FLOATS = st.one_of(
    st.floats(),
    st.floats(1e-8, 1e-3),
    st.floats(1e14, 1e24),
    st.integers(-400, 400).map(lambda power: 10.0 ** max(-320, min(308, power))),
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.integers(-(2**70), 2**70), FLOATS, st.sampled_from(ODD),
    st.text(st.characters(exclude_categories=[])), st.sampled_from(["null", "1e-5", "0.00001", "é"]),
)  # fmt: skip
KEYS = st.one_of(st.text(), st.sampled_from(["a", "null", Text("k"), 1, None, 2.5, "\udfff"]))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner), st.dictionaries(KEYS, inner), st.tuples(inner), st.tuples(inner, inner)
    ),
    max_leaves=10,
)
DIGITS = st.text("0123456789", min_size=1, max_size=24)
NUMBERS = st.builds(
    "".join,
    st.tuples(
        st.sampled_from(["", "-", "0", "-0", "+"]),
        DIGITS,
        st.sampled_from(["", ".", ".0", ".5", ".00001234567890123456789"]),
        st.sampled_from(["", "e5", "E-7", "e+400", "e-400", "e0000000000000000000001"]),
    ),
)
PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            '{ } [ ] , : " "a" "b" "a" {} [] 0 null true false NaN -Infinity 1e999 \\ \\u \\ud800 \\udc00 é \ufeff'
            " \t \r \x0b \x00 {\"a\":1,\"a\":2} \"\\u0000\" \"\\/\" \"\\x\"".split(" ")
        ),
        NUMBERS,
        st.text(max_size=3),
    ),
    max_size=12,
).map("".join)  # fmt: skip


def scored(which: Any, data: bytes, score: Callable[[Any], Any]) -> list[Any]:
    """Return what becomes of lines: the bytes written, and for each bad record what it is told of."""
    with tempfile.TemporaryDirectory() as folder:
        request = {"output": {"path": f"{folder}/o/out", "format": "json"}, "slots": {}}
        out = output.Output(request, SimpleNamespace(), which)
        out.journal.records_out = 0
        feed = SimpleNamespace(check=None, function_of_record=lambda _current: score)
        run = json_lines.line_scorer(feed, out, which, [0, -1, 0])
        rows, index, told = iter(data.split(b"\n")), 0, []
        while rows.__length_hint__():
            index, trouble = run(rows, which.reader(data), index)
            if trouble:
                told.append((index, trouble.kind, repr(trouble.detail), [*out.refused]))
                del out.refused[:]
        out.flush()
        return [told, Path(f"{folder}/o/out").read_bytes(), out.journal.records_out]


def test_the_codec_of_the_notebook_is_found_fit() -> None:
    """Another version of it that writes or reads otherwise is not used."""
    assert FAST.is_exact()


@given(st.lists(PIECES, max_size=4).map("\n".join))
@example('{"a": 12345678901234567890123}\n-9223372036854775809\n18446744073709551616')
@example("[" * 2000 + "]" * 2000 + "\n" + "[" * 100_000)
@example('"' + "1" * 5000 + '"\n' + "1" * 5000)
def test_any_lines_are_read_as_json_reads_them(text: str) -> None:
    """The same values, the same records refused with the same words."""
    data = text.encode("utf-8", "surrogatepass")
    seen: list[list[str]] = [[], []]
    found = [
        scored(which, data, lambda value, to=to: to.append(repr(value)))
        for which, to in zip((STANDARD, FAST), seen, strict=True)
    ]

    assert found[0] == found[1]
    assert seen[0] == seen[1]


@given(st.binary(max_size=40))
def test_any_bytes_are_read_as_json_reads_them(data: bytes) -> None:
    """What is not UTF-8, too."""
    assert scored(STANDARD, data, repr) == scored(FAST, data, repr)


@given(st.lists(VALUES, max_size=4))
@example(ODD)
@example([1e-5, [1e-5, "e-7"], {"é": Colour.RED, "x": 1.5e-7}])
def test_any_values_are_written_as_json_writes_them(values: list[Any]) -> None:
    """Byte for byte, and the same values refused."""
    score = generator_of(values)

    assert scored(STANDARD, b"1", score) == scored(FAST, b"1", score)


def generator_of(values: list[Any]) -> Callable[[Any], Iterator[Any]]:
    def score(_value: Any) -> Iterator[Any]:
        yield from values

    return score


@given(st.one_of(FLOATS, st.integers(-(2**65), 2**65), st.text()))
def test_a_value_returned_is_written_as_one_that_is_yielded(value: Any) -> None:
    """Functions that return are called as often as those that yield."""
    assert scored(FAST, b"1", lambda _: value) == scored(STANDARD, b"1", generator_of([value]))


def test_the_model_sees_nothing_of_the_codec(stage: Stage, tmp_path: Path) -> None:
    """It is loaded by path and under no name."""
    shutil.copytree(FOLDER, tmp_path / "codec", ignore=shutil.ignore_patterns("*.py"))
    ran = stage(
        "import sys\ndef score(r): yield [n for n in sys.modules if 'orjson' in n or 'modelop_runner' in n]",
        "1\n",
        more={"codec": {"name": "orjson", "path": str(tmp_path / "codec")}},
    )

    assert ran.records == [[]]


def test_a_model_has_its_own_orjson_beside_the_codec(stage: Stage, tmp_path: Path) -> None:
    """Its library knows enums; the codec was made not to."""
    (tmp_path / "codec").mkdir()
    for file in FOLDER.glob("orjson.*.so"):
        shutil.copy(file, tmp_path / "codec")
    source = """
import enum, orjson
class Colour(enum.Enum):
    RED = "red"
def score(r):
    yield {"own": orjson.dumps(Colour.RED).decode(), "x": 1e-5, "colour": Colour.RED}
"""
    ran = stage(source, "1\n", more={"codec": {"name": "orjson", "path": str(tmp_path / "codec")}})

    assert ran.output == '{"own":"\\"red\\"","x":1e-05,"colour":"red"}\n'


def test_the_codec_is_loaded_before_any_code_of_the_model_runs(
    stage: Stage, tmp_path: Path
) -> None:
    """While it is loaded, enum and other modules are hidden: a thread of the model would miss them."""
    shutil.copytree(FOLDER, tmp_path / "codec", ignore=shutil.ignore_patterns("*.py"))
    source = """
import importlib.util
made, make = [], importlib.util.module_from_spec
importlib.util.module_from_spec = lambda spec: made.append(spec.name) or make(spec)
def score(r): yield [name for name in made if "orjson" in name]
"""
    ran = stage(source, "1\n", more={"codec": {"name": "orjson", "path": str(tmp_path / "codec")}})

    assert ran.records == [[]]


@pytest.mark.parametrize("content", [None, b"", b"not a library"])
def test_a_codec_that_cannot_be_loaded_is_done_without(
    any_stage: Stage, tmp_path: Path, content: bytes | None
) -> None:
    """Of another Python or platform: the standard library's json is there."""
    (tmp_path / "codec").mkdir()
    name = f"orjson{importlib.machinery.EXTENSION_SUFFIXES[-1]}"
    (tmp_path / "codec" / name).write_bytes(content or b"")
    ran = any_stage(
        "def score(r): yield r",
        '{"a": 1e-5}\n',
        more={
            "codec": {
                "name": "orjson",
                "path": str(tmp_path / ("codec" if content is not None else "none")),
            }
        },
    )

    assert ran.output == '{"a":1e-05}\n'
