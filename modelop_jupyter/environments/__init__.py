"""Isolated environments: requirements to a lock, a lock to a folder with exactly its packages."""

from __future__ import annotations

from modelop_jupyter.environments.manager import EnvironmentManager

__all__ = ["EnvironmentManager"]
