"""Metrics and training: the whole dataset in one call (spec 13.13, 13.14)."""

import json
import os
import time

from .errors import CannotWrite, describe_exception, error_document
from .files import Appender
from .frames import UnreadableInputError, import_pandas, read_frame
from .functions import GENERATORS, find_function, parameters
from .json_writer import UnwritableError, to_json
from .record_problems import InputRecord, count_problem, exception_lines, rejection_line
from .termination import Terminated, Termination, exit_if_forked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import ModuleType
    from typing import Any

    from .functions import Parameters
    from .journal import Journal
    from .protocol import ErrorDocument, LogLine, Request, Result


def run_dataset(
    request: "Request",
    journal: "Journal",
    module: "ModuleType",
    end: "Result",
    make_warnings_fatal: "Callable[[], None]",
) -> None:
    """Run a metrics or train job, and put its error or its metrics into ``end``."""
    kind = request["kind"]
    name = request["entry_points"].get(kind)
    function = find_function(module, name, kind)
    signature = parameters(function, f"the {kind} function {name!r}")
    frames = _read_frames(request, journal, end)
    if frames is None:
        return
    make_warnings_fatal()
    Termination.in_model = True
    try:
        slots = [item["slot"] for item in request["inputs"]]
        result, others = call_once(function, frames, slots, signature)
    except (Terminated, CannotWrite):
        raise
    except BaseException as error:
        Termination.in_model = False
        exit_if_forked()
        end["error"] = document = describe_exception(error, request["work"], kind)
        journal.explain_warning(error)
        log = exception_lines(document)
        _count_failure(journal, "model", document["message"], error=document, log=log)
        return
    finally:
        Termination.in_model = False
    if kind == "metrics":
        if others:
            text = f"the metrics function gave {others + 1} results; only the first one is used"
            journal.warnings.append(text)
            journal.log("warning", text)
        _write_metrics(request, journal, end, result)


def _read_frames(request: "Request", journal: "Journal", end: "Result") -> "list[Any] | None":
    """Return the inputs as pandas reads them, None where one is unreadable and the job fails."""
    pandas = import_pandas(f"a {request['kind']} function takes DataFrames")
    frames = []
    for item in request["inputs"]:
        try:
            frames.append(read_frame(pandas, item, journal))
        except UnreadableInputError as error:
            end["error"] = error_document("read", str(error))
            journal.log("error", "1 input record(s) rejected by encoding")
            _count_failure(journal, "input encoding", str(error))
            return None
        journal.bytes_done += os.path.getsize(item["path"])
        journal.report(time.monotonic())
        if Termination.requested:
            raise Terminated()
    return frames


class NoResult:
    """Stands for the result of a function that has given none."""


def call_once(
    function: "Callable[..., Any]",
    frames: "Sequence[Any]",
    slots: "Sequence[int]",
    signature: "Parameters | None",
) -> "tuple[Any, int]":
    """Call a metrics or train function.

    Return the first object that it yields or returns, and how many there were besides (spec 13.13,
    13.14).
    """
    calls: list[tuple[Any, ...]]
    if signature is not None and signature.has_slot:
        arity = max(2, min(3, signature.required))
        calls = [(frame, slot, 1)[:arity] for frame, slot in zip(frames, slots)]
    elif signature is None or signature.has_varargs:
        calls = [tuple(frames)]
    else:
        calls = [tuple(frames[: len(signature.positional)])]
    first: Any = NoResult
    others = 0
    for arguments in calls:
        result = function(*arguments)
        if not isinstance(result, GENERATORS):
            result = () if result is None else (result,)
        for one in result:
            if first is NoResult:
                first = one
            else:
                others += 1
    return first, others


def _write_metrics(request: "Request", journal: "Journal", end: "Result", result: "Any") -> None:
    if result is NoResult:
        journal.warnings.append("the metrics function gave no result")
        return
    try:
        document = to_json(result)
    except UnwritableError as error:
        end["error"] = error_document("metrics", error.message)
        stage = "output encoding"
        log = [
            rejection_line(stage, error.reason),
            ("error", "1 output record(s) rejected by encoding"),
        ]
        _count_failure(journal, stage, error.message, log=log)
        return
    os.makedirs(os.path.dirname(request["output"]["path"]), exist_ok=True)
    journal.output = Appender(request["output"]["path"], os.O_TRUNC)
    journal.output.add(document + b"\n")
    journal.records_out = 1
    end["metrics"] = json.loads(document.decode("utf-8"))


def _count_failure(
    journal: "Journal",
    stage: str,
    message: str,
    *,
    error: "ErrorDocument | None" = None,
    log: "Iterable[LogLine]" = (),
) -> None:
    """Count the failure of the job's one call; no record has failed for it."""
    record = InputRecord(0, None)
    count_problem(journal, stage, message, 0, record, records=0, error=error, log=log)
    journal.stages[stage] = 1
