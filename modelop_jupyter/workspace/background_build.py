"""Start building a model's environment in the background, before a job needs it.

The process runs ``modelop_jupyter/workspace/__main__.py``. It may be killed at any time: the first
job then builds the environment.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from modelop_jupyter.domain import variables
from modelop_jupyter.settings import Settings

if TYPE_CHECKING:
    from modelop_jupyter.domain.models import Model
    from modelop_jupyter.domain.reports import EnvironmentState
    from modelop_jupyter.models.environments import ModelEnvironments


def start_background_build(
    model: Model, environments: ModelEnvironments, settings: Settings
) -> EnvironmentState:
    """Start building a model's environment if it is not there; return at once how far it is."""
    if not settings.prepares:
        return environments.state(model)

    def start() -> int:
        return _start(model.name, settings, environments.spec(model).requirements.variables)

    return environments.start_build(model, start)


def _start(name: str, settings: Settings, names: Iterable[str]) -> int:
    from modelop_jupyter.engines import ON_STDIN, encode_variables, start_detached

    log = settings.environments / "logs" / "background.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    known = {**os.environ, **settings.variables}
    if settings.blobs_url is not None:
        names = (*names, *variables.of_storage(os.environ))
    return start_detached(
        [sys.executable, "-m", "modelop_jupyter.workspace", name, ON_STDIN],
        cwd=settings.home,
        environment=variables.plain(known),
        log=log,
        stdin=encode_variables(variables.private(known, names)),
    )
