"""The verbs ``batch``, ``metrics`` and ``train``: submit a job."""

from __future__ import annotations

import json
import shlex
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from modelop_jupyter.commands import arguments
from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.masking import mask

if TYPE_CHECKING:
    from modelop_jupyter.domain.trials import EngineEstimate, Trial
    from modelop_jupyter.workspace import FileSet, Job, Stream, Variable


@dataclass(frozen=True, slots=True)
class SubmittedJob:
    """The value of a job verb; a front door follows the job unless ``background``.

    ``variable`` is the name of the variable that gets the result when the job has ended, and
    ``slot_variables`` the names for further output slots, as pairs of slot and name. A job that
    ``is_attached`` was submitted earlier: interrupting its display does not cancel it. Output records
    become a table of the ``table_kind``, a list for ``list``, and what there is for None. A shell
    ``prints_output`` in the place of a summary. ``remarks`` are sentences to be shown before it runs.
    """

    job: Job
    background: bool = False
    variable: str | None = None
    is_attached: bool = False
    slot_variables: tuple[tuple[int, str], ...] = ()
    prints_output: bool = False
    remarks: tuple[str, ...] = ()
    table_kind: str | None = None


class _CommonOptions(TypedDict):
    """What every kind of job takes."""

    parameters: dict[str, Any]
    format: str | None
    connection: str | None
    engine: str | None


class _ScoringOptions(_CommonOptions):
    """What a batch takes, and a trial of one."""

    schemas: str | None
    record_timeout: float | None
    retry: int | None
    retry_on: tuple[str, ...] | None
    memory: int | None
    cpu_time: float | None
    workers: str | None


def _configure_batch(parser: Parser) -> None:
    arguments.name_argument(parser)
    arguments.input_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUTPUT",
        action="append",
        help="a file, an address (s3://bucket/scores/ gets an object for each chunk), or a variable's"
        " name, which gets a table of the kind that went in; without it the job keeps the result;"
        " several: slots 1, 3, 5 in order",
    )
    scoring_arguments(parser)
    parser.add_argument(
        "--try",
        dest="trial",
        metavar="N",
        type=arguments.count,
        help="only score N records from all over the input, and estimate time and memory of all",
    )
    arguments.job_arguments(parser)


def scoring_arguments(parser: Parser) -> None:
    """Add how records are scored: schemas, limits that count them, and workers."""
    arguments.schemas_argument(parser)
    parser.add_argument(
        "--max-errors",
        metavar="N|P%",
        type=arguments.max_errors,
        help="stop when more than N records, or more than P%% of them, are bad",
    )
    parser.add_argument(
        "--limit", metavar="N", type=arguments.count, help="score only the first N records"
    )
    arguments.record_timeout_argument(parser)
    arguments.retry_arguments(parser)
    parser.add_argument(
        "--workers",
        metavar="N|auto",
        type=arguments.workers,
        help="score in N parallel processes, or in one for each core; the output is the same",
    )


def _try(context: Context, args: Namespace) -> Trial:
    if args.limit is not None:
        raise InvalidError("--try and --limit both say how many", "Leave out one of them")
    trial = context.workspace.jobs.trial(
        args.name,
        _inputs(context, args),
        args.trial,
        **scoring_options(args),
    )
    engines = tuple(replace(one, command=_command(args, one)) for one in trial.engines)
    return replace(trial, engines=engines)


def _command(args: Namespace, estimate: EngineEstimate) -> str | None:
    """Return the line that scores all records as in an estimate, None where that failed."""
    if estimate.error:
        return None
    words = ["batch", args.name, *map(mask, args.inputs)]
    for output in args.output or ():
        words += ["-o", output]
    for name, value in args.param:
        words += ["--param", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
    options = {
        "--schemas": args.schemas,
        "--format": args.format,
        "--connection": args.connection,
        "--max-errors": _max_errors(args.max_errors),
        "--timeout": args.timeout and f"{args.timeout:g}",
        "--record-timeout": args.record_timeout and f"{args.record_timeout:g}",
        "--retry": args.retry and str(args.retry),
        "--retry-on": args.retry_on and ",".join(args.retry_on),
        "--memory": args.memory and str(args.memory),
        "--cpu-time": args.cpu_time and f"{args.cpu_time:g}",
    }
    words += [word for name, value in options.items() if value for word in (name, value)]
    words += ["--background"] if args.background else []
    if estimate.engine != "local":
        words += ["--engine", estimate.engine]
    elif estimate.runners > 1:
        words += ["--workers", str(estimate.runners)]
    return shlex.join(words)


def _max_errors(value: Mapping[str, float] | None) -> str | None:
    """Return the word that ``--max-errors`` was given."""
    if value is None:
        return None
    return f"{value['percent']:g}%" if "percent" in value else str(value["count"])


def _batch(context: Context, args: Namespace) -> SubmittedJob | Trial:
    if args.trial is not None:
        return _try(context, args)
    outputs = [arguments.output(word, context.session) for word in args.output or [None]]
    # Output slots are the odd numbers.
    variables = [(2 * place + 1, name) for place, (_, name) in enumerate(outputs) if name]
    inputs = _inputs(context, args)
    job = context.workspace.batch(
        args.name,
        inputs,
        output=[path for path, _ in outputs],
        max_errors=args.max_errors,
        limit=args.limit,
        timeout=args.timeout,
        notify=args.notify,
        **scoring_options(args),
    )
    return SubmittedJob(
        job,
        background=args.background,
        variable=outputs[0][1],
        slot_variables=tuple((slot, name) for slot, name in variables if slot > 1),
        table_kind=arguments.table_kind(inputs),
    )


def _configure_metrics(parser: Parser) -> None:
    arguments.name_argument(parser)
    arguments.input_arguments(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUTPUT",
        help="a file, or the name of a variable; without it the job keeps the result",
    )
    parser.add_argument(
        "--reference", metavar="NAME", help="the model under test, for a monitor's metrics"
    )
    arguments.expect_argument(
        parser,
        what='a rule that the result must meet, such as "auc >= 0.9", or "auc >= ref - 0.01" with'
        " --against",
    )
    parser.add_argument(
        "--against",
        metavar="JOB|NAME@N",
        help="the job whose result 'ref' in a rule means, or the snapshot whose last metrics job",
    )
    parser.add_argument(
        "--strict",
        action="store_true",
        help="count a decision-table rule that cannot be decided as failed (exit code 1)",
    )
    arguments.job_arguments(parser)


def _metrics(context: Context, args: Namespace) -> SubmittedJob:
    path, variable = arguments.output(args.output, context.session)
    job = context.workspace.metrics(
        args.name,
        _inputs(context, args),
        output=path,
        reference=args.reference,
        timeout=args.timeout,
        memory=args.memory,
        cpu_time=args.cpu_time,
        expect=args.expect,
        against=args.against,
        strict=args.strict,
        notify=args.notify,
        **_common_options(args),
    )
    return SubmittedJob(job, background=args.background, variable=variable)


def _configure_train(parser: Parser) -> None:
    arguments.name_argument(parser)
    arguments.input_arguments(parser)
    arguments.parameter_argument(parser)
    arguments.engine_argument(parser)
    arguments.notify_argument(parser)


def _train(context: Context, args: Namespace) -> SubmittedJob:
    return SubmittedJob(
        context.workspace.train(
            args.name, _inputs(context, args), notify=args.notify, **_common_options(args)
        )
    )


def _common_options(args: Namespace) -> _CommonOptions:
    return {
        "parameters": dict(args.param),
        "format": args.format,
        "connection": args.connection,
        "engine": args.engine,
    }


def scoring_options(args: Namespace) -> _ScoringOptions:
    """Return what a batch takes besides its inputs, its output and the limits of the whole."""
    return {
        **_common_options(args),
        "schemas": args.schemas,
        "record_timeout": args.record_timeout,
        "retry": args.retry,
        "retry_on": args.retry_on,
        "memory": args.memory,
        "cpu_time": args.cpu_time,
        "workers": args.workers,
    }


def _inputs(context: Context, args: Namespace) -> list[str | Path | Variable | Stream | FileSet]:
    """Return the inputs of a job, for which a process gets ready meanwhile.

    In a fresh kernel, loading the database takes as long as that process.
    """
    context.workspace.jobs.prepare()
    assets = context.workspace.asset_names(args.name)
    return arguments.inputs(args.inputs, context.session, assets)


VERBS = (
    Verb(
        name="batch",
        summary="Score every record of the inputs in the model's own environment.",
        example="batch churn customers.json -o scores.json --max-errors 5%",
        configure=_configure_batch,
        run=_batch,
    ),
    Verb(
        name="metrics",
        summary="Call the model's metrics function with the inputs, each as a data frame.",
        example='metrics churn scored.csv --expect "auc >= 0.9"',
        configure=_configure_metrics,
        run=_metrics,
    ),
    Verb(
        name="train",
        summary="Call the model's train function; the files it writes to outputDir are kept with the job.",
        example="train churn training.csv --param depth=6",
        configure=_configure_train,
        run=_train,
    ),
)
