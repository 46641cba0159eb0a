"""A metrics result is shown as what its shape says it is."""

from __future__ import annotations

import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
import vl_convert
from defusedxml.ElementTree import fromstring
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import auc, confusion_matrix, roc_curve

from modelop_jupyter.display import html, plain_text
from modelop_jupyter.display.blocks import Chart, Note, Span, Table
from modelop_jupyter.display.charts import VEGA_LITE, drawing, specification, together
from modelop_jupyter.display.charts.palette import heat, on_heat
from modelop_jupyter.display.charts.scales import short, spanned, steps, thinned
from modelop_jupyter.display.metrics import MetricView, views

from .results import BIAS, BUCKETS, DRIFT, EVERYTHING, EVIL, SHAPES, STABILITY
from .test_bundle import Checker


@cache
def schema() -> jsonschema.Draft7Validator:
    """The schema of Vega-Lite v5, as altair brings it."""
    folder = find_spec("altair").submodule_search_locations[0]
    path = Path(folder, "vegalite/v5/schema/vega-lite-schema.json")
    return jsonschema.Draft7Validator(json.loads(path.read_text()))


def luminance(colour: str) -> float:
    """How bright WCAG says that a colour is."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return sum(each * weight for each, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


def charts(found: tuple[MetricView, ...]) -> list[Chart]:
    return [chart for view in found for chart in view.charts]


@pytest.mark.parametrize("name", list(SHAPES))
def test_a_shape_is_recognised_under_any_name(name: str) -> None:
    """What a thing is called says nothing of what it is."""
    value, kind = SHAPES[name]

    assert [view.kind for view in views({"anything": value})] == [kind]


@pytest.mark.parametrize(
    "name", [name for name in SHAPES if views({name: SHAPES[name][0]})[0].spec]
)
def test_every_chart_is_vega_lite_5(name: str) -> None:
    """Its specification fits the schema, and Vega itself draws it."""
    spec = views({name: SHAPES[name][0]})[0].spec
    schema().validate(spec)

    assert vl_convert.vegalite_to_svg(json.dumps(spec)).startswith("<svg")


def test_several_charts_are_one_specification() -> None:
    """An output has one of each MIME type."""
    spec = together(charts(views(EVERYTHING)), title="metrics churn@1", below=["Verdict: failed"])
    schema().validate(spec)

    assert len(spec["concat"]) == 18
    assert vl_convert.vegalite_to_png(json.dumps(spec)).startswith(b"\x89PNG")


def test_nothing_that_a_model_wrote_is_a_tag() -> None:
    """Names, titles, categories, values: text stays text, in HTML and in SVG."""
    shown = html.page([block for view in views(EVERYTHING) for block in view.blocks])
    checker = Checker()
    checker.feed(shown)

    assert checker.open == []
    assert checker.seen & {"script", "a", "image", "svg"} == set()
    assert shown.count("<img ") == len(charts(views(EVERYTHING)))
    assert "&lt;img onerror" in shown


def test_nothing_that_a_model_wrote_is_a_tag_in_a_picture() -> None:
    """An image is a document of its own, and whole."""
    for chart in charts(views(EVERYTHING)):
        found = {each.tag.rpartition("}")[2] for each in fromstring(drawing(chart)).iter()}

        assert found <= {"svg", "line", "text", "rect", "circle", "polyline", "path"}


def test_a_picture_is_whole_whatever_is_written_in_it() -> None:
    """XML knows no control characters; JSON does, and halves of letters, too."""
    odd = {**SHAPES["generic_bar_graph"][0], "categories": ["\x00", "\ud800", "\uffff", "\x1b[0m"]}
    (chart,) = charts(views({"x": odd}))

    assert len(list(fromstring(drawing(chart)))) > 4


def test_a_chart_has_its_numbers_beside_it() -> None:
    """Where pictures are stripped, and for a screen reader, there is a table."""
    (view,) = views({"x": SHAPES["horizontal_bar_graph"][0]})
    text = plain_text.page(view.blocks)

    assert "version" in text.splitlines()[1]
    assert "train" in text.splitlines()[1]
    assert "<summary>numbers</summary>" in html.page(view.blocks)


def test_the_area_under_a_roc_is_scikit_learns() -> None:
    """Points in any order, as lists or as rows."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 2, 400)
    fpr, tpr, _ = roc_curve(labels, labels * 0.4 + rng.random(400))
    rows = [{"fpr": float(x), "tpr": float(y)} for x, y in zip(fpr, tpr, strict=True)]
    columns = {"fpr": fpr.tolist(), "tpr": tpr.tolist()}

    assert charts(views({"roc": rows}))[0].title == f"roc: AUC {auc(fpr, tpr):.4g}"
    assert charts(views({"roc": columns}))[0].title == f"roc: AUC {auc(fpr, tpr):.4g}"


def test_the_rates_of_groups_are_no_curve() -> None:
    """Each has a false and a true positive rate among others, as Aequitas gives them."""
    groups = [
        {"attribute_value": "f", "fpr": 0.3, "tpr": 0.5, "precision": 0.8},
        {"attribute_value": "m", "fpr": 0.3, "tpr": 0.6, "precision": 0.8},
    ]
    rows = [{"fpr": 0.0, "tpr": 0.0, "thresholds": 1.5}, {"fpr": 1, "tpr": 1, "thresholds": 0}]

    assert [view.kind for view in views({"bias": groups})] == ["table"]
    assert [view.kind for view in views({"curve": rows})] == ["roc"]


@given(st.floats(0, 1))
def test_writing_on_a_tile_is_legible(share: float) -> None:
    """The contrast that WCAG asks of small letters, whatever the theme: tiles hide the page."""
    light, dark = sorted((luminance(heat(share)), luminance(on_heat(share))), reverse=True)

    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_a_confusion_matrix_is_written_as_it_is_drawn() -> None:
    """A row for each true class, in text, too."""
    (view,) = views({"confusion_matrix": [[50, 3], [7, 40]]})

    assert [line.split() for line in plain_text.page(view.blocks).splitlines()[1:]] == [
        ["actual", "/", "predicted", "0", "1"],
        ["0", "50", "3"],
        ["1", "7", "40"],
    ]


def test_the_numbers_of_two_lines_are_in_one_order() -> None:
    """Each has its own moments; a table that jumps back is read wrong."""
    data = {"a": [["2024-01-01", 1], ["2024-01-03", 2]], "b": [["2024-01-02", 3]]}
    (view,) = views({"g": {"title": "T", "data": data}})
    lines = plain_text.page(view.blocks).splitlines()

    assert [line[:10] for line in lines[2:]] == ["2024-01-01", "2024-01-02", "2024-01-03"]


def test_a_confusion_matrix_has_a_row_for_each_true_class() -> None:
    """As scikit-learn gives it, in all its writings."""
    matrix = confusion_matrix([0, 0, 1, 1, 1, 2], [0, 1, 1, 1, 0, 2]).tolist()
    rows = [{str(n): value for n, value in enumerate(row)} for row in matrix]
    named = [{"truth": f"is {n}", **row} for n, row in enumerate(rows)]

    assert [[y for _, y in each.points] for each in charts(views({"m": rows}))[0].series] == matrix
    assert [view.kind for view in views({"confusion_matrix": matrix})] == ["confusion matrix"]
    assert [each.name for each in charts(views({"confusion": named}))[0].series] == [
        "is 0",
        "is 1",
        "is 2",
    ]


def test_a_square_table_of_numbers_is_no_confusion_matrix() -> None:
    """Nothing says that it is one."""
    rows = [{"height": 1, "weight": 2}, {"height": 3, "weight": 4}]

    assert [view.kind for view in views({"people": rows})] == ["table"]


def test_disparities_outside_the_band_are_marked() -> None:
    """Two of them are; the reference group is not drawn."""
    (view,) = views({"bias": [BIAS]})
    note = next(block for block in view.blocks if isinstance(block, Note))
    table = next(block for block in view.blocks if isinstance(block, Table))
    marked = [cell.text for row in table.rows for cell in row if isinstance(cell, Span)]

    assert note.text == "2 disparities beside male outside 0.8 to 1.25, marked with !."
    assert marked == ["0.62 !", "1.31 !"]
    assert [each.name for each in view.charts[0].series] == [EVIL, "x"]
    assert view.charts[0].band == (0.8, 1.25)


def test_a_band_is_the_four_fifths_rule_where_none_is_given() -> None:
    """1.0 is within, 0.79 is not."""
    rows = [
        {"attribute_value": "a", "tpr_disparity": 0.79},
        {"attribute_value": "b", "tpr_disparity": 1},
    ]
    (view,) = views({"b": [{"test_name": "Bias", "values": rows}]})

    assert isinstance(view.blocks[1], Note)
    assert view.blocks[1].text.startswith("1 disparity outside 0.8 to 1.25")


def test_stability_shows_every_bucket() -> None:
    """The index of each feature, and both spreads of each."""
    (view,) = views({"s": [STABILITY]})
    tables = [block for block in view.blocks if isinstance(block, Table)]

    assert view.charts[0].series[0].points == (("age", 0.31), (EVIL, 0.02))
    assert [len(table.rows) for table in tables] == [2, len(BUCKETS), len(BUCKETS)]


def test_a_measure_of_stability_may_have_parts() -> None:
    """A statistic and its probability."""
    chisq = {"test_statistic": 4.25, "p_value": 0.04}
    values = {"age": {"stability_index": 0.1, "stability_chisq": chisq}}
    (view,) = views({"stability": [{"test_name": "Stability", "values": values}]})
    (table,) = (block for block in view.blocks if isinstance(block, Table))

    assert table.headers[2:] == ("stability_chisq test_statistic", "stability_chisq p_value")
    assert table.rows[0][2:] == ("4.25", "0.04")


def test_a_test_that_could_not_be_made_is_muted() -> None:
    """Monitors write -99 or 99 then; beside real figures it says nothing (spec 3.4)."""
    [view] = views({"failed": -99, "auc": 0.9, "failed too": 99})

    assert view.blocks[0].rows == (
        ("failed", Span("-99", "muted")),
        ("auc", "0.9"),
        ("failed too", Span("99", "muted")),
    )


@pytest.mark.parametrize("result", [{}, [], {"bias": []}, {"a": {}}])
def test_an_empty_result_says_so(result: Any) -> None:
    """Nothing at all looks like a mistake of the page."""
    text = plain_text.page([block for view in views(result) for block in view.blocks])

    assert "{}" in text or "[]" in text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(12345.6, "12,346"), (1234.5, "1,234"), (0.91234, "0.9123"), (1.5e10, "1.5e+10"), (12, "12")],
)
def test_a_figure_is_read_at_a_glance(value: float, shown: str) -> None:
    """No power of ten where a comma does."""
    assert short(value) == shown


def test_features_need_not_have_the_same_measures() -> None:
    """A categorical one has none of the tests for numbers."""
    values = {"age": {"stability_index": 0.1, "stability_ks": 2.0}, "sex": {"stability_index": 0.2}}
    (view,) = views({"stability": [{"test_name": "Stability", "values": values}]})

    assert "sex" in plain_text.page(view.blocks)


@pytest.mark.parametrize("moment", ["0001-01-01", "9999-12-31T23:00:00-05:00"])
def test_a_line_may_lie_at_the_end_of_the_calendar(moment: str) -> None:
    """An axis is wider than its points."""
    (view,) = views({"g": {"data": {"a": [[moment, 1]]}}})

    assert "1" in html.page(view.blocks)
    assert view.kind == "time line"


def test_a_test_without_a_value_says_so() -> None:
    """A null is not zero."""
    (view,) = views({"data_drift": [DRIFT]})

    assert [block.text for block in view.blocks if isinstance(block, Note)] == [
        "No value for gone."
    ]
    assert len(view.charts[0].series[0].points) == 3


@pytest.mark.parametrize(
    "data",
    [
        {"series": [["2023-13-45", 1]]},
        {"series": [[1, "much"]]},
        {"series": [[1, 2, 3]]},
        {"series": [1, 2]},
        {"series": "none"},
        {"series": []},
        {"series": [["2023-01-01", 1], [2, 2]]},
        {"series": [[True, 1]]},
        {},
        [],
        None,
    ],
)
def test_a_graph_that_is_none_falls_back_to_its_tables(data: Any) -> None:
    """It is shown all the same, and said what was wrong."""
    (view,) = views({"g": {"title": "t", "x_axis_label": "x", "data": data}})

    assert view.kind == "tree"
    assert view.spec is None
    assert isinstance(view.blocks[1], Note)
    assert "No graph" in view.blocks[1].text


def test_a_long_result_is_cut() -> None:
    """A notebook's file keeps all that a cell shows."""
    long = {
        "title": "t",
        "x_axis_label": "x",
        "data": {"series": [[n, n % 7] for n in range(200_000)]},
    }
    table = [{"a": n} for n in range(100_000)]
    tree = {f"k{n}": {"x": [{"y": list(range(100))}] * 100} for n in range(100)}
    found = views({"line": long, "table": table, "tree": tree})
    shown = html.page([block for view in found for block in view.blocks])

    assert len(shown) < 250_000
    assert len(json.dumps(together(charts(found)))) < 60_000
    assert "of 200,000 points" in shown
    assert "… and 99,950 more" in shown


def test_a_thinned_line_keeps_its_peak() -> None:
    """Every n-th point would lose it."""
    points = [(float(n), 0.0) for n in range(10_000)]
    points[4321] = (4321.0, 99.0)
    kept = thinned(points, 100)

    assert len(kept) <= 100
    assert max(y for _, y in kept) == 99.0
    assert [kept[0], kept[-1]] == [points[0], points[-1]]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
WORDS = st.sampled_from(
    "title type data series slice categories rotated values test_name metric fpr tpr thresholds min max"
    " stability_index stability_analysis_table bucket train_percent eval_percent a_disparity"
    " attribute_value x_axis_label confusion_matrix shap 0 1".split()
)
VALUES = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-5, 5),
    st.sampled_from(
        ["pie", "donut", "scatter", "2023-01-01", "0001-01-01", "9999-12-31T23:59:59", EVIL]
    ),
    st.booleans() | st.none(),
)
LIKELY = st.recursive(
    VALUES | st.lists(st.lists(VALUES, min_size=2, max_size=2), max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None)
@given(JSON | LIKELY)
def test_no_result_breaks_a_cell(result: Any) -> None:
    """Whatever a metrics function returns has HTML, text and a specification that fits the schema."""
    found = views(result)
    blocks = [block for view in found for block in view.blocks]
    checker = Checker()
    checker.feed(html.page(blocks))
    plain_text.page(blocks)
    for chart in charts(found)[:1]:
        schema().validate(specification(chart))

    assert checker.open == []
    assert "svg" not in checker.seen
    for chart in charts(found):
        fromstring(drawing(chart))


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
)
def test_an_axis_holds_its_values(first: float, second: float) -> None:
    """From the smallest float to the largest, with few steps."""
    low, high = spanned([first, second])

    assert low <= min(first, second) and max(first, second) <= high
    assert low < high
    assert len(steps(low, high)) <= 14


def test_the_mime_type_is_that_of_version_5() -> None:
    """It is what JupyterLab knows."""
    assert VEGA_LITE == "application/vnd.vegalite.v5+json"
