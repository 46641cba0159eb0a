"""``job remove | gc | pin | unpin``: which jobs are kept, and what they may take on disk."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands import values
from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.job import job_argument
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.domain.disk import Clearing, PinnedJob


def _remove_arguments(parser: Parser) -> None:
    parser.add_argument(
        "jobs", metavar="JOB", nargs="+", help="the jobs' ids, or their first four digits or more"
    )


def _gc_arguments(parser: Parser) -> None:
    parser.add_argument(
        "--older",
        metavar="AGE",
        type=values.age,
        help="remove those that ended longer ago: 30d, 12h, 2w, 0",
    )
    parser.add_argument(
        "--quota",
        metavar="SIZE",
        type=values.quota,
        help="what all jobs may take together; the oldest go first: 5GB, 500MB, 0. Without --older"
        " and --quota, MODELOP_JOBS_OLDER (30d) and MODELOP_JOBS_QUOTA (5GB) count",
    )
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")


def _remove(context: Context, args: Namespace) -> Clearing:
    return context.workspace.job_remove(*args.jobs)


def _gc(context: Context, args: Namespace) -> Clearing:
    return context.workspace.job_gc(older=args.older, quota=args.quota, dry_run=args.dry_run)


def _pin(context: Context, args: Namespace) -> PinnedJob:
    return context.workspace.job_pin(args.job)


def _unpin(context: Context, args: Namespace) -> PinnedJob:
    return context.workspace.job_unpin(args.job)


VERBS = (
    Verb(
        name="job remove",
        summary="Remove jobs with all that they hold; outputs at paths of yours stay.",
        example="job remove 3f2a1c 9b8b7b",
        configure=_remove_arguments,
        run=_remove,
    ),
    Verb(
        name="job gc",
        summary="Remove old jobs and the oldest beyond a quota, and what killed ones left behind.",
        example="job gc --older 30d --quota 5GB --dry-run",
        configure=_gc_arguments,
        run=_gc,
    ),
    Verb(
        name="job pin",
        summary="Keep a job from being removed.",
        example="job pin 3f2a1c",
        configure=job_argument,
        run=_pin,
    ),
    Verb(
        name="job unpin",
        summary="Let a job be removed again.",
        example="job unpin 3f2a1c",
        configure=job_argument,
        run=_unpin,
    ),
)
