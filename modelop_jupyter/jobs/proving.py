"""The proof of a job: what its runner saw before the model was loaded, compared with the lock."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.environments import Environment, LockedPackage, Proof
from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.environments.listing import unlisted
from modelop_jupyter.environments.proof import same_version
from modelop_jupyter.jobs.folder import JobFolder


def proof_of(folder: JobFolder, environment: Environment | None) -> Proof | None:
    """Return the proof of a job, None for one whose runner never started.

    Workers have a proof each; one that is not exact is the job's. Raises :class:`DamagedJobError`
    where one cannot be read.
    """
    if environment is None:
        return None
    folders = [folder, *folder.workers]
    told = [seen for each in folders if (seen := each.read("proof.json")) is not None]
    proofs = [compare(seen, environment) for seen in told]
    return min(proofs, key=lambda proof: proof.is_exact, default=None)


def compare(seen: Mapping[str, Any], environment: Environment) -> Proof:
    """Compare what a runner saw with the lock of the environment it was started in."""
    locked = {package.name: package.version for package in environment.packages}
    # A folder's name has "_" where a version has "-".
    visible = [(normalise(name), v.replace("_", "-")) for name, v in seen["distributions"]]
    foreign = [
        f"{name} {version}"
        for name, version in visible
        if name not in locked or (locked[name] and not same_version(locked[name], version))
    ]
    return Proof(
        fingerprint=environment.fingerprint,
        python=seen["executable"],
        version=seen["version"],
        sys_path=tuple(seen["sys_path"]),
        packages=tuple(LockedPackage(name, version) for name, version in sorted(set(visible))),
        foreign=(*foreign, *_strays(seen, environment), *_outside(seen, environment)),
        missing=tuple(sorted(set(locked) - {name for name, _ in visible})),
        leaked=(),
        tried=0,
        lock_digest=environment.lock_digest,
        is_isolated=bool(seen["isolated"]),
    )


def _strays(seen: Mapping[str, Any], environment: Environment) -> Iterator[str]:
    """Name what lay among the packages and was not built: modules, path files, a sitecustomize."""
    own = os.path.realpath(environment.path)
    for folder, names in seen.get("loose", {}).items():
        real = os.path.realpath(folder)
        if not _is_below(real, own):
            continue
        unknown = unlisted(Path(own), Path(real).relative_to(own).as_posix(), names)
        # Some wheels leave folders without a file behind, which no listing has.
        yield from (f"{name} (of no package)" for name in unknown if _holds(Path(real, name)))


def _holds(path: Path) -> bool:
    """Say whether a path is more than folders: a file, something below it, or gone by now."""
    return not path.is_dir() or any(files for _, _, files in os.walk(path))


def _outside(seen: Mapping[str, Any], environment: Environment) -> Iterator[str]:
    """Name the folders on ``sys.path`` that are neither the environment's nor the standard library's."""
    own = os.path.realpath(environment.path)
    base = os.path.realpath(seen["base_prefix"])
    for entry in seen["sys_path"]:
        real = os.path.realpath(entry)
        if _is_below(real, own):
            continue
        # A system-wide site-packages lies inside the folder of the standard library.
        if not _is_below(real, base) or "-packages" in Path(os.path.relpath(real, base)).as_posix():
            yield f"{entry} (on sys.path)"


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)
