"""What may stand at the end of a line: verbs, options, and the names that an argument takes.

What an argument takes is told by its word in the grammar: NAME, JOB, ROLE, INPUT… Nothing here
raises or makes a file: the home folder is looked at only where it is there already.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from modelop_jupyter.commands.grammar import (
    build_parser,
    find_verb,
    first_words,
    second_words,
    verbs,
)
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.words import quote, split
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import ModelOpError, UsageMistakeError

if TYPE_CHECKING:
    from modelop_jupyter.workspace import Workspace

T = TypeVar("T")
_LAST_WORD = re.compile(r"""(?:[^\s'"\\]|\\.|'[^']*'?|"(?:[^"\\]|\\.)*"?)*\Z""")


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may replace ``fragment``, the last word as it stands on the line."""

    fragment: str
    candidates: tuple[str, ...] = ()
    kind: str = "text"


class Known:
    """What there is to name; a front door adds what it alone knows."""

    def variables(self) -> Iterable[str]:
        """Return variables that can be an input."""
        return ()

    def models(self) -> list[str]:
        """Return the models' names."""
        return self._ask(lambda ws: [model.name for model in ws.registry.list_models()])

    def snapshots(self, model: str) -> list[str]:
        """Return a model's snapshots as ``NAME@N``."""
        return self._ask(lambda ws: [each.ref for each in ws.registry.list_snapshots(model)])

    def assets(self, model: str) -> list[str]:
        """Return the paths of a model's assets."""
        return self._ask(lambda ws: [asset.path for asset in ws.asset_list(model)])

    def metrics(self, model: str) -> list[str]:
        """Return the names of the numbers that a model's metrics came to last."""
        return self._ask(lambda ws: ws.metric_names(model)) if model else []

    def jobs(self) -> list[str]:
        """Return the short ids of the last jobs."""
        return self._ask(lambda ws: [job.short_id for job in ws.registry.list_jobs(limit=20)])

    def _ask(self, question: Callable[[Workspace], list[str]]) -> list[str]:
        from modelop_jupyter.settings import Settings

        try:
            settings = Settings.from_environment()
            if not settings.home.is_dir():
                return []
            from modelop_jupyter.workspace import Workspace

            with Workspace(settings) as workspace:
                return question(workspace)
        except ModelOpError:
            return []


def complete(line: str, known: Known, *, is_cell: bool = False) -> Candidates:
    """Return what may stand at the end of what follows ``%modelop``."""
    match = _LAST_WORD.search(line)
    fragment = match[0] if match else ""
    try:
        before = split(line[: len(line) - len(fragment)])
    except UsageMistakeError:
        return Candidates(fragment)
    word = _unquoted(fragment)
    if not before:
        return _fitting(fragment, word, _verbs_for(is_cell), "keyword")
    inner = second_words(before[0])
    if len(before) == 1 and before[0] not in verbs() and inner:
        return _fitting(fragment, word, inner, "keyword")
    try:
        verb, rest = find_verb(before, program="%modelop")
    except UsageMistakeError:
        return Candidates(fragment)
    parser = build_parser(verb, program="%modelop")
    if verb.name == "help":
        choices = second_words(rest[0]) if rest else first_words()
        return _fitting(fragment, word, choices, "keyword")
    action, values = _at_cursor(parser, rest)
    if word.startswith("-") and (action is None or not action.option_strings):
        return _fitting(fragment, word, _unused(parser, rest), "keyword")
    if action is None:
        return _fitting(fragment, word, _unused(parser, rest), "keyword")
    found = _fitting(fragment, word, _values_of(action, values, word, known), "text")
    if found.candidates or word:
        return found
    # Nothing is known that could stand here, or it may be left out: the options are of use.
    return _fitting(fragment, word, _unused(parser, rest), "keyword")


def _verbs_for(is_cell: bool) -> list[str]:
    if is_cell:
        return [verb.name for verb in verbs().values() if verb.in_cell]
    inner = {name for name, verb in verbs().items() if verb.in_cell}
    return [word for word in first_words() if word not in inner]


def _at_cursor(
    parser: Parser, rest: Sequence[str]
) -> tuple[argparse.Action | None, dict[str, str]]:
    """Return the argument that the next word belongs to, and the arguments given so far."""
    options = {name: action for action in parser.options for name in action.option_strings}
    waiting = list(parser.positionals)
    values: dict[str, str] = {}
    pending: argparse.Action | None = None
    for word in rest:
        if pending is not None:
            pending = None
        elif word in options:
            pending = options[word] if options[word].nargs != 0 else None
        elif not word.startswith("-") and waiting:
            values[waiting[0].dest] = word
            if waiting[0].nargs not in ("+", "*"):
                waiting.pop(0)
    return pending or (waiting[0] if waiting else None), values


def _unused(parser: Parser, rest: Sequence[str]) -> list[str]:
    """Return the options not given yet, and those that may be given again."""
    return [
        action.option_strings[-1]
        for action in parser.options
        if isinstance(action.default, list) or not set(action.option_strings) & set(rest)
    ]


def _values_of(
    action: argparse.Action, values: Mapping[str, str], word: str, known: Known
) -> Iterable[str]:
    if action.choices:
        return [str(choice) for choice in action.choices]
    kind = action.metavar
    if kind == "NAME":
        name, at, _ = word.partition("@")
        return known.snapshots(name) if at else known.models()
    if kind == "JOB|NAME@N":
        name, at, _ = word.partition("@")
        return known.snapshots(name) if at else [*known.jobs(), *known.models()]
    if kind == "JOB":
        return known.jobs()
    if kind == "METRIC":
        return known.metrics(values.get("name", ""))
    if kind == "ASSET":
        return known.assets(values.get("name", ""))
    if kind == "ROLE":
        return [role.label if word[1:2].islower() else role.value for role in AssetRole]
    if kind == "FILE[=ROLE]":
        file, equals, _ = word.rpartition("=")
        return [f"{file}={role.value}" for role in AssetRole] if equals else _files(word)
    if kind in ("INPUT", "OUTPUT"):
        return [*known.variables(), *_files(word)]
    if kind in ("FILE", "PATH", "FILE|FOLDER"):
        return _files(word)
    return ()


def _files(word: str) -> list[str]:
    """Return the files and folders that a path may become; a folder ends in a separator."""
    folder, name = os.path.split(word)
    root = Path(folder).expanduser() if folder else Path()
    try:
        entries = sorted(root.iterdir())
        return [
            str(Path(folder, entry.name)) + ("/" if entry.is_dir() else "")
            for entry in entries
            if name.startswith(".") or not entry.name.startswith(".")
        ]
    except OSError:
        return []


def _fitting(fragment: str, word: str, choices: Iterable[str], kind: str) -> Candidates:
    """Return the choices that begin like the word, in any case, as they must be typed."""
    lower = word.lower()
    fitting = dict.fromkeys(choice for choice in choices if choice.lower().startswith(lower))
    return Candidates(fragment, tuple(quote(choice) for choice in fitting), kind)


def _unquoted(fragment: str) -> str:
    """Return the text of a word that may still be open."""
    for closing in ("", "'", '"'):
        try:
            words = split(fragment + closing)
        except UsageMistakeError:
            continue
        return words[0] if words else ""
    return fragment
