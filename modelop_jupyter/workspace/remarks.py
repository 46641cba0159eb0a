"""What there is to say of a model's requirements as soon as it is registered."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from modelop_jupyter.domain.models import Model
from modelop_jupyter.domain.requirements import Requirements
from modelop_jupyter.errors import BlobError
from modelop_jupyter.formats.stand_ins import HEAD, stand_in
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.workspace.checking import mistaken, providers_of, sound_lines
from modelop_jupyter.workspace.environments import ModelEnvironments
from modelop_jupyter.workspace.imported import findings
from modelop_jupyter.workspace.installed import brought_along
from modelop_jupyter.workspace.requirements import open_names, unpinned

_MOST_NAMED = 5
_LARGEST_PAGE = 1 << 20


def notes_of(model: Model, environments: ModelEnvironments) -> Iterator[str]:
    """Say what is installed besides what was asked for, and which versions are left open."""
    spec = environments.spec(model)
    parsed = spec.requirements
    added = [name for name in spec.additions if name not in parsed.names]
    points = model.state.entry_points
    if added:
        kinds = [kind for kind in ("metrics", "train") if points.get(kind)]
        why = f"for its {kinds[0]} function" if kinds else "as ModelOp's runtime has it, too"
        yield f"{' and '.join(added)} is added to its environment, {why}."
    yield from _open(model, environments, parsed)


def warnings_of(model: Model, environments: ModelEnvironments, blobs: BlobStore) -> Iterator[str]:
    """Warn of imports that nothing brings, with the line to type, and of passwords written out.

    Before anything is resolved, what this Python knows of the packages' dependencies counts.
    """
    yield from _stand_ins(model, blobs)
    spec, lock = environments.spec(model), environments.kept_lock(model)
    providers = providers_of(model, environments)
    python = lock.interpreter.minor if lock else environments.python_of(model)
    wrong = dict(mistaken(spec.requirements, providers, python))
    for (asset, line), said in wrong.items():
        yield f"{asset}, line {line}: {said}."
    for where in spec.requirements.secrets:
        yield (
            f"{where} holds a password, which goes wherever the model goes. Write ${{NAME}} in its"
            " place and set that variable, or leave it to netrc or a keyring."
        )
    parsed = sound_lines(spec.requirements, wrong)
    asked = [*parsed.names, *spec.additions]
    locked = {package.name for package in lock.packages} if lock else brought_along(asked)
    found = findings(
        model.state,
        parsed,
        spec.additions,
        locked,
        blobs,
        providers=providers,
        python=python,
    )
    missing = {each.module: each for each in found if each.verdict == "missing"}
    if missing:
        yield (
            f"Nothing among its requirements brings {_shown([f'{x.module} ({x.asset}, line {x.line})' for x in missing.values()])}:"
            f" '%modelop requirements {model.name} --infer --write' adds what this Python has."
        )


def _stand_ins(model: Model, blobs: BlobStore) -> Iterator[str]:
    for asset in model.state.assets:
        if asset.size > _LARGEST_PAGE:
            continue
        with contextlib.suppress(BlobError):
            found = stand_in(asset.path, blobs.read(asset.digest)[:HEAD])
            if found is not None:
                yield f"{asset.path} {found[0]}. {found[1]}, and register again."


def _open(model: Model, environments: ModelEnvironments, parsed: Requirements) -> Iterator[str]:
    names, lock = open_names(parsed), environments.kept_lock(model)
    if not names:
        return
    if lock is None:
        yield (
            f"Not pinned: {_shown(names)}. What is newest today is taken once, and kept;"
            f" '%modelop requirements {model.name}' shows it."
        )
        return
    taken = unpinned(parsed, {package.name: package.version for package in lock.packages})
    when = f" on {lock.resolved.astimezone():%Y-%m-%d}" if lock.resolved else " earlier"
    yield (
        f"Not pinned: {_shown([f'{each.name} {each.version}' for each in taken])}, taken{when} and"
        f" kept. '%modelop requirements {model.name} --upgrade' takes what is newer."
    )


def _shown(items: list[str]) -> str:
    rest = len(items) - _MOST_NAMED
    return ", ".join(items[:_MOST_NAMED]) + (f" and {rest} more" if rest > 0 else "")
