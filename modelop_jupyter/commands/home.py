"""The verbs of the whole home: the overview of a bare ``%modelop``, ``repair`` and ``panel``."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.errors import UsageMistakeError

if TYPE_CHECKING:
    from modelop_jupyter.commands.context import Context
    from modelop_jupyter.domain.repairs import Repair
    from modelop_jupyter.domain.reports import Overview


def _overview(context: Context, args: Namespace) -> Overview:  # noqa: ARG001 - a verb's signature
    return context.workspace.overview()


OVERVIEW = Verb(
    name="",
    summary="Show the models, the environments with their sizes, and the running and last jobs.",
    example="",
    run=_overview,
)


def _repair(context: Context, args: Namespace) -> Repair:  # noqa: ARG001 - a verb's signature
    from modelop_jupyter.kernels import specs

    repair = context.workspace.repair()
    installed = specs.installed(context.workspace)
    return replace(repair, kernels=tuple(kernel for kernel in installed if kernel.gone))


_REPAIR = Verb(
    name="repair",
    summary="Restore missing models, snapshots and jobs of the registry from the job folders.",
    example="repair",
    run=_repair,
)


@dataclass(frozen=True, slots=True)
class PanelRequest:
    """The value of the verb ``panel``: the notebook shows a new panel."""


def _panel(context: Context, args: Namespace) -> PanelRequest:  # noqa: ARG001 - a verb's signature
    if context.session.variables() is None:
        raise UsageMistakeError("panel needs a notebook", "In a cell, type %modelop panel")
    return PanelRequest()


_PANEL = Verb(
    name="panel",
    summary="Show the widget panel: models with assets and environments, jobs with progress.",
    example="panel",
    run=_panel,
)

VERBS = (_REPAIR, _PANEL)
