"""The verbs ``kernel start | stop | list | install | uninstall``, and ``%%modelop run NAME``."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass
from typing import TYPE_CHECKING

from modelop_jupyter.commands.arguments import name_argument
from modelop_jupyter.commands.verb import Parser, Verb

if TYPE_CHECKING:
    from modelop_jupyter.commands.context import Context
    from modelop_jupyter.domain.kernels import InstalledKernel, KernelLists
    from modelop_jupyter.domain.reports import KernelState, Removed


@dataclass(frozen=True, slots=True)
class RunCellRequest:
    """The value of ``%%modelop run``: the notebook runs ``code`` in the kernel of ``model``.

    ``load`` first loads the model there; ``record`` is a failed record as ``JOB:INDEX`` or
    ``deployment:INDEX``, which is loaded with the snapshot that was asked for it.
    """

    model: str
    code: str
    load: bool = False
    record: str | None = None


def _start(context: Context, args: Namespace) -> KernelState:
    from modelop_jupyter.domain.reports import KernelState

    # A shell's process ends before its kernel is used, so that kernel runs until it is stopped.
    record, is_new = context.kernels.start(args.name, detached=context.session.variables() is None)
    context.kernels.wait_ready(record)
    return KernelState(record, "started" if is_new else "runs already")


def _stop(context: Context, args: Namespace) -> KernelState:
    from modelop_jupyter.domain.reports import KernelState

    stopped = context.kernels.stop(args.name)
    return KernelState(stopped[-1], "stopped")


def _list(context: Context, args: Namespace) -> KernelLists:  # noqa: ARG001 - a verb's signature
    from modelop_jupyter.domain.kernels import KernelLists
    from modelop_jupyter.kernels import specs

    installed = specs.installed(context.workspace)
    return KernelLists(tuple(context.kernels.list()), tuple(installed))


def _install(context: Context, args: Namespace) -> InstalledKernel:
    from modelop_jupyter.kernels import specs

    return context.call(specs.install, context.kernels, args.name)


def _uninstall(context: Context, args: Namespace) -> Removed:
    from modelop_jupyter.domain.reports import Removed
    from modelop_jupyter.kernels import specs

    ref = context.workspace.models.numbered(args.name)
    return Removed("kernel spec", ", ".join(context.call(specs.uninstall, ref)))


def _configure_run(parser: Parser) -> None:
    name_argument(parser)
    parser.add_argument(
        "--load",
        action="store_true",
        help="first load the model's source as the module 'model', and call its init function",
    )
    parser.add_argument(
        "--record",
        metavar="JOB:INDEX",
        help="load the snapshot of a job, and its failed record as the variable 'record';"
        " deployment:INDEX is one of the model's deployment",
    )


def _run(context: Context, args: Namespace) -> RunCellRequest:  # noqa: ARG001 - a verb's signature
    return RunCellRequest(args.name, args.cell, load=args.load, record=args.record)


VERBS = (
    Verb(
        name="kernel start",
        summary="Start a kernel in the model's environment, without installing anything into it.",
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
        summary="List the running isolated kernels of all sessions, and the installed kernel specs.",
        example="kernel list",
        run=_list,
    ),
    Verb(
        name="kernel install",
        summary="Add the model's kernel to JupyterLab's launcher, also for nbclient and papermill.",
        example="kernel install churn",
        configure=name_argument,
        run=_install,
    ),
    Verb(
        name="kernel uninstall",
        summary="Remove the model's kernel from the launcher.",
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
