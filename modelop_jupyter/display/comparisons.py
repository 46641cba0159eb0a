"""Views of ``compare``, ``history`` and ``diff``."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from modelop_jupyter.display import formatting, metrics
from modelop_jupyter.display.blocks import (
    Block,
    Blocks,
    Cell,
    Chart,
    Heading,
    Note,
    Series,
    Span,
    Table,
    Text,
    code,
)
from modelop_jupyter.display.charts.scales import short
from modelop_jupyter.domain.sentences import listed

if TYPE_CHECKING:
    from modelop_jupyter.domain.requirements.changes import VersionChange
    from modelop_jupyter.domain.results.comparisons import (
        Aspect,
        Comparison,
        FieldChange,
        History,
        Measurement,
        MetricRow,
        ModelDiff,
        OutputChanges,
        RecordChange,
    )

_MOST_OVERLAID = 8
_MOST_NAMED = 20
_MOST_SHARE = 10.0


def comparison(value: Comparison) -> Blocks:
    """Show the reasons first, then metrics, charts laid over one another, outputs and inputs."""
    names = [record.short_id for record in value.jobs]
    blocks: list[Block] = [
        Heading(f"compared: {listed(names)}"),
        Note(value.sentence, "plain"),
    ]
    if value.metrics:
        blocks.append(_metrics(value.metrics, names))
    blocks.extend(_overlaid(value, names))
    for output in value.outputs:
        blocks.extend(_outputs(output, names[0]))
    blocks.append(aspects(value.aspects, names, "plans and results"))
    blocks.extend(changes(value.changes))
    blocks.extend(packages(value.packages, names[0], names[-1]))
    if value.source:
        blocks.append(Text("source", value.source, is_open=True, is_diff=True))
    return blocks


def _metrics(rows: tuple[MetricRow, ...], names: list[str]) -> Table:
    """Return the metrics side by side with their differences; those that differ, at the top level, first.

    With several jobs, each shows its difference from the first.
    """
    is_pair = len(names) == 2
    ordered = sorted(rows, key=lambda row: (len(set(row.values)) == 1, row.path.count("[")))
    cells: list[tuple[Cell, ...]] = []
    for row in ordered:
        first = row.values[0]
        if is_pair:
            numbers = ["" if number is None else short(number) for number in row.values]
            cells.append((row.path, *numbers, _delta(first, row.values[1])))
        else:
            cells.append((row.path, *(_beside(first, number) for number in row.values)))
    headers = ("metric", *names, *(["difference"] if is_pair else []))
    numeric = frozenset(range(1, len(headers)))
    return Table(headers, tuple(cells), "metrics", len(cells), numeric, is_data=True)


def _beside(first: float | None, number: float | None) -> str:
    if number is None:
        return ""
    is_same = first is None or first == number
    return short(number) if is_same else f"{short(number)} ({number - (first or 0):+.4g})"


def _delta(first: float | None, last: float | None) -> Cell:
    if first is None or last is None:
        return "" if first == last else Span("only in one", "warn")
    if first == last:
        return Span("=", "muted")
    share = (last - first) / abs(first) if first else math.inf
    # Of next to nothing everything is thousands of per cent.
    return f"{last - first:+.4g}" + (f" ({share:+.1%})" if abs(share) < _MOST_SHARE else "")


def _overlaid(value: Comparison, names: list[str]) -> list[Block]:
    """Overlay charts with the same title in which each job has one line or bar."""
    by_title: dict[str, list[tuple[str, Chart]]] = {}
    for name, result in zip(names, value.results, strict=False):
        for view in metrics.views(result) if result is not None else ():
            for chart in view.charts[:1]:
                by_title.setdefault(view.title, []).append((name, chart))
    blocks: list[Block] = []
    for title, charts in by_title.items():
        kinds = {(chart.mark, chart.scale, chart.is_rotated) for _, chart in charts}
        is_one = all(len(chart.series) == 1 for _, chart in charts)
        if len(charts) < 2 or len(kinds) > 1 or not is_one or charts[0][1].mark in ("arc", "heat"):
            continue
        series = tuple(Series(name, chart.series[0].points) for name, chart in charts)
        blocks.append(replace(charts[0][1], title=title, series=series))
    return blocks[:_MOST_OVERLAID]


def _outputs(value: OutputChanges, first: str) -> list[Block]:
    title = f"output of {value.job} beside {first}"
    if value.reason:
        return [Note(f"{title}: not compared, {value.reason}", "warn")]
    parts = [
        f"{formatting.number(value.same)} records are the same",
        f"{formatting.number(value.changed)} changed",
    ]
    if value.only_before:
        parts.append(f"{formatting.number(value.only_before)} only in {first}")
    if value.only_after:
        parts.append(f"{formatting.number(value.only_after)} only in {value.job}")
    paired = "" if value.is_aligned else ", paired by their position in the outputs"
    blocks: list[Block] = [Note(f"{title}: {', '.join(parts)}{paired}.", "plain")]
    if value.fields:
        blocks.append(changed_numbers(value.fields))
    if value.movers:
        blocks.append(movers(value.movers, (first, value.job), total=value.changed))
    return blocks


def changed_numbers(fields: Sequence[FieldChange]) -> Table:
    """Show by how much the numeric fields of two outputs differ."""
    rows = tuple(
        (item.field, formatting.number(item.count), short(item.mean), short(item.most))
        for item in fields
    )
    headers = ("field", "records", "mean change", "largest change")
    return Table(headers, rows, "numbers that changed", numeric=frozenset({1, 2, 3}))


def movers(changes: Sequence[RecordChange], names: tuple[str, str], *, total: int) -> Table:
    """Show the records that differ most with both outputs, and with their input where it is known."""
    has_input = any(item.record is not None for item in changes)
    rows = tuple(
        (
            str(item.index) if item.key is None else formatting.value(item.key, limit=40),
            formatting.value(item.before, limit=80),
            formatting.value(item.after, limit=80),
            "" if item.moved is None else short(item.moved),
            *([formatting.value(item.record, limit=120)] if has_input else []),
        )
        for item in changes
    )
    headers = ("record", *names, "change", *(["input"] if has_input else []))
    optional = frozenset({4} if has_input else ())
    return Table(
        headers, rows, "largest changes", total, frozenset({0, 3}), is_data=True, optional=optional
    )


def aspects(rows: Sequence[Aspect], names: Sequence[str], title: str) -> Table:
    """Show the properties of all jobs side by side, those that differ first."""
    cells: list[tuple[Cell, ...]] = []
    for row in sorted(rows, key=lambda aspect: aspect.is_same):
        mark = Span("same", "muted") if row.is_same else Span("differs", "warn")
        cells.append((row.what, *row.values, mark))
    return Table(("what", *names, ""), tuple(cells), title, is_data=True)


def changes(lines: Sequence[str]) -> Iterator[Block]:
    """Show the changes of a model as sentences."""
    if lines:
        yield Text("changes of the model", "\n".join(lines), is_open=True)


def packages(rows: Sequence[VersionChange], before: str, after: str) -> Iterator[Block]:
    """Show the packages of two locks that differ."""
    if rows:
        cells = tuple((code(x.package), x.before or "none", x.after or "none") for x in rows)
        yield Table(("package", before, after), cells, "packages", len(cells), is_data=True)


def history(value: History) -> Blocks:
    """Show a metric over time, with the snapshot of each job."""
    is_named = len(value.measurements) <= _MOST_NAMED
    points = tuple(
        (_name(measurement) if is_named else measurement.job.created.timestamp(), measurement.value)
        for measurement in value.measurements
    )
    low, high = _around({number for _, number in points})
    chart = Chart(
        "line",
        "",
        (Series(value.metric, points),),
        x="snapshot and job" if is_named else "",
        y=value.metric,
        scale="names" if is_named else "time",
        low=low,
        high=high,
    )
    rows = tuple(
        (
            f"{measurement.job.short_id} (removed)"
            if measurement.is_removed
            else code(measurement.job.short_id),
            measurement.job.snapshot_ref,
            formatting.moment(measurement.job.created),
            short(measurement.value),
            "" if before is None else f"{measurement.value - before.value:+.4g}",
        )
        for before, measurement in zip(
            [None, *value.measurements], value.measurements, strict=False
        )
    )
    headers = ("job", "snapshot", "began", value.metric, "difference")
    table = Table(headers, rows, "jobs", numeric=frozenset({3, 4}), is_data=True)
    left_out = [Note(f"Left out: {sentence}", "warn") for sentence in value.left_out]
    return [Heading(f"{value.metric} of {value.model}"), chart, table, *left_out]


def _around(numbers: set[float]) -> tuple[float | None, float | None]:
    """Return limits of the value axis around a metric that never changes.

    The only tick of such an axis would be rounded, to a number that was never measured.
    """
    if len(numbers) > 1:
        return None, None
    (number,) = numbers
    margin = abs(number) / 10 or 1.0
    return number - margin, number + margin


def _name(measurement: Measurement) -> str:
    return f"@{measurement.job.snapshot} {measurement.job.short_id[:4]}"


def model_diff(value: ModelDiff) -> Blocks:
    """Show one sentence that says what differs, then the details; of equal ones the sentence alone."""
    return [
        Heading(f"{value.before} and {value.after}"),
        Note(value.sentence, "plain"),
        *differences(value),
    ]


def differences(value: ModelDiff, *, with_texts: bool = True) -> Iterator[Block]:
    """Show what differs between two states; nothing for equal ones.

    ``with_texts`` shows the files that differ line by line.
    """
    if value.is_equal:
        return
    names = [value.before, value.after]
    yield aspects(value.aspects, names, "contents")
    yield from changes(value.changes)
    yield from packages(value.packages, *names)
    if value.metrics:
        columns = [
            f"{name}, job {job.short_id}" if job else f"{name}, no job"
            for name, job in zip(names, value.jobs, strict=True)
        ]
        yield replace(_metrics(value.metrics, columns), title="metrics of the last jobs")
    for asset in value.assets:
        if asset.text and with_texts:
            yield Text(asset.path, asset.text, is_open=True, is_diff=True)
