"""Record a model's state in a registry, whatever was recorded before."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from datetime import datetime

from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.registry import Change, Draft, Registry


def save_model(
    registry: Registry,
    name: str,
    state: ModelState,
    *,
    description: str | None = None,
    tags: Iterable[str] | None = None,
    notebook: str | None = None,
    now: datetime,
    keeps_lock: Callable[[ModelState, ModelState], bool] = operator.eq,
) -> Change:
    """Record a state; None leaves a field as it is."""
    draft = Draft(state, description, None if tags is None else tuple(tags), notebook)
    return registry.change_model(name, lambda _: draft, now=now, keeps_lock=keeps_lock)
