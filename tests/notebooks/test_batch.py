"""The tour of batch says what is true: its figures are counted here again."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from .conftest import Run, executed

pytestmark = pytest.mark.slow

ZONES = {"inland": 4.5, "europe": 9.0, "world": 18.0}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Execute it once."""
    with executed("batch", tmp_path_factory) as run:
        yield run


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("first-batch", "3,000 in, 2,963 scored, 37 failed"),
        ("group-errors", "30  model"),
        ("group-errors", "4  model"),
        ("group-errors", "3  model"),
        ("count-again", "37 bad records before, 7 after"),
        ("stop-early", "4 failed"),
        ("go-on", "3,000 in, 2,993 scored, 7 failed"),
        ("record-timeout", "TimeoutError"),
        ("record-timeout", "10 in, 9 scored, 1 failed"),
        ("compare-outputs", "the same output"),
        ("wait", "2963 scored"),
        ("list-jobs", "Finished with"),
    ],
)
def test_cells_say_what_was_done(run: Run, cell: str, said: str) -> None:
    """As the text beside them promises."""
    assert said in run.outputs(cell)


def test_the_prices_are_those_of_the_plain_formula(run: Run) -> None:
    """After the retry: every parcel that can be priced, in the order of the input."""
    parcels = [json.loads(line) for line in (run.folder / "parcels.json").read_text().splitlines()]
    prices = [json.loads(line) for line in (run.folder / "prices.json").read_text().splitlines()]
    expected = [
        {
            "id": each["id"],
            "price": round(
                (ZONES[each["zone"]] + 1.2 * each["weight"])
                * (0.95 if each["currency"] == "CHF" else 1.0),
                2,
            ),
        }
        for each in parcels
        if "weight" in each and each["zone"] in ZONES
    ]

    assert prices == expected


def test_exported_it_still_shows_every_result(run: Run) -> None:
    """As HTML that needs no kernel."""
    page = run.page

    assert "2,963 scored" in page
    assert "TimeoutError" in page
    assert "Error displaying widget" not in page
