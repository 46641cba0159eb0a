"""What the environment of a job was: what its runner saw of it, and what was changed in it.

A model runs as the user, so it can change its environment and its model's stored files. This cannot
be prevented; it is found afterwards and shown with the job.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from modelop_jupyter.domain.assets import digest_of_file
from modelop_jupyter.domain.environments import Drift, Environment, LockedPackage, Proof
from modelop_jupyter.domain.models import Snapshot
from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.domain.sentences import listed
from modelop_jupyter.environments.verify import manifest
from modelop_jupyter.environments.verify.manifest import unlisted
from modelop_jupyter.environments.verify.proof import same_version
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import ObservedEnvironment

_SHOWN = 3
_LONG_SECONDS = 10.0


def proof_of(folder: JobFolder, environment: Environment | None) -> Proof | None:
    """Return the proof of a job, None for one whose runner never started.

    Workers have a proof each; one that is not exact is the job's. Raises :class:`DamagedJobError`
    where one cannot be read.
    """
    if environment is None:
        return None
    folders = [folder, *folder.workers]
    reports = [folder.read(ObservedEnvironment) for folder in folders]
    proofs = [compare(seen, environment) for seen in reports if seen is not None]
    return min(proofs, key=lambda proof: proof.is_exact, default=None)


def compare(seen: ObservedEnvironment, environment: Environment) -> Proof:
    """Compare what a runner saw with the lock of the environment it was started in."""
    locked = {package.name: package.version for package in environment.packages}
    # A folder's name has "_" where a version has "-".
    visible = [(normalise(name), v.replace("_", "-")) for name, v in seen.distributions]
    foreign = [
        f"{name} {version}"
        for name, version in visible
        if name not in locked or (locked[name] and not same_version(locked[name], version))
    ]
    return Proof(
        fingerprint=environment.fingerprint,
        python=seen.executable,
        version=seen.version,
        sys_path=seen.sys_path,
        packages=tuple(LockedPackage(name, version) for name, version in sorted(set(visible))),
        foreign=(
            *foreign,
            *_foreign_files(seen, environment),
            *_foreign_folders(seen, environment),
        ),
        missing=tuple(sorted(set(locked) - {name for name, _ in visible})),
        leaked=(),
        tried=0,
        lock_digest=environment.lock_digest,
        is_isolated=bool(seen.isolated),
    )


def _foreign_files(seen: ObservedEnvironment, environment: Environment) -> Iterator[str]:
    """Name files among the packages that were not built: modules, path files, a sitecustomize."""
    own = os.path.realpath(environment.path)
    for folder, names in seen.loose.items():
        real = os.path.realpath(folder)
        if not _is_below(real, own):
            continue
        unknown = unlisted(Path(own), Path(real).relative_to(own).as_posix(), names)
        # Some wheels leave folders without a file behind, which no listing has.
        yield from (f"{name} (of no package)" for name in unknown if _holds(Path(real, name)))


def _holds(path: Path) -> bool:
    """Say whether a path is more than folders: a file, something below it, or gone by now."""
    return not path.is_dir() or any(files for _, _, files in os.walk(path))


def _foreign_folders(seen: ObservedEnvironment, environment: Environment) -> Iterator[str]:
    """Name the folders on ``sys.path`` that are neither the environment's nor the standard library's."""
    own = os.path.realpath(environment.path)
    base = os.path.realpath(seen.base_prefix)
    for entry in seen.sys_path:
        real = os.path.realpath(entry)
        if _is_below(real, own):
            continue
        # A system-wide site-packages lies inside the folder of the standard library.
        if not _is_below(real, base) or "-packages" in Path(os.path.relpath(real, base)).as_posix():
            yield f"{entry} (on sys.path)"


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


def is_quick_to_check(environment: Environment, seconds: float) -> bool:
    """Say whether looking at all files of an environment is quick beside a job of so many seconds."""
    try:
        size = (Path(environment.path) / manifest.LISTING).stat().st_size
    except OSError:
        return True
    return size <= manifest.SMALL or seconds > _LONG_SECONDS


def drift_of(environment: Environment) -> Drift | None:
    """Return what differs in an environment from what was built, None where nothing does."""
    drift = manifest.drift(Path(environment.path))
    return None if drift is None or drift.is_none else drift


def describe_drift(drift: Drift, ref: str) -> str:
    """Return a sentence about a changed environment."""
    paths = (*drift.changed, *drift.added, *drift.removed)
    return (
        f"Files of its environment were changed, before the job or by it: {_some(paths)}."
        f" '%modelop env build {ref} --rebuild' rebuilds it."
    )


def describe_damage(paths: tuple[str, ...], *, refusal: ModelOpError | None, ref: str) -> str:
    """Return a sentence about files that an environment had lost before a job, and what was done."""
    what = f"Of its environment, this was missing or changed before the job: {_some(paths)}."
    if refusal is None:
        return f"{what} It was rebuilt."
    return (
        f"{what} It could not be rebuilt ({refusal.message});"
        f" '%modelop env build {ref} --rebuild' does it later."
    )


def changed_blobs(snapshot: Snapshot, root: Path, since: datetime) -> tuple[str, ...]:
    """Return the assets whose stored bytes were changed since a moment.

    Only files that were touched are read: a file's ``st_ctime`` cannot be set by a program.
    """
    changed = []
    for asset in snapshot.state.assets:
        name = asset.digest.partition(":")[2]
        path = root / name[:2] / name[2:4] / name
        try:
            is_touched = path.stat().st_ctime >= since.timestamp()
            if is_touched and digest_of_file(path) != asset.digest:
                changed.append(asset.path)
        except OSError:
            changed.append(asset.path)
    return tuple(changed)


def describe_changed_blobs(paths: tuple[str, ...], ref: str) -> str:
    """Return a sentence about changed files of a model."""
    return (
        f"The stored files of {ref} were changed while the job ran: {_some(paths)}."
        " Register the model again with the original files to store them again."
    )


def _some(paths: tuple[str, ...]) -> str:
    more = len(paths) - _SHOWN
    return listed([*paths[:_SHOWN], *([f"{more} more"] if more > 0 else [])])
