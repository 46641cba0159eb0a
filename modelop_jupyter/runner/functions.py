"""The model's functions: finding them, and what they take."""

import collections.abc
import json
import os
import sys
import types

from .errors import JobError

GENERATORS = (types.GeneratorType, collections.abc.Generator)
SLOT_NAMES = {"slot", "slot_no", "slotno", "slot_num", "slot_number"}
SEQUENCE_NAMES = {"seq", "seq_no", "seqno", "seq_num", "seq_number", "sequence", "sequence_no", "sequence_number"}


def find_function(module, name, kind):
    if not name:
        raise JobError("import", "the model has no %s function" % kind)
    try:
        return getattr(module, name)
    except AttributeError:
        raise JobError("import", "the %s function %r is not defined in the source" % (kind, name))


def call_init(function, folder):
    """Call ``init`` with the job when it takes an argument (13.4)."""
    with open(os.path.join(folder, "job.json"), encoding="utf-8", newline="") as file:
        raw = file.read()
    takes = parameters(function, "init")
    wants = takes is None or takes.positional or takes.spreads
    result = function({"rawJson": raw, "job": json.loads(raw)}) if wants else function()
    if isinstance(result, GENERATORS):  # a `yield` in init: run it all the same
        for _ in result:
            pass


def score_arity(function, label):
    """Return with how many of (record, slot, sequence) to call a score function (13.9).

    Parameters with a default keep it, except a second and third that are called as a slot and a sequence
    number are; ``*args`` alone gets the record.
    """
    takes = parameters(function, label)
    if takes is None:
        return 1
    if takes.required > 3:
        count = takes.required
        raise JobError("import", "%s has %d parameters; it can take (record[, slot[, sequence]])" % (label, count))
    if not takes.positional and not takes.spreads:
        raise JobError("import", "%s has no parameter; it must take (record[, slot[, sequence]])" % label)
    arity = max(1, takes.required)
    for names in (SLOT_NAMES, SEQUENCE_NAMES)[arity - 1 :]:
        if len(takes.positional) <= arity or takes.positional[arity] not in names:
            break
        arity += 1
    return arity


class Parameters:
    """The positional parameters of a function: their names, and how many have no default."""

    def __init__(self, positional, required, spreads):
        self.positional, self.required, self.spreads = positional, required, spreads

    @property
    def is_slot_protocol(self):
        return len(self.positional) > 1 and self.positional[1] in SLOT_NAMES


def parameters(function, label):
    """Return the Parameters of a function, None where Python cannot tell (a function written in C)."""
    import inspect

    if not callable(function):
        raise JobError("import", "%s is a %s, not a function" % (label, type(function).__name__))
    for one in (function, getattr(function, "func", None), getattr(function, "__call__", None)):
        if inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one):
            raise JobError("import", "%s is an async function; the runtime calls plain functions" % label)
    try:
        if sys.version_info >= (3, 14):  # annotations are evaluated when asked for; names in them may not exist
            import annotationlib

            found = inspect.signature(function, annotation_format=annotationlib.Format.STRING).parameters.values()
        else:
            found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    positional = [p for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    keywords = [p.name for p in found if p.kind == p.KEYWORD_ONLY and p.default is p.empty]
    if keywords:
        raise JobError("import", "%s needs the keyword %r, which the runtime does not pass" % (label, keywords[0]))
    return Parameters(
        [p.name for p in positional],
        sum(p.default is p.empty for p in positional),
        any(p.kind == p.VAR_POSITIONAL for p in found),
    )
