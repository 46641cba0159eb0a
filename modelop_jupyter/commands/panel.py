"""``panel``: the widget panel, in the cell that asks for it."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.errors import UsageMistakeError


@dataclass(frozen=True, slots=True)
class PanelAsked:
    """A panel that the front door of a notebook is to show."""


def run(context: Context, args: Namespace) -> PanelAsked:  # noqa: ARG001 - a verb's signature
    if context.session.variables() is None:
        raise UsageMistakeError("panel needs a notebook", "In a cell, type %modelop panel")
    return PanelAsked()


VERB = Verb(
    name="panel",
    summary="Show the widget panel here: models, their assets and environments, jobs with progress.",
    example="panel",
    run=run,
)
