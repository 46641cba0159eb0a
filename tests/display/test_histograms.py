"""What is drawn of a batch's numbers."""

from __future__ import annotations

from modelop_jupyter.display.blocks import Chart, Table
from modelop_jupyter.display.jobs import histograms
from modelop_jupyter.domain.results.histograms import distributions


def test_the_six_that_vary_most_are_drawn_and_the_rest_folded() -> None:
    """Issue 12, E5: forty number fields are not forty charts."""
    records = [
        {f"f{field}": 100 + field * (record % 2) for field in range(1, 41)} for record in range(20)
    ]
    blocks = histograms(distributions(records))
    charts = [each.title for each in blocks if isinstance(each, Chart)]
    (table,) = [each for each in blocks if isinstance(each, Table)]

    assert charts == ["f35", "f36", "f37", "f38", "f39", "f40"]
    assert table.is_folded
    assert table.title == "34 more number fields of the output"
    assert [row[0] for row in table.rows] == [f"f{field}" for field in range(1, 35)]


def test_six_fields_leave_nothing_to_fold() -> None:
    """All are drawn, in their order."""
    records = [{f"f{field}": record % field for field in range(2, 8)} for record in range(20)]

    assert [each.title for each in histograms(distributions(records))] == [
        f"f{field}" for field in range(2, 8)
    ]
