"""Where models, snapshots, jobs and the bytes of assets are recorded.

Importing the room is free: SQLAlchemy arrives with :class:`Registry`, when that is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelop_jupyter.registry.blobs import BlobStore
    from modelop_jupyter.registry.changes import Change, Draft
    from modelop_jupyter.registry.store import Registry

__all__ = ["BlobStore", "Change", "Draft", "Registry"]


def __getattr__(name: str) -> Any:
    if name == "BlobStore":
        from modelop_jupyter.registry import blobs

        return blobs.BlobStore
    if name in ("Change", "Draft"):
        from modelop_jupyter.registry import changes

        return getattr(changes, name)
    if name == "Registry":
        from modelop_jupyter.registry import store

        return store.Registry
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
