"""One input of a batch and the function that scores it."""

from .errors import JobError
from .functions import find_function, score_arity
from .schema import schema_of


class Feed:
    """One input and the function that scores it, settled before the first record."""

    def __init__(self, request, module, number):
        item = request["inputs"][number]
        slot = request["slots"].get(str(item["slot"]), {})
        name = slot.get("action") or request["entry_points"].get("score")
        if name in ("unused", "none"):
            said = "slot %s: models that read their Slot themselves are not supported" % item["slot"]
            raise JobError("import", said)
        self.number, self.item, self.slot = number, item, item["slot"]
        self.function = find_function(module, name, "score")
        self.arity = score_arity(self.function, "the score function %r" % name)
        self.schema, self.check = slot.get("schema"), schema_of(request, item["slot"], "input")
        self.takes_sets = bool(slot.get("recordsets"))

    def caller(self, state):
        """Return a function of the record alone that also passes the slot and the sequence number."""
        function, slot, arity = self.function, self.slot, self.arity
        if arity == 1:
            return function
        return lambda value: function(*(value, slot, state[1] + 1)[:arity])
