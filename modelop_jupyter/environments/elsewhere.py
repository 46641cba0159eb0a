"""Which other Python has wheels for what a model asks for; asked when the chosen one has none.

The installer itself is asked, so that indexes, credentials and markers count as in a build.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.environments import Interpreter
from modelop_jupyter.domain.requirements import RequirementLine, Requirements, normalise
from modelop_jupyter.environments.installers import Installer, ToolFailedError, Wanted, attempt
from modelop_jupyter.environments.process import BuildLog, CannotStartError
from modelop_jupyter.environments.scratch import scratch
from modelop_jupyter.errors import EnvironmentBuildError

if TYPE_CHECKING:
    from modelop_jupyter.environments.resolving import Question

# Those that packages have been made for since the runner's oldest.
_RELEASED = tuple(f"3.{minor}" for minor in range(6, 15))
_AT_ONCE = 2
_WITHOUT_WHEEL = re.compile(
    r"(?:Because|and|that) ([A-Za-z0-9][\w.-]*?)(?:\[[^\]]*\])?(?:[=<>!~][^ ]*)? has no (?:usable )?wheels"
    r"|No matching distribution found for ([A-Za-z0-9][\w.-]*)"
)
_NO_SOLUTION = re.compile(
    r"No solution found(?!.*not found in)|ResolutionImpossible|different Python"
)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What must be built from source for one Python; None where nothing fits, for want of ``missing``."""

    minor: str
    built: tuple[str, ...] | None
    missing: str | None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Asks the other Pythons; ``pythons`` lists those of this machine."""

    question: Question
    environ: Mapping[str, str]
    installers: Sequence[Installer]
    pythons: Callable[[], Sequence[Interpreter]]
    log: BuildLog

    def remedy(self, interpreter: Interpreter, culprit: str | None) -> str | None:
        """Return what to do about a package that has no wheel for an interpreter.

        None where that cannot be told: the index is out of reach, or something else is wrong too.
        """
        others = {item.minor: item for item in reversed(self.pythons())}
        others.pop(interpreter.minor, None)
        here = self._answers(list(others.values()), culprit)
        if best := _best(here):
            minors, built = best
            return (
                f"{_listed(minors, 'and')} on this machine {'have' if len(minors) > 1 else 'has'}"
                f" wheels for {_everything(built)}: type 'register NAME --python {minors[0]}'"
            )
        absent = [minor for minor in _RELEASED if minor not in {*others, interpreter.minor}]
        imagined = [replace(interpreter, version=f"{minor}.0") for minor in absent]
        there = self._answers(imagined, culprit, are_imagined=True)
        if best := _best(there):
            minors, built = best
            return (
                f"No other Python on this machine has wheels for all of it; {_listed(minors, 'or')}"
                f" would ({_everything(built)}): install it and type 'register NAME --python"
                f" {minors[0]}', or choose another version of the package"
            )
        missing = {answer.missing for answer in (*here, *there)}
        if None not in missing and missing != {"*"}:
            return (
                f"No Python from {_RELEASED[0]} to {_RELEASED[-1]} has wheels for all of it: choose"
                " another version of the package, or install what building it needs (see the log)"
            )
        return None

    def around(self, interpreter: Interpreter, name: str, version: str) -> list[str]:
        """Return the newest version of a package below one that is not there, and the newest of all."""
        found = []
        for text in (f"{name}<{version}", name):
            line = RequirementLine("", 0, text, name)
            with scratch() as folder:
                wanted = Wanted(
                    Requirements((line,)),
                    (),
                    interpreter,
                    self.question.indexes.with_assets(folder),
                    self.environ,
                    folder,
                    self.question.archives,
                )
                with suppress(ToolFailedError, CannotStartError, EnvironmentBuildError):
                    said = self._resolve(wanted)
                    found += [
                        package["version"]
                        for package in said["packages"]
                        if normalise(package["name"]) == normalise(name)
                    ]
        return found

    def _resolve(self, wanted: Wanted) -> Mapping[str, Any]:
        return attempt(self.installers, lambda each: each.resolve(wanted, self.log), self.log)

    def _answers(
        self, interpreters: list[Interpreter], culprit: str | None, *, are_imagined: bool = False
    ) -> list[_Answer]:
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="modelop-elsewhere") as pool:
            return list(
                pool.map(
                    lambda each: self._ask(each, culprit, is_imagined=are_imagined), interpreters
                )
            )

    def _ask(self, interpreter: Interpreter, culprit: str | None, *, is_imagined: bool) -> _Answer:
        """Say what one Python must build.

        A package that has no wheels for any Python is the same everywhere, so it is left out.
        """
        left_out: tuple[str, ...] = ()
        while True:
            missing = self._missing(interpreter, left_out, is_imagined=is_imagined)
            if missing == "":
                return _Answer(interpreter.minor, left_out, missing)
            is_final = missing in (normalise(culprit or ""), *left_out)
            if not missing or is_final or not self.question.requirements.of(missing):
                return _Answer(interpreter.minor, None, missing)
            left_out = (*left_out, missing)

    def _missing(
        self, interpreter: Interpreter, left_out: tuple[str, ...], *, is_imagined: bool
    ) -> str | None:
        """Return the package that has no wheel there, or ``""`` when all have one.

        ``"*"`` stands for another reason why nothing fits, None for a question without an answer.
        """
        asked = self.question.requirements
        lines = tuple(line for line in asked.lines if line.name not in left_out)
        with scratch() as folder:
            wanted = Wanted(
                replace(asked, lines=lines),
                self.question.additions,
                interpreter,
                replace(
                    self.question.indexes.with_assets(folder),
                    only_binary=(":all:",),
                    no_binary=(),
                    retries="0",
                ),
                self.environ,
                folder,
                self.question.archives,
                is_imagined=is_imagined,
            )
            try:
                self._resolve(wanted)
            except ToolFailedError as error:
                flat = re.sub(r"\s+", " ", error.said)
                found = _WITHOUT_WHEEL.search(flat)
                if found:
                    return normalise(found[1] or found[2])
                return "*" if _NO_SOLUTION.search(flat) else None
            except (CannotStartError, EnvironmentBuildError):
                return None
        return ""


def _best(answers: list[_Answer]) -> tuple[list[str], tuple[str, ...]] | None:
    """Return the versions that must build the fewest packages, the newest first, and which."""
    fitting = [(each.built, each.minor) for each in answers if each.built is not None]
    if not fitting:
        return None
    fewest = min((built for built, _ in fitting), key=len)
    minors = [minor for built, minor in fitting if built == fewest]
    return sorted(minors, key=lambda text: int(text.split(".")[1]), reverse=True), fewest


def _listed(minors: Sequence[str], word: str) -> str:
    head = ", ".join(minors[:-1])
    return f"Python {head} {word} {minors[-1]}" if head else f"Python {minors[-1]}"


def _everything(built: tuple[str, ...]) -> str:
    if not built:
        return "everything"
    return f"everything but {', '.join(built)}, which is built from source on any"
