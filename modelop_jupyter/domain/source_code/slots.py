"""Slots: the numbered inputs (even) and outputs (odd) of a model, as its tags define them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

UNUSED = "unused"

_TRUTH = {"true": True, "yes": True, "false": False, "no": False}
# The older form of ``recordsets`` names the sides (spec 1.2): (inputs, outputs).
_SIDES = {
    "none": (False, False),
    "input": (True, False),
    "output": (False, True),
    "both": (True, True),
}


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot in use.

    ``action`` is the function of an input slot, ``"unused"`` for a model that reads the slot
    itself, None for the score function. ``schema`` is the base name of a schema asset, as tagged.
    """

    number: int
    action: str | None = None
    recordsets: bool = False
    schema: str | None = None

    @property
    def is_input(self) -> bool:
        return self.number % 2 == 0


@dataclass
class SlotTable:
    """The slots while tags are applied one by one; a tag of one slot wins over ``$in``, that over ``$all``.

    Slots 0 and 1 are in use until a tag says ``unused``, which cancels earlier tags.
    """

    _used: set[int] = field(default_factory=lambda: {0, 1})
    _said: dict[int | str, dict[str, Any]] = field(default_factory=dict)
    _remarks: list[str] = field(default_factory=list)

    def apply(self, key: str, value: str, *, line: int) -> None:
        """Apply one valued tag; a tag that cannot be understood gives a remark."""
        base, _, scope = key.partition(".")
        base = base.lower()
        if base in ("input", "output") and not scope:
            base, scope = "schema", "0" if base == "input" else "1"
        if base not in ("schema", "recordsets", "action", "slot"):
            return
        target = _scope(scope, default="$in" if base == "action" else "$all")
        if target is None:
            self._remarks.append(
                f"line {line}: {scope!r} is not a slot: a number, $in, $out or $all"
            )
        elif base == "slot":
            self._mark(target, value.lower(), line)
        elif base == "recordsets":
            self._record_sets(target, value.lower(), line)
        elif base == "schema":
            self._say(target, schema=PurePosixPath(value.replace("\\", "/")).name)
        else:
            self._say(target, action=UNUSED if value.lower() in ("none", UNUSED) else value)

    def resolve(self) -> tuple[tuple[Slot, ...], tuple[str, ...]]:
        """Return the slots in use, and the remarks on doubtful tags."""
        slots = []
        for number in sorted(self._used):
            side = "$out" if number % 2 else "$in"
            tags = {k: v for scope in ("$all", side, number) for k, v in self._of(scope)}
            action = None if number % 2 else tags.get("action")
            slots.append(Slot(number, action, tags.get("recordsets", False), tags.get("schema")))
        inputs = [slot for slot in slots if slot.is_input]
        acting = [slot for slot in inputs if slot.action not in (None, UNUSED)]
        remarks = list(self._remarks)
        if acting and len(acting) < len(inputs):
            without = ", ".join(str(slot.number) for slot in inputs if slot not in acting)
            remarks.append(f"some input slots have an action and some have none: {without}")
        return tuple(slots), tuple(remarks)

    def _of(self, scope: int | str) -> list[tuple[str, Any]]:
        return list(self._said.get(scope, {}).items())

    def _say(self, target: int | str, **said: Any) -> None:
        if isinstance(target, int):
            self._used.add(target)
        self._said.setdefault(target, {}).update(said)

    def _mark(self, target: int | str, value: str, line: int) -> None:
        if value == UNUSED:
            for number in [*self._used, *(key for key in self._said if isinstance(key, int))]:
                if target in (number, "$all", "$out" if number % 2 else "$in"):
                    self._used.discard(number)
                    self._said.pop(number, None)
            for scope in ("$all", "$in", "$out") if target == "$all" else (target,):
                self._said.pop(scope, None)
        elif value != "in-use":
            self._remarks.append(f"line {line}: {value!r} is neither in-use nor unused")
        elif isinstance(target, str):
            self._remarks.append(f"line {line}: in-use needs the number of one slot, not {target}")
        else:
            self._used.add(target)

    def _record_sets(self, target: int | str, value: str, line: int) -> None:
        if value in _TRUTH:
            self._say(target, recordsets=_TRUTH[value])
        elif value in _SIDES and target == "$all":
            inputs, outputs = _SIDES[value]
            self._say("$in", recordsets=inputs)
            self._say("$out", recordsets=outputs)
        else:
            self._remarks.append(f"line {line}: {value!r} is neither true nor false")


def _scope(text: str, *, default: str) -> int | str | None:
    if not text:
        return default
    if text.isascii() and text.isdigit() and len(text) < 5:
        return int(text)
    return text.lower() if text.lower() in ("$all", "$in", "$out") else None
