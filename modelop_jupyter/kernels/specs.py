"""Kernel specs of ours in the user's Jupyter data folder: one for each snapshot that was asked for."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.kernels import InstalledKernel
from modelop_jupyter.environments.scratch import scratch
from modelop_jupyter.errors import ConflictError, KernelSpecNotFoundError
from modelop_jupyter.kernels.service import Kernels

_LOGOS = Path(__file__).parent / "logo"
_MARK = "modelop"
# As -m, but a file beside the notebook that is named like a module is not taken for it.
_START = (
    "import sys; sys.path[:] = filter(None, sys.path);"
    " from modelop_jupyter.kernels.__main__ import main; sys.exit(main(*sys.argv[1:]))"
)


def install(kernels: Kernels, ref: str) -> InstalledKernel:
    """Write the kernel spec of a model's snapshot, after a kernel there has answered.

    Raises :class:`KernelError` where none can run: a launcher must not offer what cannot start.
    """
    from jupyter_client.kernelspec import KernelSpecManager

    workspace = kernels.workspace
    _, snapshot = workspace.pinned(ref)
    kernels.check(snapshot.ref)
    environment = workspace.environment(snapshot.ref)
    name = name_of(snapshot.ref)
    there = _ours().get(name)
    if there is not None and there["metadata"][_MARK]["model"] != snapshot.model:
        other = there["metadata"][_MARK]["snapshot"]
        raise ConflictError(
            f"the kernel spec {name} is that of {other}", f"Uninstall it: kernel uninstall {other}"
        )
    spec = {
        "argv": [
            sys.executable,
            *_flags(),
            "-c",
            _START,
            str(workspace.settings.home),
            snapshot.ref,
            environment.fingerprint,
            "{connection_file}",
        ],
        "display_name": f"{snapshot.ref} (isolated)",
        "language": "python",
        "interrupt_mode": "signal",
        "metadata": {
            "debugger": True,
            _MARK: {
                "model": snapshot.model,
                "snapshot": snapshot.ref,
                "fingerprint": environment.fingerprint,
            },
        },
    }
    with scratch() as source:
        for logo in _LOGOS.iterdir():
            shutil.copyfile(logo, source / logo.name)
        (source / "kernel.json").write_text(json.dumps(spec, indent=1), "utf-8")
        path = KernelSpecManager().install_kernel_spec(str(source), name, user=True)
    return InstalledKernel(name, str(spec["display_name"]), path, snapshot.ref)


def uninstall(ref: str) -> list[str]:
    """Remove the kernel specs of a model, or of one snapshot; returns their names."""
    found = _ours()
    marks = {name: spec["metadata"][_MARK] for name, spec in found.items()}
    gone = [name for name, mark in marks.items() if ref in (mark["model"], mark["snapshot"])]
    if not gone:
        raise KernelSpecNotFoundError(ref, [mark["snapshot"] for mark in marks.values()])
    for name in gone:
        shutil.rmtree(_folder() / name)
    return gone


def installed() -> list[InstalledKernel]:
    """Return the kernel specs of ours, each with the snapshot it is of."""
    return [
        InstalledKernel(
            name, spec["display_name"], str(_folder() / name), spec["metadata"][_MARK]["snapshot"]
        )
        for name, spec in _ours().items()
    ]


def name_of(ref: str) -> str:
    """Return the name of a snapshot's kernel spec: Jupyter allows ASCII letters, digits and ``._-``."""
    return "modelop-" + re.sub(r"[^a-z0-9._-]+", "-", ref.lower())


def _flags() -> list[str]:
    """Return what keeps out a PYTHONPATH that somebody else's JupyterLab has for another Python."""
    here = str(Path(__file__).parents[2])
    return [] if here in os.environ.get("PYTHONPATH", "").split(os.pathsep) else ["-E"]


def _ours() -> dict[str, dict[str, Any]]:
    """Return the kernel specs in the user's folder that we wrote."""
    found = {}
    for file in sorted(_folder().glob("modelop-*/kernel.json")):
        try:
            spec = json.loads(file.read_bytes())
        except (OSError, ValueError):
            continue
        if _MARK in spec.get("metadata", {}):
            found[file.parent.name] = spec
    return found


def _folder() -> Path:
    from jupyter_client.kernelspec import KernelSpecManager

    return Path(KernelSpecManager().user_kernel_dir)
