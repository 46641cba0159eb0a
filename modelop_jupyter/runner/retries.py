"""Records that fail transiently: whether one is tried again, and how long the runner waits before.

Nothing of a failed try is left: ``Output.undo_call`` drops what it had written, so that the output is
that of a run in which nothing failed.
"""

import builtins
import os
import sys
import time

from .errors import MAX_MESSAGE
from .termination import Terminated, Termination

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .journal import Journal
    from .output import Output
    from .protocol import RetryPolicy

FIRST_SECONDS = 0.5  # before the second try, doubled before each further one
MOST_SECONDS = 30.0
LOOK_SECONDS = 0.1  # between two reports while it waits
RANDOM = 1 << 16


class Retries:
    """Tries records again whose exception the policy names; counted in ``Journal.tries``."""

    def __init__(self, policy: "RetryPolicy", journal: "Journal", output: "Output") -> None:
        self.count, self.names = policy["count"], policy["exceptions"]
        self.first_seconds = policy.get("seconds", FIRST_SECONDS)
        self.journal, self.output = journal, output
        journal.tries = {"retried": 0, "retries": 0}
        output.notes_calls = True

    def wants(self, error: "Any", tries: int) -> bool:
        """Say whether a record that has been tried so many times, and raised this, is tried again."""
        return tries <= self.count and any(is_named(error, name) for name in self.names)

    def prepare(self, error: "Any", mark: int, tries: int, records: int = 1) -> None:
        """Drop what the failed try has written, count it, and wait; raises Terminated after SIGTERM.

        ``mark`` is where the call's pending output began. No record is at hand meanwhile, so that the
        limit for a record is one for each try.
        """
        journal = self.journal
        journal.current_record[2] = 0
        self.output.undo_call(mark)
        counts: Any = journal.tries
        counts["retries"] += 1
        if tries == 1:
            counts["retried"] += records
        seconds = self.seconds_before(tries)
        try:
            message = str(error).strip()[:MAX_MESSAGE]
        except Exception:  # an exception class of the model may do anything
            message = ""
        reason = f"{type(error).__name__}: {message}" if message else type(error).__name__
        journal.log_retry(
            f"{reason}; the record is tried again in {seconds:.1f} s, try {tries + 1} of"
            f" {self.count + 1}"
        )
        self._wait(time.monotonic() + seconds)

    def seconds_before(self, tries: int) -> float:
        """Return how long to wait after so many tries: half of the time is left to chance.

        Runners that a service has refused together do not come back together. The model's own random
        numbers stay what they were.
        """
        most = min(MOST_SECONDS, self.first_seconds * 2.0 ** min(tries - 1, 30))
        share = int.from_bytes(os.urandom(2), "big") / RANDOM
        return most * (0.5 + share / 2)

    def _wait(self, until: float) -> None:
        """Wait, and report on the way; SIGTERM ends it at once."""
        while True:
            if Termination.requested:
                raise Terminated()
            now = time.monotonic()
            self.journal.report(now)
            if now >= until:
                return
            Termination.in_model = True
            try:
                time.sleep(min(LOOK_SECONDS, until - now))
            finally:
                Termination.in_model = False


def is_named(error: BaseException, name: str) -> bool:
    """Say whether a name, a ``module.Name`` or a module is that of an exception or of a base of it.

    A class also has the names under which modules offer it: ``requests.ConnectionError``.
    """
    module, _, last = name.rpartition(".")
    place = sys.modules.get(module) if module else builtins
    known = getattr(place, last, None)
    if isinstance(known, type) and isinstance(error, known):
        return True
    return any(is_name_of(kind, name) for kind in type(error).__mro__ if kind is not object)


def is_name_of(kind: type, name: str) -> bool:
    home = str(kind.__module__)
    # Before Python 3.10, what a socket raises is no TimeoutError.
    names = (kind.__name__, f"{home}.{kind.__qualname__}", home)
    if name in names or home.startswith(name + "."):
        return True
    return name == "TimeoutError" and f"{home}.{kind.__name__}" == "socket.timeout"
