"""Where the Jupyter server of this kernel is, as its pages see it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from modelop_jupyter.commands.notebook import is_jupyterlab_or_notebook

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def deployment_page(model: str, shell: InteractiveShell) -> str | None:
    """Return the address of a deployment's page behind Jupyter's own, as a link in a cell has it.

    A browser elsewhere reaches it where it does not reach the deployment's port: on JupyterHub, say.
    None where the kernel does not know its server, or another page than Jupyter's shows the cell.
    """
    base = _base_url() if is_jupyterlab_or_notebook(shell) else None
    if base is None or not base.startswith("/"):
        return None
    return f"{base.rstrip('/')}/modelop-jupyter/deployments/{quote(model)}/"


def _base_url() -> str | None:
    """Return the path of the server's pages: that of the hub, or what the server has written down."""
    hub = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if hub:
        return hub
    server = os.environ.get("JPY_PARENT_PID", "")
    if not server.isdigit():
        return None
    from jupyter_core.paths import jupyter_runtime_dir

    try:
        text = Path(jupyter_runtime_dir(), f"jpserver-{server}.json").read_text("utf-8")
        return str(json.loads(text)["base_url"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
