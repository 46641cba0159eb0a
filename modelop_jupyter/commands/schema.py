"""``schema infer | show``: the Avro schemas of a model, and one proposed from data."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands import values
from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.documents import write_json
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.submitted import format_argument
from modelop_jupyter.commands.verb import Verb, name_argument
from modelop_jupyter.domain.reports import Document


def _configure_infer(parser: Parser) -> None:
    name_argument(parser, what="the model")
    parser.add_argument("input", metavar="INPUT", help="a file, or a variable of the notebook")
    format_argument(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write it, such as to input_schema.avsc"
    )


def _infer(context: Context, args: Namespace) -> Document:
    (given,) = values.inputs(
        [args.input], context.session, context.workspace.asset_names(args.name)
    )
    schema = context.workspace.schema_infer(args.name, given, format=args.format)
    title = f"the schema proposed for {args.name}"
    if args.output is None:
        hint = (
            f"Keep it with '%modelop schema infer {args.name} {args.input} -o input_schema.avsc' and"
            f" '%modelop asset add {args.name} input_schema.avsc'."
        )
        return Document(title, schema, hint=hint)
    path = write_json(args.output, schema)
    hint = f"'%modelop asset add {args.name} {path}' makes it part of the model."
    return Document(title, schema, path, hint)


def _show(context: Context, args: Namespace) -> Document:
    return Document(f"the schemas of {args.name}", context.workspace.schema_show(args.name))


VERBS = (
    Verb(
        name="schema infer",
        summary="Propose an extended Avro schema that every record of the input fits.",
        example="schema infer churn customers.json -o input_schema.avsc",
        configure=_configure_infer,
        run=_infer,
    ),
    Verb(
        name="schema show",
        summary="Show the schema bound to each slot of a model: 0 is its input, 1 its output.",
        example="schema show churn",
        configure=name_argument,
        run=_show,
    ),
)
