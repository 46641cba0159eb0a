"""Values of the running notebook in a registration: those of before, and the files that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.capture.freezing import FileValue, frozen_lines, saving_expression
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.previews import ValueFile
from modelop_jupyter.files import digest_of
from modelop_jupyter.models.source import source_text
from modelop_jupyter.workspace.home import Home
from modelop_jupyter.workspace.registration import VALUE_ROLE, RegistrationRequest, state_now

if TYPE_CHECKING:
    from modelop_jupyter.capture.freezing import FrozenLine

_MOST_NAMES = 100


def with_values_as_before(request: RegistrationRequest, home: Home) -> RegistrationRequest:
    """Return a request with the values that the registered source has as they are now.

    They were approved once. A value in a file counts where the model's asset holds the same bytes.
    """
    cells = request.cells
    if cells is None:
        return request
    state = state_now(request.name, home)
    frozen, files = set[str](), dict[str, str]()
    for name, line in _lines_of(state, home).items():
        value = cells.read(name)
        if value is None:
            continue
        if line.text is not None and value.text == line.text:
            frozen.add(name)
        asset = state.asset(line.path) if line.path else None
        if asset is not None and value.file is not None and value.file.digest == asset.digest:
            files[name] = asset.path
    return replace(request, frozen=frozenset(frozen), value_files=files)


def value_files(
    values: Iterable[FileValue], request: RegistrationRequest, home: Home
) -> Iterator[ValueFile]:
    """Yield the files that could hold values, each with a path that takes no other file's place."""
    state, folder = state_now(request.name, home), request.source_folder or Path()
    own = {line.path for line in _lines_of(state, home).values() if line.path}
    for value in values:
        facts = value.facts
        for path in _paths(value.name, facts.ending):
            asset, on_disk = state.asset(path), _digest(folder / path)
            if asset is not None and path not in own and asset.digest != facts.digest:
                continue
            is_there = (on_disk or (asset.digest if asset else None)) == facts.digest
            if is_there or on_disk is None or (asset is not None and on_disk == asset.digest):
                break
        else:
            continue
        replaced = None if is_there else on_disk
        yield ValueFile(
            name=value.name,
            where=value.where,
            expression=value.expression,
            source=value.lines(path),
            path=path,
            role=VALUE_ROLE,
            size=facts.size,
            libraries=facts.libraries,
            is_there=is_there,
            saving=saving_expression(value.name, str((folder / path).absolute()), replaced),
            replaced=replaced,
        )


def save_values(files: Iterable[ValueFile], request: RegistrationRequest) -> RegistrationRequest:
    """Write values of this session to files, and return a request whose source loads them.

    Raises :class:`InvalidError` for a file that cannot be written.
    """
    folder, saved = request.source_folder or Path(), dict(request.value_files)
    for file in files:
        if not file.is_there and request.cells is not None:
            request.cells.save(file.name, folder / file.path, file.replaced)
        saved[file.name] = file.path
    return replace(request, value_files=saved)


def _lines_of(state: ModelState, home: Home) -> dict[str, FrozenLine]:
    text = source_text(state, home.blobs)
    return frozen_lines(text) if text is not None else {}


def _paths(name: str, ending: str) -> Iterator[str]:
    yield f"{name}.{ending}"
    yield from (f"{name}-{number}.{ending}" for number in range(2, _MOST_NAMES))


def _digest(file: Path) -> str | None:
    """Return the digest of a file; None where there is none, and no digest's text for what is no file."""
    if not file.exists() and not file.is_symlink():
        return None
    if not file.is_file():
        return ""
    return digest_of(file)
