"""The grammar: every verb in its order, and how words become a verb and its arguments.

Each verb has a parser of its own, made when it is first needed: a mistyped verb or option can
then be answered with the nearest one, and options may stand anywhere among the arguments.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Sequence
from functools import cache

from modelop_jupyter.commands.parser import HelpAsked, Parser
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.errors import UsageMistakeError, nearest


@cache
def verbs() -> dict[str, Verb]:
    """Return every verb by its name; the overview's is empty."""
    from modelop_jupyter.commands import (
        asset,
        batch,
        compare,
        diff,
        env,
        exchange,
        history,
        job,
        job_again,
        job_cleanup,
        job_errors,
        jobs,
        kernel,
        metrics,
        model_cell,
        models,
        overview,
        panel,
        register,
        remove,
        repair,
        requirements,
        schema,
        show,
        snapshot,
        train,
    )
    from modelop_jupyter.commands.help import VERB as HELP

    ordered = (
        overview.VERB,
        HELP,
        register.VERB,
        model_cell.VERB,
        models.VERB,
        show.VERB,
        remove.VERB,
        *asset.VERBS,
        *snapshot.VERBS,
        diff.VERB,
        requirements.VERB,
        *schema.VERBS,
        *env.VERBS,
        *kernel.VERBS,
        batch.VERB,
        metrics.VERB,
        train.VERB,
        jobs.VERB,
        job.SHOW,
        job.LOG,
        job_again.ATTACH,
        job.CANCEL,
        job_errors.VERB,
        job_again.RETRY,
        job_again.RERUN,
        job.EXPORT,
        *job_cleanup.VERBS,
        compare.VERB,
        history.VERB,
        *exchange.VERBS,
        repair.VERB,
        panel.VERB,
    )
    return {verb.name: verb for verb in ordered}


def first_words() -> list[str]:
    """Return what may stand first on a line."""
    return list(dict.fromkeys(name.split()[0] for name in verbs() if name))


def second_words(first: str) -> list[str]:
    """Return what may follow a first word that is not yet a verb, such as ``asset``."""
    return [name.split()[1] for name in verbs() if name.startswith(first + " ")]


def build_parser(
    verb: Verb, *, program: str, extra: Callable[[Parser], None] | None = None
) -> Parser:
    """Return the parser of one verb; ``extra`` adds what a front door has on every verb."""
    parser = Parser(f"{program} {verb.name}".rstrip())
    verb.configure(parser)
    if extra is not None:
        extra(parser)
    return parser


def find_verb(words: Sequence[str], *, program: str) -> tuple[Verb, list[str]]:
    """Return the verb that words begin with, and the rest; raises :class:`UsageMistakeError`."""
    known = verbs()
    if not words or words[0].startswith("-"):
        return known[""], list(words)
    first, rest = words[0], list(words[1:])
    if first in known:
        return known[first], rest
    inner = second_words(first)
    if not inner:
        raise UsageMistakeError(
            f"{first!r} is not a verb of {program}", _guess(first, first_words(), program)
        )
    if not rest or rest[0].startswith("-"):
        if set(rest) & {"-h", "--help"}:
            return known["help"], [first]
        raise UsageMistakeError(f"{first} what?", f"One of: {', '.join(inner)}")
    if rest[0] not in inner:
        close = nearest(rest[0], inner)
        raise UsageMistakeError(
            f"{first} {rest[0]!r} is not a verb of {program}",
            f"Did you mean '{first} {close}'?" if close else f"One of: {', '.join(inner)}",
        )
    return known[f"{first} {rest[0]}"], rest[1:]


def parse(
    words: Sequence[str], *, program: str, extra: Callable[[Parser], None] | None = None
) -> tuple[Verb, Namespace]:
    """Return the verb and its arguments; raises :class:`UsageMistakeError`, one sentence.

    ``--help`` anywhere gives the verb ``help`` with the words of the verb it stood in.
    """
    verb, rest = find_verb(words, program=program)
    parser = build_parser(verb, program=program, extra=extra)
    try:
        args, surplus = parser.parse_known_intermixed_args(rest)
    except HelpAsked:
        return verbs()["help"], Namespace(words=verb.name.split(), program=program, json=False)
    if surplus:
        _refuse(verb, surplus[0], parser, program)
    args.program = program
    return verb, args


def _refuse(verb: Verb, word: str, parser: Parser, program: str) -> None:
    where = verb.name or program
    if not word.startswith("-"):
        raise UsageMistakeError(
            f"{where}: {word!r} is one argument too many",
            f"Type '{program} help {verb.name}' to see how",
        )
    option = word.partition("=")[0]
    close = nearest(option, parser.option_names)
    options = ", ".join(name for name in parser.option_names if name.startswith("--"))
    raise UsageMistakeError(
        f"{where} has no option {option!r}",
        f"Did you mean {close!r}?" if close else f"It has: {options}",
    )


def _guess(word: str, known: Sequence[str], program: str) -> str:
    close = nearest(word, known)
    return f"Did you mean {close!r}?" if close else f"Type '{program} help' to see them all"
