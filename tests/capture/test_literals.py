"""The text of a value gives exactly this value again, or there is none."""

from __future__ import annotations

import ast
import enum
import math
import subprocess
import sys
from collections import OrderedDict, defaultdict, namedtuple
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.capture import literals
from modelop_jupyter.capture.freezing import value_query
from modelop_jupyter.capture.literals import NotLiteralError, literal_text, read_literal

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**300), 10**300)
    | st.floats()
    | st.text(max_size=20)
    | st.text(st.characters(codec=None, categories=("Cs", "Cc", "Zl", "So")), max_size=5)
    | st.binary(max_size=20)
)
KEYS = st.recursive(SCALARS, lambda keys: st.lists(keys, max_size=3).map(tuple), max_leaves=4)
VALUES = st.recursive(
    SCALARS,
    lambda values: (
        st.lists(values, max_size=4)
        | st.lists(values, max_size=4).map(tuple)
        | st.dictionaries(KEYS, values, max_size=4)
        | st.sets(KEYS, max_size=4)
    ),
    max_leaves=12,
)
Point = namedtuple("Point", "x y")


class Level(enum.IntEnum):
    LOW = 1


class Name(str):
    __slots__ = ()


def is_same(one: object, other: object) -> bool:
    """Return whether values and types are equal, deep; with NaN, and the sign and order of all."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float) and isinstance(other, float):
        both_nan = math.isnan(one) and math.isnan(other)
        return both_nan or (one == other and math.copysign(1, one) == math.copysign(1, other))
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return is_same(list(one.items()), list(other.items()))
    if isinstance(one, set) and isinstance(other, set):
        return is_same(sorted(one, key=key_of), sorted(other, key=key_of))
    return one == other


def key_of(value: object) -> str:
    return f"{type(value).__name__} {value!r}"


@given(VALUES)
def test_the_text_of_a_value_gives_the_value_again(value: object) -> None:
    """Executed in a module, and read back without executing anything (issue 15)."""
    try:
        text = literal_text(value)
    except NotLiteralError as error:
        assert "longer than" in str(error)
        return

    assert is_same(eval(text, {}), value)
    assert is_same(read_literal(text), value)
    assert literal_text(read_literal(text)) == text
    assert text.encode().decode() == text


@given(VALUES)
def test_a_value_without_special_floats_is_a_plain_literal(value: object) -> None:
    """What `ast.literal_eval` reads is the same; only NaN and infinities have no literal."""
    text = literal_text([]) if "float(" in repr_of(value) else repr_of(value)

    assert literal_text(ast.literal_eval(text)) == text


def repr_of(value: object) -> str:
    try:
        return literal_text(value)
    except NotLiteralError:
        return "[]"


@given(st.lists(KEYS, max_size=6))
def test_the_text_of_a_set_does_not_depend_on_its_order(items: list[object]) -> None:
    """Texts have another hash in each process."""
    try:
        texts = {literal_text(set(order)) for order in (items, items[::-1])}
    except NotLiteralError:
        return
    # Equal items of different types, such as 1 and True: the first one stays in the set.
    is_clear = len({key_of(item) for item in items}) == len(set(items))

    assert len(texts) == 1 or not is_clear


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": (2,)}, "{'b': 1, 'a': (2,)}"),
        ([math.nan, math.inf, -math.inf, -0.0], "[float('nan'), float('inf'), float('-inf'), -0.0]"),
        ({10, 9, "b", "a", None}, "{9, 10, 'a', 'b', None}"),
        (set(), "set()"),
        ({1: {None: [b"\x00", "é\n"]}}, "{1: {None: [b'\\x00', 'é\\n']}}"),
        ("\ud800", "'\\ud800'"),
    ],
)  # fmt: skip
def test_a_value_is_written_as_a_person_would(value: object, text: str) -> None:
    """Dictionaries keep their order, sets get one."""
    assert literal_text(value) == text


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (np.float64(0.5), "it is a value of type numpy.float64"),
        ({"a": np.float64(0.5)}, "it contains a value of type numpy.float64"),
        ([np.int64(1)], "it contains a value of type numpy.int64"),
        (np.str_("a"), "it is a value of type numpy.str_"),
        (pd.Index(["a"]), "it is a value of type pandas."),
        (Level.LOW, "Level"),
        ([Level.LOW], "Level"),
        (Point(1, 2), "Point"),
        (Name("a"), "Name"),
        ({Name("a"): 1}, "Name"),
        (OrderedDict(a=1), "it is a value of type collections.OrderedDict"),
        (defaultdict(list), "it is a value of type collections.defaultdict"),
        (frozenset({1}), "it is a value of type frozenset"),
        (1j, "it is a value of type complex"),
        (len, "it is a value of type builtin_function_or_method"),
        ("x" * 5000, "its text is longer than 4 kB"),
        ("é" * 3000, "its text is longer than 4 kB"),
        (b"x" * 5000, "its text is longer than 4 kB"),
        (list(range(2000)), "its text is longer than 4 kB"),
        ([10**5000], "its text is longer than 4 kB"),
        ([-(10**100_000)], "its text is longer than 4 kB"),
    ],
)
def test_what_is_no_short_plain_value_has_no_text(value: object, reason: str) -> None:
    """A type is never changed without a word: numpy's numbers are no floats."""
    with pytest.raises(NotLiteralError) as caught:
        literal_text(value)

    assert reason in str(caught.value)


def test_a_value_that_contains_itself_has_no_text() -> None:
    """Directly, and through another."""
    ring: list[object] = []
    ring.append({"ring": ring})

    with pytest.raises(NotLiteralError, match="it contains itself"):
        literal_text(ring)


def test_shared_parts_and_deep_values_end_soon() -> None:
    """A value of a few objects can have a text of any length."""
    shared: list[object] = []
    for _ in range(15):
        shared = [shared, shared]
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]

    with pytest.raises(NotLiteralError, match="longer than"):
        literal_text(shared)
    with pytest.raises(NotLiteralError, match="nested"):
        literal_text(deep)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').getcwd()", "float('1')", "float(x)", "1; import os", "f'{x}'", "[x]",
        "lambda: 1", "x", "", "1 +", "(" * 5000, "\x00", "[*[1]]", "{**{}}",
    ],
)  # fmt: skip
def test_any_other_text_is_no_literal(text: str) -> None:
    """A browser sends the texts that stand in a module."""
    with pytest.raises(NotLiteralError):
        read_literal(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    """Nothing else is raised."""
    try:
        read_literal(text)
    except NotLiteralError as error:
        assert str(error)


def test_a_kernel_without_this_package_tells_its_values(tmp_path: Path) -> None:
    """What the sidebar has it evaluate needs the standard library only, and leaves nothing behind."""
    query = value_query(["features", "frame", "missing"])
    script = tmp_path / "kernel.py"
    script.write_text(
        "import json, sys\n"
        "features, frame = ['a', 0.5], lambda: None\n"
        "before = set(globals()) | {'before', 'shown'}\n"
        f"shown = eval({query.expression!r}, globals())._repr_mimebundle_()\n"
        "assert set(globals()) == before and 'modelop_jupyter' not in sys.modules\n"
        "print(json.dumps(shown['application/json']))\n"
    )
    ran = subprocess.run([sys.executable, "-I", script], capture_output=True, text=True, check=True)

    assert query.names == ("features", "frame", "missing")
    assert ran.stdout.strip() == (
        '{"features": {"text": "[\'a\', 0.5]"}, "frame": {"reason": ""}, "missing": {"reason": ""}}'
    )


def test_only_the_standard_library_is_imported() -> None:
    """The file is executed in kernels of other environments."""
    text = Path(literals.__file__).read_text(encoding="utf-8")
    tree = ast.parse(text, feature_version=(3, 8))
    imported = {
        name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
        )
    }

    assert imported == {"__future__", "ast", "math"}
