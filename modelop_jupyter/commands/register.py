"""The verbs ``register`` and ``%%modelop model NAME``: register a model."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.commands import arguments
from modelop_jupyter.commands.registration_plan import (
    accept,
    settle,
    tags_to_write,
    unanswered,
    unasked,
)
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints, check_name
from modelop_jupyter.errors import NoSourceError, UsageMistakeError

if TYPE_CHECKING:
    from modelop_jupyter.capture import ModelCells
    from modelop_jupyter.commands.context import Context
    from modelop_jupyter.domain.previews import Preview
    from modelop_jupyter.domain.reports import Registration
    from modelop_jupyter.remedies import Remedy
    from modelop_jupyter.workspace import RegistrationRequest


def _configure_register(parser: Parser) -> None:
    parser.add_argument("name", metavar="NAME", help="the model's name")
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs="?",
        help="a .py or .ipynb file, or a folder; without it, this notebook's tagged functions with their"
        " code. A folder is imported as ModelOp Center imports a repository. If no function is tagged, an"
        " existing model keeps its source, and only the other arguments are applied",
    )
    parser.add_argument("--notebook", metavar="FILE", help="the notebook file with the cells")
    parser.add_argument(
        "--asset",
        metavar="FILE[=ROLE]",
        action="append",
        default=[],
        help="a file that belongs to the model; without ROLE, its name decides the role",
    )
    parser.add_argument("--python", metavar="X.Y", help="the model's Python version")
    arguments.install_python_argument(parser)
    arguments.as_of_argument(parser)
    parser.add_argument(
        "--source",
        metavar="FILE",
        help="the primary source of a folder in which several files, or none, have smart tags",
    )
    parser.add_argument(
        "--follow-links",
        action="store_true",
        help="copy the targets of links that lead out of the folder; without it they are an error",
    )
    parser.add_argument("--description", metavar="TEXT", help="a description of the model")
    parser.add_argument(
        "--tag", metavar="T", action="append", default=[], help="a tag to find the model by"
    )
    parser.add_argument(
        "--yes",
        action="store_true",
        help="ask nothing: take the files, values and requirements that the model may need, and the"
        " function that may be meant where none is tagged; values too big for the module are saved as"
        " files",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="save nothing: show what would be registered beside what is, with the packages that the"
        " requirements are resolved to; exit code 1 if it would be refused",
    )
    for kind in ENTRY_POINT_KINDS:
        parser.add_argument(
            f"--{kind}", metavar="FN", help=f"the {kind} function, in place of the tagged one"
        )


def _register_verb(context: Context, args: Namespace) -> Registration | Preview:
    check_name(args.name)
    return _dry_run(context, args) if args.dry_run else _register(context, args)


def _dry_run(context: Context, args: Namespace) -> Preview:
    """Show what the same line without ``--dry-run`` would record; nobody is asked."""
    models = context.workspace.models
    request = models.with_values_as_before(registration_request(context, args))
    if args.yes:
        request = accept(request, models.preview_request, saves=False)
    preview = models.preview_request(request, resolves=True)
    return replace(preview, warnings=(*preview.warnings, *unasked(request, preview)))


def _register(context: Context, args: Namespace) -> Registration:
    models, ask = context.workspace.models, context.session.asker()
    request = registration_request(context, args)
    # What was approved once is not asked for again.
    request = decided = models.with_values_as_before(request)
    left_open: tuple[str, ...] = ()
    if args.yes:
        decided = accept(request, models.preview_request)
    elif ask is not None:
        decided = settle(request, models.preview_request, ask)
    else:
        left_open = tuple(unanswered(request, models.preview_request))
    registration = models.register_request(decided)
    notes = tuple(tags_to_write(request, decided))
    return replace(
        registration,
        warnings=(*registration.warnings, *left_open),
        notes=(*registration.notes, *notes),
        next_steps=tuple(_next_steps(context, registration)),
    )


def _next_steps(context: Context, registration: Registration) -> Iterator[Remedy]:
    """Yield the line that scores records with a model: of its test data, else of a data frame."""
    from modelop_jupyter.commands.context import session_tables
    from modelop_jupyter.remedies import Remedy

    model = registration.model
    if model.state.entry_points.score is None:
        return
    models, tables = context.workspace.models, session_tables(context.session)
    given = models.sample(model.name).test_data
    if given is None and (table := models.table_for(model.name, tables)):
        given = table.name
    if given is not None:
        yield Remedy(f"Next, score the records of {given}", (("batch", model.name, given),))
    else:
        yield Remedy("Next, score the records of a file", (("batch", model.name, "FILE"),))


def _configure_model_cell(parser: Parser) -> None:
    parser.add_argument(
        "name", metavar="NAME", help="the model whose source the cell is, or a part of it"
    )


def _model_cell(context: Context, args: Namespace) -> Registration | Preview:
    if not getattr(args, "has_cell", False):
        raise UsageMistakeError(
            "model needs a cell", f"In a notebook, start a cell with %%modelop model {args.name}"
        )
    args.notebook = args.path = args.python = args.source = args.description = args.as_of = None
    args.asset, args.tag, args.follow_links, args.yes, args.dry_run = [], [], False, False, False
    args.install_python = False
    for kind in ENTRY_POINT_KINDS:
        setattr(args, kind, None)
    return _register_verb(context, args)


def registration_request(context: Context, args: Namespace) -> RegistrationRequest:
    """Return what the words of a line ask to register; nothing is captured yet."""
    from modelop_jupyter.workspace import RegistrationRequest

    return RegistrationRequest(
        name=args.name,
        path=str(Path(args.path).expanduser()) if args.path is not None else None,
        cells=_cells(context, args) if args.path is None else None,
        assets=[arguments.asset(word) for word in args.asset],
        python=args.python,
        installs_python=args.install_python,
        source=args.source,
        description=args.description,
        tags=tuple(args.tag) or None,
        entry_points=_chosen(args),
        follow_links=args.follow_links,
        as_of=args.as_of,
    )


def _cells(context: Context, args: Namespace) -> ModelCells | None:
    """Return the session's cells; None where an existing model keeps its source.

    It does if no function is tagged or chosen, and there is something else to change. Raises
    :class:`NoSourceError` if there are no cells.
    """
    is_change = args.python or args.as_of or args.description is not None or args.tag or args.asset
    is_change = bool(is_change) or _chosen(args) != EntryPoints()
    exists = args.name in context.workspace.registry.model_names()
    may_keep = exists and is_change and not args.notebook
    try:
        notebook = Path(args.notebook).expanduser() if args.notebook else None
        cells = context.session.model_cells(args.name, notebook=notebook)
        if may_keep:
            cells.check_entry_points(_chosen(args))
        if notebook is None and not args.dry_run:
            context.captured_here.add(args.name)
        return cells
    except NoSourceError:
        if not may_keep:
            raise
        return None


def _chosen(args: Namespace) -> EntryPoints:
    return EntryPoints(**{kind: getattr(args, kind) for kind in ENTRY_POINT_KINDS})


VERBS = (
    Verb(
        name="register",
        summary="Register a model with its source, assets and roles; its environment is then built.",
        example="register churn --asset model.pkl --asset requirements.txt --asset 'libs.txt=Required libraries'",
        configure=_configure_register,
        run=_register_verb,
    ),
    Verb(
        name="model",
        summary="Run the cell here, and register its text as the model's source, or a part of it.",
        example="model churn",
        configure=_configure_model_cell,
        run=_model_cell,
        in_cell=True,
    ),
)
