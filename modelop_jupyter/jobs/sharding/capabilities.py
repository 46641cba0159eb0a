"""What a job's model and input allow: resuming it, and several runners at once.

Each function ``why_not_…`` returns a reason, None where it is possible.
"""

from __future__ import annotations

import ast
import contextlib
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

from modelop_jupyter.domain.job_options import Workers
from modelop_jupyter.domain.jobs import Counts, JobKind
from modelop_jupyter.domain.plan import Plan
from modelop_jupyter.domain.source_code.primary_source import PYTHON_ENDINGS
from modelop_jupyter.domain.source_code.smart_tags import SmartTags
from modelop_jupyter.formats import FORMATS, UNREADABLE, is_gzip, open_bytes
from modelop_jupyter.formats.cuts import record_cut
from modelop_jupyter.formats.gzip_members import has_several_members
from modelop_jupyter.models.source import BlobReader, tags_of
from modelop_jupyter.processes import available_cores
from modelop_jupyter.safe_open import open_regular

AUTO = "auto"
ONE_MEMBER = "one gzip member is read once, from its beginning"
_SMALLEST_CHUNK = 1 << 14
_LONG_SECONDS = 10.0
_BUSY_CORE = 0.8
_LARGEST_ARRAY = 1 << 26


def why_not_resumable(plan: Plan, tags: SmartTags) -> str | None:
    """Return why a job cannot continue where it stopped: it needs borders of records."""
    if plan.kind is not JobKind.BATCH:
        return f"a {plan.kind.value} function is called once with all records"
    if len(plan.inputs) > 1:
        return "it has several inputs"
    if plan.other_outputs:
        return "it has several outputs"
    if any(slot.recordsets for slot in tags.slots):
        return "its model takes whole record sets"
    if FORMATS[plan.inputs[0].format].runner_format == "text":
        return (
            "each file of its input is one record"
            if plan.inputs[0].files
            else "its input is one record"
        )
    return None


def why_not_parallel(plan: Plan, tags: SmartTags, blobs: BlobReader) -> str | None:
    """Return why several runners might write something else than one."""
    reason = why_not_resumable(plan, tags)
    if reason is not None:
        return reason
    if any(slot.number > 1 for slot in tags.slots):
        return "its model declares slots beyond one input"
    paths, format = plan.inputs[0].paths, FORMATS[plan.inputs[0].format].runner_format
    is_one_here = len(paths) == 1 and not plan.inputs[0].is_read_by_ranges
    if format == "json" and is_one_here and _is_one_member(Path(paths[0])):
        return ONE_MEMBER
    if format == "csv" and is_one_here and is_gzip(Path(paths[0])):
        return "a compressed CSV file is read once, from its beginning"
    if plan.limits.records is not None:
        return "--limit counts records from the first one on"
    return _why_not_by_source(plan, blobs)


def workers_for(wanted: str | None, plan: Plan, tags: SmartTags, blobs: BlobReader) -> Workers:
    """Return the number of runners for ``--workers N|auto``, with a reason if it is 1."""
    if wanted is None:
        return Workers()
    count = available_cores() if wanted == AUTO else int(wanted)
    if count > 1:
        reason = why_not_parallel(plan, tags, blobs)
        if reason is not None:
            return Workers(1, wanted, reason)
        paths = plan.inputs[0].paths
        size = sum(Path(path).stat().st_size for path in paths)
        limit = max(1, size // _SMALLEST_CHUNK) if wanted == AUTO else count
        if limit == 1:
            return Workers(1, wanted, "its input is so small that one worker is faster")
        count = min(count, limit)
    return Workers(count, wanted)


def workers_on_engine(
    wanted: str | None, plan: Plan, tags: SmartTags, blobs: BlobReader
) -> Workers:
    """Return the number of workers of a cluster that is made for a job on an engine.

    A reason says why the job is one task instead of one for each chunk.
    """
    count = available_cores() if wanted in (None, AUTO) else int(wanted or 1)
    return Workers(count, wanted, why_not_parallel(plan, tags, blobs))


def converts_in_chunks(plan: Plan) -> bool:
    """Return whether an input that runners cannot read is converted where its chunks are scored.

    It is where there are as many of them as workers, on an engine several. Otherwise it is converted
    when the job is submitted, and cut at line ends then, so that all workers have their share.
    """
    data, cut = plan.inputs[0], record_cut(plan.inputs[0].format)
    is_shared = plan.is_cut_for_engine or (plan.engine is None and plan.workers.count > 1)
    if cut is None or not is_shared:
        return False
    if data.is_read_by_ranges:
        return True
    wanted, found = 2 if plan.engine else plan.workers.count, 0
    for path in map(Path, data.paths):
        with contextlib.suppress(*UNREADABLE), open_regular(path) as file:
            found += len(cut.ranges(file, path.stat().st_size, wanted))
        if found >= wanted:
            return True
    return False


def workers_advice(plan: Plan, cpu: float, started: datetime, blobs: BlobReader) -> str | None:
    """Return a hint if several workers would have been faster than one."""
    seconds = (datetime.now(timezone.utc) - started).total_seconds()
    is_one = plan.workers.count == 1 and plan.workers.wanted is None
    if not is_one or seconds < _LONG_SECONDS or cpu < _BUSY_CORE or available_cores() == 1:
        return None
    if why_not_parallel(plan, tags_of(plan.snapshot.state, blobs), blobs) is not None:
        return None
    return (
        f"It kept one of {available_cores()} cores busy: '--workers auto' would share its records"
    )


def array_advice(plan: Plan, counts: Counts) -> str | None:
    """Return a hint where a failed record is a JSON array of records on one line (spec 13.6)."""
    if plan.kind is not JobKind.BATCH or counts.scored or not counts.records_in:
        return None
    for data in plan.inputs:
        if data.is_read_by_ranges:
            continue
        path = Path(data.paths[0])
        if data.format != "json" or not path.is_file() or path.stat().st_size > _LARGEST_ARRAY:
            continue
        try:
            with open_bytes(path) as file:
                text = file.read(_LARGEST_ARRAY).decode("utf-8-sig").strip()
            array = json.loads(text) if text.startswith("[") and "\n" not in text else None
        except UNREADABLE:
            continue
        if isinstance(array, list) and array and all(isinstance(record, dict) for record in array):
            return (
                f"{data.name} is one JSON array on one line, and ModelOp Center scores each line as a"
                " record. Write one record per line: with open(OUT, 'w') as f:"
                " f.writelines(json.dumps(r) + '\\n' for r in records)"
            )
    return None


def _is_one_member(path: Path) -> bool:
    """Return whether a file is gzip data of one member."""
    if not is_gzip(path):
        return False
    with open_regular(path) as file:
        return not has_several_members(file, path.stat().st_size)


def _why_not_by_source(plan: Plan, blobs: BlobReader) -> str | None:
    state = plan.snapshot.state
    for asset in state.assets:
        if not asset.path.lower().endswith(PYTHON_ENDINGS):
            continue
        try:
            tree = ast.parse(blobs.read(asset.digest))
        except (SyntaxError, ValueError, RecursionError):
            continue
        if asset.path == state.primary_source and _takes_sequence(tree, state.entry_points.score):
            return "its function takes the record's number"
        write = first_write(tree)
        if write is not None:
            line, call = write
            return f"its model may write to a file that all would share: {asset.path}, line {line}, {call}"
    return None


def _takes_sequence(tree: ast.Module, name: str | None) -> bool:
    """Return whether a score function takes (record, slot, sequence) (spec 1.5)."""
    return any(
        len(function.args.posonlyargs) + len(function.args.args) > 2
        or function.args.vararg is not None
        for function in _functions(tree)
        if function.name == name
    )


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


_METHODS = frozenset(
    (
        "write_text write_bytes to_csv to_parquet to_pickle to_excel to_feather to_hdf to_sql dump"
        " savefig savetxt savez save save_model unlink rename rmtree remove copyfile move mkdir makedirs"
    ).split()
)
_MODULES = frozenset({"sqlite3", "shelve", "dbm"})
_WRITING = frozenset("wax+")


def first_write(tree: ast.Module) -> tuple[int, str] | None:
    """Return line and call of the first code that seems to write to a file, None without one.

    It is judged by names of calls, and rather finds too many.
    """
    calls = sorted(
        (node for node in ast.walk(tree) if isinstance(node, ast.Call)),
        key=lambda node: node.lineno,
    )
    for call in calls:
        name = _call_name(call.func)
        if name == "open" and not _writes(call):
            continue
        if (
            name == "open"
            or (name in _METHODS and _is_about_files(call))
            or _opens_a_database(call)
        ):
            return call.lineno, f"{ast.unparse(call.func)}()"
    return None


def _call_name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _is_about_files(call: ast.Call) -> bool:
    """Return whether a call may touch a file, unlike ``list.remove(x)``."""
    function = call.func
    if not isinstance(function, ast.Attribute):
        return True
    owner = ast.unparse(function.value).partition(".")[0]
    if function.attr in ("remove", "rename", "move", "save", "dump", "unlink"):
        modules = ("os", "shutil", "joblib", "pickle", "json", "numpy", "np", "torch", "yaml")
        return owner in modules or "Path" in owner
    return bool(call.args or call.keywords) or function.attr in ("mkdir", "makedirs")


def _writes(call: ast.Call) -> bool:
    """Return whether an ``open`` may write; so may one whose mode is not a constant."""
    values = [*call.args, *(keyword.value for keyword in call.keywords if keyword.arg == "mode")]
    is_method = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) != "io"
    modes = values[0:1] if is_method and len(call.args) < 2 else values[1:2]
    modes += [keyword.value for keyword in call.keywords if keyword.arg == "mode"]
    return any(
        bool(_WRITING & set(mode.value))
        if isinstance(mode, ast.Constant) and isinstance(mode.value, str)
        else not isinstance(mode, ast.Constant)
        for mode in modes
        if not _is_path(mode)
    )


def _is_path(mode: ast.expr) -> bool:
    """Return whether the argument at the place of a mode is a path, as in ``gzip.open(name)``."""
    return (
        isinstance(mode, ast.Constant)
        and isinstance(mode.value, str)
        and not set(mode.value) <= set("rwabxt+U")
    )


def _opens_a_database(call: ast.Call) -> bool:
    return ast.unparse(call.func).partition(".")[0] in _MODULES
