"""Numbers, times and sizes as people read them."""

from __future__ import annotations

import pytest

from modelop_jupyter.display import formatting


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (None, ""),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (12_345, "12 kB"),
        (999_400, "999 kB"),
        (999_600, "1.0 MB"),
        (3_456_789_012, "3.5 GB"),
        (10**15, "1000 TB"),
    ],
)
def test_a_size_has_two_digits_or_three(count: int | None, shown: str) -> None:
    """Decimal units, as disks are sold."""
    assert formatting.size(count) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.042, "0.04 s"),
        (1.25, "1.2 s"),
        (59.4, "59 s"),
        (3, "3 s"),
        (60, "1 min 0 s"),
        (7620, "2 h 7 min"),
    ],
)
def test_a_duration_is_as_exact_as_it_is_short(seconds: float, shown: str) -> None:
    """Nobody reads the hundredths of an hour."""
    assert formatting.duration(seconds) == shown


@pytest.mark.parametrize(
    ("thing", "shown"),
    [
        (0.123456789, "0.123457"),
        (True, "true"),
        (None, "null"),
        ("a\n  b", "a b"),
        ({"a": "é"}, '{"a": "é"}'),
        ("x" * 200, "x" * 119 + "…"),
    ],
)
def test_a_value_is_one_line(thing: object, shown: str) -> None:
    """Long ones are cut."""
    assert formatting.value(thing) == shown
