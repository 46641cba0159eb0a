"""Cache responses until something that they depend on changes, whichever process changes it.

Every request reads the state of the home folder first: whatever was written before the request is
in its response. What changes without a write - the seconds of a build, a process that ends, a file
inside an environment - is in a response after :data:`VOLATILE_SECONDS` at the latest.
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

    from modelop_jupyter.server.changes.home_state import Dependency, HomeState, HomeStateReader

VOLATILE_SECONDS = 0.5
# A limit for changes that the home state might not show, although none is known.
MAX_AGE_SECONDS = 2.0
MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _CacheEntry:
    """A response and the state that was read before it was computed.

    ``started`` and ``expires`` are times of the monotonic clock.
    """

    body: bytes
    state: HomeState
    started: float
    expires: float


class ResponseCache:
    """The most recently used responses, :data:`MAX_BYTES` together. Thread-safe."""

    def __init__(self, reader: HomeStateReader) -> None:
        self._reader = reader
        self._lock = Lock()
        self._entries: OrderedDict[Hashable, _CacheEntry] = OrderedDict()
        self._size = 0
        # A lock for each response that is being computed, and how many threads hold or await it.
        self._key_locks: dict[Hashable, tuple[Lock, int]] = {}

    def get(
        self, key: Hashable, dependencies: Collection[Dependency], compute: Callable[[], bytes]
    ) -> bytes:
        """Return the cached response if it is still valid, else compute and store it.

        Concurrent requests with the same key wait for the one that computes: its response is no
        older than they are.
        """
        arrived = time.monotonic()
        body = self._lookup(key, self._reader.read(dependencies), arrived)
        if body is not None:
            return body
        with self._key_lock(key):
            # Another thread may have computed it while this one waited.
            state = self._reader.read(dependencies)
            body = self._lookup(key, state, arrived)
            if body is None:
                started = time.monotonic()
                body = compute()
                self._store(key, body, state, started)
            return body

    def _lookup(self, key: Hashable, state: HomeState, arrived: float) -> bytes | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            is_same = entry.state.is_exact and entry.state.key == state.key
            is_valid = is_same and time.monotonic() < entry.expires
            # A response whose computation started after the request arrived is always new enough.
            if entry.started < arrived and not is_valid:
                return None
            self._entries.move_to_end(key)
            return entry.body

    def _store(self, key: Hashable, body: bytes, state: HomeState, started: float) -> None:
        now = time.monotonic()
        # A volatile response that took a second to compute was a second old when it was sent; it
        # may be served for as long again.
        lifetime = max(VOLATILE_SECONDS, now - started) if state.is_volatile else MAX_AGE_SECONDS
        expires = now + min(lifetime, MAX_AGE_SECONDS)
        with self._lock:
            self._evict(key)
            self._entries[key] = _CacheEntry(body, state, started, expires)
            self._size += len(body)
            while self._size > MAX_BYTES:
                self._evict(next(iter(self._entries)))

    def _evict(self, key: Hashable) -> None:
        entry = self._entries.pop(key, None)
        self._size -= len(entry.body) if entry else 0

    @contextmanager
    def _key_lock(self, key: Hashable) -> Iterator[None]:
        """Hold the lock of one response; it is deleted when no thread holds or awaits it."""
        with self._lock:
            lock, count = self._key_locks.get(key, (Lock(), 0))
            self._key_locks[key] = (lock, count + 1)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                count = self._key_locks[key][1] - 1
                self._key_locks[key] = (lock, count)
                if not count:
                    del self._key_locks[key]
