"""Isolated kernels: Jupyter kernels in models' environments, which stay unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelop_jupyter.kernels.service import Kernels

__all__ = ["Kernels"]


def __getattr__(name: str) -> Any:
    # Lazy: an installed kernel imports this package, and needs no workspace.
    if name == "Kernels":
        from modelop_jupyter.kernels.service import Kernels

        return Kernels
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
