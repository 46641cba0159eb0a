"""Import the extension modules that a build compiled, before an environment is used."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution
from pathlib import Path

from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.environments.context import BuildContext
from modelop_jupyter.environments.site_packages import installed_in
from modelop_jupyter.environments.subprocesses import closed_environment, run
from modelop_jupyter.environments.verify.load_extensions import MARK

_SCRIPT = Path(__file__).with_name("load_extensions.py")
_ENDINGS = (".so", ".pyd")


@dataclass(frozen=True, slots=True)
class BrokenModule:
    """An extension module that cannot be imported in the environment it was built in, and why."""

    package: str
    version: str
    module: str
    error: str


def first_broken(
    python: Path, packages: Iterable[str], context: BuildContext
) -> BrokenModule | None:
    """Return the first extension module of these packages that cannot be imported."""
    names = frozenset(packages)
    for distribution in installed_in(python):
        name = normalise(distribution.metadata["Name"])
        modules = list(_extension_modules(distribution)) if name in names else []
        if modules and (fault := _try(python, modules, context)):
            module, error = fault
            return BrokenModule(name, distribution.version, module, error)
    return None


def _extension_modules(distribution: Distribution) -> Iterator[tuple[str, str]]:
    """Yield the name and path of each extension module of a package."""
    for file in distribution.files or ():
        if file.suffix not in _ENDINGS or ".." in file.parts:
            continue
        names = [*file.parts[:-1], inspect.getmodulename(file.name.replace(".pyd", ".so")) or ""]
        path = Path(str(file.locate()))
        # A shared library beside the modules, or among data, is none.
        if all(name.isidentifier() for name in names) and b"PyInit_" in path.read_bytes():
            yield ".".join(names), str(path)


def _try(
    python: Path, modules: list[tuple[str, str]], context: BuildContext
) -> tuple[str, str] | None:
    """Return the module that cannot be imported and its error, None where all can."""
    result = run(
        [str(python), "-I", str(_SCRIPT)],
        env=closed_environment(context.environ),
        stdin=json.dumps(modules),
        log=context.log,
    )
    module = modules[0][0]
    for line in result.stdout.splitlines():
        if not line.startswith(MARK):
            continue
        message = json.loads(line.removeprefix(MARK))
        if "error" in message:
            return message["module"], message["error"]
        if "done" in message:
            return None
        module = message["trying"]
    return module, f"the process ended with code {result.code}"
