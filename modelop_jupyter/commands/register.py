"""``register``: the model of this notebook, or of a file or folder, into the registry."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from modelop_jupyter.commands import values
from modelop_jupyter.commands.context import Context, ShellSession
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints, check_name
from modelop_jupyter.domain.reports import Registration


def configure(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="what the model is to be called")
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        help="a .py or .ipynb file, or a folder imported as ModelOp Center imports a repository;"
        " without it, this notebook's tagged functions and all that they need",
    )
    parser.add_argument("--notebook", metavar="FILE", help="the notebook that the cells are of")
    parser.add_argument(
        "--asset",
        metavar="FILE[=ROLE]",
        action="append",
        default=[],
        help="a file that belongs to the model; its name gives it a role unless ROLE does",
    )
    parser.add_argument("--python", metavar="X.Y", help="the Python the model runs on")
    parser.add_argument(
        "--source",
        metavar="FILE",
        help="the primary source in a folder where several files hold tags or none does",
    )
    parser.add_argument("--description", metavar="TEXT", help="what the model is for")
    parser.add_argument(
        "--tag", metavar="T", action="append", default=[], help="a word to find it by"
    )
    for kind in ENTRY_POINT_KINDS:
        parser.add_argument(
            f"--{kind}", metavar="FN", help=f"the {kind} function, whatever the tags say"
        )


def run(context: Context, args: Namespace) -> Registration:
    check_name(args.name)
    chosen = EntryPoints(**{kind: getattr(args, kind) for kind in ENTRY_POINT_KINDS})
    is_shell = isinstance(context.session, ShellSession)
    if args.path is None and not (args.python and is_shell and args.notebook is None):
        return register_cells(context, args.name, chosen=chosen, args=args)
    return context.workspace.register(
        args.name,
        None if args.path is None else str(Path(args.path).expanduser()),
        assets=[values.asset(word) for word in args.asset],
        python=args.python,
        source=args.source,
        description=args.description,
        tags=tuple(args.tag) or None,
        chosen=chosen,
    )


def register_cells(
    context: Context, name: str, *, chosen: EntryPoints, args: Namespace
) -> Registration:
    """Register what the session's cells hold of a model."""
    from modelop_jupyter.capture import capture

    notebook = Path(args.notebook).expanduser() if args.notebook else None
    found = context.session.model_cells(name, notebook=notebook)
    captured = capture(
        found.cells,
        chosen=chosen,
        whole=found.whole,
        current=found.current,
        describe=context.session.describe,
    )
    return context.workspace.register(
        name,
        captured=captured,
        assets=[values.asset(word) for word in args.asset],
        python=args.python,
        source=args.source,
        description=args.description,
        tags=tuple(args.tag) or None,
        chosen=chosen,
    )


VERB = Verb(
    name="register",
    summary="Put a model into the registry: its source, its assets and their roles; its environment"
    " is built in the background, unless MODELOP_PREPARE=off leaves that to the first job.",
    example="register churn --asset model.pkl --asset requirements.txt --asset 'libs.txt=Required libraries'",
    configure=configure,
    run=run,
)
