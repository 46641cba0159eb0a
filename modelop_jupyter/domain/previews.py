"""The preview of a registration."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.environments import LockedPackage
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.reports import EditedCell, ImportFinding
from modelop_jupyter.domain.requirements import Problem
from modelop_jupyter.domain.requirements.changes import InferredRequirements
from modelop_jupyter.domain.results.comparisons import ModelDiff
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.source_code.function_options import FunctionOption
from modelop_jupyter.domain.wire import OPTIONAL


@dataclass(frozen=True, slots=True)
class Proposal:
    """A file beside the source that may belong to the model.

    ``path`` is relative to the source's folder; ``reason`` is ``named in the source``, ``its name``
    or ``chosen``, which is any other file that was asked for. ``is_missing`` is true if the source
    names it and neither model nor registration has it, ``is_suggested`` if it should be taken unless
    the user says otherwise, ``is_held`` if the model has the file just as it is now, ``is_declined``
    if the user has left it out before, just as it is now. ``problem`` says why a file that was asked for cannot be read.
    """

    path: str
    role: AssetRole
    reason: str
    size: int
    is_missing: bool
    is_suggested: bool = False
    is_held: bool = False
    is_declined: bool = False
    problem: str | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class RequirementsPlan:
    """A requirements file made from what the model imports, before it is written.

    ``file`` is where it would be written on disk, None if only the model would get it.
    ``is_suggested`` is true if an import would fail without it, unless the user has left out all of
    its new lines before: it ``is_declined`` then.
    """

    inferred: InferredRequirements
    file: str | None
    is_suggested: bool
    is_declined: bool = False

    @property
    def added(self) -> frozenset[str]:
        """The lines that are new."""
        return frozenset(line.text for line in self.inferred.lines if line.state == "added")


@dataclass(frozen=True, slots=True)
class FrozenValue:
    """A value of the running notebook that stands in the module in place of the code that made it.

    ``where`` names the cell, and those that changed the value since; ``expression`` made it there.
    ``source`` are the lines of the module.
    """

    name: str
    where: str
    expression: str
    source: str


@dataclass(frozen=True, slots=True)
class ValueFile:
    """A value of the running notebook that a file of the model can hold, and the module loads.

    It is one that no short literal gives. ``path`` is the file's beside the source, and the asset's;
    ``source`` are the lines of the module; ``libraries`` are the modules of which a pickle needs the
    same versions. ``is_there``: the file, or the model's asset, holds the value as it is now.
    ``replaced`` is the digest of the model's older value in that file, None where none is there.
    ``saving`` is the Python expression with which the notebook's kernel writes the file.
    """

    name: str
    where: str
    expression: str
    source: str
    path: str
    role: AssetRole
    size: int
    libraries: tuple[str, ...]
    is_there: bool
    saving: str
    replaced: str | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True, slots=True)
class ValueQuery:
    """Variables of the kernel whose values are not known, and the Python expression that reads them."""

    names: tuple[str, ...]
    expression: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What registering would record; nothing is recorded yet.

    ``refusal`` says why registering would be refused as it stands, ``refusal_code`` is the code of
    that error; all the rest is there in spite of it. ``changes`` are those to an existing model;
    ``similar`` is one that may be meant by the name of a new one. ``options`` are the functions that
    a job may call. ``assets`` are all that the model would have, ``requirements`` the file that its
    imports ask for, ``missing`` the imports that no requirement provides, ``problems`` the
    requirement lines that cannot be used, ``edited`` the cells of which an older text is taken.
    ``frozen`` are the values that stand in the source, or may stand there, ``value_files`` those that
    it loads, or may load, from files; ``unread`` are those that only the kernel knows.
    ``python_to_install`` is the version of the model's Python where that is missing, and uv may install it.

    ``diff`` is what differs from the model as it is registered, None for a new one. ``packages`` are those
    that the requirements are resolved to, ``unresolved`` says why they are not known.
    """

    name: str
    created: bool
    changes: tuple[str, ...]
    source: str | None
    primary_source: str | None
    is_captured: bool
    entry_points: EntryPoints
    functions: tuple[str, ...]
    options: tuple[FunctionOption, ...]
    assets: tuple[Asset, ...]
    proposals: tuple[Proposal, ...]
    requirements: RequirementsPlan | None
    missing: tuple[ImportFinding, ...]
    problems: tuple[Problem, ...]
    edited: tuple[EditedCell, ...]
    additions: tuple[str, ...]
    python: str | None
    warnings: tuple[str, ...]
    refusal: str | None = field(default=None, metadata=OPTIONAL)
    refusal_code: str | None = field(default=None, metadata=OPTIONAL)
    similar: str | None = field(default=None, metadata=OPTIONAL)
    frozen: tuple[FrozenValue, ...] = field(default=(), metadata=OPTIONAL)
    value_files: tuple[ValueFile, ...] = field(default=(), metadata=OPTIONAL)
    unread: ValueQuery | None = field(default=None, metadata=OPTIONAL)
    python_to_install: str | None = field(default=None, metadata=OPTIONAL)
    diff: ModelDiff | None = field(default=None, metadata=OPTIONAL)
    packages: tuple[LockedPackage, ...] = field(default=(), metadata=OPTIONAL)
    unresolved: str | None = field(default=None, metadata=OPTIONAL)

    @property
    def is_failure(self) -> bool:
        """Whether registering would be refused, so that a pipeline stops there."""
        return self.refusal is not None
