"""Build sdist and wheel, check them, and try the wheel where there is no Node.js.

usage: python tools/dist.py FOLDER

The folder is made anew and holds what PyPI gets. The wheel is built from the sdist, installed into
an empty environment, and an example is opened, a model registered and a batch scored there as a user
would.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from install import FailedError, run, step, uv

TWINE = "twine>=6"
SIDEBAR = "data/share/jupyter/labextensions/modelop-jupyter/"
EXAMPLES = ("regression", "classification", "faults")
MODEL = """\
# modelop.score
def score(record):
    yield {"y": 2 * record["x"]}
"""


def main(arguments: list[str]) -> int:
    """Make the folder; 1, and what a failed program printed, if a step fails."""
    folder = Path(arguments[0]).absolute()
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with step("Building sdist and wheel"):
            uv("build", "--python", sys.executable, "--out-dir", folder)
        (wheel,) = folder.glob("*.whl")
        with step("Checking them"):
            check(folder, wheel)
        with tempfile.TemporaryDirectory() as place:
            try_out(wheel, Path(place))
    except FailedError as failure:
        print(f"{failure}\nerror: this step failed; the reason is above.", flush=True)
        return 1
    print(f"\nReady for PyPI: {', '.join(sorted(path.name for path in folder.glob('modelop*')))}")
    return 0


def check(folder: Path, wheel: Path) -> None:
    """Refuse what PyPI would refuse, and a wheel without the sidebar or an example, or with other files."""
    files = [str(path) for path in folder.glob("modelop*")]
    uv("tool", "run", "--from", TWINE, "twine", "check", "--strict", *files)
    names = zipfile.ZipFile(wheel).namelist()
    if not any(name.endswith(f"{SIDEBAR}static/style.js") for name in names):
        raise FailedError(f"{wheel.name} has no sidebar.")
    for example in EXAMPLES:
        if f"modelop_jupyter/examples/{example}.ipynb" not in names:
            raise FailedError(f"{wheel.name} has no example {example}.")
    for name in names:
        if not name.startswith(("modelop_jupyter/", "modelop_jupyter-")):
            raise FailedError(f"{wheel.name} would install {name}.")


def try_out(wheel: Path, place: Path) -> None:
    """Install the wheel into an empty environment, and use it with no other program on PATH."""
    programs = place / "environment" / ("Scripts" if os.name == "nt" else "bin")
    with step("Installing the wheel into an empty environment"):
        uv("venv", "--python", sys.executable, place / "environment")
        uv("pip", "install", "--python", programs / "python", wheel)
    work = place / "work"
    work.mkdir()
    (work / "model.py").write_text(MODEL)
    (work / "requirements.txt").write_text("six\n")
    (work / "in.jsonl").write_text('{"x": 1}\n{"x": 2}\n')
    alone = {"MODELOP_HOME": str(place / "home"), "JUPYTER_CONFIG_DIR": str(place / "jupyter")}
    modelop = programs / "modelop"
    with step("Registering a model and scoring a batch"):
        register = ["register", "double", "model.py", "--asset", "requirements.txt"]
        run([modelop, *register], folder=work, path=[programs], **alone)
        batch = ["batch", "double", "in.jsonl", "-o", "out.jsonl"]
        run([modelop, *batch], folder=work, path=[programs], **alone)
        scored = [json.loads(line) for line in (work / "out.jsonl").read_text().splitlines()]
        if scored != [{"y": 2}, {"y": 4}]:
            raise FailedError(f"The batch gave {scored}.")
    with step("Running the example with faults"):
        # It needs no other package; every job of it ends, and none succeeds before it is mended.
        example = [modelop, "example", "faults", "--json"]
        told = json.loads(run(example, folder=work, path=[programs], **alone))
        run([programs / "jupyter", "execute", told["path"]], folder=work, path=[programs], **alone)
        listing = [modelop, "jobs", "--model", "faulty-claims", "--json"]
        jobs = json.loads(run(listing, folder=work, path=[programs], **alone))
        if [job["status"] for job in jobs] != 3 * ["ERROR"]:
            raise FailedError(f"Its jobs ended otherwise: {jobs}")
    with step("Finding the sidebar in its JupyterLab"):
        jupyter = [programs / "jupyter", "labextension", "list", "--verbose"]
        listed = run(jupyter, folder=work, path=[programs], **alone)
        if not any("modelop-jupyter" in line and "OK" in line for line in listed.splitlines()):
            raise FailedError(f"JupyterLab does not list the sidebar as enabled:\n{listed}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
