"""The verb ``challenge``: champion and challenger over the same records."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from modelop_jupyter.commands import arguments
from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.output_files import write_json, write_page
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.domain.wire import to_wire

if TYPE_CHECKING:
    from modelop_jupyter.domain.results.challenges import Challenge

_PAGES = (".html", ".htm")


def _configure(parser: Parser) -> None:
    arguments.name_argument(parser, what="the champion, such as NAME@3")
    parser.add_argument(
        "challenger",
        metavar="NAME",
        help="the challenger, such as NAME@4; a name alone is the newest",
    )
    arguments.input_arguments(parser)
    parser.add_argument(
        "--label",
        metavar="COLUMN",
        help="the column with the truth: both are measured by it, with confidence intervals",
    )
    parser.add_argument(
        "--key",
        metavar="COLUMN",
        help="the column that names a record, by which outputs in another order are matched",
    )
    parser.add_argument(
        "--segment",
        metavar="COLUMN",
        action="append",
        default=[],
        help="a column for whose values the results are shown, too",
    )
    parser.add_argument(
        "--field",
        metavar="FIELD",
        help="the field of the outputs that is compared; without it, one called score, prediction or the"
        " like, or the only one",
    )
    arguments.expect_argument(
        parser,
        what='a rule that the challenger must meet, such as "accuracy >= ref" or "agreement > 0.95";'
        " ref is the champion's",
    )
    parser.add_argument(
        "--limit", metavar="N", type=arguments.count, help="take only the first N records"
    )
    arguments.parameter_argument(parser)
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE",
        help="also write the result to a file: a page for a name that ends in .html, else JSON",
    )


def _challenge(context: Context, args: Namespace) -> Challenge:
    assets = context.workspace.asset_names(args.name)
    found = context.workspace.challenge(
        args.name,
        args.challenger,
        arguments.inputs(args.inputs, context.session, assets),
        label=args.label,
        key=args.key,
        segments=args.segment,
        field=args.field,
        expect=args.expect,
        parameters=dict(args.param),
        limit=args.limit,
        format=args.format,
        connection=args.connection,
    )
    if args.output is None:
        return found
    if PurePath(args.output).suffix.lower() in _PAGES:
        title = f"{found.challenger} challenges {found.champion}"
        return replace(found, written=context.call(write_page, args.output, title, found))
    document = context.call(to_wire, found)
    return replace(found, written=context.call(write_json, args.output, document))


VERBS = (
    Verb(
        name="challenge",
        summary="Score the same records with two snapshots at once, and show where they differ.",
        example="challenge churn@3 churn@4 customers.csv --label churned --segment country",
        configure=_configure,
        run=_challenge,
    ),
)
