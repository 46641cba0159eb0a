"""The registry of models, snapshots and jobs, and the store of their files' bytes.

SQLAlchemy is imported when :class:`Registry` is first used, not with this package.
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
