"""Install this project, or its sidebar, into the virtual environment of the Python that runs this.

usage: python tools/install.py demo|test    the project and what the demo, or all tests, need
       python tools/install.py sidebar      what the sidebar is built with, from npm, and the sidebar

uv installs, with pip's settings; where it cannot, pip does.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SIDEBAR = ROOT / "modelop_jupyter" / "labextension"
SHOWN = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / "modelop-jupyter"
PROGRAMS = Path(sys.executable).parent
PIP = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
# hatch-jupyter-builder builds no sidebar then: `sidebar` does, beside the demo.
WITHOUT_SIDEBAR = {"SKIP_JUPYTER_BUILDER": "1"}


class FailedError(Exception):
    """A program failed; the text is what it printed."""


def main(arguments: list[str]) -> int:
    """Do what the one argument says; 1, and what the failed program printed, if it fails."""
    try:
        if arguments == ["sidebar"]:
            build_sidebar()
        else:
            install_project(f".[{arguments[0]}]")
    except FailedError as failure:
        print(f"{failure}\nerror: this step failed; what its program printed is above.", flush=True)
        return 1
    return 0


def install_project(target: str) -> None:
    """Install the project editable, and what it needs."""
    hide_sidebar()
    try:
        with step("Installing uv"):
            run([*PIP, "--only-binary=uv", "uv", "packaging"])
        with step(f"Installing the project and its packages ({target}) with uv"):
            place = ["--python", sys.executable]
            uv("pip", "install", *place, "--editable", target, **WITHOUT_SIDEBAR)
    except FailedError as failure:
        print(f"{failure}\nuv could not do it; pip takes over, which takes minutes.", flush=True)
        with step(f"Installing the project and its packages ({target}) with pip"):
            run([*PIP, "--editable", target], **WITHOUT_SIDEBAR)
    if (SIDEBAR / "package.json").exists():
        show_sidebar()


def uv(*words: str | Path, **variables: str) -> None:
    """Run uv with pip's settings, which it does not read: translated as for models' environments."""
    sys.path.insert(0, str(ROOT))
    from modelop_jupyter.environments.installers.indexes import read_indexes

    indexes = read_indexes(os.environ)
    constraints = {"UV_CONSTRAINT": " ".join(indexes.constraints)} if indexes.constraints else {}
    run([PROGRAMS / "uv", "--quiet", *words], **indexes.uv_variables(), **constraints, **variables)


def build_sidebar() -> None:
    """Build the sidebar with Node.js and jlpm of this environment, and show it to JupyterLab."""
    with step("Installing the sidebar's packages with jlpm"):
        run([PROGRAMS / "jlpm", "install"], folder=ROOT / "labextension")
    with step("Building the sidebar"):
        run([PROGRAMS / "jlpm", "build:prod"], folder=ROOT / "labextension")
        show_sidebar()


def show_sidebar() -> None:
    """Link the built sidebar to where JupyterLab finds it: a new build is seen without a copy."""
    run([PROGRAMS / "jupyter-builder", "develop", ".", "--overwrite"])


def hide_sidebar() -> None:
    """Remove the link: an installer would write its copy through it, over what was built."""
    if SHOWN.is_symlink():
        SHOWN.unlink()
    (SIDEBAR / "install.json").unlink(missing_ok=True)


@contextlib.contextmanager
def step(text: str) -> Iterator[None]:
    """Print what is being done, and then how long it took."""
    print(f"{text} ...", end=" ", flush=True)
    started = time.monotonic()
    try:
        yield
    except FailedError:
        print(f"failed after {time.monotonic() - started:.1f} s", flush=True)
        raise
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def run(
    command: list[str | Path],
    *,
    folder: Path = ROOT,
    path: Sequence[Path | str] = (PROGRAMS, os.environ.get("PATH", os.defpath)),
    **variables: str,
) -> str:
    """Run a program and return what it prints; this environment's programs are first on PATH."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            cwd=folder,
            env={**os.environ, **variables, "PATH": os.pathsep.join(map(str, path))},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise FailedError(str(error)) from None
    if done.returncode:
        raise FailedError(done.stdout.strip())
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
