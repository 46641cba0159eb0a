"""Whether the notebook's functions, as they are now, answer as the registered model does."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelop_jupyter.checks.answers import agrees, shown
from modelop_jupyter.checks.live_notebook import LiveAnswer, LiveNotebook
from modelop_jupyter.checks.sample_runs import Call, SampleRun
from modelop_jupyter.domain.checks import CheckTopic, Finding, TopicResult
from modelop_jupyter.remedies import Remedy

_MOST_SHOWN = 3
_MOST_VERSIONS = 5


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What may be the cause of another answer: how notebook and model differ.

    ``values`` are the texts of plain globals in the notebook, ``versions`` the packages of other
    versions: name, version of the model, version of the notebook.
    """

    notebook: LiveNotebook
    values: Mapping[str, str]
    versions: Sequence[tuple[str, str, str]]
    source: str


def not_compared(reason: str, notebook: LiveNotebook | None = None) -> TopicResult:
    """Return the topic where no answers can be compared; the ``notebook`` may have hidden state."""
    findings = tuple(_hidden_state(notebook)) if notebook else ()
    return TopicResult(CheckTopic.NOTEBOOK, reason, findings, is_checked=False)


def agreement(
    run: SampleRun,
    repeated: SampleRun,
    answers: Sequence[LiveAnswer],
    surroundings: Surroundings,
    *,
    model: str,
) -> TopicResult:
    """Compare the answers of a notebook with those of a model.

    Records that the model rejects are another topic's, and so is what is another value in a
    ``repeated`` run.
    """
    calls = {call.record: call for call in reversed(run.calls)}
    again = {call.record: call for call in reversed(repeated.calls)}
    pairs = [
        (calls[one.record], one)
        for one in answers
        if one.record in calls and one.record in again and calls[one.record].problem is None
    ]
    different = [(call, live) for call, live in pairs if not _agree(call, again[call.record], live)]
    summary = f"the same answers to {len(pairs)} records"
    findings = [*_hidden_state(surroundings.notebook)]
    if different:
        findings.insert(0, _finding(different, run, surroundings, model))
    return TopicResult(CheckTopic.NOTEBOOK, summary, tuple(findings), is_checked=bool(pairs))


def _hidden_state(notebook: LiveNotebook) -> Iterator[Finding]:
    hidden = notebook.hidden_state
    if hidden is not None:
        why = f": {'; '.join(hidden.causes)}" if hidden.causes else ""
        yield Finding(
            "hidden_state",
            "warned",
            f"From top to bottom, the notebook would give another model{why}",
            "Restart the kernel, run all cells, and register again",
            evidence=hidden.diff,
        )


def _agree(call: Call, again: Call, live: LiveAnswer) -> bool:
    return live.error is None and agrees(
        list(live.outputs), list(call.outputs), list(again.outputs)
    )


def _finding(
    different: Sequence[tuple[Call, LiveAnswer]],
    run: SampleRun,
    surroundings: Surroundings,
    model: str,
) -> Finding:
    count = len(different)
    who = f"Record {different[0][0].record} gets" if count == 1 else f"{count} records get"
    causes = list(_causes(run, surroundings))
    why = f": {'; '.join(causes)}" if causes else ""
    lines = [
        f"record {call.record}: the model gives {shown(call.outputs)},"
        f" the notebook {live.error or shown(live.outputs)}"
        for call, live in different[:_MOST_SHOWN]
    ]
    change = surroundings.notebook.change
    if change is not None:
        lines += ["", change.diff]
    again = Remedy("Register the notebook again", (("register", model),))
    return Finding(
        "notebook_differs",
        "failed",
        f"{who} another answer in the notebook{why}",
        "Run the notebook from top to bottom in a new kernel, and register it again",
        record=different[0][0].record,
        evidence="\n".join(lines),
        remedies=(again,),
    )


def _causes(run: SampleRun, surroundings: Surroundings) -> Iterator[str]:
    """Yield what may be the cause, the likeliest first."""
    change = surroundings.notebook.change
    if change is not None:
        yield change.sentence[0].lower() + change.sentence[1:]
    for name, value in run.plain_globals.items():
        now = surroundings.values.get(name)
        if now is not None and now != value and _is_named(name, surroundings.source):
            cell = surroundings.notebook.defining_cell(name)
            since = f" since cell {cell} ran" if cell else ""
            yield f"{name} is {value} in the model, and {now} in the notebook{since}"
    others = [
        f"{name} {there} there and {here} here"
        for name, there, here in surroundings.versions[:_MOST_VERSIONS]
    ]
    if others:
        yield f"other versions: {', '.join(others)}"


def _is_named(name: str, source: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", source) is not None
