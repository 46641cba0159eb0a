"""Whether a job's inputs are still what they were.

Equal size and time are taken for equal content, as git and rsync take them. A file with another
time is read: an equal digest makes it the same. Where the first job ended before its digest was
known, another time is another content.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path

from modelop_jupyter.domain.jobs import JobInput
from modelop_jupyter.jobs.digests import FileState, digest_of, state_of


def difference(inputs: Sequence[JobInput], before: Sequence[FileState]) -> str | None:
    """Return in what the inputs differ from before, None where they do not."""
    for data, then in zip(inputs, before, strict=False):
        found = _difference(Path(data.path), then)
        if found is not None:
            return f"input {data.name} {found}"
    return None


def resized(inputs: Sequence[JobInput], before: Sequence[FileState]) -> str | None:
    """Return which input has grown or shrunk; one that is gone was open all the time."""
    for data, then in zip(inputs, before, strict=False):
        path = Path(data.path)
        if path.exists() and path.stat().st_size != then.size:
            return f"input {data.name} had {then.size:,} bytes and has {path.stat().st_size:,} now"
    return None


def _difference(path: Path, then: FileState) -> str | None:
    try:
        now = state_of(path)
    except OSError as error:
        return f"cannot be read any more ({error.strerror or error})"
    if now.size != then.size:
        return f"had {then.size:,} bytes and has {now.size:,} now"
    if now.modified == then.modified:
        return None
    if then.digest is None:
        return f"was changed {_moment(now.modified)}, and what it held before is not known"
    digest = digest_of(path)
    if digest == then.digest:
        return None
    return f"holds something else: {_short(then.digest)} then, {_short(digest)} now"


def _short(digest: str) -> str:
    return digest[: len("sha256:") + 12]


def _moment(nanoseconds: int) -> str:
    moment = datetime.fromtimestamp(nanoseconds / 1e9, timezone.utc)
    return f"at {moment.astimezone():%Y-%m-%d %H:%M:%S}"
