"""The view of a challenge: the verdict, agreement, metrics, then what differs and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from modelop_jupyter.display import comparisons, formatting
from modelop_jupyter.display.blocks import Block, Blocks, Cell, Figures, Heading, Note, Span, Table
from modelop_jupyter.display.charts.scales import short
from modelop_jupyter.display.jobs import histogram
from modelop_jupyter.display.verdicts import verdicts
from modelop_jupyter.domain.results.challenges import (
    Challenge,
    Estimate,
    PairedMetric,
    SegmentResult,
)

_SHOWN_MOVERS = 10
_SHOWN_FAILURES = 10
_SHOWN_SEGMENTS = 30
_LEVEL = 0.05


def challenge(value: Challenge) -> Blocks:
    """Show who is better in a sentence, then numbers, charts and the records that differ most."""
    records = formatting.plural(value.records, "record")
    return [
        Heading(
            f"{value.challenger} challenges {value.champion}",
            _badge(value),
            f"{records} of {', '.join(value.inputs)}, in {formatting.duration(value.seconds)}",
        ),
        Note(sentence(value), "plain"),
        *details(value),
        *_movers(value),
        *([Note(f"Written: {value.written}")] if value.written else []),
    ]


def details(value: Challenge) -> list[Block]:
    """Show all but the sentence and the records that differ most."""
    return [
        *verdicts(value.verdicts),
        Figures(tuple(_figures(value))),
        *_metrics(value),
        *_changes(value),
        *_segments(value.segments, (value.champion, value.challenger)),
        *_failures(value),
        *(Note(f"{note}.", "warn") for note in value.notes),
        *comparisons.packages(value.packages, value.champion, value.challenger),
    ]


def sentence(value: Challenge) -> str:
    """Return what a challenge has shown, in one sentence."""
    if value.metrics:
        metric = next((one for one in value.metrics if one.name == "auc"), value.metrics[0])
        return f"{_metric_sentence(value, metric)}."
    if not value.changed and not value.only_champion and not value.only_challenger:
        return f"Both give the same for each of {formatting.number(value.same)} records."
    both = value.same + value.changed
    return f"Both give the same for {value.same / both:.1%} of the records that both score."


def _metric_sentence(value: Challenge, metric: PairedMetric) -> str:
    change = metric.difference.value
    if metric.p_value >= _LEVEL or not change:
        return (
            f"No difference in {metric.name} is shown: {_signed(change)}, p = {_p(metric.p_value)}"
        )
    is_better = (change < 0) if metric.is_less_better else (change > 0)
    return (
        f"{value.challenger} is {'better' if is_better else 'worse'} than {value.champion}:"
        f" {metric.name} {_signed(change)}, p {_p(metric.p_value, sign=True)}"
    )


def _badge(value: Challenge) -> Span | None:
    if value.has_passed is None:
        return None
    return Span("passed", "good") if value.has_passed else Span("failed", "bad")


def _figures(value: Challenge) -> Iterator[tuple[str, Cell]]:
    if value.agreement is not None:
        yield "same output", f"{value.agreement:.1%}"
    yield "same", formatting.number(value.same)
    yield "changed", formatting.number(value.changed)
    if value.only_champion:
        text = formatting.number(value.only_champion)
        yield f"only {value.champion} scores", Span(text, "bad")
    if value.only_challenger:
        yield f"only {value.challenger} scores", formatting.number(value.only_challenger)
    if value.neither:
        yield "neither scores", formatting.number(value.neither)


def _metrics(value: Challenge) -> Iterator[Block]:
    if not value.metrics:
        return
    rows = tuple(
        (
            metric.name,
            _interval(metric.champion),
            _interval(metric.challenger),
            _interval(metric.difference, signed=True),
            Span(_p(metric.p_value), "plain" if metric.p_value < _LEVEL else "muted"),
            metric.test,
            formatting.number(metric.sampled),
        )
        for metric in value.metrics
    )
    headers = ("metric", value.champion, value.challenger, "difference", "p", "test", "records")
    title = f"by {value.label}, with intervals of 95 %"
    numeric, optional = frozenset({1, 2, 3, 4, 6}), frozenset({5, 6})
    yield Table(headers, rows, title, numeric=numeric, optional=optional)


def _interval(estimate: Estimate, *, signed: bool = False) -> str:
    show = _signed if signed else short
    return f"{show(estimate.value)} [{show(estimate.low)}, {show(estimate.high)}]"


def _signed(value: float) -> str:
    return f"{value:+.3g}" if value else "0"


def _p(value: float, *, sign: bool = False) -> str:
    if value < 0.001:
        return "< 0.001"
    return f"{'= ' if sign else ''}{value:.2g}"


def _changes(value: Challenge) -> Iterator[Block]:
    # One bar says no more than the numbers below.
    if value.differences is not None and len(value.differences.bars) > 1:
        what = f"difference of {value.field}, where it differs"
        yield replace(histogram(value.differences), title=what, is_small=False)
    if value.transitions:
        rows = tuple(
            (one.before, one.after, formatting.number(one.count)) for one in value.transitions
        )
        headers = (value.champion, value.challenger, "records")
        yield Table(
            headers, rows, f"changes of {value.field}", numeric=frozenset({2}), is_data=True
        )
    if value.fields:
        yield comparisons.changed_numbers(value.fields)


def _movers(value: Challenge) -> Iterator[Block]:
    if value.movers:
        names = value.champion, value.challenger
        shown = value.movers[:_SHOWN_MOVERS]
        yield comparisons.movers(shown, names, total=value.changed)


def _segments(rows: Sequence[SegmentResult], names: tuple[str, str]) -> Iterator[Block]:
    for column in dict.fromkeys(row.column for row in rows):
        of_column = [row for row in rows if row.column == column]
        metric = next((row.metric for row in of_column if row.metric), None)
        cells = tuple(_segment(row, metric) for row in of_column[:_SHOWN_SEGMENTS])
        headers: tuple[str, ...] = (column, "records", "same output", "mean change")
        if metric:
            headers = (*headers, *(f"{metric} of {name}" for name in names))
        yield Table(
            headers,
            cells,
            f"by {column}",
            len(of_column),
            frozenset(range(1, len(headers))),
            is_data=True,
        )


def _segment(row: SegmentResult, metric: str | None) -> tuple[Cell, ...]:
    name = Span("all others", "muted") if row.value is None else row.value or "(empty)"
    numbers = [row.mean_change, *([row.champion, row.challenger] if metric else [])]
    return (
        name,
        formatting.number(row.records),
        "" if row.agreement is None else f"{row.agreement:.1%}",
        *("" if number is None else short(number) for number in numbers),
    )


def _failures(value: Challenge) -> Iterator[Block]:
    if not value.failures:
        return
    cells = tuple(
        (
            str(row.index) if row.key is None else formatting.value(row.key, limit=40),
            row.failed,
            formatting.value(row.reason, limit=120),
            formatting.value(row.record, limit=80),
        )
        for row in value.failures[:_SHOWN_FAILURES]
    )
    yield Table(
        ("record", "not scored by", "reason", "input"),
        cells,
        "records that only one of them scores",
        value.only_champion + value.only_challenger,
        numeric=frozenset({0}),
        is_data=True,
        optional=frozenset({3}),
    )
