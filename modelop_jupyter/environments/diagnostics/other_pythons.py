"""Find another Python that has wheels for a model's requirements, where the chosen one has not.

The installer itself resolves for each Python, so indexes, credentials and markers count as in a
build.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace

from modelop_jupyter.domain.environments import Interpreter
from modelop_jupyter.domain.requirements import RequirementLine, Requirements, normalise
from modelop_jupyter.environments.context import BuildContext
from modelop_jupyter.environments.installers import select
from modelop_jupyter.environments.installers.base import ToolFailedError
from modelop_jupyter.environments.lock.request import ResolveRequest
from modelop_jupyter.environments.subprocesses import CannotStartError
from modelop_jupyter.errors import EnvironmentBuildError

# The versions that packages are released for, from the runner's oldest.
_RELEASED = tuple(f"3.{minor}" for minor in range(6, 15))
_MAX_PARALLEL = 2
_WITHOUT_WHEEL = re.compile(
    r"(?:Because|and|that) ([A-Za-z0-9][\w.-]*?)(?:\[[^\]]*\])?(?:[=<>!~][^ ]*)? has no (?:usable )?wheels"
    r"|No matching distribution found for ([A-Za-z0-9][\w.-]*)"
)
_NO_SOLUTION = re.compile(
    r"No solution found(?!.*not found in)|ResolutionImpossible|different Python"
)
# Values for the package that misses a wheel, where it is none.
_NOTHING, _ANOTHER_REASON = "", "*"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one Python must build from source; None where it does not suit.

    ``missing`` is then the package that has no wheel for it, ``"*"`` for another reason, None where
    the installer gave no answer.
    """

    minor: str
    built: tuple[str, ...] | None
    missing: str | None


@dataclass(frozen=True, slots=True)
class OtherPythons:
    """Resolves the same requirements for other Pythons; ``context`` has no log."""

    request: ResolveRequest
    context: BuildContext

    def advice(self, package: str | None) -> str | None:
        """Return which Python to choose, as a package has no wheel for the request's own.

        None where that is not known: the index cannot be reached, or something else is wrong too.
        """
        own = self.request.interpreter
        installed = {python.minor: python for python in reversed(self.context.interpreters())}
        installed.pop(own.minor, None)
        answers = self._answers(list(installed.values()), package)
        if best := _best(answers):
            minors, built = best
            return (
                f"{_listed(minors, 'and')} on this machine {'have' if len(minors) > 1 else 'has'}"
                f" wheels for {_coverage_text(built)}: type 'register NAME --python {minors[0]}'"
            )
        absent = [minor for minor in _RELEASED if minor not in {*installed, own.minor}]
        pythons = [replace(own, version=f"{minor}.0") for minor in absent]
        more_answers = self._answers(pythons, package, are_hypothetical=True)
        if best := _best(more_answers):
            minors, built = best
            return (
                f"No other Python on this machine has wheels for all of it; {_listed(minors, 'or')}"
                f" would ({_coverage_text(built)}): install it and type 'register NAME --python"
                f" {minors[0]}', or choose another version of the package"
            )
        missing = {answer.missing for answer in (*answers, *more_answers)}
        if None not in missing and missing != {_ANOTHER_REASON}:
            return (
                f"No Python from {_RELEASED[0]} to {_RELEASED[-1]} has wheels for all of it: choose"
                " another version of the package, or install what building it needs (see the log)"
            )
        return None

    def versions_near(self, package: str, version: str) -> list[str]:
        """Return the newest version of a package below one that does not exist, and the newest."""
        versions = []
        for text in (f"{package}<{version}", package):
            line = RequirementLine("", 0, text, package)
            request = replace(
                self.request,
                requirements=Requirements((line,)),
                additions=(),
                variables={},
            )
            with suppress(ToolFailedError, CannotStartError, EnvironmentBuildError):
                lock = select.resolve(request, self.context)
                versions += [
                    entry["version"]
                    for entry in lock["packages"]
                    if normalise(entry["name"]) == normalise(package)
                ]
        return versions

    def _answers(
        self,
        interpreters: list[Interpreter],
        package: str | None,
        *,
        are_hypothetical: bool = False,
    ) -> list[_Answer]:
        requests = [
            replace(self.request, interpreter=interpreter, is_hypothetical=are_hypothetical)
            for interpreter in interpreters
        ]
        with ThreadPoolExecutor(_MAX_PARALLEL, thread_name_prefix="modelop-other-pythons") as pool:
            return list(pool.map(lambda request: self._answer(request, package), requests))

    def _answer(self, request: ResolveRequest, package: str | None) -> _Answer:
        """Return what one Python must build; a package without any wheels is not held against it."""
        minor = request.interpreter.minor
        left_out: tuple[str, ...] = ()
        while True:
            missing = self._missing(request, left_out)
            if missing == _NOTHING:
                return _Answer(minor, left_out, missing)
            is_final = missing in (normalise(package or ""), *left_out)
            if not missing or is_final or not request.requirements.of(missing):
                return _Answer(minor, None, missing)
            left_out = (*left_out, missing)

    def _missing(self, request: ResolveRequest, left_out: tuple[str, ...]) -> str | None:
        """Return the package that has no wheel for a Python, or ``""`` when all have one.

        ``"*"`` stands for another reason why nothing fits, None for a failure without an answer.
        """
        required = request.requirements
        lines = tuple(line for line in required.lines if line.name not in left_out)
        indexes = replace(request.indexes, only_binary=(":all:",), no_binary=(), retries="0")
        request = replace(request, requirements=replace(required, lines=lines), indexes=indexes)
        try:
            select.resolve(request, self.context)
        except ToolFailedError as error:
            one_line = re.sub(r"\s+", " ", error.messages)
            if match := _WITHOUT_WHEEL.search(one_line):
                return normalise(match[1] or match[2])
            return _ANOTHER_REASON if _NO_SOLUTION.search(one_line) else None
        except (CannotStartError, EnvironmentBuildError):
            return None
        return _NOTHING


def _best(answers: list[_Answer]) -> tuple[list[str], tuple[str, ...]] | None:
    """Return the versions that must build the fewest packages, the newest first, and which."""
    suitable = [(answer.built, answer.minor) for answer in answers if answer.built is not None]
    if not suitable:
        return None
    fewest = min((built for built, _ in suitable), key=len)
    minors = [minor for built, minor in suitable if built == fewest]
    return sorted(minors, key=lambda minor: int(minor.split(".")[1]), reverse=True), fewest


def _listed(minors: Sequence[str], conjunction: str) -> str:
    head = ", ".join(minors[:-1])
    return f"Python {head} {conjunction} {minors[-1]}" if head else f"Python {minors[-1]}"


def _coverage_text(built: tuple[str, ...]) -> str:
    if not built:
        return "everything"
    return f"everything but {', '.join(built)}, which is built from source on any"
