"""What a job's model and input allow: going on after an end, and several runners at once.

Each answer is a reason, None where nothing stands against it.
"""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from modelop_jupyter.domain.jobs import Counts, JobKind
from modelop_jupyter.domain.smart_tags import SmartTags
from modelop_jupyter.domain.sources import PYTHON_ENDINGS
from modelop_jupyter.formats import FORMATS, UNREADABLE, is_gzip, open_bytes
from modelop_jupyter.jobs.plan import Plan, Workers
from modelop_jupyter.jobs.staging import Blobs, tags_of
from modelop_jupyter.jobs.writing import first_write

AUTO = "auto"
_SMALLEST = 1 << 14
_LONG = 10.0
_BUSY = 0.8
_LARGEST_ARRAY = 1 << 26


def cores() -> int:
    """Return how many processors we may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def why_not_resumable(plan: Plan, tags: SmartTags) -> str | None:
    """Return why such a job cannot go on where it stood: it has no record borders to stop at."""
    if plan.kind is not JobKind.BATCH:
        return f"a {plan.kind.value} function is called once with all records"
    if len(plan.inputs) > 1:
        return "it has several inputs"
    if plan.other_outputs:
        return "it has several outputs"
    if any(slot.recordsets for slot in tags.slots):
        return "its model takes whole record sets"
    if FORMATS[plan.inputs[0].format].runner_format == "text":
        return "its input is one record"
    return None


def why_not_shared(plan: Plan, tags: SmartTags, blobs: Blobs) -> str | None:
    """Return why several runners might not give what one gives."""
    reason = why_not_resumable(plan, tags)
    if reason is not None:
        return reason
    if any(slot.number > 1 for slot in tags.slots):
        return "its model declares slots beyond one input"
    path, format = Path(plan.inputs[0].path), FORMATS[plan.inputs[0].format].runner_format
    if format == "csv":
        return "a row of CSV may span lines, so its file is read from the beginning"
    if format == "json" and is_gzip(path):
        return "a compressed input can only be read from the beginning"
    if FORMATS[plan.output.format].runner_format == "csv":
        return "the first record out names the columns of a CSV file"
    if plan.limits.records is not None:
        return "--limit counts records from the first one on"
    return _why_not_by_source(plan, blobs)


def workers_for(wanted: str | None, plan: Plan, tags: SmartTags, blobs: Blobs) -> Workers:
    """Return how many runners a job gets, of ``--workers N|auto``."""
    if wanted is None:
        return Workers()
    count = cores() if wanted == AUTO else int(wanted)
    if count > 1:
        reason = why_not_shared(plan, tags, blobs)
        if reason is not None:
            return Workers(1, wanted, reason)
        size = Path(plan.inputs[0].path).stat().st_size
        most = max(1, size // _SMALLEST) if wanted == AUTO else count
        if most == 1:
            return Workers(1, wanted, "its input is so small that one is faster")
        count = min(count, most)
    return Workers(count, wanted)


def advice(plan: Plan, cpu: float, started: datetime, blobs: Blobs) -> str | None:
    """Return a hint where several workers would have been faster than the one there was."""
    seconds = (datetime.now(timezone.utc) - started).total_seconds()
    is_one = plan.workers.count == 1 and plan.workers.wanted is None
    if not is_one or seconds < _LONG or cpu < _BUSY or cores() == 1:
        return None
    if why_not_shared(plan, tags_of(plan.snapshot.state, blobs), blobs) is not None:
        return None
    return f"It kept one of {cores()} cores busy: '--workers auto' would share its records"


def array_advice(plan: Plan, counts: Counts) -> str | None:
    """Return a hint where a record that failed is a whole JSON array of records on one line (13.6)."""
    if plan.kind is not JobKind.BATCH or counts.scored or not counts.records_in:
        return None
    for data in plan.inputs:
        path = Path(data.path)
        if data.format != "json" or not path.is_file() or path.stat().st_size > _LARGEST_ARRAY:
            continue
        try:
            with open_bytes(path) as file:
                text = file.read(_LARGEST_ARRAY).decode("utf-8-sig").strip()
            found = json.loads(text) if text.startswith("[") and "\n" not in text else None
        except UNREADABLE:
            continue
        if isinstance(found, list) and found and all(isinstance(each, dict) for each in found):
            return (
                f"{data.name} is one JSON array on one line, and ModelOp Center scores each line as a"
                " record. Write one record per line: with open(OUT, 'w') as f:"
                " f.writelines(json.dumps(r) + '\\n' for r in records)"
            )
    return None


def _why_not_by_source(plan: Plan, blobs: Blobs) -> str | None:
    state = plan.snapshot.state
    for asset in state.assets:
        if not asset.path.lower().endswith(PYTHON_ENDINGS):
            continue
        try:
            tree = ast.parse(blobs.read(asset.digest))
        except (SyntaxError, ValueError, RecursionError):
            continue
        if asset.path == state.primary_source and _counts(tree, state.entry_points.score):
            return "its function takes the record's number"
        found = first_write(tree)
        if found is not None:
            return f"its model may write to a file that all would share: {asset.path}, line {found[0]}, {found[1]}"
    return None


def _counts(tree: ast.Module, name: str | None) -> bool:
    """Say whether a score function takes (record, slot, sequence) (spec 1.5)."""
    return any(
        len(each.args.posonlyargs) + len(each.args.args) > 2 or each.args.vararg is not None
        for each in _functions(tree)
        if each.name == name
    )


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
