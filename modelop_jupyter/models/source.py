"""A model's primary source: its text and the smart tags in it."""

from __future__ import annotations

from typing import Protocol

from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.source_code.smart_tags import SmartTags, scan


class BlobReader(Protocol):
    """Reads stored bytes by their ``sha256:`` name."""

    def read(self, digest: str) -> bytes: ...


def tags_of(state: ModelState, blobs: BlobReader) -> SmartTags:
    """Return the smart tags of the primary source; those of an empty text where there is none."""
    return scan(source_text(state, blobs) or "")


def source_text(state: ModelState, blobs: BlobReader) -> str | None:
    """Return the primary source's text, None where there is none; bytes that are not UTF-8 are replaced."""
    asset = state.asset(state.primary_source) if state.primary_source else None
    return None if asset is None else blobs.read(asset.digest).decode("utf-8-sig", "replace")
