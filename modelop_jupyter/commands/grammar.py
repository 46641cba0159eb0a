"""The grammar: all verbs, and the parsing of words into a verb and its arguments.

To add a verb: write its :class:`~modelop_jupyter.commands.verb.Verb` in the module of its noun
(``assets.py``, ``jobs.py``, ...) and append it to that module's ``VERBS``; a first word that is new is
listed in ``_MODULES``, as a new module is. Magics, CLI, help and completion then have it.

Each verb has its own parser, made when it is needed, so that a mistyped verb or option can be
answered with the nearest one.
"""

from __future__ import annotations

from argparse import Action, Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.verb import HelpRequested, Parser, Verb
from modelop_jupyter.display.blocks import Blocks, Note, Table, Text, code
from modelop_jupyter.errors import UsageMistakeError, nearest

# The modules that define verbs, in the order of the help, and the first words of these verbs. To run
# a verb only its module is loaded.
_MODULES: Mapping[str, tuple[str, ...]] = {
    "register": ("register", "model"),
    "models": ("models", "show", "remove"),
    "assets": ("asset",),
    "snapshots": ("snapshot", "snapshots", "diff"),
    "aliases": ("alias",),
    "metadata": ("tag", "meta"),
    "requirements": ("requirements",),
    "schemas": ("schema",),
    "environments": ("env",),
    "kernels": ("kernel", "run"),  # %%modelop run NAME
    "submit": ("batch", "metrics", "train"),
    "check": ("check",),
    "challenge": ("challenge",),
    "schedules": ("schedule",),
    "jobs": ("jobs", "job"),
    "deployments": ("deploy", "deployments", "deployment"),
    "results": ("compare", "history"),
    "exchange": ("export", "import"),
    "exported": ("run",),
    "examples": ("example",),
    "configuration": ("config",),
    "home": ("repair", "panel"),
}


@cache
def verbs() -> dict[str, Verb]:
    """Return every verb by its name, in the order of the help; the overview's name is empty.

    A verb of a cell is not among them where a line has one of the same name.
    """
    defined = [verb for module in _MODULES for verb in _verbs_of(module)]
    of_lines = {verb.name for verb in defined if not verb.in_cell}
    shown = (verb for verb in defined if not (verb.in_cell and verb.name in of_lines))
    return {verb.name: verb for verb in (_overview(), HELP, *shown)}


@cache
def cell_verbs() -> dict[str, Verb]:
    """Return the verbs of ``%%modelop`` by their names."""
    defined = (verb for module in _MODULES for verb in _verbs_of(module))
    return {verb.name: verb for verb in defined if verb.in_cell}


def first_words() -> list[str]:
    """Return the first words of all verbs, such as ``batch`` and ``asset``."""
    words = (word for words in _MODULES.values() for word in words)
    return list(dict.fromkeys(["help", *words]))


def second_words(first: str) -> list[str]:
    """Return the second words of a group's verbs: ``add``, ``list``... of ``asset``; empty for no group."""
    return [name.split()[1] for name in _verbs_with(first) if " " in name]


def _verbs_with(first: str, *, is_cell: bool = False) -> dict[str, Verb]:
    """Return the verbs whose first word it is, by their names.

    Of two with one name it is that of a cell or that of a line, as ``is_cell`` says.
    """
    if first == "help":
        return {"help": HELP}
    modules = [name for name, words in _MODULES.items() if first in words]
    found = [verb for name in modules for verb in _verbs_of(name) if verb.name.split()[0] == first]
    found.sort(key=lambda verb: verb.in_cell == is_cell)
    return {verb.name: verb for verb in found}


def _verbs_of(module: str) -> tuple[Verb, ...]:
    found: tuple[Verb, ...] = import_module(f"modelop_jupyter.commands.{module}").VERBS
    return found


def _overview() -> Verb:
    from modelop_jupyter.commands.home import OVERVIEW

    return OVERVIEW


def build_parser(
    verb: Verb, *, program: str, extra: Callable[[Parser], None] | None = None
) -> Parser:
    """Return the parser of one verb; ``extra`` adds a front door's own options to it."""
    parser = Parser(f"{program} {verb.name}".rstrip())
    verb.configure(parser)
    if extra is not None:
        extra(parser)
    return parser


def find_verb(
    words: Sequence[str], *, program: str, is_cell: bool = False
) -> tuple[Verb, list[str]]:
    """Return the verb that words begin with, and the other words; ``is_cell`` for ``%%modelop``.

    Without a verb it is the overview. Raises :class:`UsageMistakeError` for an unknown verb.
    """
    if not words or words[0].startswith("-"):
        return _overview(), list(words)
    first, rest = words[0], list(words[1:])
    known = _verbs_with(first, is_cell=is_cell)
    inner = second_words(first)
    if first in known and (not rest or rest[0] not in inner):
        return known[first], rest
    if not inner:
        raise UsageMistakeError(
            f"{first!r} is not a verb of {program}", _suggest_verb(first, program)
        )
    if not rest or rest[0].startswith("-"):
        if set(rest) & {"-h", "--help"}:
            return HELP, [first]
        raise UsageMistakeError(f"{first!r} needs a second word", f"Use one of: {', '.join(inner)}")
    if rest[0] not in inner:
        close = nearest(rest[0], inner)
        raise UsageMistakeError(
            f"{first} {rest[0]!r} is not a verb of {program}",
            f"Did you mean '{first} {close}'?" if close else f"Use one of: {', '.join(inner)}",
        )
    return known[f"{first} {rest[0]}"], rest[1:]


def parse(
    words: Sequence[str],
    *,
    program: str,
    is_cell: bool = False,
    extra: Callable[[Parser], None] | None = None,
) -> tuple[Verb, Namespace]:
    """Return the verb that words name, and its parsed arguments; ``is_cell`` for ``%%modelop``.

    ``--help`` anywhere returns the verb ``help`` with the words of the verb. Raises
    :class:`UsageMistakeError` for an unknown verb and for wrong arguments.
    """
    verb, rest = find_verb(words, program=program, is_cell=is_cell)
    parser = build_parser(verb, program=program, extra=extra)
    try:
        if verb.takes_command:
            own, command = parser.own_and_passed_on(rest)
            args, unknown = parser.parse_known_args([*own, "--", *command])
        else:
            args, unknown = parser.parse_known_intermixed_args(verb.prepare(rest))
    except HelpRequested:
        words = verb.name.split()
        return HELP, Namespace(words=words, program=program, json=False, show_code=False)
    if unknown:
        raise _unknown_argument(verb, unknown[0], parser, program)
    args.program = program
    return verb, args


def _unknown_argument(verb: Verb, word: str, parser: Parser, program: str) -> UsageMistakeError:
    where = verb.name or program
    if not word.startswith("-"):
        return UsageMistakeError(
            f"{where}: {word!r} is one argument too many",
            f"Type '{program} help {verb.name}' for its usage",
        )
    option = word.partition("=")[0]
    close = nearest(option, parser.option_names)
    options = ", ".join(name for name in parser.option_names if name.startswith("--"))
    return UsageMistakeError(
        f"{where} has no option {option!r}",
        f"Did you mean {close!r}?" if close else f"Its options are: {options}",
    )


def _suggest_verb(word: str, program: str) -> str:
    close = nearest(word, first_words())
    return f"Did you mean {close!r}?" if close else f"Type '{program} help' for a list of all verbs"


@dataclass(frozen=True, slots=True)
class VerbHelp:
    """The help of one verb; ``arguments`` are pairs of spelling and explanation."""

    usage: str
    summary: str
    arguments: tuple[tuple[str, str], ...]
    example: str

    def blocks(self) -> Blocks:
        """Return usage, summary, arguments and example."""
        rows = tuple((code(spelling), text) for spelling, text in self.arguments)
        return [
            Text("", self.usage, is_open=True),
            Note(self.summary, "plain"),
            *([Table(("argument", "meaning"), rows)] if rows else []),
            Text("example", self.example, is_open=True),
        ]


@dataclass(frozen=True, slots=True)
class HelpPage:
    """The help of several verbs: one line for each if ``is_index``, else all of each."""

    verbs: tuple[VerbHelp, ...]
    is_index: bool
    program: str

    def blocks(self) -> Blocks:
        """Return a table with a line for each verb, or the whole help of each."""
        if self.is_index:
            rows = tuple((code(_short_usage(verb.usage)), verb.summary) for verb in self.verbs)
            hint = (
                f"'{self.program} help VERB' shows a verb's options and an example. With --show-code,"
                " any line prints its Python call and does nothing else."
            )
            return [Table(("verb", "what it does"), rows, is_whole=True), Note(hint)]
        return [block for verb in self.verbs for block in verb.blocks()]


def _configure_help(parser: Parser) -> None:
    parser.add_argument("words", metavar="VERB", nargs="*", help="a verb, such as 'asset add'")


def _help(context: Context, args: Namespace) -> HelpPage:  # noqa: ARG001 - a verb's signature
    return help_page(list(args.words), program=args.program)


def help_page(words: list[str], *, program: str) -> HelpPage:
    """Return the help of all verbs, of a group such as ``asset``, or of one verb.

    Raises :class:`UsageMistakeError` for an unknown verb.
    """
    if not words:
        listed = [v for v in verbs().values() if not v.in_cell]
        if program.startswith("%"):
            listed += cell_verbs().values()
        return HelpPage(tuple(_help_of(verb, program) for verb in listed), True, program)
    if len(words) == 1 and words[0] not in verbs() and (inner := second_words(words[0])):
        group = tuple(_help_of(verbs()[f"{words[0]} {word}"], program) for word in inner)
        return HelpPage(group, False, program)
    verb, _ = find_verb(words, program=program)
    shown = [verb]
    if program.startswith("%") and (other := cell_verbs().get(verb.name, verb)) is not verb:
        shown.append(other)
    return HelpPage(tuple(_help_of(verb, program) for verb in shown), False, program)


def _help_of(verb: Verb, program: str) -> VerbHelp:
    if verb.in_cell and program.startswith("%"):
        program = "%" + program
    parser = build_parser(verb, program=program)
    usage = [parser.prog, *map(_usage, parser.positionals), *map(_usage, parser.options)]
    return VerbHelp(
        usage=" ".join(usage),
        summary=verb.summary,
        arguments=tuple(
            (_spelling(action), (action.help or "").replace("%%", "%"))
            for action in (*parser.positionals, *parser.options)
        ),
        example=f"{program} {verb.example}".rstrip(),
    )


def _short_usage(usage: str) -> str:
    return usage.partition(" [-")[0]


def _metavar(action: Action) -> str:
    return f" {action.metavar}" if isinstance(action.metavar, str) else ""


def _spelling(action: Action) -> str:
    return (", ".join(action.option_strings) + _metavar(action)).strip()


def _usage(action: Action) -> str:
    many = "…" if action.nargs in ("+", "*") or isinstance(action.default, list) else ""
    if action.option_strings:
        return f"[{action.option_strings[0]}{_metavar(action)}]{many}"
    text = _metavar(action).strip() + many
    return f"[{text}]" if action.nargs in ("?", "*") else text


HELP = Verb(
    name="help",
    summary="List all verbs, or explain one verb with an example.",
    example="help asset add",
    configure=_configure_help,
    run=_help,
)
