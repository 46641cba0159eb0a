"""The verb ``run FILE``: a model that was exported scores an input, without a registry."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.commands import arguments
from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.submit import SubmittedJob, scoring_arguments, scoring_options
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.errors import InputError, InvalidError, UsageMistakeError

if TYPE_CHECKING:
    from modelop_jupyter.domain.verification import Verification

_STANDARD_OUTPUT = "-"


def _configure(parser: Parser) -> None:
    parser.add_argument("path", metavar="FILE", help="the .zip file or folder that 'export' wrote")
    arguments.input_arguments(parser, are_optional=True)
    parser.add_argument(
        "-o",
        "--output",
        metavar="OUTPUT",
        help="a file, an address, or a variable's name; without it, and for '-', a shell prints the"
        " records, and a notebook's job keeps them while the session lasts",
    )
    parser.add_argument(
        "--verify",
        action="store_true",
        help="first score the sample in the export, and stop if this machine gives something else",
    )
    scoring_arguments(parser)
    arguments.parameter_argument(parser)
    arguments.limits_of_the_whole(parser)
    parser.set_defaults(engine=None)


def _run(context: Context, args: Namespace) -> SubmittedJob | Verification:
    path = Path(args.path).expanduser()
    _require_file(path, args)
    word = None if args.output == _STANDARD_OUTPUT else args.output
    output, variable = arguments.output(word, context.session)
    prints = word is None and context.session.variables() is None
    if prints and args.inputs and getattr(args, "json", False):
        raise InvalidError("--json prints where the records would go", "Add -o FILE for these")
    model = context.exported(path)
    assets = model.workspace.asset_names(model.ref)
    inputs = arguments.inputs(args.inputs, context.session, assets)
    remarks = []
    if args.verify:
        verification = model.verify()
        if verification.is_failure or not inputs:
            return verification
        remarks.append(
            f"the {verification.records} records of {verification.sample} in {path.name} get the"
            " same scores here"
        )
    model.prepare()
    if model.remark:
        remarks.append(model.remark)
    job = model.workspace.batch(
        model.ref,
        inputs,
        output=output,
        max_errors=args.max_errors,
        limit=args.limit,
        timeout=args.timeout,
        **scoring_options(args),
    )
    return SubmittedJob(
        context.run_of(model, job),
        variable=variable,
        table_kind=arguments.table_kind(inputs),
        prints_output=prints,
        remarks=tuple(remarks),
    )


def _require_file(path: Path, args: Namespace) -> None:
    """Refuse a word that is no file, such as a model's name, and a run without an input."""
    if not path.exists():
        raise InputError(
            args.path,
            "no such file",
            "'run' takes what 'export' wrote. To run a model of this registry, type 'batch NAME"
            f" INPUT'; a cell for its kernel starts with '%%modelop run {args.path}'",
        )
    if not args.inputs and not args.verify:
        raise UsageMistakeError("run: an INPUT is missing", "Name a file to score, or add --verify")


VERBS = (
    Verb(
        name="run",
        summary="Score an input with an exported model, on any machine and without a registry.",
        example="run churn.zip customers.json -o scores.json --verify",
        configure=_configure,
        run=_run,
        owns_job=True,
    ),
)
