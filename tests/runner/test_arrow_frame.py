"""Where pyarrow reads a metrics function's data, the frame is the one that pandas makes (issue 5)."""

from __future__ import annotations

import json
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from .harness import load_parts

(frames,) = load_parts("frames")
Make = Callable[[random.Random], Any]
PLAIN: dict[str, Make] = {
    "large": lambda r: r.choice([2**53 + 1, -(2**63), 2**63 - 1, 0]),
    "id": lambda r: r.randrange(10**9),
    "name": lambda r: f"customer {r.random()}"[:17] + "é☃",
    "flag": lambda r: r.random() < 0.5,
}
NASTY: dict[str, Make] = {
    "short": lambda r: round(r.random() * 100, 3),
    "halves": lambda r: r.choice([1.5, 2.5]),
    "mixed": lambda r: r.choice([1, 2.5, -7]),
    "space": lambda r: r.choice([" ", "1"]),
    "whole": lambda r: float(r.randrange(100)),
    "missing": lambda r: r.choice([1, None]),
    "gaps": lambda r: r.choice(["a", None]),
    "maybe": lambda r: r.choice([True, None]),
    "nothing": lambda r: None,
    "long": lambda r: r.random(),
    "tiny": lambda r: r.random() * 1e-9,
    "huge": lambda r: 10 ** r.randrange(15, 25),
    "numbers": lambda r: str(r.randrange(100)),
    "nearly": lambda r: r.choice(["1", "x"]),
    "nan": lambda r: r.choice(["nan", "1.5"]),
    "date": lambda r: "2024-01-02",
    "created_at": lambda r: 1704164645,
    "timestamp_x": lambda r: 1704164645.5,
    "when": lambda r: "2024-01-02T03:04:05",
    "day": lambda r: "2024-01-02",
    "nested": lambda r: {"a": r.randrange(3)},
    "list": lambda r: [1, 2],
    "kinds": lambda r: r.choice([1, "a"]),
    "boolish": lambda r: r.choice([True, 1]),
    "0": lambda r: 1,
    "2024": lambda r: 1,
    "negative": lambda r: -0.0,
    "special": lambda r: float("inf"),
    "escaped": lambda r: "\x00\ud800",
}


def lines(columns: dict[str, Make], count: int = 150, seed: int = 1) -> list[str]:
    rng = random.Random(seed)
    return [json.dumps({name: make(rng) for name, make in columns.items()}) for _ in range(count)]


def check(text: str) -> bool:
    """Compare the two frames; say whether pyarrow has read it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "in.json")
        path.write_text(text, "utf-8")
        found = frames.arrow_frame(pandas, str(path), 0)
        if found is None:
            return False
        pandas.testing.assert_frame_equal(
            found, pandas.read_json(path, lines=True), check_exact=True, check_column_type=True
        )
    return True


@pytest.mark.parametrize("end", ["", "\n"])
def test_plain_columns_are_read_by_pyarrow(end: str) -> None:
    """Metrics: values and dtypes equal to those of read_json."""
    assert check("\n".join(lines(PLAIN)) + end)


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_column_is_the_same_or_left_to_pandas(name: str) -> None:
    """Dates by name, numbers in strings, gaps, nesting, exponents: the meaning is pandas' own."""
    check("\n".join(lines({name: NASTY[name]})))
    check("\n".join(lines({**PLAIN, name: NASTY[name]})))


@pytest.mark.parametrize("name", NASTY)
def test_a_nasty_tail_is_the_same_or_left_to_pandas(name: str) -> None:
    """The head does not tell the whole."""
    head = {**PLAIN, name: PLAIN["id"]}

    check("\n".join(lines(head, 200) + lines({**PLAIN, name: NASTY[name]}, 3)))
    check("\n".join(lines(PLAIN, 200) + lines({**PLAIN, name: NASTY[name]}, 3)))
    check("\n".join(lines({**PLAIN, name: PLAIN["name"]}, 200) + lines({name: NASTY[name]}, 3)))


@pytest.mark.parametrize(
    "line",
    ['{"a": 1, "a": 2}', "[1, 2]", "3", "{}", '{"a": 1} {"a": 2}', '{"a": -0}', '{"a": 1e5}', "{"],
)
def test_an_odd_line_is_the_same_or_left_to_pandas(line: str) -> None:
    """Lines that no two readers take alike."""
    check("\n".join([line] * 3))
    check("\n".join([*lines({"a": PLAIN["id"]}), line]))


@given(
    st.dictionaries(st.sampled_from([*PLAIN, *NASTY]), st.sampled_from([*PLAIN.values(), *NASTY.values()]), max_size=4),
    st.integers(0, 1000),
    st.integers(1, 130),
)  # fmt: skip
def test_any_mixture_is_the_same_or_left_to_pandas(
    columns: dict[str, Make], seed: int, count: int
) -> None:
    """Names and values in any combination."""
    check("\n".join(lines(columns, count, seed)))


def test_a_pyarrow_that_cannot_be_imported_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pyarrow 26 refuses numpy 1 with an ImportError."""
    (tmp_path / "pyarrow.py").write_text("raise ImportError('numpy 1')")
    monkeypatch.syspath_prepend(tmp_path)
    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)

    assert not check("\n".join(lines(PLAIN)))
