"""Environments that are there before they are needed: ``python -m modelop_jupyter.workspace.preparing NAME``.

It does what ``env build NAME`` does, in the background, at low priority and without a word: why it
failed is noted where ``env show`` looks. It may be killed at any time; the first job builds then.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from modelop_jupyter.settings import Settings

if TYPE_CHECKING:
    from modelop_jupyter.domain.models import Model
    from modelop_jupyter.domain.reports import EnvironmentState
    from modelop_jupyter.workspace.environments import ModelEnvironments

_LOW = 10


def prepare(model: Model, environments: ModelEnvironments, settings: Settings) -> EnvironmentState:
    """Have a model's environment built in the background if it is not there; returns at once."""
    if not settings.prepares:
        return environments.state(model)
    return environments.prepare(model, lambda: _start(model.name, settings))


def main(arguments: list[str]) -> int:
    """Build the environment of one model."""
    from modelop_jupyter.errors import ModelOpError
    from modelop_jupyter.workspace import Workspace

    if hasattr(os, "nice"):
        os.nice(_LOW)
    with contextlib.suppress(ModelOpError), Workspace() as workspace:
        workspace.environments.build_in_background(workspace.owner(arguments[0]))
    return 0


def _start(name: str, settings: Settings) -> int:
    from modelop_jupyter.engines import start_detached

    log = settings.environments / "logs" / "background.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    return start_detached(
        [sys.executable, "-m", "modelop_jupyter.workspace.preparing", name],
        cwd=settings.home,
        environment={**os.environ, **settings.variables},
        log=log,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
