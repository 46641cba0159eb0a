"""TAB completion of a magic line: verbs, options, and the values of arguments.

The metavar of an argument in the grammar decides its candidates: NAME, JOB, ROLE, INPUT, CONNECTION... Nothing
here raises or creates files: a home folder is only read if it exists.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.commands.arguments import (
    AS_OF_METAVAR,
    ENGINE_METAVAR,
    EXCEPTIONS_METAVAR,
    LEVEL_METAVAR,
    NOTIFY_METAVAR,
)
from modelop_jupyter.commands.context import Session, input_variables
from modelop_jupyter.commands.examples import EXAMPLE_METAVAR
from modelop_jupyter.commands.grammar import (
    build_parser,
    cell_verbs,
    find_verb,
    first_words,
    second_words,
    verbs,
)
from modelop_jupyter.commands.metadata import TAG_METAVAR
from modelop_jupyter.commands.shell_words import quote, split
from modelop_jupyter.commands.verb import Parser
from modelop_jupyter.configuration import ENGINE, KEYS, NOTIFY
from modelop_jupyter.domain.as_of import GIT, NOW
from modelop_jupyter.domain.log_filter import LEVELS
from modelop_jupyter.domain.metadata import leaves
from modelop_jupyter.domain.notify import DESKTOP, NOBODY
from modelop_jupyter.domain.retries import TRANSIENT
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import ModelOpError, UsageMistakeError
from modelop_jupyter.examples import EXAMPLES
from modelop_jupyter.settings import connection_names

if TYPE_CHECKING:
    from modelop_jupyter.workspace import Workspace

_WORD = re.compile(r"""(?:[^\s'"\\]|\\.|'[^']*'?|"(?:[^"\\]|\\.)*"?)+""")


@dataclass(frozen=True, slots=True)
class Completions:
    """What may replace ``fragment``, the last word of the line, which may be empty.

    ``kind`` is ``keyword`` for verbs and options, ``text`` for values.
    """

    fragment: str
    candidates: tuple[str, ...] = ()
    kind: str = "text"


class CompletionSource:
    """The names that can be completed: of the registry, and the session's variables.

    The lists are empty where there is no home folder, or where it cannot be read.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def variables(self) -> list[str]:
        """Return the variables that can be a job's input."""
        return input_variables(self._session)

    def models(self) -> list[str]:
        """Return the names of all models."""
        return self._query(lambda ws: ws.registry.model_names())

    def snapshots(self, model: str) -> list[str]:
        """Return a model's snapshots as ``NAME@ALIAS`` and ``NAME@N``."""
        return self._query(
            lambda ws: [
                *(alias.ref for alias in ws.aliases(model)),
                *(snap.ref for snap in ws.registry.list_snapshots(model)),
            ]
        )

    def aliases(self, model: str) -> list[str]:
        """Return the aliases of a model."""
        return self._query(lambda ws: [alias.word for alias in ws.aliases(model)])

    def tags(self, model: str | None = None) -> list[str]:
        """Return the tags of a model, or of all models."""
        return self._query(
            lambda ws: (
                list(ws.tag(model).tags)
                if model is not None
                else sorted({tag for tags in ws.registry.tags_of_models().values() for tag in tags})
            )
        )

    def metadata_keys(self, model: str) -> list[str]:
        """Return the keys of a model's metadata."""
        return self._query(lambda ws: [key for key, _ in leaves(ws.meta(model).metadata)])

    def assets(self, model: str) -> list[str]:
        """Return the paths of a model's assets."""
        return self._query(lambda ws: [asset.path for asset in ws.asset_list(model)])

    def metrics(self, model: str) -> list[str]:
        """Return the names of the numbers in the result of a model's last metrics job."""
        return self._query(lambda ws: ws.metric_names(model)) if model else []

    def columns(self, given: str) -> list[str]:
        """Return the columns of an input: those of a variable, or of a file's first record."""
        from modelop_jupyter.formats import UNREADABLE, format_for, records_of_variable

        variables = self._session.variables() or {}
        path = Path(given).expanduser()
        try:
            if path.is_file():
                records = format_for(path.name).read_good(path)
            elif given in variables:
                records = records_of_variable(given, variables[given])
            else:
                return []
            record = next(iter(records), None)
        except (ModelOpError, *UNREADABLE):
            return []
        return [str(name) for name in record] if isinstance(record, Mapping) else []

    def jobs(self) -> list[str]:
        """Return the short ids of the last jobs."""
        return self._query(lambda ws: [job.short_id for job in ws.registry.list_jobs(limit=20)])

    def deployments(self) -> list[str]:
        """Return the models that are deployed, or were."""
        return self._query(lambda ws: [deployment.model for deployment in ws.deployments()])

    def engines(self) -> list[str]:
        """Return the engines that there are, and the addresses where the last jobs ran."""
        from modelop_jupyter.engines.find import engine_names

        used = self._query(lambda ws: list(ws.engines().addresses))
        return [*engine_names(), *used]

    def _query(self, query: Callable[[Workspace], list[str]]) -> list[str]:
        from modelop_jupyter.settings import Settings

        try:
            settings = Settings.from_environment()
            if not settings.home.is_dir():
                return []
            from modelop_jupyter.workspace import Workspace

            with Workspace(settings) as workspace:
                return query(workspace)
        except ModelOpError:
            return []


def complete(line: str, source: CompletionSource, *, is_cell: bool = False) -> Completions:
    """Return the completions at the end of ``line``, the text after ``%modelop``.

    ``is_cell`` is true for the line of ``%%modelop``, which has verbs of its own.
    """
    # From the start: a closing quote would be taken for an opening one otherwise.
    fragments = [match[0] for match in _WORD.finditer(line) if match.end() == len(line)]
    fragment = fragments[-1] if fragments else ""
    try:
        before = split(line[: len(line) - len(fragment)])
    except UsageMistakeError:
        return Completions(fragment)
    word = _unquoted(fragment)
    if not before:
        return _matching(fragment, word, _verb_words(is_cell), "keyword")
    inner = second_words(before[0])
    if len(before) == 1 and before[0] not in verbs() and inner:
        return _matching(fragment, word, inner, "keyword")
    try:
        verb, rest = find_verb(before, program="%modelop", is_cell=is_cell)
    except UsageMistakeError:
        return Completions(fragment)
    if verb.name == "help":
        choices = second_words(rest[0]) if rest else first_words()
        return _matching(fragment, word, choices, "keyword")
    parser = build_parser(verb, program="%modelop")
    if verb.takes_command:
        return _inside_command(fragment, word, parser, rest, source)
    return _in_arguments(fragment, word, parser, rest, source)


def _inside_command(
    fragment: str, word: str, parser: Parser, rest: list[str], source: CompletionSource
) -> Completions:
    """Complete the verb that another one takes: NAME and VERB change places, options are of both."""
    own, command = parser.own_and_passed_on(rest)
    has_open_value = own[-1:] == rest[-1:] and _argument_at_cursor(parser, own)[0] in parser.options
    if len(command) < 2 or has_open_value:
        first = parser.prog.split()[-1]
        inner = _matching(fragment, word, [] if rest else second_words(first), "keyword")
        found = _in_arguments(fragment, word, parser, rest, source)
        return replace(found, candidates=(*found.candidates, *inner.candidates))
    try:
        verb, _ = find_verb([command[1]], program="%modelop")
    except UsageMistakeError:
        return Completions(fragment)
    inner_parser = build_parser(verb, program="%modelop")
    found = _in_arguments(fragment, word, inner_parser, [command[0], *command[2:]], source)
    if found.kind != "keyword":
        return found
    options = _matching(fragment, word, _unused_options(parser, own, word), "keyword")
    return replace(found, candidates=(*found.candidates, *options.candidates))


def _in_arguments(
    fragment: str, word: str, parser: Parser, rest: list[str], source: CompletionSource
) -> Completions:
    action, values = _argument_at_cursor(parser, rest)
    options = _matching(fragment, word, _unused_options(parser, rest, word), "keyword")
    is_option = word.startswith("-") and action is not None and not action.option_strings
    if action is None or (is_option and action.metavar != TAG_METAVAR):
        return options
    candidates = _candidate_values(action, values, word, source)
    completions = _matching(fragment, word, candidates, "text")
    # Without a known value for the argument, which may also be left out, options are of use.
    return completions if completions.candidates or word else options


def _verb_words(is_cell: bool) -> list[str]:
    if is_cell:
        return list(cell_verbs())
    only_of_cells = {name for name, verb in verbs().items() if verb.in_cell}
    return [word for word in first_words() if word not in only_of_cells]


def _argument_at_cursor(
    parser: Parser, words: Sequence[str]
) -> tuple[argparse.Action | None, dict[str, str]]:
    """Return the argument that the next word is a value of, and the values of those before it.

    The argument is None if all positional ones have a value.
    """
    options = {name: action for action in parser.options for name in action.option_strings}
    positionals = list(parser.positionals)
    values: dict[str, str] = {}
    option: argparse.Action | None = None
    for word in words:
        if option is not None:
            option = None
        elif word in options:
            option = options[word] if options[word].nargs != 0 else None
        elif not word.startswith("-") and positionals:
            values[positionals[0].dest] = word
            if positionals[0].nargs not in ("+", "*"):
                positionals.pop(0)
    return option or (positionals[0] if positionals else None), values


def _unused_options(parser: Parser, words: Sequence[str], word: str) -> list[str]:
    """Return the options that are not among the words, and those that can be repeated.

    What every verb has is among them when an option is being typed.
    """
    of_all = [parser.show_code] if word.startswith("-") else []
    return [
        action.option_strings[-1]
        for action in (*parser.options, *of_all)
        if isinstance(action.default, list) or not set(action.option_strings) & set(words)
    ]


def _candidate_values(
    action: argparse.Action, values: Mapping[str, str], word: str, source: CompletionSource
) -> Iterable[str]:
    if action.choices:
        return [str(choice) for choice in action.choices]
    metavar = action.metavar
    if action.dest == "deployment":
        return source.deployments()
    if metavar == "NAME":
        name, at, _ = word.partition("@")
        return source.snapshots(name) if at else source.models()
    if metavar == "JOB|NAME@N":
        name, at, _ = word.partition("@")
        return source.snapshots(name) if at else [*source.jobs(), *source.models()]
    if metavar == TAG_METAVAR:
        own = source.tags(values.get("name", ""))
        return [f"-{tag}" for tag in own] + [f"+{tag}" for tag in source.tags() if tag not in own]
    if metavar == "TAG":
        return source.tags(values.get("name"))
    if metavar == "KEY=VALUE":
        return [f"{key}=" for key in source.metadata_keys(values.get("name", ""))]
    if metavar == "@N":
        name = values.get("name", "")
        return [ref.removeprefix(name) for ref in source.snapshots(name)]
    if metavar == "WORD":
        return source.aliases(values.get("name", ""))
    if metavar == "JOB":
        return source.jobs()
    if metavar == "METRIC":
        return source.metrics(values.get("name", ""))
    if metavar == "ASSET":
        return source.assets(values.get("name", ""))
    if metavar == "COLUMN":
        return source.columns(values.get("inputs", ""))
    if metavar == "CONNECTION":
        return connection_names()
    if metavar == "ROLE":
        return [role.label if word[1:2].islower() else role.value for role in AssetRole]
    if metavar == "FILE[=ROLE]":
        file, equals, _ = word.rpartition("=")
        return [f"{file}={role.value}" for role in AssetRole] if equals else _paths(word)
    if metavar == EXAMPLE_METAVAR:
        return [example.name for example in EXAMPLES]
    if metavar == "KEY":
        return list(KEYS)
    if metavar == ENGINE_METAVAR or (metavar == "VALUE" and values.get("key") == ENGINE.name):
        return source.engines()
    if metavar == NOTIFY_METAVAR or (metavar == "VALUE" and values.get("key") == NOTIFY.name):
        return [DESKTOP, NOBODY]
    if metavar == LEVEL_METAVAR:
        return LEVELS
    if metavar == EXCEPTIONS_METAVAR:
        before, comma, _ = word.rpartition(",")
        return [f"{before}{comma}{name}" for name in TRANSIENT]
    if metavar == AS_OF_METAVAR:
        return [GIT, NOW]
    if metavar in ("INPUT", "OUTPUT"):
        return [*source.variables(), *_paths(word)]
    if metavar in ("FILE", "PATH", "FILE|FOLDER"):
        return _paths(word)
    return ()


def _paths(word: str) -> list[str]:
    """Return the files and folders beside a path that is being typed; a folder ends in a slash."""
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


def _matching(fragment: str, word: str, choices: Iterable[str], kind: str) -> Completions:
    """Return the choices that start with the word, in any case, quoted as they must be typed."""
    prefix = word.lower()
    matching = dict.fromkeys(choice for choice in choices if choice.lower().startswith(prefix))
    return Completions(fragment, tuple(quote(choice) for choice in matching), kind)


def _unquoted(fragment: str) -> str:
    """Return the text of a word whose quote may still be open."""
    for closing in ("", "'", '"'):
        try:
            words = split(fragment + closing)
        except UsageMistakeError:
            continue
        return words[0] if words else ""
    return fragment
