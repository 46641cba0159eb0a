"""Kernel specs of snapshots in the user's Jupyter data folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.kernels import InstalledKernel
from modelop_jupyter.environments.temporary_folders import temporary_folder
from modelop_jupyter.errors import ConflictError, KernelSpecNotFoundError
from modelop_jupyter.kernels.service import Kernels

if TYPE_CHECKING:
    from modelop_jupyter.domain.reports import Removed
    from modelop_jupyter.workspace import Workspace

_LOGOS = Path(__file__).parent / "logo"
_MARK = "modelop"
_LEAST_WORDS = 5
# Like -m, but without the working directory on sys.path: a file there could shadow a module.
_START = (
    "import sys; sys.path[:] = filter(None, sys.path);"
    " from modelop_jupyter.kernels.__main__ import main; sys.exit(main(*sys.argv[1:]))"
)


def install(kernels: Kernels, ref: str) -> InstalledKernel:
    """Install the kernel spec of a model's snapshot, after a kernel was started for a test.

    Raises :class:`KernelError` if no kernel can run, and :class:`ConflictError` if another model has
    a kernel spec of the same name.
    """
    from jupyter_client.kernelspec import KernelSpecManager

    workspace = kernels.workspace
    _, snapshot = workspace.models.resolve_snapshot(ref)
    kernels.check(snapshot.ref)
    name, spec = spec_of(workspace, snapshot.ref)
    existing = _installed_specs().get(name)
    if existing is not None and existing["metadata"][_MARK]["model"] != snapshot.model:
        other = existing["metadata"][_MARK]["snapshot"]
        raise ConflictError(
            f"the kernel spec {name} belongs to {other}",
            f"Uninstall it with 'kernel uninstall {other}'",
        )
    with temporary_folder() as source:
        for logo in _LOGOS.iterdir():
            shutil.copyfile(logo, source / logo.name)
        (source / "kernel.json").write_text(json.dumps(spec, indent=1), "utf-8")
        path = KernelSpecManager().install_kernel_spec(str(source), name, user=True)
    return InstalledKernel(name, str(spec["display_name"]), path, snapshot.ref)


def spec_of(workspace: Workspace, ref: str) -> tuple[str, dict[str, Any]]:
    """Return the name and the content of the kernel spec of a model's snapshot; builds its environment."""
    _, snapshot = workspace.models.resolve_snapshot(ref)
    environment = workspace.environment(snapshot.ref)
    spec = {
        "argv": [
            sys.executable,
            *_interpreter_flags(),
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
    return name_of(snapshot.ref), spec


def uninstall(ref: str) -> list[str]:
    """Remove the kernel specs of a model, or of one snapshot; returns their names.

    Raises :class:`KernelSpecNotFoundError` if there is none.
    """
    marks = {name: spec["metadata"][_MARK] for name, spec in _installed_specs().items()}
    removed = [name for name, mark in marks.items() if ref in (mark["model"], mark["snapshot"])]
    if not removed:
        raise KernelSpecNotFoundError(ref, [mark["snapshot"] for mark in marks.values()])
    _remove(removed)
    return removed


def remove_model(workspace: Workspace, name: str) -> Removed:
    """Remove a model, and its kernel specs, which could not start any more.

    Raises what :meth:`ModelsApi.remove` does.
    """
    removed = workspace.remove(name)
    return replace(removed, kernels=_remove_own(workspace, "model", name))


def remove_environment(workspace: Workspace, ref: str, *, force: bool = False) -> Removed:
    """Remove a model's environment, and the kernel specs that run in it.

    Raises what :meth:`EnvironmentsApi.remove` does.
    """
    environment = workspace.environments.state(ref).environment
    removed = workspace.env_remove(ref, force=force)
    if environment is None:
        return removed
    return replace(removed, kernels=_remove_own(workspace, "fingerprint", environment.fingerprint))


def installed(workspace: Workspace) -> list[InstalledKernel]:
    """Return the installed kernel specs of snapshots, and what those lack that cannot start any more."""
    names = {*workspace.registry.model_names()}
    return [
        InstalledKernel(
            name,
            spec["display_name"],
            str(_folder() / name),
            spec["metadata"][_MARK]["snapshot"],
            _gone(spec, workspace, names),
        )
        for name, spec in _installed_specs().items()
    ]


def _gone(spec: Mapping[str, Any], workspace: Workspace, names: Collection[str]) -> str | None:
    mark, python = spec["metadata"][_MARK], str(spec["argv"][0])
    home = _home_of(spec)
    if home == workspace.settings.home and mark["model"] not in names:
        return f"the model {mark['model']} is gone"
    if not home.is_dir():
        return f"the home {home} is gone"
    return None if Path(python).exists() else f"the Python {python} is gone"


def _home_of(spec: Mapping[str, Any]) -> Path:
    """Return the home whose snapshot a kernel spec starts, as :func:`install` writes it."""
    return Path(spec["argv"][-4])


def _remove_own(workspace: Workspace, key: str, value: str) -> tuple[str, ...]:
    """Remove the kernel specs of this home whose mark has a value; returns their names."""
    home = workspace.settings.home
    names = [
        name
        for name, spec in _installed_specs().items()
        if _home_of(spec) == home and spec["metadata"][_MARK][key] == value
    ]
    _remove(names)
    return tuple(names)


def _remove(names: Iterable[str]) -> None:
    for name in names:
        shutil.rmtree(_folder() / name)


def name_of(ref: str) -> str:
    """Return the name of a snapshot's kernel spec: Jupyter allows ASCII letters, digits and ``._-``."""
    return "modelop-" + re.sub(r"[^a-z0-9._-]+", "-", ref.lower())


def _interpreter_flags() -> list[str]:
    """Return ``-E``, which ignores a ``PYTHONPATH`` set for another Python, unless it has this package."""
    package_parent = str(Path(__file__).parents[2])
    return [] if package_parent in os.environ.get("PYTHONPATH", "").split(os.pathsep) else ["-E"]


def _installed_specs() -> dict[str, dict[str, Any]]:
    """Return the kernel specs that :func:`install` wrote, by their names."""
    specs = {}
    for file in sorted(_folder().glob("modelop-*/kernel.json")):
        try:
            spec = json.loads(file.read_bytes())
        except (OSError, ValueError):
            continue
        if _MARK in spec.get("metadata", {}) and len(spec.get("argv", ())) >= _LEAST_WORDS:
            specs[file.parent.name] = spec
    return specs


def _folder() -> Path:
    from jupyter_client.kernelspec import KernelSpecManager

    return Path(KernelSpecManager().user_kernel_dir)
