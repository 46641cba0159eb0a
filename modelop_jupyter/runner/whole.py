"""Metrics and training: everything in one call (13.13, 13.14)."""

import json
import os
import time

from .badrecords import model_error_log, rejected
from .encoding import to_json
from .errors import CannotWrite, describe, plain_error
from .files import Appender
from .forms import Unwritable
from .frames import Unreadable, read_frame
from .functions import GENERATORS, find_function, parameters
from .record import Record
from .recordsets import import_pandas
from .stopping import Stop, Stopped, leave_if_forked


def run_whole(request, journal, module, end, fatal):
    """Run a metrics or train job: everything in one call."""
    kind, work = request["kind"], request["work"]
    name = request["entry_points"].get(kind)
    function = find_function(module, name, kind)
    takes = parameters(function, "the %s function %r" % (kind, name))
    pandas = import_pandas("a %s function takes DataFrames" % kind)
    frames = []
    for item in request["inputs"]:
        try:
            frames.append(read_frame(pandas, item, journal))
        except Unreadable as error:
            end["error"] = plain_error("read", str(error))
            journal.log("error", "1 input record(s) rejected by encoding")
            return whole_failed(journal, "input encoding", str(error))
        journal.bytes_done += os.path.getsize(item["path"])
        journal.tick(time.monotonic())
        if Stop.requested:
            raise Stopped()
    fatal()
    Stop.in_model = True
    try:
        result, others = call_once(function, frames, [item["slot"] for item in request["inputs"]], takes)
    except (Stopped, CannotWrite):
        raise
    except BaseException as error:
        Stop.in_model = False
        leave_if_forked()
        end["error"] = described = describe(error, work, kind)
        journal.explain_warning(error)
        return whole_failed(journal, "model", described["message"], described, model_error_log(described))
    finally:
        Stop.in_model = False
    if kind == "metrics":
        if others:
            said = "the metrics function gave %d results; only the first one is taken" % (others + 1)
            journal.warnings.append(said)
            journal.log("warning", said)
        keep_metrics(request, journal, end, result)


class Nothing:
    """The function has given nothing so far."""


def call_once(function, frames, slots, takes):
    """Call a metrics or train function.

    Return the first object that it yields or returns, and how many there were besides (13.13, 13.14).
    """
    if takes is not None and takes.is_slot_protocol:
        arity = max(2, min(3, takes.required))
        calls = [(frame, slot, 1)[:arity] for frame, slot in zip(frames, slots)]
    elif takes is None or takes.spreads:
        calls = [tuple(frames)]
    else:
        calls = [tuple(frames[: len(takes.positional)])]
    first, others = Nothing, 0
    for arguments in calls:
        result = function(*arguments)
        if not isinstance(result, GENERATORS):
            result = () if result is None else (result,)
        for one in result:
            if first is Nothing:
                first = one
            else:
                others += 1
    return first, others


def keep_metrics(request, journal, end, result):
    if result is Nothing:
        journal.warnings.append("the metrics function gave no result")
        return
    try:
        document = to_json(result)
    except Unwritable as error:
        end["error"] = plain_error("metrics", error.message)
        log = [rejected("output encoding", error.reason), ("error", "1 output record(s) rejected by encoding")]
        return whole_failed(journal, "output encoding", error.message, log=log)
    os.makedirs(os.path.dirname(request["output"]["path"]), exist_ok=True)
    journal.output = Appender(request["output"]["path"], os.O_TRUNC)
    journal.output.add(document + b"\n")
    journal.records_out = 1
    end["metrics"] = json.loads(document.decode("utf-8"))


def whole_failed(journal, stage, message, described=None, log=()):
    journal.problem(stage, message, 0, Record(0, None), counted=0, error=described, log=log)
    journal.stages[stage] = 1
