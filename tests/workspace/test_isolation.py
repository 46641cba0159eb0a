"""Nothing of the user's own Python reaches a model: not its folders, not its settings, not its start-up."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from modelop_jupyter import Workspace

pytestmark = pytest.mark.slow

LOOK = """\
import importlib.util, json, os, subprocess, sys


def look():
    names = ("leak", "sitecustomize", "usercustomize", "pytest", "json")
    return {
        "found": [name for name in names if importlib.util.find_spec(name)],
        "json": os.path.realpath(json.__file__).startswith(os.path.realpath(sys.base_prefix)),
        "marks": [name for name in os.environ if name.startswith("LEAKED")],
        "variables": [name for name in os.environ if name.startswith(HOSTILE)],
        "writes": not sys.dont_write_bytecode,
        "optimised": sys.flags.optimize,
    }


HOSTILE = ("PYTHON", "CONDA", "VIRTUAL_ENV", "PIP_", "UV_", "JUPYTER", "JPY_", "IPYTHON")
"""
MODEL = (
    LOOK
    + """

# modelop.score
def score(record):
    again = "import json\\n" + SOURCE + "\\nprint(json.dumps(look()))"
    run = subprocess.run([sys.executable, "-c", again], stdout=subprocess.PIPE, check=True)
    yield {"here": look(), "child": json.loads(run.stdout)}


SOURCE = """
    + repr(LOOK)
)
CLEAN = {
    "found": ["json"],
    "json": True,
    "marks": [],
    "variables": [],
    "writes": True,
    "optimised": 0,
}


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that could leak in, at once, and a working directory full of traps."""
    theirs = tmp_path / "theirs"
    site = theirs / "lib" / "python{}.{}".format(*sys.version_info) / "site-packages"
    for folder in (theirs, site, Path.cwd()):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("leak", "sitecustomize", "usercustomize"):
            (folder / f"{name}.py").write_text(f"import os; os.environ['LEAKED_{name}'] = '1'\n")
    (Path.cwd() / "json.py").write_text("raise ImportError('the working directory')\n")
    (theirs / "startup.py").write_text("import os; os.environ['LEAKED_startup'] = '1'\n")
    for name, value in {
        "PYTHONPATH": str(theirs),
        "PYTHONUSERBASE": str(theirs),
        "PYTHONSTARTUP": str(theirs / "startup.py"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPYCACHEPREFIX": str(theirs / "cache"),
        "PYTHONINSPECT": "1",
        "CONDA_PREFIX": str(theirs),
        "CONDA_DEFAULT_ENV": "base",
        "CONDA_PYTHON_EXE": str(theirs / "bin" / "python"),
        "VIRTUAL_ENV": str(theirs),
        "PIP_TARGET": str(theirs / "target"),
        "UV_PROJECT_ENVIRONMENT": str(theirs),
        "JUPYTER_PATH": str(theirs),
        "JPY_SESSION_NAME": "theirs.ipynb",
    }.items():
        monkeypatch.setenv(name, value)


def test_a_job_sees_nothing_of_it(workspace: Workspace, hostile: None) -> None:
    """Neither does a process that the model starts by itself."""
    Path("look.py").write_text(MODEL)
    workspace.register("look", "look.py")

    job = workspace.batch("look", [[{}]]).wait(300)

    assert list(job.records()) == [{"here": CLEAN, "child": CLEAN}], job.log()


def test_a_build_sees_nothing_of_it(workspace: Workspace, hostile: None, tmp_path: Path) -> None:
    """The packages go into the environment, and only there."""
    Path("look.py").write_text(MODEL)
    Path("requirements.txt").write_text("six==1.16.0\n")
    workspace.register("look", "look.py", assets=["requirements.txt"])

    proof = workspace.env_prove("look").proof

    assert proof.is_exact, proof
    assert [package.name for package in proof.packages] == ["six"]
    assert not (tmp_path / "theirs" / "target").exists()


def test_two_models_see_their_own_packages(workspace: Workspace) -> None:
    """Contradicting pins, at the same time."""
    source = "import six\n\n# modelop.score\ndef score(record):\n    yield six.__version__\n"
    for version in ("1.15.0", "1.16.0"):
        folder = Path(version)
        folder.mkdir()
        (folder / "model.py").write_text(source)
        (folder / "requirements.txt").write_text(f"six=={version}\n")
        workspace.register(f"six-{version}", folder)

    jobs = [workspace.batch(f"six-{version}", [[{}]]) for version in ("1.15.0", "1.16.0")]

    assert [list(job.wait(300).records()) for job in jobs] == [["1.15.0"], ["1.16.0"]]
