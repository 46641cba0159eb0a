"""``job attach | retry | rerun``: looking on, going on, starting over."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.job import job_argument
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.submitted import Submitted
from modelop_jupyter.commands.verb import Verb


def _attach(context: Context, args: Namespace) -> Submitted:
    return Submitted(context.workspace.job(args.job), is_attached=True)


def _configure_again(parser: Parser) -> None:
    job_argument(parser)
    parser.add_argument("--background", action="store_true", help="return at once; the job goes on")


def _configure_retry(parser: Parser) -> None:
    _configure_again(parser)
    parser.add_argument(
        "--failed",
        action="store_true",
        help="score only the bad records again, and put them in their places in the output",
    )


def _retry(context: Context, args: Namespace) -> Submitted:
    job = context.workspace.job_retry(args.job, failed=args.failed)
    return Submitted(job, background=args.background)


def _rerun(context: Context, args: Namespace) -> Submitted:
    return Submitted(context.workspace.job_rerun(args.job), background=args.background)


ATTACH = Verb(
    name="job attach",
    summary="Watch a job that runs; Ctrl-C or Stop ends the watching, not the job.",
    example="job attach 3f2a1c",
    configure=job_argument,
    run=_attach,
)
RETRY = Verb(
    name="job retry",
    summary="Go on where a job stood when it was cancelled, killed or ended by an error.",
    example="job retry 3f2a1c",
    configure=_configure_retry,
    run=_retry,
)
RERUN = Verb(
    name="job rerun",
    summary="Start a job over as it was, and say what differs from the first time.",
    example="job rerun 3f2a1c",
    configure=_configure_again,
    run=_rerun,
)
