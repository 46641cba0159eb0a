"""The verb ``check``: will a model pass in ModelOp Center?"""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.commands import arguments
from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.output_files import write_page, write_text
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.errors import InvalidError

if TYPE_CHECKING:
    from modelop_jupyter.checks.live_notebook import LiveNotebook
    from modelop_jupyter.domain.checks import CheckReport
    from modelop_jupyter.remedies import Command


def _configure(parser: Parser) -> None:
    arguments.name_argument(parser)
    parser.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="*",
        help="records to score, of which the first hundred are taken; without one, the model's test"
        " data",
    )
    parser.add_argument(
        "--metrics",
        metavar="INPUT",
        nargs="+",
        default=[],
        help="call the metrics function with these, too",
    )
    arguments.parameter_argument(parser)
    parser.add_argument(
        "--audit",
        action="store_true",
        help="ask a service for known faults of the packages, whose names it gets",
    )
    parser.add_argument(
        "--sbom",
        metavar="FILE",
        help="write the packages of the environment with their licences: CycloneDX in JSON",
    )
    parser.add_argument(
        "--report", metavar="FILE", help="also write the card to a page of HTML, to hand it over"
    )


def _check(context: Context, args: Namespace) -> CheckReport:
    from modelop_jupyter.checks.bill_of_materials import require_bill_of_materials

    assets = context.workspace.asset_names(args.name)
    if args.sbom is not None:
        require_bill_of_materials()
    report = context.workspace.check(
        args.name,
        arguments.inputs(args.inputs, context.session, assets),
        metrics=arguments.inputs(args.metrics, context.session, assets),
        parameters=dict(args.param),
        audit=args.audit,
        live=_live_notebook(context, args.name),
        command=_words(args),
    )
    written = []
    if args.sbom is not None:
        bill = context.workspace.bill_of_materials(report.ref)
        written.append(context.call(write_text, args.sbom, bill))
    if args.report is not None:
        title = f"Check of {report.ref}"
        written.append(context.call(write_page, args.report, title, report))
    return replace(report, written=tuple(written))


def _words(args: Namespace) -> Command:
    """Return the words that make the report again."""
    parameters = (f"{key}={arguments.parameter_word(value)}" for key, value in args.param)
    options = (word for parameter in parameters for word in ("--param", parameter))
    metrics = ("--metrics", *args.metrics) if args.metrics else ()
    return ("check", args.name, *args.inputs, *metrics, *options)


def _live_notebook(context: Context, ref: str) -> LiveNotebook | None:
    """Return the session's notebook, if the model was captured from it.

    Where no path tells (nbclient, a terminal), it was if this session has registered it.
    """
    from modelop_jupyter.checks.live_notebook import LiveNotebook

    session = context.session
    names = session.variables()
    name, _, number = ref.partition("@")
    model = context.workspace.registry.get_model(name)
    if names is None or number:
        return None
    bare = LiveNotebook(names, defining_cell=session.defining_cell)
    if not model.notebook:
        return bare if name in context.captured_here else None
    try:
        cells = session.cells_of_notebook(name, Path(model.notebook))
        if cells is None:
            return None
        return replace(
            bare,
            change=context.workspace.models.notebook_change(name, cells),
            hidden_state=context.workspace.models.hidden_state(name, cells),
        )
    except InvalidError:
        return bare


VERBS = (
    Verb(
        name="check",
        summary="Say whether a model will pass in ModelOp Center, and what to mend if not.",
        example="check churn customers.json",
        configure=_configure,
        run=_check,
    ),
)
