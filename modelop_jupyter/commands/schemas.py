"""The verbs ``schema infer | show``: a model's schemas, and one inferred from data."""

from __future__ import annotations

from argparse import Namespace

from modelop_jupyter.commands import arguments
from modelop_jupyter.commands.arguments import connection_argument, format_argument, name_argument
from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.output_files import write_json
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.domain.reports import Document
from modelop_jupyter.domain.schema_drift import SchemaDrift
from modelop_jupyter.errors import UsageMistakeError


def _configure_infer(parser: Parser) -> None:
    name_argument(parser, what="the model")
    parser.add_argument("input", metavar="INPUT", help="a file, or a variable of the notebook")
    format_argument(parser)
    connection_argument(parser)
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="the file to write it to, such as input_schema.avsc"
    )
    parser.add_argument(
        "--against",
        metavar="NAME",
        help="compare the input with the input schema of this model, field by field, and say which"
        " records it would reject",
    )


def _infer(context: Context, args: Namespace) -> Document | SchemaDrift:
    (data,) = arguments.inputs(
        [args.input], context.session, context.workspace.asset_names(args.name)
    )
    if args.against is not None:
        if args.output is not None:
            raise UsageMistakeError("--against writes no schema", "Leave out -o, or --against")
        return context.workspace.schema_drift(
            args.against, data, format=args.format, connection=args.connection
        )
    schema = context.workspace.schema_infer(
        args.name, data, format=args.format, connection=args.connection
    )
    title = f"the schema inferred for {args.name}"
    if args.output is None:
        # An address of a database may hold a password.
        given = "INPUT" if "://" in args.input else args.input
        hint = (
            f"'%modelop schema infer {args.name} {given} -o input_schema.avsc' writes it to a"
            f" file, and '%modelop asset add {args.name} input_schema.avsc' adds it to the model."
        )
        return Document(title, schema, hint=hint)
    path = context.call(write_json, args.output, schema)
    hint = f"'%modelop asset add {args.name} {path}' adds it to the model."
    return Document(title, schema, path, hint)


def _show(context: Context, args: Namespace) -> Document:
    return Document(f"the schemas of {args.name}", context.workspace.schema_show(args.name))


VERBS = (
    Verb(
        name="schema infer",
        summary="Infer an extended Avro schema that every record of the input matches.",
        example="schema infer churn customers.json -o input_schema.avsc",
        configure=_configure_infer,
        run=_infer,
    ),
    Verb(
        name="schema show",
        summary="Show the schema of each slot of a model: 0 is its input, 1 its output.",
        example="schema show churn",
        configure=name_argument,
        run=_show,
    ),
)
