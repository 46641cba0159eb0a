"""What becomes of a job whose runner died: the record is tried again, passed over, or the last."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from enum import Enum

IN_A_ROW = 5
# Whoever sends these may not be the model: memory ran out, an administrator, a reboot.
_FROM_OUTSIDE = frozenset(
    -number
    for number in (
        signal.SIGINT,
        signal.SIGTERM,
        getattr(signal, "SIGKILL", signal.SIGTERM),
        getattr(signal, "SIGHUP", signal.SIGTERM),
    )
)


class Verdict(Enum):
    """What to do after a death."""

    AGAIN = "again"
    PASS_OVER = "pass over"  # noqa: S105 - no password
    END = "end"


@dataclass
class Deaths:
    """The deaths of one runner's line.

    A record in which the process ended by itself is passed over at once. A kill may have come from
    outside, so the record has a second try: without it, a reboot of a container would cost one. A
    runner that was killed before its first record has a second try, too.
    """

    in_a_row: int = 0
    tried: set[int] = field(default_factory=set)
    _next: int = 0

    def judge(self, code: int, *, begun: int, is_inside: bool) -> Verdict:
        """Say what to do after an end with this exit code.

        ``begun`` is the record begun last, -1 before the first; ``is_inside`` says that it was not
        done yet.
        """
        if begun > self._next:
            self.in_a_row = 0
        self.in_a_row += 1
        self._next = max(self._next, begun)
        if self.in_a_row >= IN_A_ROW:
            return Verdict.END
        is_from_outside = code in _FROM_OUTSIDE
        if is_from_outside and (begun not in self.tried or (begun >= 0 and not is_inside)):
            self.tried.add(begun)
            return Verdict.AGAIN
        if not is_inside:
            return Verdict.END
        self._next = begun + 1
        return Verdict.PASS_OVER
