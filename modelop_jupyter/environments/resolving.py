"""From requirement files to a lock: read, check, resolve, write down."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from modelop_jupyter.domain.environments import Archive, EnvironmentSpec, Interpreter, Lock
from modelop_jupyter.domain.requirements import (
    Requirements,
    expand,
    normalise,
)
from modelop_jupyter.environments import failures, pylock
from modelop_jupyter.environments.archives import named_by_asset
from modelop_jupyter.environments.elsewhere import Elsewhere
from modelop_jupyter.environments.indexes import Indexes, read_indexes
from modelop_jupyter.environments.installers import Installer, ToolFailedError, Wanted, attempt
from modelop_jupyter.environments.process import BuildLog
from modelop_jupyter.environments.scratch import scratch
from modelop_jupyter.errors import EnvironmentBuildError
from modelop_jupyter.masking import Masker, without_credentials


@dataclass(frozen=True, slots=True)
class Question:
    """What a model asks for, understood; ``credentials`` are addresses with a user part.

    ``archives`` are the wheels and sdists among its assets that may be needed.
    """

    requirements: Requirements
    additions: tuple[str, ...]
    indexes: Indexes
    credentials: tuple[str, ...]
    archives: Mapping[str, Archive]

    @property
    def counted(self) -> str:
        """How many requirements there are, in words."""
        count = len(self.requirements.lines) + len(self.additions)
        return "1 requirement" if count == 1 else f"{count or 'no'} requirements"

    @property
    def mask(self) -> Masker:
        return Masker((*self.indexes.urls, *self.credentials))


def understand(spec: EnvironmentSpec, environ: Mapping[str, str]) -> Question:
    """Read the files of a model and pip's configuration; no problem is raised here."""
    requirements = spec.requirements
    indexes = read_indexes(environ).with_options(requirements.options, environ)
    urls = [expand(line.url, environ) for line in requirements.lines if line.url]
    return Question(
        requirements,
        tuple(item for item in spec.additions if _name(item) not in requirements.names),
        indexes,
        tuple(url for url in urls if without_credentials(url) != url),
        {path: spec.archives[path] for path, _ in requirements.archives},
    )


def has_problems(requirements: Requirements, environ: Mapping[str, str]) -> bool:
    """Say whether :func:`refuse_problems` would; pip's configuration need not be read for it."""
    return bool(requirements.problems or _unset(requirements, environ))


def refuse_problems(question: Question, environ: Mapping[str, str]) -> None:
    """Raise :class:`EnvironmentBuildError` for the first line that cannot be used."""
    problems = question.requirements.problems
    if problems:
        first = problems[0]
        more = f" (and {len(problems) - 1} more lines)" if len(problems) > 1 else ""
        raise EnvironmentBuildError(
            question.mask(first.reason) + more,
            remedy=first.remedy,
            asset=first.asset,
            line=first.line,
            requirement=question.mask(first.text) or None,
        )
    unset = _unset(question.requirements, environ)
    if unset:
        mark = "${" + unset[0] + "}"
        line = next((item for item in question.requirements.lines if mark in item.text), None)
        raise EnvironmentBuildError(
            f"the variable {mark} is not set",
            remedy=f"Set {unset[0]} in the environment of the notebook or shell",
            asset=line.asset if line else None,
            line=line.line if line else None,
            requirement=question.mask(line.text) if line else None,
        )


def _unset(requirements: Requirements, environ: Mapping[str, str]) -> list[str]:
    return [name for name in requirements.variables if not environ.get(name)]


def resolve(
    question: Question,
    interpreter: Interpreter,
    *,
    installers: Sequence[Installer],
    environ: Mapping[str, str],
    log_path: Path,
    hear: Callable[[str | None], None],
    tell: Callable[[str], None],
    pythons: Callable[[], Sequence[Interpreter]],
) -> Lock:
    """Ask an installer for the versions that fit together and lock them."""
    requirements = question.requirements
    if not requirements.lines and not question.additions:
        text = pylock.canonical(pylock.EMPTY, interpreter, requirements)
        return pylock.lock_of(text, interpreter)
    with (
        BuildLog(log_path, question.mask, hear=hear) as log,
        scratch() as folder,
    ):
        for line in question.indexes.describe():
            log.write(f"pip's configuration: {line}")
        wanted = Wanted(
            requirements,
            question.additions,
            interpreter,
            question.indexes.with_assets(folder),
            environ,
            folder,
            question.archives,
        )
        try:
            said = attempt(
                installers, lambda installer: installer.resolve(wanted, log), log, tell=tell
            )
        except ToolFailedError as error:
            context = context_of(
                question,
                interpreter,
                installers=installers,
                environ=environ,
                log=log,
                pythons=pythons,
            )
            raise failures.translate(error.said, context) from None
        said = named_by_asset(said, folder, question.archives)
        text = pylock.canonical(said, interpreter, requirements)
        log.write(text)
    return pylock.lock_of(text, interpreter, additions=question.additions)


def context_of(
    question: Question,
    interpreter: Interpreter,
    *,
    installers: Sequence[Installer],
    environ: Mapping[str, str],
    log: BuildLog,
    pythons: Callable[[], Sequence[Interpreter]],
) -> failures.Context:
    """Return what the translation of a failure needs to know; ``pythons`` are those of this machine."""
    # What other Pythons say is no part of this build's story: a log that is not open keeps nothing.
    quiet = BuildLog(log.path, question.mask)
    elsewhere = Elsewhere(question, environ, installers, pythons, quiet)
    return failures.Context(
        question.requirements,
        interpreter,
        question.mask,
        str(log.path),
        question.indexes.is_offline,
        lambda culprit: elsewhere.remedy(interpreter, culprit),
        lambda name, version: elsewhere.around(interpreter, name, version),
    )


def _name(requirement: str) -> str:
    from packaging.requirements import Requirement

    return normalise(Requirement(requirement).name)
