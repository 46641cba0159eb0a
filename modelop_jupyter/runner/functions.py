"""The model's functions: finding them, and which arguments they take."""

import collections.abc
import json
import os
import sys
import types

from .errors import StageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

GENERATORS = (types.GeneratorType, collections.abc.Generator)
SLOT_NAMES = set("slot slot_no slotno slot_num slot_number".split())
SEQUENCE_NAMES = set(
    "seq seq_no seqno seq_num seq_number sequence sequence_no sequence_number".split()
)


def find_function(module: types.ModuleType, name: "str | None", kind: str) -> "Callable[..., Any]":
    """Return a function of the model; ``kind`` names the entry point: init, score …"""
    if not name:
        raise StageError("import", f"the model has no {kind} function")
    try:
        function: Callable[..., Any] = getattr(module, name)
    except AttributeError:
        message = f"the {kind} function {name!r} is not defined in the source"
        raise StageError("import", message) from None
    return function


def call_init(function: "Callable[..., Any]", folder: str, kind: str = "batch") -> None:
    """Call ``init``, with the job when it takes an argument (spec 13.4), or the deployment (spec 1.6)."""
    with open(os.path.join(folder, "job.json"), encoding="utf-8", newline="") as file:
        raw = file.read()
    signature = parameters(function, "init")
    takes_job = signature is None or signature.positional or signature.has_varargs
    key = "deployedModel" if kind == "deployment" else "job"
    result = function({"rawJson": raw, key: json.loads(raw)}) if takes_job else function()
    if isinstance(result, GENERATORS):  # a `yield` in init: run it all the same
        for _ in result:
            pass


def score_arity(function: "Callable[..., Any]", label: str) -> int:
    """Return with how many of (record, slot, sequence) to call a score function (spec 13.9).

    Parameters with a default keep it, except a second and third that are called as a slot and a
    sequence number are; ``*args`` alone gets the record.
    """
    signature = parameters(function, label)
    if signature is None:
        return 1
    takes = "(record[, slot[, sequence]])"
    if signature.required > 3:
        count = signature.required
        raise StageError("import", f"{label} has {count} parameters; it can take {takes}")
    if not signature.positional and not signature.has_varargs:
        raise StageError("import", f"{label} has no parameter; it must take {takes}")
    arity = max(1, signature.required)
    for names in (SLOT_NAMES, SEQUENCE_NAMES)[arity - 1 :]:
        if len(signature.positional) <= arity or signature.positional[arity] not in names:
            break
        arity += 1
    return arity


class Parameters:
    """The names of a function's positional parameters, and how many of them have no default."""

    def __init__(self, positional: "list[str]", required: int, *, has_varargs: bool) -> None:
        self.positional, self.required, self.has_varargs = positional, required, has_varargs

    @property
    def has_slot(self) -> bool:
        """Whether the second parameter is a slot number, so that it is called once an input."""
        return len(self.positional) > 1 and self.positional[1] in SLOT_NAMES


def parameters(function: "Any", label: str) -> "Parameters | None":
    """Return what a function takes, None where Python cannot tell (a function written in C)."""
    import inspect

    if not callable(function):
        message = f"{label} is a {type(function).__name__}, not a function"
        raise StageError("import", message)
    call = getattr(function, "__call__", None)  # noqa: B004
    for one in (function, getattr(function, "func", None), call):
        if inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one):
            message = f"{label} is an async function; the runtime calls plain functions"
            raise StageError("import", message)
    try:
        # Annotations are evaluated when asked for, and names in them may not exist.
        if sys.version_info >= (3, 14):
            import annotationlib

            strings = annotationlib.Format.STRING
            signature = inspect.signature(function, annotation_format=strings)
        else:
            signature = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    known = signature.parameters.values()
    positional = [p for p in known if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    keywords = [p.name for p in known if p.kind == p.KEYWORD_ONLY and p.default is p.empty]
    if keywords:
        message = f"{label} needs the keyword {keywords[0]!r}, which the runtime does not pass"
        raise StageError("import", message)
    return Parameters(
        [p.name for p in positional],
        sum(p.default is p.empty for p in positional),
        has_varargs=any(p.kind == p.VAR_POSITIONAL for p in known),
    )
