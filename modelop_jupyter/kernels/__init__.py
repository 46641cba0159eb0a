"""Isolated kernels: a Jupyter kernel in a model's environment, which it leaves as it is."""

from __future__ import annotations

from modelop_jupyter.kernels.service import Kernels

__all__ = ["Kernels"]
