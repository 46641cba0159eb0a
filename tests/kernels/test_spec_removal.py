"""Kernel specs go with their model or environment; those that cannot start are named."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from jupyter_client.kernelspec import KernelSpecManager

from modelop_jupyter import Workspace
from modelop_jupyter.commands.context import Context, ShellSession
from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.display import text
from modelop_jupyter.kernels import specs


@pytest.fixture(autouse=True)
def jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Jupyter data folder without the kernel specs of other tests."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "jupyter"))


def installed(home: Path, model: str, *, fingerprint: str = "0" * 64, python: str = "") -> Path:
    """Write a kernel spec as ``kernel install`` does; to install one, its environment is built."""
    ref = f"{model}@1"
    folder = Path(KernelSpecManager().user_kernel_dir) / f"modelop-{model}-1"
    folder.mkdir(parents=True)
    spec = {
        "argv": [python or sys.executable, "-c", "", str(home), ref, fingerprint, "{file}"],
        "display_name": f"{ref} (isolated)",
        "metadata": {"modelop": {"model": model, "snapshot": ref, "fingerprint": fingerprint}},
    }
    (folder / "kernel.json").write_text(json.dumps(spec))
    return folder


def typed(workspace: Workspace, *words: str) -> str:
    """Return what a line shows."""
    verb, args = parse(list(words), program="modelop")
    return text(verb.run(Context(ShellSession(), workspace=workspace), args))


def test_a_removed_model_takes_its_kernels_along(workspace: Workspace) -> None:
    """And says so; those of other models and homes stay."""
    home = workspace.settings.home
    own, other = installed(home, "double"), installed(home, "triple")
    Path("another").mkdir()
    elsewhere = installed(Path("another").absolute(), "double-of-another")
    said = typed(workspace, "remove", "double")

    assert "Removed model double." in said
    assert "Its kernel modelop-double-1 went from the launcher, too." in said
    assert (own.exists(), other.exists(), elsewhere.exists()) == (False, True, True)


def test_without_kernels_nothing_is_said_of_them(workspace: Workspace) -> None:
    """As most models have none."""
    assert "launcher" not in typed(workspace, "remove", "double")


def test_what_cannot_start_is_named_and_can_be_removed(workspace: Workspace) -> None:
    """A model that is gone, a home, a Python; by ``kernel list`` and ``repair``, with the line to type."""
    home = workspace.settings.home
    installed(home, "double")
    installed(home, "gone")
    installed(Path("no/home").absolute(), "moved")
    installed(home, "double-old", python="/no/python")
    workspace.register("double-old", "double.py")
    said = [typed(workspace, verb, *rest) for verb, *rest in (("kernel", "list"), ("repair",))]

    for shown in said:
        assert "modelop-gone-1 cannot start: the model gone is gone." in shown
        assert "modelop-moved-1 cannot start: the home " in shown
        assert "modelop-double-old-1 cannot start: the Python /no/python is gone." in shown
        assert "modelop kernel uninstall gone@1" in shown
        assert "modelop-double-1 cannot" not in shown
    typed(workspace, "kernel", "uninstall", "gone@1")
    assert [kernel.name for kernel in specs.installed(workspace) if kernel.gone] == [
        "modelop-double-old-1",
        "modelop-moved-1",
    ]


@pytest.mark.slow
def test_a_removed_environment_takes_the_kernels_that_run_in_it(workspace: Workspace) -> None:
    """A kernel of another environment stays."""
    environment = workspace.env_build("double")
    home = workspace.settings.home
    own = installed(home, "double", fingerprint=environment.fingerprint)
    other = installed(home, "triple")
    said = typed(workspace, "env", "remove", "double")

    assert "Its kernel modelop-double-1 went from the launcher, too." in said
    assert (own.exists(), other.exists()) == (False, True)
