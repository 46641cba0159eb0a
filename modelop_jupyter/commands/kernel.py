"""``kernel start | stop | list | install | uninstall``, and ``%%modelop run NAME``."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass

from modelop_jupyter.commands.context import Context
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.verb import Verb, name_argument
from modelop_jupyter.domain.kernels import InstalledKernel, KernelLists
from modelop_jupyter.domain.reports import KernelState, Removed
from modelop_jupyter.errors import UsageMistakeError


@dataclass(frozen=True, slots=True)
class KernelCell:
    """A cell that a front door is to run in a model's kernel."""

    name: str
    cell: str
    load: bool = False
    record: str | None = None


def _start(context: Context, args: Namespace) -> KernelState:
    # A shell has no session that the kernel could end with: it stays until it is stopped.
    record, is_new = context.kernels.start(args.name, detached=context.session.variables() is None)
    context.kernels.ready(record)
    return KernelState(record, "started" if is_new else "runs already")


def _stop(context: Context, args: Namespace) -> KernelState:
    stopped = context.kernels.stop(args.name)
    return KernelState(stopped[-1], "stopped")


def _list(context: Context, args: Namespace) -> KernelLists:  # noqa: ARG001 - a verb's signature
    from modelop_jupyter.kernels import specs

    return KernelLists(tuple(context.kernels.list()), tuple(specs.installed()))


def _install(context: Context, args: Namespace) -> InstalledKernel:
    from modelop_jupyter.kernels import specs

    return specs.install(context.kernels, args.name)


def _uninstall(context: Context, args: Namespace) -> Removed:  # noqa: ARG001 - a verb's signature
    from modelop_jupyter.kernels import specs

    return Removed("kernel spec", ", ".join(specs.uninstall(args.name)))


def _configure_run(parser: Parser) -> None:
    name_argument(parser)
    parser.add_argument(
        "--load", action="store_true", help="have the model's source loaded as 'model', init done"
    )
    parser.add_argument(
        "--record",
        metavar="JOB:INDEX",
        help="the same in the job's snapshot, with this failed record as 'record'",
    )


def _run(context: Context, args: Namespace) -> KernelCell:  # noqa: ARG001 - a verb's signature
    cell = getattr(args, "cell", None)
    if cell is None:
        raise UsageMistakeError(
            "run needs a cell", f"In a notebook, begin a cell with %%modelop run {args.name}"
        )
    return KernelCell(args.name, cell, load=args.load, record=args.record)


VERBS = (
    Verb(
        name="kernel start",
        summary="Start a kernel in the model's environment, which it leaves as it is.",
        example="kernel start churn",
        configure=name_argument,
        run=_start,
    ),
    Verb(
        name="kernel stop",
        summary="Stop the model's kernel and everything it started.",
        example="kernel stop churn",
        configure=name_argument,
        run=_stop,
    ),
    Verb(
        name="kernel list",
        summary="List the isolated kernels that run, of all sessions, and those in the launcher.",
        example="kernel list",
        run=_list,
    ),
    Verb(
        name="kernel install",
        summary="Put the model's kernel into JupyterLab's launcher, and nbclient's and papermill's reach.",
        example="kernel install churn",
        configure=name_argument,
        run=_install,
    ),
    Verb(
        name="kernel uninstall",
        summary="Take the model's kernel out of the launcher.",
        example="kernel uninstall churn",
        configure=name_argument,
        run=_uninstall,
    ),
    Verb(
        name="run",
        summary="Run the cell in the model's isolated kernel; its output appears here.",
        example="run churn --load",
        configure=_configure_run,
        run=_run,
        in_cell=True,
        runs_elsewhere=True,
    ),
)
