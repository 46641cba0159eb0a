"""Installed kernels: found by name, started by any client, rebuilt without their environment."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from modelop_jupyter import Workspace
from modelop_jupyter.errors import KernelSpecNotFoundError
from modelop_jupyter.kernels import Kernels, specs
from tests.waiting import PATIENCE

pytestmark = [
    pytest.mark.slow,
    # Sockets that jupyter_client leaves to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def printed(code: str, kernel: str) -> str:
    """Run a notebook of one cell as nbclient does; returns what it printed."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    client = NotebookClient(
        notebook, kernel_name=kernel, timeout=int(PATIENCE), startup_timeout=int(PATIENCE)
    )
    client.execute()
    return str(notebook.cells[0].outputs[0].text)


def test_an_installed_kernel_runs_notebooks_until_it_is_uninstalled(
    workspace: Workspace, kernels: Kernels
) -> None:
    """An ordinary kernel spec with an ASCII name, our icon, and the fingerprint."""
    Path("inspect.py").write_text("raise SystemExit('taken for the standard library')")
    installed = specs.install(kernels, "double")
    folder = Path(installed.path)
    spec = json.loads((folder / "kernel.json").read_text())
    out = printed("import six; print(six.__version__)", installed.name)
    files = {path.name for path in folder.iterdir()}
    gone = specs.uninstall("double")

    assert (installed.name, installed.display_name) == ("modelop-double-1", "double@1 (isolated)")
    assert files == {"kernel.json", "logo-32x32.png", "logo-64x64.png", "logo-svg.svg"}
    assert spec["metadata"]["modelop"] == {
        "model": "double",
        "snapshot": "double@1",
        "fingerprint": workspace.env_build("double").fingerprint,
    }
    assert out == "1.15.0\n"
    assert gone == ["modelop-double-1"]
    assert not folder.exists()
    with pytest.raises(KernelSpecNotFoundError, match="no kernel of double is installed"):
        specs.uninstall("double")


def test_a_removed_environment_is_built_again_at_start(
    workspace: Workspace, kernels: Kernels
) -> None:
    """An installed kernel works after ``env remove``."""
    installed = specs.install(kernels, "double")
    workspace.env_remove("double")
    out = printed("import six; print(six.__version__)", installed.name)
    specs.uninstall("double@1")

    assert out == "1.15.0\n"


def test_pythonpath_does_not_reach_an_installed_kernel(
    workspace: Workspace, kernels: Kernels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A JupyterLab of another Python can start it."""
    installed = specs.install(kernels, "double")
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "packaging.py").write_text("raise SystemExit('not ours')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "theirs"))
    out = printed("import six; print(six.__version__)", installed.name)
    specs.uninstall("double")

    assert out == "1.15.0\n"


def test_a_moved_registry_is_reported_in_the_cell(workspace: Workspace, kernels: Kernels) -> None:
    """The error has the command to type, and no empty registry is created."""
    installed = specs.install(kernels, "double")
    home = workspace.settings.home
    workspace.close()
    home.rename(home.with_name("moved"))
    with pytest.raises(CellExecutionError, match="modelop kernel install double@1"):
        printed("1", installed.name)
    specs.uninstall("double")

    assert not home.exists()


def test_installed_kernels_are_listed(workspace: Workspace, kernels: Kernels) -> None:
    """Each with its snapshot."""
    installed = specs.install(kernels, "double")
    there = specs.installed(workspace)
    specs.uninstall("double")

    assert there == [installed]
    assert installed.snapshot == "double@1"
    assert specs.installed(workspace) == []


def test_a_kernel_that_cannot_start_reports_why_in_the_cell(
    workspace: Workspace, kernels: Kernels
) -> None:
    """Not "kernel died": the error is the cell's output."""
    installed = specs.install(kernels, "double")
    workspace.env_remove("double")
    workspace.close()
    shutil.rmtree(workspace.settings.blobs)
    with pytest.raises(CellExecutionError, match="double@1 cannot be started"):
        printed("1", installed.name)
    specs.uninstall("double@1")


@pytest.mark.parametrize(
    ("ref", "name"),
    [("breast-cancer@2", "modelop-breast-cancer-2"), ("A.b_c@10", "modelop-a.b_c-10")],
)
def test_a_kernel_spec_has_a_name_that_jupyter_allows(ref: str, name: str) -> None:
    """ASCII letters, digits, and ``._-``."""
    assert specs.name_of(ref) == name
