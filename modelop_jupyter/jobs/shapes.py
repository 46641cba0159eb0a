"""What the files of a job folder must hold to be understood: only what is read of each.

A shape is a type, several of them, a mapping with the shapes of its keys, or a list with one for all
its items. A key that ends in ``?`` may be absent; others may stand beside those that are named.
"""

from __future__ import annotations

import re
from typing import Any

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_TEXT = (str, type(None))
_NUMBER = (int, float)
_COUNTS = dict.fromkeys(("records_in", "scored", "rejected", "failed", "records_out"), int)
_PROCESS = {"pid": int, "began": (int, float, type(None))}
_SPAN = ([int], type(None))

MESSAGES: dict[str, Any] = {
    "supervisor.json": _PROCESS,
    "follower.json": _PROCESS,
    "start.json": {"job": str, "python": _TEXT, "workers": int, "warm": _TEXT},
    "request.json": {
        "protocol": int,
        "work": str,
        "inputs": [{"name": str, "path": str, "format": str}],
        "output": {"name": str, "format": str},
        "doomed?": dict,
        "range?": ({"start": int, "end": int}, type(None)),
    },
    "result.json": {
        "status": str,
        "result": str,
        "counts": _COUNTS,
        "stages": dict,
        "reason?": _TEXT,
        "error?": ({"message": str, "stage": str, "exception": _TEXT}, type(None)),
        "seconds?": _NUMBER,
    },
    "checkpoint.json": {
        "offset": int,
        "index": int,
        "output": int,
        "errors": int,
        "counts": dict.fromkeys(("records_in", "rejected", "failed", "records_out"), int),
        "stages": dict,
        "logged": dict,
        "columns?": (list, type(None)),
    },
    "digests.json": {"inputs": [{"size": int, "modified": int, "digest?": _TEXT}]},
    "proof.json": {
        "executable": str,
        "version": str,
        "base_prefix": str,
        "sys_path": [str],
        "distributions": [[str]],
        "isolated": (bool, int),
        "loose?": dict,
    },
    "modules.json": {"modules": [str]},
}
_EVENT = {"t": _NUMBER, "event": str}
_EVENTS: dict[str, Any] = {
    "phase": {"phase": str},
    "log": {"level": str, "text": str, "console": int},
    "environment": {
        "step": str,
        "text": str,
        "seconds?": _NUMBER,
        "bytes?": int,
        "total_bytes?": int,
    },
    "progress": {**_COUNTS, "bytes": int, "total_bytes": (int, type(None))},
    "memory": {"bytes": int},
}
_ERROR = {
    "index": int,
    "stage": str,
    "message": str,
    "slot?": int,
    "exception?": _TEXT,
    "traceback?": _TEXT,
    "record?": _TEXT,
    "input?": _SPAN,
    "output?": _SPAN,
}


def flaw_of_message(name: str, value: Any) -> str | None:
    """Return what is wrong with the content of a file, None where it can be used."""
    if name == "plan.json":
        from modelop_jupyter.domain.wire import mismatch
        from modelop_jupyter.jobs.plan import Plan

        return mismatch(Plan, value) or _flaw_of_digests(value["snapshot"]["state"]["assets"])
    if name == "outcome.json":
        from modelop_jupyter.domain.wire import mismatch
        from modelop_jupyter.jobs.outcome import Outcome

        lock = None if mismatch(Outcome, value) else value.get("lock")
        is_torn = lock is not None and not _DIGEST.fullmatch(lock)
        return "it has no digest of a lock" if is_torn else mismatch(Outcome, value)
    return flaw(MESSAGES.get(name, dict), value)


def _flaw_of_digests(assets: list[dict[str, Any]]) -> str | None:
    """Say which file of the model cannot be found by what is said of it."""
    wrong = (each for each in assets if not _DIGEST.fullmatch(each["digest"]))
    return next((f"it has no digest of {each['path']}" for each in wrong), None)


def is_event(value: Any) -> bool:
    """Say whether a line tells something that happened, with all that is read of it."""
    return flaw(_EVENT, value) is None and flaw(_EVENTS.get(value["event"], dict), value) is None


def is_error(value: Any) -> bool:
    """Say whether a line tells of a record that was rejected or failed."""
    return flaw(_ERROR, value) is None


def flaw(shape: Any, value: Any, where: str = "") -> str | None:
    """Return where a value has another shape, None where it has not."""
    if isinstance(shape, tuple):
        return None if any(flaw(each, value) is None for each in shape) else _other(where)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return _other(where)
        return next((said for item in value if (said := flaw(shape[0], item, where))), None)
    if isinstance(shape, dict):
        return _flaw_of_keys(shape, value, where)
    is_number = isinstance(value, bool) and shape is not bool
    return None if isinstance(value, shape) and not is_number else _other(where)


def _flaw_of_keys(shape: dict[str, Any], value: Any, where: str) -> str | None:
    if not isinstance(value, dict):
        return _other(where)
    for key, inner in shape.items():
        name = key.removesuffix("?")
        place = f"{where}.{name}" if where else name
        if name in value:
            said = flaw(inner, value[name], place)
            if said is not None:
                return said
        elif name is key:
            return f"{place} is missing"
    return None


def _other(where: str) -> str:
    return f"{where} is something else" if where else "it is something else"
