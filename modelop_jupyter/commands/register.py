"""``register``: the model of this notebook, or of a file or folder, into the registry."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.commands import values
from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints, check_name
from modelop_jupyter.domain.reports import Registration
from modelop_jupyter.errors import NoSourceError

if TYPE_CHECKING:
    from modelop_jupyter.capture import Captured


def configure(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="what the model is to be called")
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        help="a .py or .ipynb file, or a folder imported as ModelOp Center imports a repository;"
        " without it, this notebook's tagged functions and all that they need; where there are none,"
        " a model that is there keeps its source, and gets what else is given",
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
    parser.add_argument(
        "--follow-links",
        action="store_true",
        help="take what links in a folder name outside of it; without this they are refused",
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
    if args.path is not None:
        path = str(Path(args.path).expanduser())
        return _register(context, args, path=path, captured=None, chosen=chosen)
    return register_cells(context, args, chosen=chosen)


def register_cells(context: Context, args: Namespace, *, chosen: EntryPoints) -> Registration:
    """Register what the session's cells hold of a model; where that is nothing, one that is there is changed."""
    found: Captured | None = None
    try:
        found = captured(context, args, chosen=chosen)
    except NoSourceError:
        is_change = args.python or args.description is not None or args.tag or args.asset
        is_there = args.name in context.workspace.registry.model_names()
        if args.notebook or not ((is_change or chosen != EntryPoints()) and is_there):
            raise
    return _register(context, args, path=None, captured=found, chosen=chosen)


def captured(context: Context, args: Namespace, *, chosen: EntryPoints | None = None) -> Captured:
    """Return what the session's cells hold of a model; raises :class:`NoSourceError` where that is nothing."""
    from modelop_jupyter.capture import capture

    notebook = Path(args.notebook).expanduser() if args.notebook else None
    found = context.session.model_cells(args.name, notebook=notebook)
    return capture(
        found.cells,
        chosen=chosen or EntryPoints(),
        whole=found.whole,
        current=found.current,
        now=found.now,
        describe=context.session.describe,
        notebook=found.notebook,
    )


def _register(
    context: Context,
    args: Namespace,
    *,
    path: str | None,
    captured: Captured | None,
    chosen: EntryPoints,
) -> Registration:
    return context.workspace.register(
        args.name,
        path,
        captured=captured,
        assets=[values.asset(word) for word in args.asset],
        python=args.python,
        source=args.source,
        description=args.description,
        tags=tuple(args.tag) or None,
        chosen=chosen,
        follow_links=args.follow_links,
    )


VERB = Verb(
    name="register",
    summary="Put a model into the registry: its source, its assets and their roles; its environment"
    " is built in the background, unless MODELOP_PREPARE=off leaves that to the first job.",
    example="register churn --asset model.pkl --asset requirements.txt --asset 'libs.txt=Required libraries'",
    configure=configure,
    run=run,
)
