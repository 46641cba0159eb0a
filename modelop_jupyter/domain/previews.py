"""What a registration would come to, shown before it is done."""

from __future__ import annotations

from dataclasses import dataclass

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.reports import ImportFinding
from modelop_jupyter.domain.requirements import Problem
from modelop_jupyter.domain.roles import AssetRole


@dataclass(frozen=True, slots=True)
class Proposal:
    """A file beside the source that may belong to the model.

    ``path`` begins in the source's folder; ``reason`` is ``named in the source`` or ``its name``,
    ``is_missing`` says that the source names it and neither model nor registration has it.
    """

    path: str
    role: AssetRole
    reason: str
    size: int
    is_missing: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What registering would record: nothing of it is on record yet.

    ``changes`` are those to the model that is there; ``assets`` are all that the model would have,
    ``missing`` the imports that no requirement provides, ``problems`` the requirement lines that
    cannot be used.
    """

    name: str
    created: bool
    changes: tuple[str, ...]
    source: str | None
    primary_source: str | None
    is_captured: bool
    entry_points: EntryPoints
    functions: tuple[str, ...]
    assets: tuple[Asset, ...]
    proposals: tuple[Proposal, ...]
    missing: tuple[ImportFinding, ...]
    problems: tuple[Problem, ...]
    additions: tuple[str, ...]
    python: str | None
    warnings: tuple[str, ...]
