"""Jobs that are never removed: an empty file in the folder says so, whatever becomes of the registry."""

from __future__ import annotations

from contextlib import suppress

from modelop_jupyter.errors import HomeError
from modelop_jupyter.jobs.folder import JobFolder

_NAME = "pinned"


def pin(folder: JobFolder) -> None:
    """Keep a job from being removed; raises :class:`HomeError` where its folder is gone."""
    try:
        (folder.root / _NAME).touch(mode=0o600)
    except OSError as error:
        raise HomeError(str(folder.root), error.strerror or str(error)) from None


def unpin(folder: JobFolder) -> None:
    """Let a job be removed again."""
    with suppress(FileNotFoundError):
        (folder.root / _NAME).unlink()


def is_pinned(folder: JobFolder) -> bool:
    return (folder.root / _NAME).exists()
