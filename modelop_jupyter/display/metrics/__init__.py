"""Views of a metrics result, chosen by the shape of its values, never by their names (spec 3.4, 3.5).

Nothing here raises: a value that fits no known shape is shown as tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelop_jupyter.display.blocks import Note, Tree
from modelop_jupyter.display.metrics import (
    curves,
    drift,
    graphs,
    risk,
    scalars,
    stability,
    summaries,
)
from modelop_jupyter.display.metrics.view import MAX_VIEWS, MetricView, as_number, is_scalar, pruned

__all__ = ["MetricView", "views"]

_OF_TESTS = (risk.disparities, stability.stability, summaries.comparisons, summaries.performance)
_SHAPES = (
    graphs.graph,
    curves.roc,
    curves.confusion,
    *_OF_TESTS,
    drift.importances,
    graphs.table,
)


def views(result: Any) -> tuple[MetricView, ...]:
    """Return the views of what a metrics function returned, in the model's order."""
    if isinstance(result, Mapping):
        plain = {str(key): value for key, value in result.items() if is_scalar(value)}
        rest = [(str(key), value) for key, value in result.items() if not is_scalar(value)]
        shown = [*scalars.key_metrics(plain), *drift.families(plain)]
    else:
        shown, rest = [], [("metrics", result)]
    if not (shown or rest):
        return (MetricView("metrics", "tree", (Tree("metrics", result),)),)
    for key, value in rest:
        shown.extend(_of(key, value))
    if len(shown) > MAX_VIEWS:
        hidden = len(shown) - MAX_VIEWS
        more = Note(f"… and {hidden} more results, which 'job show JOB --json' has.")
        return (*shown[:MAX_VIEWS], MetricView("more", "note", (more,)))
    return tuple(shown)


def _of(key: str, value: Any) -> list[MetricView]:
    if _is_tests(value):
        tests = value if isinstance(value, list) else [value]
        return [view for test in tests for view in _of_test(key, test)]
    return [_first(key, value, {})]


def _is_tests(value: Any) -> bool:
    """Say whether this is a structured test, or a list of them (spec 3.4)."""
    tests = value if isinstance(value, list) else [value]
    return bool(tests) and all(
        isinstance(test, Mapping)
        and "values" in test
        and ({"test_name", "test_type", "test_id"} & set(test))
        for test in tests
    )


def _of_test(key: str, test: Mapping[str, Any]) -> list[MetricView]:
    name = str(test.get("test_name") or test.get("test_type") or test.get("test_id") or key)
    about = [test.get("metric"), test.get("protected_class")]
    title = ", ".join([name, *(str(part) for part in about if part)])
    return [_first(title, test["values"], test)]


def _first(title: str, value: Any, test: Mapping[str, Any]) -> MetricView:
    for shape in _SHAPES:
        view = shape(title, value, test)
        if view is not None:
            return view
    cut, is_cut = pruned(value)
    notes = (Note("It is long: 'job show JOB --json' has all of it."),) if is_cut else ()
    unfit = graphs.why_no_graph(value)
    doubts = (Note(unfit, "warn"),) if unfit else ()
    if as_number(value) is not None or not isinstance(value, (Mapping, list)):
        return MetricView(title, "value", (Tree(title, {title: cut}), *doubts, *notes))
    return MetricView(title, "tree", (Tree(title, cut), *doubts, *notes))
