"""How fast a job goes, and when it will be through: told by its last seconds, not by its first."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

_SECONDS = 15.0
_SHORTEST = 0.15


class Pace:
    """Rate and time left of one runner's progress; ``limit`` is the number of records it stops at."""

    def __init__(self, *, limit: int | None = None) -> None:
        self.bytes = 0
        self._size: int | None = None
        self._limit = limit
        self._looks: deque[tuple[float, int, int]] = deque()

    def add(self, event: Mapping[str, Any]) -> None:
        """Take in a progress event."""
        self.bytes, self._size = event["bytes"], event["total_bytes"]
        if not event["records_in"]:
            # Until the first record the model was loading, and a checkpoint may not be read yet.
            return
        self._looks.append((event["t"], event["records_in"], event["bytes"]))
        while len(self._looks) > 2 and self._looks[-1][0] - self._looks[1][0] > _SECONDS:
            self._looks.popleft()

    @property
    def total_bytes(self) -> int | None:
        """Bytes that are to be read: about those of as many records as there may be, if limited."""
        if self._limit is None or self._size is None or not self._looks or self.bytes <= 0:
            return self._size
        return min(self._size, round(self.bytes * self._limit / self._looks[-1][1]))

    @property
    def rate(self) -> float | None:
        """Records in a second."""
        seconds, records, _ = self._gone
        return records / seconds if seconds >= _SHORTEST else None

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end of the input."""
        seconds, _, size = self._gone
        if self.total_bytes is None or seconds < _SHORTEST or size <= 0:
            return None
        return max(0.0, seconds * (self.total_bytes - self.bytes) / size)

    @property
    def total(self) -> int | None:
        """About how many records there are: bytes tell, as the records are not counted before."""
        if not self._looks or not self.total_bytes or self.bytes <= 0:
            return None
        return round(self._looks[-1][1] * self.total_bytes / self.bytes)

    @property
    def _gone(self) -> tuple[float, int, int]:
        if not self._looks:
            return 0.0, 0, 0
        first, last = self._looks[0], self._looks[-1]
        return last[0] - first[0], last[1] - first[1], last[2] - first[2]
