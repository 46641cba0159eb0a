"""Registering a model: what was asked for, the state that comes of it, and how that is recorded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from modelop_jupyter.domain.as_of import GIT
from modelop_jupyter.domain.models import (
    EntryPoints,
    Model,
    ModelState,
    check_name,
    similar_name,
)
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import InvalidError, ModelNotFoundError, NoSourceError
from modelop_jupyter.workspace.home import Home, now
from modelop_jupyter.workspace.inferred import (
    inferred_requirements,
    with_requirements,
    write_beside,
)

if TYPE_CHECKING:
    from modelop_jupyter.capture import Captured, ModelCells
    from modelop_jupyter.capture.freezing import Freezable
    from modelop_jupyter.domain.origins import SourceOrigin
    from modelop_jupyter.domain.reports import Registration
    from modelop_jupyter.models.registration_source import RegistrationSource, StoredFile
    from modelop_jupyter.registry import Change, Draft
    from modelop_jupyter.requirements.distributions import Python

T = TypeVar("T")

REQUIREMENTS_FILE = "requirements.txt"
# What the code of a model loads is part of what it has learned, not data to run it on.
VALUE_ROLE = AssetRole.WEIGHTS_FILE
_UNRUN = "The saved text of the notebook is taken: no running kernel says what of it has run."

AssetFile = str | Path | tuple[str | Path, str | None]


@dataclass(frozen=True, slots=True)
class RegistrationRequest:
    """What a user asked to register, before any file was read.

    The source is captured from ``cells``, or was ``captured`` already, or is the file or folder
    ``path``; without any, a model that is there keeps its own. ``assets`` are files, or pairs of a
    file and its role; relative ones begin in ``folder``, or in the working directory. ``proposed``
    are files of the source's folder with their roles, as a preview lists them. ``infers`` adds to
    the requirements what the model imports, and writes them beside the source, with the versions of
    the ``kernel``, without one of this process's Python. ``frozen`` are the names whose values stand
    in the module for code that cannot be taken, None for all; those in ``value_files`` are loaded
    there, each from the file that holds it beside the source. ``source`` is the primary source in a
    folder; ``is_settled`` says that the user has seen the preview: what of its suggestions is left out
    was declined. ``entry_points`` are functions chosen whatever the tags say; ``tags`` are added to those
    of the model, an empty sequence removes all; None leaves a value as it is. Nothing that does not
    lie ``within`` that folder is read; ``follow_links`` allows links that lead out of a folder.
    With ``installs_python``, uv installs the model's Python if it is not on this machine.
    ``as_of`` is the day or time as of which requirements are resolved, ``git`` that of the last commit
    of the source's folder, ``now`` none; None leaves it as it is.
    """

    name: str
    path: str | Path | None = None
    captured: Captured | None = None
    cells: ModelCells | None = None
    assets: Sequence[AssetFile] = ()
    proposed: Sequence[tuple[str, str | None]] = ()
    infers: bool = False
    is_settled: bool = False
    frozen: frozenset[str] | None = frozenset()
    value_files: Mapping[str, str] = field(default_factory=dict)
    python: str | None = None
    installs_python: bool = False
    source: str | None = None
    description: str | None = None
    tags: Sequence[str] | None = None
    entry_points: EntryPoints = field(default_factory=EntryPoints)
    folder: Path | None = None
    follow_links: bool = False
    within: Path | None = None
    kernel: Python | None = None
    as_of: str | None = None

    @property
    def source_folder(self) -> Path | None:
        """The folder in which the source lies, None for one that is registered as a whole."""
        if self.path is not None:
            path = Path(self.path).expanduser()
            return None if path.is_dir() else path.parent
        notebook = self.cells.notebook if self.cells else None
        return self.folder or (notebook.parent if notebook else Path())

    @property
    def is_empty(self) -> bool:
        """Whether it names neither a source nor anything else to change."""
        return (
            self.path is None
            and self.captured is None
            and self.cells is None
            and not self.python
            and not self.as_of
            and not self.assets
            and not self.proposed
            and not self.infers
            and self.entry_points == EntryPoints()
            and self.description is None
            and self.tags is None
        )


@dataclass(frozen=True, slots=True)
class StoredRegistration:
    """A request whose files are in the blob store; ``source`` is None where the model keeps its own.

    ``as_of`` is the day that the request's word for it means.
    """

    request: RegistrationRequest
    source: RegistrationSource | None
    assets: tuple[StoredFile, ...]
    home: Home
    as_of: str | None = None

    def apply(self, before: ModelState) -> tuple[RegistrationSource, ModelState]:
        """Return the source and the new state of a model; raises :class:`NoSourceError` without any."""
        from modelop_jupyter.models.registration_source import (
            from_state,
            keep_frozen_lines,
            new_state,
        )
        from modelop_jupyter.workspace.pickled_definitions import with_definitions

        request, blobs = self.request, self.home.blobs
        if self.source is None and (request.source is not None or not before.assets):
            raise _nothing_to_register()
        source = self.source or from_state(before, request.entry_points, blobs)
        state = new_state(before, source, self.assets, request.python)
        complete = with_definitions(request.name, source, state, self.assets, blobs)
        complete = keep_frozen_lines(complete, before, blobs)
        state = new_state(before, complete, self.assets, request.python)
        if request.as_of:
            state = replace(state, as_of=self.as_of)
        if request.infers:
            inferred = inferred_requirements(request.name, state, self.home, request.kernel)
            state = with_requirements(state, inferred, blobs)
        return complete, state


def store(request: RegistrationRequest, home: Home) -> StoredRegistration:
    """Read the files of a request into the blob store; raises :class:`InvalidError` and its kin."""
    from modelop_jupyter.models.registration_source import store_assets

    check_name(request.name)
    if request.python is not None:
        home.environments.check_python(request.python, installs=request.installs_python)
    source = read_source(request, home)
    if request.installs_python and request.python is None and source and source.python:
        home.environments.check_python(source.python, installs=True)
    assets = [
        *store_assets(request.assets, home.blobs, folder=request.folder, within=request.within),
        *store_assets(
            [*with_file_on_disk(request).proposed, *assets_of_values(request, home)],
            home.blobs,
            folder=request.source_folder,
            within=request.within,
        ),
    ]
    return StoredRegistration(request, source, tuple(assets), home, day_of(request))


def day_of(request: RegistrationRequest) -> str | None:
    """Return the day as of which a request's packages are resolved; raises :class:`InvalidError`."""
    from modelop_jupyter.workspace.as_of import read_as_of

    if not request.as_of:
        return None
    # Only a folder that is registered as a whole has none.
    folder = request.source_folder or request.path
    return read_as_of(request.as_of, Path(folder) if folder else None)


def with_file_on_disk(request: RegistrationRequest) -> RegistrationRequest:
    """Return a request that takes the requirements file on disk, too, before lines are added to it."""
    folder, name = request.source_folder, REQUIREMENTS_FILE
    if not request.infers or folder is None or not (folder / name).is_file():
        return request
    given = {path_of(asset) for asset in (*request.assets, *request.proposed)}
    if name in given:
        return request
    return replace(request, proposed=(*request.proposed, (name, None)))


def path_of(asset: AssetFile) -> str:
    """Return the path of a file as the user gave it."""
    return PurePath(asset[0] if isinstance(asset, tuple) else asset).as_posix()


def assets_of_values(request: RegistrationRequest, home: Home) -> Iterator[tuple[str, str]]:
    """Yield the files of values with their role; one that only the model still has is kept there."""
    state, folder = state_now(request.name, home), request.source_folder or Path()
    for path in dict.fromkeys(request.value_files.values()):
        if (folder / path).is_file() or state.asset(path) is None:
            yield path, VALUE_ROLE.value


def read_source(request: RegistrationRequest, home: Home) -> RegistrationSource | None:
    """Read the source of a request into the blob store; None where the model keeps its own."""
    from modelop_jupyter.models.registration_source import from_capture, from_file
    from modelop_jupyter.models.repository_folder import from_folder

    cells = request.cells
    captured = _capture(cells, request, home) if cells else request.captured
    if captured is not None:
        made = from_capture(request.name, captured, home.blobs)
        return replace(made, notes=(_UNRUN,)) if cells and cells.are_unrun else made
    if request.path is None:
        return None
    path, source, chosen = Path(request.path).expanduser(), request.source, request.entry_points
    if path.is_dir():
        links, within = request.follow_links, request.within
        return from_folder(path, source, chosen, home.blobs, follow_links=links, within=within)
    return from_file(path, source, chosen, home.blobs, within=request.within)


def _capture(cells: ModelCells, request: RegistrationRequest, home: Home) -> Captured:
    def capture(points: EntryPoints) -> Captured:
        return cells.capture(points, request.frozen, request.value_files)

    return _with_functions(capture, cells, request, home)


def freezable(request: RegistrationRequest, state: ModelState, home: Home) -> Freezable:
    """Return the values that may stand in the module for code that cannot be taken.

    ``state`` has the files, whose pickles may look up definitions that need such values.
    """
    from modelop_jupyter.capture.freezing import Freezable
    from modelop_jupyter.workspace.pickled_definitions import pickled_names

    cells = request.cells
    if cells is None:
        return Freezable()
    names = pickled_names(state, home.blobs)

    def find(points: EntryPoints) -> Freezable:
        return cells.freezable(points, names)

    try:
        return _with_functions(find, cells, request, home)
    except InvalidError:
        return Freezable()


def _with_functions(
    use: Callable[[EntryPoints], T], cells: ModelCells, request: RegistrationRequest, home: Home
) -> T:
    """Use the tagged or chosen functions; without any, those that the model has already."""
    try:
        return use(request.entry_points)
    except NoSourceError:
        points = state_now(request.name, home).entry_points
        if not points.has_job or not cells.define(points):
            raise
        return use(points.merged(request.entry_points))


def register(request: RegistrationRequest, home: Home) -> Registration:
    """Record what a request asks for; nothing is recorded when anything of it cannot be used."""
    from modelop_jupyter.registry import Draft

    if request.is_empty:
        raise _nothing_to_register()
    stored = store(request, home)
    # Once outside of the transaction: large files are read here, and remembered.
    source, state = stored.apply(state_now(request.name, home))
    home.registry.hold(asset.digest for asset in state.assets)
    origin = None if stored.source is None else _origin_of(request, source)

    def make(before: Model | None) -> Draft:
        nonlocal source
        source, state = stored.apply(before.state if before else ModelState())
        description, tags = described(request, source, before)
        return Draft(
            state,
            description,
            tags,
            source.notebook,
            metadata=_with_metadata(before, source.metadata),
            origin=origin,
        )

    others = [name for name in home.registry.model_names() if name != request.name]
    change = change_model(request.name, make, home)
    registration = report(change, home, source)
    return replace(
        registration,
        source=source.text,
        is_captured=source.captured is not None or source.is_written,
        edited=source.captured.edited if source.captured else (),
        notes=(*registration.notes, *_remarks(request, change, others, home)),
    )


def _origin_of(request: RegistrationRequest, source: RegistrationSource) -> SourceOrigin:
    """Return the repository of the source, and the cells of its functions."""
    from modelop_jupyter.domain.origins import SourceOrigin
    from modelop_jupyter.models.git_state import git_state
    from modelop_jupyter.storage import is_address

    captured = source.captured
    file = request.path or (captured.notebook if captured else None)
    folder = request.folder or Path()
    others = [
        folder / Path(path).expanduser()
        for path in map(path_of, (*request.assets, *request.proposed))
        if not is_address(path)
    ]
    return SourceOrigin(
        git_state(Path(file), others) if file is not None else None,
        captured.functions if captured else (),
    )


def _remarks(
    request: RegistrationRequest, change: Change, others: Sequence[str], home: Home
) -> Iterator[str]:
    """Write the requirements file on disk and say so, and name a model that may have been meant."""
    folder, state = request.source_folder, change.model.state
    file = state.asset(REQUIREMENTS_FILE) if request.infers and folder is not None else None
    if file is not None and folder is not None:
        text = home.blobs.read(file.digest)
        yield write_beside(text, folder / file.path, within=request.within)
    if request.as_of == GIT:
        yield f"Packages are resolved as of {state.as_of}, the time of the folder's last commit."
    similar = similar_name(request.name, others) if change.created else None
    if similar is not None:
        yield (
            f"{request.name} is a new model beside {similar}: if you meant that one, remove"
            f" {request.name} and register as {similar}."
        )


def change_existing(
    name: str,
    make: Callable[[Model], Draft],
    home: Home,
    source: Callable[[], RegistrationSource] | None = None,
) -> Registration:
    """Change a model that must be there; ``make`` runs in the transaction that writes it.

    ``source`` returns what ``make`` read, whose warnings and notes are reported. Raises
    :class:`ModelNotFoundError`.
    """
    change = write_existing(name, make, home)
    return report(change, home, source() if source else None)


def write_existing(name: str, make: Callable[[Model], Draft], home: Home) -> Change:
    """Do what :func:`change_existing` does without a report, for what needs no other environment."""
    # Here, where the names of all models are known, of which one may have been meant.
    home.registry.get_model(name)

    def make_existing(before: Model | None) -> Draft:
        if before is None:
            raise ModelNotFoundError(name)
        return make(before)

    return change_model(name, make_existing, home)


def change_model(name: str, make: Callable[[Model | None], Draft], home: Home) -> Change:
    """Write what ``make`` returns for the model as it stands, in one transaction."""
    keeps_lock = home.environments.asks_the_same
    return home.registry.change_model(name, make, now=now(), by=home.author, keeps_lock=keeps_lock)


def report(change: Change, home: Home, source: RegistrationSource | None = None) -> Registration:
    """Return what a change of a model comes to, and have its environment built in the background."""
    from modelop_jupyter.domain.reports import Registration
    from modelop_jupyter.requirements.check import RequirementsCheck
    from modelop_jupyter.requirements.remarks import notes_of, warnings_of
    from modelop_jupyter.workspace.background_build import start_background_build

    model, environments = change.model, home.environments
    check = RequirementsCheck(model, environments, home.blobs)
    return Registration(
        model=model,
        created=change.created,
        changes=change.changes,
        warnings=(*(source.warnings if source else ()), *warnings_of(check)),
        notes=(*(source.notes if source else ()), *notes_of(check)),
        environment=start_background_build(model, environments, home.settings),
    )


def state_now(name: str, home: Home) -> ModelState:
    """Return the state of a model, an empty one where there is none of that name."""
    try:
        return home.registry.get_model(name).state
    except ModelNotFoundError:
        return ModelState()


def _with_metadata(
    before: Model | None, metadata: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    """Return the model's metadata with what the files say of it; None where they say nothing."""
    return None if metadata is None else {**(before.meta if before else {}), **metadata}


def described(
    request: RegistrationRequest, source: RegistrationSource, before: Model | None
) -> tuple[str | None, tuple[str, ...] | None]:
    """Return the description and the tags that a registration gives; None leaves those of before."""
    description = source.description if request.description is None else request.description
    tags = source.tags if request.tags is None else _with_tags(before, request.tags)
    return description, tags


def _with_tags(before: Model | None, tags: Sequence[str]) -> tuple[str, ...]:
    """Return the model's tags with further ones; an empty list removes all."""
    return tuple(dict.fromkeys((*(before.tags if before else ()), *tags))) if tags else ()


def _nothing_to_register() -> NoSourceError:
    return NoSourceError("there is nothing to register", "Give a .py file, a notebook or a folder")
