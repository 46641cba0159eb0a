"""Whole models as files: what an export wrote, and what an import took in."""

from __future__ import annotations

from dataclasses import dataclass

from modelop_jupyter.domain.models import Snapshot
from modelop_jupyter.domain.reports import Registration

EXPORT_FORMATS = ("modelop", "git", "mlflow")


@dataclass(frozen=True, slots=True)
class Exported:
    """What `export` wrote: ``digest`` names the content, ``lock`` what its packages were locked to.

    ``was_there`` says that exactly this lay there already; ``notes`` are what a reader of the files
    has to know, ``warnings`` what could not be put into them.
    """

    ref: str
    path: str
    format: str
    files: int
    size: int
    digest: str
    lock: str | None
    was_there: bool = False
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Imported:
    """What `import` made of a model, and the snapshot that holds it; ``is_new`` if it was taken now."""

    registration: Registration
    snapshot: Snapshot
    is_new: bool
