"""Modules that were compiled in a build, tried before anybody relies on them."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.environments.load_compiled import MARK
from modelop_jupyter.environments.process import BuildLog, closed_environment, run
from modelop_jupyter.environments.proof import site_packages

_SCRIPT = Path(__file__).with_name("load_compiled.py")
_ENDINGS = (".so", ".pyd")


@dataclass(frozen=True, slots=True)
class Broken:
    """A compiled module that cannot be imported where it was built, and why."""

    package: str
    version: str
    module: str
    said: str


def first_broken(
    python: Path, names: Iterable[str], *, environ: Mapping[str, str], log: BuildLog
) -> Broken | None:
    """Return the first compiled module of these packages that cannot be imported."""
    wanted = frozenset(names)
    for distribution in distributions(path=[str(site_packages(python))]):
        name = normalise(distribution.metadata["Name"])
        modules = list(_compiled(distribution)) if name in wanted else []
        if modules and (fault := _try(python, modules, environ=environ, log=log)):
            return Broken(name, distribution.version, *fault)
    return None


def _compiled(distribution: Distribution) -> Iterator[tuple[str, str]]:
    for file in distribution.files or ():
        if file.suffix not in _ENDINGS or ".." in file.parts:
            continue
        names = [*file.parts[:-1], inspect.getmodulename(file.name.replace(".pyd", ".so")) or ""]
        path = Path(str(file.locate()))
        # A library that lies beside the modules, or among data, is none.
        if all(name.isidentifier() for name in names) and b"PyInit_" in path.read_bytes():
            yield ".".join(names), str(path)


def _try(
    python: Path, modules: list[tuple[str, str]], *, environ: Mapping[str, str], log: BuildLog
) -> tuple[str, str] | None:
    """Return the module at fault and what is said of it."""
    finished = run(
        [str(python), "-I", str(_SCRIPT)],
        env=closed_environment(environ),
        stdin=json.dumps(modules),
        log=log,
    )
    trying = modules[0][0]
    for line in finished.output.splitlines():
        if not line.startswith(MARK):
            continue
        told = json.loads(line.removeprefix(MARK))
        if "said" in told:
            return told["module"], told["said"]
        if "done" in told:
            return None
        trying = told["trying"]
    return trying, f"the process ended with code {finished.code}"
