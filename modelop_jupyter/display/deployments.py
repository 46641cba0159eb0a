"""Views of deployments: one, the list, the records that got no output, the log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from http import HTTPStatus
from typing import TYPE_CHECKING

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import (
    Block,
    Blocks,
    Cell,
    Chart,
    Facts,
    Figures,
    Heading,
    Note,
    Remedies,
    Series,
    Span,
    Table,
    Text,
    code,
)
from modelop_jupyter.domain.deployments import (
    Deployment,
    DeploymentProblem,
    DeploymentState,
    FailedRequest,
    Load,
    LoadSecond,
    ReplicaReport,
    RequestCounts,
    ShadowReport,
)
from modelop_jupyter.remedies import Remedy

if TYPE_CHECKING:
    from modelop_jupyter.domain.deployments import Answer, DeploymentLog, FailedRequests
    from modelop_jupyter.domain.reports import RequestFailure
    from modelop_jupyter.errors import DeploymentFailedError

_WINDOW = 120  # seconds that the charts show
_MOST_TEXT = 200  # of a record, or an answer, in a table; '--json' has all of it
_SCHEMAS = {"in": "of the input", "out": "of the output", "both": "of input and output"}


def badge(value: Deployment) -> Span:
    """Return the state of a deployment in words, with its colour."""
    return Span(value.state.text, value.state.tone)


def deployment(value: Deployment, *, page: str | None = None) -> Blocks:
    """Show a deployment as it is now, with the time: a notebook may be saved with it.

    ``page`` is the address of its page behind that of Jupyter.
    """
    now = formatting.moment(datetime.now(timezone.utc))
    later = f"'%modelop deployment show {value.model}' shows its current state"
    if value.state.is_running:
        later += f", '%modelop deployment stop {value.model}' stops it"
    return [*state(value, page=page), Note(f"As of {now}; {later}.")]


def state(value: Deployment, *, page: str | None = None) -> Blocks:
    """Show a deployment without the time: the same blocks as long as nothing has changed."""
    blocks: list[Block] = [Heading(value.ref, badge(value))]
    if value.problem is not None:
        blocks.extend(_problem(value, value.problem))
    blocks.append(Facts(tuple(_facts(value, page))))
    if value.url is not None and value.state.is_answering:
        address = value.url.rstrip("/")
        blocks.append(Note(f"POST records as JSON to {address}/score, or try one at {address}/."))
    if value.options.is_insecure and not value.has_token:
        blocks.append(Note(f"Anyone who reaches {value.options.host} is answered.", "warn"))
    if value.load is not None and value.state.is_running:
        blocks.extend(load(value.load))
    if value.shadow is not None:
        blocks.extend(_shadow(value, value.shadow))
    if remedies := tuple(_remedies(value)):
        blocks.append(Remedies(remedies))
    return blocks


def load(value: Load) -> Iterator[Block]:
    """Show what a deployment does now: figures, and charts of the last two minutes."""
    yield Figures(tuple(_figures(value)))
    yield from charts(value)


def _facts(value: Deployment, page: str | None) -> Iterator[tuple[str, Cell]]:
    options, report = value.options, value.load
    if value.url is not None:
        yield "answers on", Span(value.url, address=value.url)
        if page is not None:
            yield "in Jupyter", Span(page, address=page)
    if value.began is not None:
        yield "began", formatting.moment(value.began)
    if value.stopped is not None:
        yield "stopped", formatting.moment(value.stopped)
    if value.ends is not None and value.state.is_running:
        yield "stops by itself", formatting.moment(value.ends)
    if report is not None:
        yield "requests", _requests(report.counts)
        if report.counts.records:
            yield "records", records(report.counts)
        if report.waiting:
            yield "waiting", formatting.plural(report.waiting, "record")
        if value.state.is_running and report.replicas:
            yield "replicas", _replicas(report.replicas)
        if report.restarts:
            yield "restarts", formatting.number(report.restarts)
    if options.schemas is not None:
        yield "schemas", f"{_SCHEMAS[options.schemas]}, checked"
    if options.capture is not None:
        yield "capture", code(options.capture)
    if value.has_token:
        yield "token", "asked for"
    if value.previous is not None and value.state.is_running:
        back = f"'%modelop deployment rollback {value.model}' goes back to it"
        yield "before", f"{value.model}@{value.previous}; {back}"
    if value.elsewhere is not None:
        yield "in another home", _place(value)


def _place(value: Deployment) -> str:
    """Return where the processes are, of which this home only knows by the registry."""
    home = value.elsewhere
    if home is None or not (home.host and home.path):
        return "where it was deployed"
    return f"{home.path} on {home.host}"


def _requests(counts: RequestCounts) -> str:
    text = formatting.number(counts.requests)
    return f"{text}, {formatting.number(counts.refused)} refused" if counts.refused else text


def records(counts: RequestCounts) -> str:
    """Return ``12 scored, 1 rejected, 1 failed``; counts of 0 are left out."""
    parts = [
        (counts.scored, "scored"),
        (counts.rejected, "rejected"),
        (counts.failed, "failed"),
        (counts.timed_out, "timed out"),
        (counts.ended, "ended the process"),
    ]
    return ", ".join(f"{formatting.number(count)} {word}" for count, word in parts if count)


def _replicas(replicas: Sequence[ReplicaReport]) -> str:
    """Return ``2 ready``, with their snapshots where these differ."""
    snapshots = sorted({replica.snapshot for replica in replicas})
    return ", ".join(
        _replicas_of([replica for replica in replicas if replica.snapshot == snapshot])
        + (f" of @{snapshot}" if len(snapshots) > 1 else "")
        for snapshot in snapshots
    )


def _replicas_of(replicas: Sequence[ReplicaReport]) -> str:
    ready = sum(replica.is_ready for replica in replicas)
    return f"{ready} ready" if ready == len(replicas) else f"{ready} of {len(replicas)} ready"


def _figures(value: Load) -> Iterator[tuple[str, Cell]]:
    yield "requests per second", _rate(value.rate)
    if value.latencies is not None:
        yield "p50", formatting.short_time(value.latencies.p50)
        yield "p95", formatting.short_time(value.latencies.p95)
        yield "p99", formatting.short_time(value.latencies.p99)
    bad = value.counts.bad
    yield "without output", Span(formatting.number(bad), "bad") if bad else "0"
    if value.memory is not None:
        yield "memory", formatting.size(value.memory)


def _rate(rate: float) -> str:
    return formatting.number(round(rate)) if rate >= 10 else f"{rate:.1f}".removesuffix(".0")


def charts(value: Load) -> Iterator[Chart]:
    """Return small charts of the last two minutes; none without a request in them."""
    now = int(value.t)
    seconds = [second for second in value.seconds if second.t > now - _WINDOW]
    if not seconds:
        return
    requests = _every_second(seconds, now, lambda second: second.requests)
    yield _chart("requests per second", Series("requests", requests))
    timed = [
        (second.t - now, second.latencies)
        for second in seconds
        if second.latencies and second.t < now  # not the one that goes on
    ]
    if timed:
        yield _chart(
            "time of a request, ms",
            *(
                Series(name, tuple((at, 1000 * getattr(each, name)) for at, each in timed))
                for name in ("p50", "p95", "p99")
            ),
        )
    if any(second.bad for second in seconds):
        bad = _every_second(seconds, now, lambda second: second.bad)
        yield _chart("errors per second", Series("errors", bad))


def _chart(title: str, *series: Series) -> Chart:
    """Return a small chart; all of them have the same axis of time."""
    return Chart(
        "line",
        title,
        series,
        x="seconds",
        low=0,
        span=(-_WINDOW, 0),
        is_small=True,
        is_picture=True,
    )


def _every_second(
    seconds: Sequence[LoadSecond], now: int, count: Callable[[LoadSecond], int]
) -> tuple[tuple[float, float], ...]:
    """Return a count for each second, also without a request; the one that goes on is left out."""
    known = {second.t: count(second) for second in seconds}
    first = min(known)
    return tuple((t - now, known.get(t, 0)) for t in range(first, max(now, first + 1)))


def _problem(value: Deployment, problem: DeploymentProblem) -> Iterator[Block]:
    yield Note(problem.message, "bad")
    if problem.hint:
        yield Note(problem.hint)
    if value.state.is_answering and problem.snapshot not in (None, value.snapshot):
        yield Note(f"{value.ref} still answers.")
    yield from _printed(problem.traceback, problem.console)


def refused(value: DeploymentFailedError) -> Blocks:
    """Show where a model failed that could not be deployed; the error itself says why."""
    blocks: list[Block] = [Heading(f"deploy {value.ref}", Span("failed", "bad"))]
    blocks.extend(_printed(value.traceback, value.console))
    return blocks


def _printed(traceback: str | None, console: str | None) -> Iterator[Block]:
    if traceback:
        yield Text("traceback", traceback.rstrip(), is_open=True)
    if console:
        yield Text("what the model printed", console.rstrip(), is_open=True)


def _shadow(value: Deployment, shadow: ShadowReport) -> Iterator[Block]:
    """Show what the shadow has answered otherwise, with the last records for which it did."""
    name = f"{value.model}@{shadow.snapshot}"
    counted = [f"{formatting.number(shadow.compared)} compared"]
    counted.append(f"{formatting.number(shadow.different)} different")
    if shadow.dropped:
        counted.append(f"{formatting.number(shadow.dropped)} not asked, as it was behind")
    yield Heading(
        f"shadow {name}",
        Span("ready", "good") if shadow.is_ready else Span("starting", "busy"),
        ", ".join(counted),
    )
    if shadow.examples:
        yield Table(
            headers=("record", f"answer of @{value.snapshot}", f"answer of @{shadow.snapshot}"),
            rows=tuple(
                tuple(
                    formatting.value(part, limit=_MOST_TEXT)
                    for part in (each.record, each.answer, each.shadow)
                )
                for each in shadow.examples
            ),
            title="the last differences",
            total=shadow.different,
        )


def _remedies(value: Deployment) -> Iterator[Remedy]:
    if value.state is DeploymentState.FAILED:
        # The snapshot would fail again: the model has to be mended first.
        yield Remedy("Deploy it, once it is mended", (("deploy", value.model),))
    elif value.state in (DeploymentState.DOWN, DeploymentState.STOPPED):
        yield Remedy(f"Deploy {value.ref} again", (("deploy", value.ref),))
    if value.shadow is not None:
        shadow = f"{value.model}@{value.shadow.snapshot}"
        yield Remedy(f"Have {shadow} answer", (("deploy", shadow),))
        yield Remedy("End the shadow", (("deployment", "rollback", value.model),))
    if value.load is not None and value.load.counts.bad:
        yield Remedy(
            "List the records that got no output", (("deployment", "errors", value.model),)
        )


def table(rows: Sequence[Deployment]) -> Table:
    """Show deployments in the given order."""
    return Table(
        headers=("deployment", "state", "answers on", "requests", "per second", "p95", "no output"),
        rows=tuple(_row(value) for value in rows),
        title="deployments",
        numeric=frozenset({3, 4, 5, 6}),
        optional=frozenset({4, 5, 6}),
    )


def _row(value: Deployment) -> tuple[Cell, ...]:
    url: Cell = "" if value.url is None else Span(value.url, address=value.url)
    report = value.load
    if report is None:
        return value.ref, badge(value), url, "", "", "", ""
    is_running, latencies = value.state.is_running, report.latencies
    return (
        value.ref,
        badge(value),
        url,
        formatting.number(report.counts.requests),
        _rate(report.rate) if is_running else "",
        formatting.short_time(latencies.p95) if is_running and latencies else "",
        formatting.number(report.counts.bad) if report.counts.bad else "",
    )


def errors(value: FailedRequests) -> Blocks:
    """Show the last records that got no output, without the records themselves."""
    if not value.rows:
        return [Note(f"Each record that {value.model} was asked for got an output.", "good")]
    first = value.rows[0]
    blocks: list[Block] = [
        Table(
            headers=("record", "when", "snapshot", "stage", "reason"),
            rows=tuple(
                (
                    _record_name(row),
                    _moment(row.t),
                    f"@{row.snapshot}",
                    _stage(row),
                    _reason(row),
                )
                for row in value.rows
            ),
            title="records without an output, the last ones first",
            total=max(value.total, len(value.rows)),
            numeric=frozenset({0}),
            optional=frozenset({1, 2}),
        )
    ]
    traced = next((row for row in value.rows if row.traceback), None)
    if traced is not None and traced.traceback:
        title = f"traceback of record {traced.index}"
        blocks.append(Text(title, traced.traceback.rstrip(), is_open=True))
    show = ("deployment", "errors", value.model, "--record", str(first.index))
    blocks.append(
        Remedies((Remedy(f"Show record {first.index}", (show,)), _opening(value.model, first)))
    )
    return blocks


def failure(value: RequestFailure) -> Blocks:
    """Show one record that got no output, as it came, and how to open it in the model's kernel."""
    row = value.failure
    blocks: list[Block] = [
        Heading(
            f"record {_record_name(row)} of {value.model}@{row.snapshot}",
            Span(_stage(row), "bad"),
            _moment(row.t),
        ),
        Note(_reason(row), "bad"),
        Text("record", row.record, is_open=True),
    ]
    if row.traceback:
        blocks.append(Text("traceback", row.traceback.rstrip(), is_open=True))
    blocks.append(Remedies((_opening(value.model, row),)))
    blocks.append(
        Note("There, 'model' is the model's module after init, and 'record' is this record.")
    )
    return blocks


def _opening(model: str, row: FailedRequest) -> Remedy:
    command = ("run", model, "--record", f"deployment:{row.index}")
    return Remedy(f"Open record {row.index} in the isolated kernel", (command,))


def _record_name(row: FailedRequest) -> str:
    return str(row.index) if row.slot == 0 else f"{row.index} of slot {row.slot}"


def _stage(row: FailedRequest) -> str:
    return row.stage or row.code.replace("_", " ")


def _reason(row: FailedRequest) -> str:
    if row.exception and not row.message.startswith(row.exception):
        return f"{row.exception}: {row.message}"
    return row.message


def _moment(t: float) -> str:
    return formatting.moment(datetime.fromtimestamp(t, timezone.utc))


def log(value: DeploymentLog) -> Blocks:
    """Show the log of a deployment."""
    if not value.text.strip():
        return [Note(f"The log of {value.model} is empty.")]
    return [Text("", value.text.rstrip("\n"), is_open=True)]


def answer(value: Answer) -> Blocks:
    """Show what a deployment has answered."""
    is_good = value.status < HTTPStatus.BAD_REQUEST
    return [
        Heading(
            "answer",
            Span(str(value.status), "good" if is_good else "bad"),
            formatting.short_time(value.seconds),
        ),
        Text("", json.dumps(value.body, indent=2, ensure_ascii=False), is_open=True),
    ]
