"""The ModelOp Center runtime in a notebook: register, isolate, run.

Importing the package loads nothing of Jupyter, SQLAlchemy or pandas; the names below arrive when
they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from modelop_jupyter.commands.context import Session
    from modelop_jupyter.decisions.writing import decision_table
    from modelop_jupyter.decorators import init as init
    from modelop_jupyter.decorators import metrics as metrics
    from modelop_jupyter.decorators import score as score
    from modelop_jupyter.decorators import train as train
    from modelop_jupyter.panel import Panel
    from modelop_jupyter.workspace import Job, Workspace
    from modelop_jupyter.workspace.exported import ExportedModel

__version__ = "0.1.0"
# Without the decorators: ``import *`` would give a notebook names that its own functions have.
__all__ = ["ExportedModel", "Job", "Panel", "Workspace", "__version__", "decision_table"]


def __getattr__(name: str) -> Any:
    if name in ("Job", "Workspace"):
        from modelop_jupyter import workspace

        return getattr(workspace, name)
    if name == "ExportedModel":
        from modelop_jupyter.workspace.exported import ExportedModel

        return ExportedModel
    if name == "Panel":
        from modelop_jupyter.panel import Panel

        return Panel
    if name in ("init", "metrics", "score", "train"):
        from modelop_jupyter import decorators

        return getattr(decorators, name)
    if name == "decision_table":
        from modelop_jupyter.decisions.writing import decision_table

        return decision_table
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Give the notebook ``%modelop`` and ``%%modelop`` (called by ``%load_ext``)."""
    from modelop_jupyter.magics import load

    load(shell, open_panel=_open_panel)


def _open_panel(session: Session) -> Panel:
    """Make the panel of a notebook: the magics and the panel know nothing of each other."""
    from modelop_jupyter.panel import Panel

    return Panel(session=session)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take the magics away again (called by ``%unload_ext``)."""
    from modelop_jupyter.magics import unload

    unload(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tell JupyterLab's tools where the built sidebar lies (used while it is developed)."""
    return [{"src": "labextension", "dest": "modelop-jupyter"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tell Jupyter Server what to load (called at its start)."""
    from modelop_jupyter.server.extension import ModelOpExtension

    return [{"module": "modelop_jupyter.server", "app": ModelOpExtension}]
