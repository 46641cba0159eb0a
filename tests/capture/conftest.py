"""Notebooks written as lists of cell texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from modelop_jupyter.capture import Captured, Cell, capture

Take = Callable[..., Captured]


@pytest.fixture
def take() -> Take:
    """Capture cells given by their texts, numbered from 1."""

    def taken(*sources: str, **options: Any) -> Captured:
        return capture([Cell(n, text) for n, text in enumerate(sources, start=1)], **options)

    return taken


@pytest.fixture
def run(take: Take) -> Callable[..., object]:
    """Capture cells, run the module as the runtime names it, and call its score function."""

    def ran(*sources: str, record: object = None) -> object:
        captured = take(*sources)
        names: dict[str, Any] = {"__name__": "model"}
        exec(compile(captured.source, "model.py", "exec", dont_inherit=True), names)
        if captured.entry_points.init:
            names[captured.entry_points.init]()
        return names[str(captured.entry_points.score)](record)

    return ran
