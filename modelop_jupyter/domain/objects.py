"""Objects in remote storage, as they were at one moment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ObjectState:
    """What storage says of one object: enough to tell whether it has been changed.

    ``address`` holds no credentials, ``modified`` is in UTC (ISO 8601). What a storage does not tell
    is None.
    """

    address: str
    size: int | None = None
    etag: str | None = None
    version: str | None = None
    modified: str | None = None

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.address.rpartition("/")[2]

    def difference(self, now: ObjectState) -> str | None:
        """Return what has changed, such as ``its size was 10 bytes and is 12``; None if nothing has.

        The time of the last change counts only where there is neither ETag nor version: storage
        tells it with another precision in a listing than for one object.
        """
        if None not in (self.size, now.size) and self.size != now.size:
            return f"its size was {self.size} bytes and is {now.size}"
        for label, old, new in (
            ("ETag", self.etag, now.etag),
            ("version", self.version, now.version),
            ("time of the last change", self.modified, now.modified),
        ):
            if old and new:
                return None if old == new else f"its {label} was {old} and is {new}"
        return None
