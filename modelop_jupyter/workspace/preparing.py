"""Environments that are there before they are needed: ``python -m modelop_jupyter.workspace.preparing NAME -``.

It does what ``env build NAME`` does, in the background, at low priority and without a word: why it
failed is noted where ``env show`` looks. It may be killed at any time; the first job builds then.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from modelop_jupyter.domain import variables
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

    def start() -> int:
        return _start(model.name, settings, environments.spec(model).requirements.variables)

    return environments.prepare(model, start)


def main(arguments: list[str]) -> int:
    """Build the environment of one model."""
    from modelop_jupyter.engines import learn
    from modelop_jupyter.errors import ModelOpError
    from modelop_jupyter.workspace import Workspace

    learn(arguments[1])
    if hasattr(os, "nice"):
        os.nice(_LOW)
    with contextlib.suppress(ModelOpError), Workspace() as workspace:
        workspace.environments.build_in_background(workspace.owner(arguments[0]))
    return 0


def _start(name: str, settings: Settings, names: Iterable[str]) -> int:
    from modelop_jupyter.engines import ON_STDIN, start_detached, text_of

    log = settings.environments / "logs" / "background.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    known = {**os.environ, **settings.variables}
    return start_detached(
        [sys.executable, "-m", "modelop_jupyter.workspace.preparing", name, ON_STDIN],
        cwd=settings.home,
        environment=variables.plain(known),
        log=log,
        stdin=text_of(variables.private(known, names)),
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
