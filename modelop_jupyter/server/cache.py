"""Answers that are kept until something they were made of has changed, whoever changed it.

Every request looks at the sources first: what was written before it came is in its answer. What
changes without being written - the seconds of a build, a process that ends, a file inside an
environment - is seen after :data:`MOVING_SECONDS` at the latest.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelop_jupyter.server.sources import Source, Sources, State

MOVING_SECONDS = 0.5
# Nothing is known that a look does not see; if there is, it is wrong for so long only.
LONGEST_SECONDS = 2.0
MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer, how the sources stood before it was made, when that was, and until when it is good."""

    data: bytes
    state: State
    begun: float
    until: float


class AnswerCache:
    """The latest answers, of a bounded size together. Threads may share it."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._lock = Lock()
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._size = 0
        self._makers: dict[Hashable, tuple[Lock, int]] = {}

    def get(self, key: Hashable, sources: Collection[Source], make: Callable[[], bytes]) -> bytes:
        """Return the answer of a request, made now if there is none that is still true.

        Requests for the same wait for the one that makes it; what they get is no older than they are.
        """
        arrived = time.monotonic()
        found = self._find(key, self._sources.look(sources), arrived)
        if found is not None:
            return found
        with self._making(key):
            # Another thread may have made it meanwhile.
            state = self._sources.look(sources)
            found = self._find(key, state, arrived)
            if found is None:
                begun = time.monotonic()
                found = make()
                self._keep(key, found, state, begun)
            return found

    def _find(self, key: Hashable, state: State, arrived: float) -> bytes | None:
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                return None
            is_same = kept.state.is_exact and kept.state.key == state.key
            # What was begun after a request came has seen all that the request may ask for.
            if kept.begun < arrived and not (is_same and time.monotonic() < kept.until):
                return None
            self._kept.move_to_end(key)
            return kept.data

    def _keep(self, key: Hashable, data: bytes, state: State, begun: float) -> None:
        now = time.monotonic()
        # What took a second to be looked at was no newer when it arrived.
        lasting = max(MOVING_SECONDS, now - begun) if state.is_moving else LONGEST_SECONDS
        with self._lock:
            self._drop(key)
            self._kept[key] = _Kept(data, state, begun, now + min(lasting, LONGEST_SECONDS))
            self._size += len(data)
            while self._size > MOST_BYTES:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        gone = self._kept.pop(key, None)
        self._size -= len(gone.data) if gone else 0

    @contextmanager
    def _making(self, key: Hashable) -> Iterator[None]:
        """Hold the lock of one answer, which is forgotten when nobody holds or awaits it."""
        with self._lock:
            lock, count = self._makers.get(key, (Lock(), 0))
            self._makers[key] = (lock, count + 1)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                count = self._makers[key][1] - 1
                self._makers[key] = (lock, count)
                if not count:
                    del self._makers[key]
