"""The verbs ``deploy``, ``deployments`` and ``deployment …``: models that answer requests."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.commands import arguments
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.domain.deployments import FIRST_PORT, DeploymentLog
from modelop_jupyter.domain.lists import Listing

if TYPE_CHECKING:
    from modelop_jupyter.commands.context import Context
    from modelop_jupyter.domain.deployments import Deployment, FailedRequests
    from modelop_jupyter.domain.reports import RequestFailure

_LISTED_ERRORS = 50


def _configure_deploy(parser: Parser) -> None:
    arguments.name_argument(parser)
    parser.add_argument(
        "--port",
        metavar="P",
        type=arguments.port,
        help=f"where it answers; without it the first free port from {FIRST_PORT} on",
    )
    parser.add_argument(
        "--replicas",
        metavar="N|auto",
        type=arguments.replicas,
        help="how many processes initialise the model, or one for each core; 1 without it",
    )
    parser.add_argument(
        "--for",
        dest="lifetime",
        metavar="TIME",
        type=arguments.lifetime,
        help="stop it after this time: 90m, 2h, 7d; 'off' for never, where there was one before",
    )
    parser.add_argument(
        "--shadow",
        action="store_true",
        help="leave the answers to the snapshot that is deployed, and only compare this one's with them",
    )
    parser.add_argument(
        "--capture",
        metavar="FILE",
        help="append each record and its output to a file, as JSON lines that 'batch', 'metrics' and"
        " 'challenge' read; 'off' to end that",
    )
    arguments.schemas_argument(parser)
    parser.add_argument(
        "--record-timeout",
        metavar="S",
        type=arguments.seconds,
        help="how many seconds a record may take if its request does not say; 5 without it",
    )
    parser.add_argument(
        "--start-timeout",
        metavar="S",
        type=arguments.seconds,
        help="how many seconds import and init may take; 60 without it",
    )
    parser.add_argument(
        "--host",
        metavar="HOST",
        help="the address it listens on; without it, only this machine reaches it. Any other needs --token"
        " or --insecure",
    )
    parser.add_argument(
        "--token",
        metavar="TOKEN",
        help="refuse requests without this token in 'Authorization: Bearer TOKEN'; 'off' to ask for"
        " none",
    )
    parser.add_argument(
        "--insecure",
        action="store_true",
        help="answer anyone who reaches a --host, without a token",
    )


def _deploy(context: Context, args: Namespace) -> Deployment:
    return context.workspace.deploy(
        args.name,
        port=args.port,
        replicas=args.replicas,
        lifetime=args.lifetime,
        shadow=args.shadow,
        capture=_capture(args.capture),
        schemas=args.schemas,
        record_timeout=args.record_timeout,
        start_timeout=args.start_timeout,
        host=args.host,
        token="" if args.token == arguments.OFF else args.token,
        insecure=args.insecure,
    )


def _capture(word: str | None) -> str | None:
    if word == arguments.OFF:
        return ""
    # The server process has another working directory.
    return word and str(Path(word).expanduser().absolute())


def _list(context: Context, args: Namespace) -> Listing:  # noqa: ARG001 - a verb's signature
    return Listing(
        tuple(context.workspace.deployments()),
        "Nothing is deployed. '%modelop deploy NAME' has a model answer requests.",
    )


def _configure_deployment(parser: Parser) -> None:
    parser.add_argument("deployment", metavar="NAME", help="the model that is deployed")


def _show(context: Context, args: Namespace) -> Deployment:
    return context.workspace.deployment(args.deployment)


def _log(context: Context, args: Namespace) -> DeploymentLog:
    text = context.workspace.deployment_log(args.deployment)
    return DeploymentLog(args.deployment, text, len(text.encode()))


def _configure_errors(parser: Parser) -> None:
    _configure_deployment(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--limit",
        metavar="N",
        type=arguments.count,
        default=_LISTED_ERRORS,
        help=f"list only the last N; {_LISTED_ERRORS} without it",
    )
    which.add_argument(
        "--record",
        metavar="N",
        type=arguments.index,
        help="show one of them with the record itself, which may be confidential",
    )


def _errors(context: Context, args: Namespace) -> FailedRequests | RequestFailure:
    from modelop_jupyter.domain.reports import RequestFailure

    if args.record is None:
        return context.workspace.deployment_errors(args.deployment, args.limit)
    failure = context.workspace.deployment_failure(args.deployment, args.record)
    return RequestFailure(args.deployment, failure)


def _stop(context: Context, args: Namespace) -> Deployment:
    return context.workspace.deployment_stop(args.deployment)


def _rollback(context: Context, args: Namespace) -> Deployment:
    return context.workspace.deployment_rollback(args.deployment)


VERBS = (
    Verb(
        name="deploy",
        summary="Have a model answer requests on this machine, in its own environment.",
        example="deploy churn --replicas 2 --for 2h",
        configure=_configure_deploy,
        run=_deploy,
    ),
    Verb(
        name="deployments",
        summary="List the models that answer requests, and those that did.",
        example="deployments",
        run=_list,
    ),
    Verb(
        name="deployment show",
        summary="Show where a deployment answers, what it answered, how fast and with how much memory.",
        example="deployment show churn",
        configure=_configure_deployment,
        run=_show,
    ),
    Verb(
        name="deployment log",
        summary="Show what happened to a deployment, with the output that the model printed.",
        example="deployment log churn",
        configure=_configure_deployment,
        run=_log,
    ),
    Verb(
        name="deployment errors",
        summary="List the last records that got no output, each with its reason.",
        example="deployment errors churn --record 7",
        configure=_configure_errors,
        run=_errors,
    ),
    Verb(
        name="deployment stop",
        summary="Stop a deployment, once it has answered the requests that it has.",
        example="deployment stop churn",
        configure=_configure_deployment,
        run=_stop,
    ),
    Verb(
        name="deployment rollback",
        summary="Have the snapshot before answer again, or end a shadow.",
        example="deployment rollback churn",
        configure=_configure_deployment,
        run=_rollback,
    ),
)
