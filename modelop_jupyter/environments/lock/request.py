"""What is to be resolved: a model's requirements, read, with the indexes to resolve them from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelop_jupyter.domain.environments import Archive, EnvironmentSpec, Interpreter
from modelop_jupyter.domain.requirements import Requirements, expand, normalise
from modelop_jupyter.environments.installers.indexes import Indexes, read_indexes
from modelop_jupyter.errors import EnvironmentBuildError
from modelop_jupyter.masking import Masker, without_credentials


@dataclass(frozen=True, slots=True)
class ResolveRequest:
    """A model's requirements, for which Python, and from where its packages come.

    ``additions`` are requirements that the runtime adds, such as ``pandas``. ``credentials`` are
    addresses in the requirements that have a user part. ``archives`` maps asset paths to the wheels
    and sdists that may be needed. ``variables`` are the environment variables that the requirements
    refer to, ``unset`` the names of those without a value. ``is_hypothetical``: no such Python is on
    this machine, so the interpreter has only a version. ``as_of`` is the day or time as of which it
    is resolved.
    """

    requirements: Requirements
    interpreter: Interpreter
    indexes: Indexes
    additions: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    archives: Mapping[str, Archive] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    is_hypothetical: bool = False
    as_of: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is required, so that no installer need be asked."""
        return not self.requirements.lines and not self.additions

    @property
    def summary(self) -> str:
        """The number of requirements in words."""
        count = len(self.requirements.lines) + len(self.additions)
        return "1 requirement" if count == 1 else f"{count or 'no'} requirements"

    @property
    def mask(self) -> Masker:
        return Masker((*self.indexes.urls, *self.credentials))


def read_request(
    spec: EnvironmentSpec, interpreter: Interpreter, environ: Mapping[str, str]
) -> ResolveRequest:
    """Read a model's requirement files and pip's configuration; raises nothing for bad lines."""
    requirements = spec.requirements
    indexes = read_indexes(environ).with_options(requirements.options, environ)
    urls = [expand(line.url, environ) for line in requirements.lines if line.url]
    return ResolveRequest(
        requirements,
        interpreter,
        indexes,
        additions=tuple(item for item in spec.additions if _name(item) not in requirements.names),
        credentials=tuple(url for url in urls if without_credentials(url) != url),
        archives={path: spec.archives[path] for path, _ in requirements.archives},
        variables={name: environ[name] for name in requirements.variables if name in environ},
        unset=_unset(requirements, environ),
        as_of=spec.as_of,
    )


def has_problems(requirements: Requirements, environ: Mapping[str, str]) -> bool:
    """Say whether :func:`refuse_problems` would raise; does not read pip's configuration."""
    return bool(requirements.problems or _unset(requirements, environ))


def refuse_problems(request: ResolveRequest) -> None:
    """Raise :class:`EnvironmentBuildError` for the first line that no installer could use."""
    problems = request.requirements.problems
    if problems:
        first = problems[0]
        more = f" (and {len(problems) - 1} more lines)" if len(problems) > 1 else ""
        raise EnvironmentBuildError(
            request.mask(first.reason) + more,
            remedy=first.remedy,
            asset=first.asset,
            line=first.line,
            requirement=request.mask(first.text) or None,
        )
    if request.unset:
        variable = "${" + request.unset[0] + "}"
        lines = request.requirements.lines
        line = next((line for line in lines if variable in line.text), None)
        raise EnvironmentBuildError(
            f"the variable {variable} is not set",
            remedy=f"Set {request.unset[0]} in the environment of the notebook or shell",
            asset=line.asset if line else None,
            line=line.line if line else None,
            requirement=request.mask(line.text) if line else None,
        )


def _unset(requirements: Requirements, environ: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name in requirements.variables if not environ.get(name))


def _name(requirement: str) -> str:
    from packaging.requirements import Requirement

    return normalise(Requirement(requirement).name)
