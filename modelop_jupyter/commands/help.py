"""``help``: the verbs, or one verb with its options and an example."""

from __future__ import annotations

from argparse import Action, Namespace
from dataclasses import dataclass

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.display.blocks import Blocks, Note, Table, Text, code


@dataclass(frozen=True, slots=True)
class VerbHelp:
    """What `help VERB` tells: ``arguments`` are pairs of spelling and explanation."""

    usage: str
    summary: str
    arguments: tuple[tuple[str, str], ...]
    example: str

    def blocks(self) -> Blocks:
        """Show usage, sentence, arguments and example."""
        rows = tuple((code(spelling), text) for spelling, text in self.arguments)
        return [
            Text("", self.usage, is_open=True),
            Note(self.summary, "plain"),
            *([Table(("argument", "meaning"), rows)] if rows else []),
            Text("example", self.example, is_open=True),
        ]


@dataclass(frozen=True, slots=True)
class HelpPage:
    """The verbs asked for; ``is_index`` when one line each is enough."""

    verbs: tuple[VerbHelp, ...]
    is_index: bool
    program: str

    def blocks(self) -> Blocks:
        """Show a line for each verb, or all of a few."""
        if self.is_index:
            rows = tuple((code(_short(each.usage)), each.summary) for each in self.verbs)
            hint = f"'{self.program} help VERB' shows a verb's options and an example."
            return [Table(("verb", "what it does"), rows, is_whole=True), Note(hint)]
        return [block for each in self.verbs for block in each.blocks()]


def configure(parser: Parser) -> None:
    parser.add_argument("words", metavar="VERB", nargs="*", help="a verb, such as 'asset add'")


def run(context: Context, args: Namespace) -> HelpPage:  # noqa: ARG001 - a verb's signature
    return page(list(args.words), program=args.program)


def page(words: list[str], *, program: str) -> HelpPage:
    """Return the help of all verbs, of a family such as ``asset``, or of one verb."""
    from modelop_jupyter.commands.grammar import find_verb, second_words, verbs

    if not words:
        listed = [v for v in verbs().values() if program.startswith("%") or not v.in_cell]
        return HelpPage(tuple(_of(verb, program) for verb in listed), True, program)
    if len(words) == 1 and words[0] not in verbs() and (inner := second_words(words[0])):
        family = tuple(_of(verbs()[f"{words[0]} {word}"], program) for word in inner)
        return HelpPage(family, False, program)
    verb, _ = find_verb(words, program=program)
    return HelpPage((_of(verb, program),), False, program)


def _of(verb: Verb, program: str) -> VerbHelp:
    from modelop_jupyter.commands.grammar import build_parser

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


def _short(usage: str) -> str:
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


VERB = Verb(
    name="help",
    summary="Say what there is to type, or what one verb does, with an example.",
    example="help asset add",
    configure=configure,
    run=run,
)
