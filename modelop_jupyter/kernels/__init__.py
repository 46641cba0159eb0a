"""Isolated kernels: a Jupyter kernel in a model's environment, which it leaves as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelop_jupyter.kernels.service import Kernels

__all__ = ["Kernels"]


def __getattr__(name: str) -> Any:
    # An installed kernel passes here on its way, and needs no workspace.
    if name == "Kernels":
        from modelop_jupyter.kernels.service import Kernels

        return Kernels
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
