"""What a registration would record, without recording it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from modelop_jupyter.capture import ModelCells, notebook_cells
from modelop_jupyter.capture.freezing import Freezable, value_query
from modelop_jupyter.domain.models import (
    Model,
    ModelState,
    check_name,
    similar_name,
)
from modelop_jupyter.domain.previews import Preview, Proposal, RequirementsPlan
from modelop_jupyter.domain.requirements.changes import InferredRequirements
from modelop_jupyter.domain.roles import AssetRole, role_for
from modelop_jupyter.domain.source_code.decorators import tag_texts
from modelop_jupyter.domain.source_code.function_options import FunctionOption, options_of_text
from modelop_jupyter.domain.source_code.primary_source import PYTHON_ENDINGS
from modelop_jupyter.domain.source_code.smart_tags import defined_functions
from modelop_jupyter.errors import (
    EnvironmentBuildError,
    InvalidError,
    ModelNotFoundError,
    ModelOpError,
    TagError,
    UnresolvedNameError,
)
from modelop_jupyter.masking import mask
from modelop_jupyter.models.registration_source import (
    RegistrationSource,
    StoredFile,
    decode_source,
    new_state,
    store_assets,
)
from modelop_jupyter.workspace.declined import declined_for
from modelop_jupyter.workspace.home import Home
from modelop_jupyter.workspace.inferred import (
    as_model,
    inferred_requirements,
    is_needed,
    with_requirements,
)
from modelop_jupyter.workspace.proposals import proposals
from modelop_jupyter.workspace.registration import (
    REQUIREMENTS_FILE,
    AssetFile,
    RegistrationRequest,
    StoredRegistration,
    assets_of_values,
    day_of,
    described,
    freezable,
    path_of,
    read_source,
    with_file_on_disk,
)
from modelop_jupyter.workspace.values import value_files

if TYPE_CHECKING:
    from modelop_jupyter.domain.environments import Lock, LockedPackage
    from modelop_jupyter.domain.results.comparisons import ModelDiff

T = TypeVar("T")


@dataclass
class _Refusals:
    """Collects why a registration would be refused; the first reason is shown."""

    first: InvalidError | None = None
    of_files: dict[str, str] = field(default_factory=dict)

    def attempt(self, make: Callable[[], T]) -> T | None:
        """Return what is made, None if it is refused."""
        try:
            return make()
        except InvalidError as error:
            self.first = self.first or error
            return None


def preview(request: RegistrationRequest, home: Home, *, resolves: bool = False) -> Preview:
    """Return what registering a request would record, with files of its folder that may be assets.

    Nothing is stored; ``resolves`` asks the index for the packages where they are not known yet. What
    would be refused leaves the rest of the preview as it is. Raises :class:`InvalidError` if the source's
    own file or folder cannot be read.
    """
    with home.scratch() as scratch:
        return _preview(request, scratch, resolves=resolves)


def _preview(request: RegistrationRequest, home: Home, *, resolves: bool) -> Preview:
    refusals = _Refusals()
    refusals.attempt(lambda: check_name(request.name))
    python = request.python
    if python is not None and not (
        request.installs_python and home.environments.python_to_install(python)
    ):
        refusals.attempt(lambda: home.environments.check_python(python))
    day = refusals.attempt(lambda: day_of(request))
    source = _source(request, home, refusals)
    assets = tuple(_assets(request, home, refusals))
    before = _registered(request.name, home)
    stored = StoredRegistration(request, source, assets, home, day)
    applied, state = _applied(stored, before, refusals)
    preview = _describe(request, home, refusals, applied, state, before, resolves=resolves)
    return replace(preview, python_to_install=home.environments.python_to_install(state.python))


def _source(
    request: RegistrationRequest, home: Home, refusals: _Refusals
) -> RegistrationSource | None:
    if request.cells is not None:
        return refusals.attempt(lambda: read_source(request, home))
    try:
        return read_source(request, home)
    except TagError as error:
        refusals.first = refusals.first or error
        return None


def _assets(request: RegistrationRequest, home: Home, refusals: _Refusals) -> Iterator[StoredFile]:
    """Store the files of a request one by one, and note those that cannot be read."""
    request = with_file_on_disk(request)
    given = [(asset, request.folder) for asset in request.assets]
    proposed = [*request.proposed, *assets_of_values(request, home)]
    given += [(asset, request.source_folder) for asset in proposed]
    for asset, folder in given:
        try:
            yield from store_assets([asset], home.blobs, folder=folder, within=request.within)
        except InvalidError as error:
            refusals.first = refusals.first or error
            refusals.of_files[path_of(asset)] = getattr(error, "reason", error.message)


def _applied(
    stored: StoredRegistration, before: Model | None, refusals: _Refusals
) -> tuple[RegistrationSource, ModelState]:
    old = before.state if before else ModelState()
    plain = replace(stored, request=replace(stored.request, infers=False))
    if refusals.first is None or stored.source is not None:
        made = refusals.attempt(lambda: plain.apply(old))
        if made is not None:
            return made
    # Nothing is called for sure of a source that could not be read.
    source = stored.source or RegistrationSource(primary=old.primary_source, notebook=None)
    python = stored.request.python
    state = refusals.attempt(lambda: new_state(old, source, stored.assets, python))
    return source, state or old


def _describe(
    request: RegistrationRequest,
    home: Home,
    refusals: _Refusals,
    source: RegistrationSource,
    state: ModelState,
    before: Model | None,
    *,
    resolves: bool,
) -> Preview:
    from modelop_jupyter.registry.changes import describe
    from modelop_jupyter.requirements.imports import import_findings

    old = before.state if before else ModelState()
    declined = declined_for(before, home)
    plan = None
    if state.primary_source is not None:
        inferred = inferred_requirements(request.name, state, home, request.kernel)
        plan = _requirements_plan(request, inferred, home, state)
        if plan is not None and request.infers:
            state = with_requirements(state, inferred, home.blobs)
    after = _as_described(as_model(request.name, state, before), request, source)
    spec = home.environments.spec(after)
    requirements = spec.requirements
    additions = tuple(added for added in spec.additions if added not in requirements.names)
    imports = import_findings(state, [*sorted(requirements.names), *additions], set(), home.blobs)
    names = home.registry.model_names()
    values = _freezable(request, state, refusals, home)
    # Of what is refused, some part is missing.
    outcome = _Outcome() if refusals.first else _outcome(before, after, home, resolves=resolves)
    return Preview(
        name=request.name,
        created=before is None,
        changes=describe(before, after) if before else (),
        source=source.text,
        primary_source=source.primary,
        is_captured=source.captured is not None or source.is_written,
        entry_points=source.entry_points,
        functions=tuple(defined_functions(source.text or "")),
        options=_options(request, source, home),
        assets=state.assets,
        proposals=tuple(
            declined.mark(it, request.source_folder or Path())
            for it in _proposals(request, source, state, old, refusals)
        ),
        requirements=declined.mark_requirements(plan) if plan else None,
        missing=tuple(finding for finding in imports if finding.verdict == "missing"),
        problems=requirements.problems,
        edited=source.captured.edited if source.captured else (),
        additions=additions,
        python=state.python,
        warnings=(*source.warnings, *source.notes),
        refusal=str(refusals.first) if refusals.first else None,
        refusal_code=refusals.first.code if refusals.first else None,
        similar=similar_name(request.name, names) if before is None else None,
        frozen=values.values,
        value_files=tuple(value_files(values.files, request, home)),
        unread=value_query(values.unread) if values.unread else None,
        diff=outcome.diff,
        packages=outcome.packages,
        unresolved=outcome.unresolved,
    )


def _as_described(model: Model, request: RegistrationRequest, source: RegistrationSource) -> Model:
    """Return a model with the description and the tags that registering would give it."""
    description, tags = described(request, source, model)
    return replace(
        model,
        description=model.description if description is None else description,
        tags=model.tags if tags is None else tags,
    )


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a registration comes to beside the model that is there, and its packages."""

    diff: ModelDiff | None = None
    packages: tuple[LockedPackage, ...] = ()
    unresolved: str | None = None


def _outcome(before: Model | None, after: Model, home: Home, *, resolves: bool) -> _Outcome:
    lock, unresolved = _lock(before, after, home, resolves=resolves)
    found = None
    if before is not None:
        from modelop_jupyter.comparison.snapshots import Version, diff

        kept = home.environments.kept_lock(before)
        found = diff(
            Version(f"{before.name} as registered", before, kept),
            Version(f"{before.name} as it would be", after, lock),
            home.blobs,
        )
    return _Outcome(found, lock.packages if lock else (), unresolved)


def _lock(
    before: Model | None, after: Model, home: Home, *, resolves: bool
) -> tuple[Lock | None, str | None]:
    """Return the lock that a model would have, and else why it is not known."""
    environments = home.environments
    keeps = before is not None and environments.asks_the_same(before.state, after.state)
    owner = after if keeps else replace(after, lock=None)
    try:
        lock = environments.kept_lock(owner)
        if lock is None and resolves:
            lock = environments.resolve(owner, environments.spec(owner))
    except EnvironmentBuildError as error:
        remedy = f" {error.remedy.rstrip('.')}." if error.remedy else ""
        return None, f"The packages cannot be resolved: {error.cause.rstrip('.')}.{remedy}"
    except ModelOpError as error:
        return None, str(error)
    return lock, None if lock else "The packages are not resolved yet."


def _freezable(
    request: RegistrationRequest, state: ModelState, refusals: _Refusals, home: Home
) -> Freezable:
    """Return the values that may be frozen or saved; none where all code can be taken."""
    is_needed = isinstance(refusals.first, UnresolvedNameError)
    has_values = request.frozen != frozenset() or bool(request.value_files)
    if request.cells is None or request.cells.are_unrun or not (is_needed or has_values):
        return Freezable()
    return freezable(request, state, home)


def _options(
    request: RegistrationRequest, source: RegistrationSource, home: Home
) -> tuple[FunctionOption, ...]:
    """Return the functions that a job may call: of the cells, else of the source's text."""
    if request.cells is not None:
        return request.cells.function_options()
    if request.path is None:
        return options_of_text(source.text) if source.text else ()
    path = Path(request.path).expanduser()
    if path.suffix.lower() not in (*PYTHON_ENDINGS, ".ipynb") or not path.is_file():
        return options_of_text(source.text) if source.text else ()
    data = home.blobs.read(home.blobs.put_file(path, below=request.within)[0])
    if path.suffix.lower() == ".ipynb":
        return ModelCells(notebook_cells(data)).function_options()
    return options_of_text(tag_texts([(path.name, decode_source(data))])[0].text)


def _proposals(
    request: RegistrationRequest,
    source: RegistrationSource,
    state: ModelState,
    before: ModelState,
    refusals: _Refusals,
) -> Iterator[Proposal]:
    """Yield the files of the folder that may be assets, and any other that was asked for."""
    text, folder = source.text or _text_of_cells(request.cells), request.source_folder
    # Files of values are listed with these.
    listed = set(request.value_files.values())
    for proposal in proposals(text, folder, state, before=before) if folder else ():
        if proposal.path in listed:
            continue
        listed.add(proposal.path)
        yield replace(proposal, problem=refusals.of_files.get(proposal.path))
    sizes = {asset.path: asset.size for asset in state.assets}
    for asset in (*request.assets, *request.proposed):
        path = path_of(asset)
        if path not in listed:
            problem, size = refusals.of_files.get(path), sizes.get(path, 0)
            role = _role_of(asset) or role_for(path)
            # A file that is gone stays taken until the user says otherwise: a form would drop it.
            is_gone = problem is not None
            yield Proposal(
                path, role, "chosen", size, is_missing=False, is_suggested=is_gone, problem=problem
            )


def _text_of_cells(cells: ModelCells | None) -> str:
    """Return what the cells say where nothing could be captured: they name the files all the same."""
    from modelop_jupyter.capture.ipython_syntax import strip_ipython_syntax

    texts = (strip_ipython_syntax(cell.source).text for cell in (cells.cells if cells else ()))
    return "\n\n".join(texts)


def _role_of(asset: AssetFile) -> AssetRole | None:
    word = asset[1] if isinstance(asset, tuple) else None
    return AssetRole.parse(word) if word else None


def _registered(name: str, home: Home) -> Model | None:
    try:
        return home.registry.get_model(name)
    except ModelNotFoundError:
        return None


def _requirements_plan(
    request: RegistrationRequest, inferred: InferredRequirements, home: Home, state: ModelState
) -> RequirementsPlan | None:
    """Return the requirements file that the imports ask for; None if there is nothing to add."""
    if not any(line.state == "added" for line in inferred.lines):
        return None
    folder = request.source_folder
    is_on_disk = folder is not None and inferred.asset == REQUIREMENTS_FILE
    named = home.environments.spec(as_model(request.name, state, None)).requirements.names
    return RequirementsPlan(
        inferred=replace(inferred, text=mask(inferred.text)),
        file=str((folder / inferred.asset).resolve()) if is_on_disk and folder else None,
        is_suggested=is_needed(inferred, frozenset(named), request.kernel),
    )
