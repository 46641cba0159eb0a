"""The verbs ``schedule``, ``schedule list`` and ``schedule remove``."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.commands.arguments import name_argument
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.lists import Listing
from modelop_jupyter.errors import InputError

if TYPE_CHECKING:
    from modelop_jupyter.commands.context import Context
    from modelop_jupyter.domain.reports import Removed
    from modelop_jupyter.domain.schedules import SchedulePlan

_KINDS = tuple(str(kind) for kind in JobKind)
_VERBS = "|".join(_KINDS)


def _configure(parser: Parser) -> None:
    from modelop_jupyter.workspace.schedules import DEFAULT_CRON

    name_argument(parser)
    parser.add_argument("verb", metavar=_VERBS, choices=_KINDS, help="the verb of the job")
    parser.add_argument(
        "words",
        metavar="WORD",
        nargs="*",
        help="what follows NAME in that verb: its inputs and options",
    )
    parser.add_argument(
        "--cron",
        metavar="CRON",
        default=DEFAULT_CRON,
        help="when: minute, hour, day of the month, month and day of the week, or a word such as @hourly;"
        f' without it "{DEFAULT_CRON}"',
    )
    parser.add_argument(
        "--install",
        action="store_true",
        help="put it into your crontab, or where there is none into systemd's timers, instead of the"
        " schedule of before; without it the lines are only printed",
    )
    places = parser.add_mutually_exclusive_group()
    for word, meaning in (("crontab", "your crontab"), ("systemd", "your systemd timers")):
        places.add_argument(
            f"--{word}",
            dest="scheduler",
            action="store_const",
            const=word,
            help=f"install it in {meaning}",
        )


def _schedule(context: Context, args: Namespace) -> SchedulePlan:
    from modelop_jupyter.commands.grammar import parse

    # Mistakes are found now, not by nobody in the night.
    _, job = parse([args.verb, args.name, *args.words], program=args.program)
    remarks = _require_files(context, args, job)
    plan = context.workspace.schedules.plan(
        args.name,
        args.verb,
        args.words,
        cron=args.cron,
        install=args.install or args.scheduler is not None,
        scheduler=args.scheduler,
    )
    return replace(plan, remarks=(*plan.remarks, *remarks))


def _require_files(context: Context, args: Namespace, job: Namespace) -> list[str]:
    """Return remarks about inputs that are not there yet.

    Raises :class:`InputError` for one that only this session has.
    """
    variables = context.session.variables() or {}
    assets = context.workspace.asset_names(args.name)
    remarks = []
    for word in job.inputs:
        if word == "-":
            raise InputError(word, "a schedule has no standard input", "Name a file")
        if "://" in word or any(sign in word for sign in "*?[") or word in assets:
            continue
        if Path(word).expanduser().exists():
            continue
        if word in variables:
            raise InputError(
                word, "a schedule has no variables of this notebook", "Write it to a file first"
            )
        remarks.append(f"{word} is not there yet: it must be when the job runs.")
    return remarks


def _list(context: Context, args: Namespace) -> Listing:  # noqa: ARG001 - a verb's signature
    return Listing(
        tuple(context.workspace.schedules()),
        "Nothing is scheduled. '%modelop schedule NAME batch INPUT --install' schedules a job.",
    )


def _configure_remove(parser: Parser) -> None:
    name_argument(parser, what="the model")
    parser.add_argument(
        "verb",
        metavar=_VERBS,
        choices=_KINDS,
        nargs="?",
        help="the verb of the job; without it all schedules of the model",
    )


def _remove(context: Context, args: Namespace) -> Removed:
    from modelop_jupyter.domain.reports import Removed

    removed = context.workspace.schedules.remove(args.name, args.verb)
    return Removed("schedule", ", ".join(f"{one.kind} of {one.ref}" for one in removed))


VERBS = (
    Verb(
        name="schedule",
        summary="Have cron or systemd run a job at certain times; without --install, print the lines.",
        example='schedule churn batch customers.csv -o scores.csv --cron "0 6 * * *" --install',
        configure=_configure,
        run=_schedule,
        takes_command=True,
    ),
    Verb(
        name="schedule list",
        summary="List the schedules that are installed, and when each runs next.",
        example="schedule list",
        run=_list,
    ),
    Verb(
        name="schedule remove",
        summary="Take the schedules of a model away, or its one of a kind of job.",
        example="schedule remove churn batch",
        configure=_configure_remove,
        run=_remove,
    ),
)
