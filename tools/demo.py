"""Run the quickstart notebook for real and say what it made.

usage: python tools/demo.py FOLDER COMMAND ...      COMMAND, such as `make sidebar`, runs meanwhile

The folder is made anew: the notebook as it was run, the files it wrote, and a registry of its own,
so that a user's own models are not touched.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelop_jupyter import Workspace
    from modelop_jupyter.domain.jobs import JobRecord

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "quickstart.ipynb"
MODEL = "breast-cancer"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def main(arguments: list[str]) -> int:
    """Run the notebook in a folder, and tell about it; 1 when a cell, or the command, failed."""
    folder, command = Path(arguments[0]), arguments[1:]
    with beside(command) as finish:
        return run_notebook(folder) or finish() or tell_how_to_open(folder)


@contextlib.contextmanager
def beside(command: list[str]) -> Iterator[Callable[[], int]]:
    """Run a command meanwhile; the function waits for it, shows its output, returns its code."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=0)

    def finish() -> int:
        print()
        while text := process.stdout.read(4096):
            print(text.decode(errors="replace"), end="", flush=True)
        return process.wait()

    try:
        yield finish
    finally:
        process.terminate()
        process.communicate()


def run_notebook(folder: Path) -> int:
    """Run the notebook in a new folder, and tell what it made; 1 when a cell failed."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    home = folder.absolute() / "home"
    os.environ |= {"MODELOP_HOME": str(home), "IPYTHONDIR": str(folder.absolute() / "ipython")}
    os.environ.pop("MODELOP_REGISTRY_URL", None)

    copy = folder / NOTEBOOK.name
    started = time.monotonic()
    failure = execute(NOTEBOOK, copy)
    if failure:
        print(failure if sys.stderr.isatty() else COLOURS.sub("", failure), file=sys.stderr)
        print(f"error: the notebook stopped; as far as it came it is {copy}", file=sys.stderr)
        return 1

    from modelop_jupyter import Workspace

    with Workspace() as workspace:
        tell(workspace, folder, time.monotonic() - started)
    return 0


def tell_how_to_open(folder: Path) -> int:
    """Print the command that opens the notebook in JupyterLab."""
    home = Path(os.environ["MODELOP_HOME"])
    root = " --allow-root" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    jupyter = Path(sys.executable).parent / "jupyter"
    if jupyter.is_relative_to(Path.cwd()):
        jupyter = jupyter.relative_to(Path.cwd())
    print("\nOpen the notebook in JupyterLab:")
    print(
        f"MODELOP_HOME={quoted(home)} {quoted(jupyter)} lab{root} {quoted(folder / NOTEBOOK.name)}"
    )
    return 0


def execute(source: Path, target: Path) -> str | None:
    """Run every cell, save the notebook with its outputs, and return what failed, if anything."""
    import nbformat
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.read(source, as_version=4)
    client = NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": str(target.parent)}}
    )
    failure = None
    # Newer kernels tell everybody that they speak over TCP.
    client.extra_arguments = ["--log-level=ERROR"]
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            if cell.cell_type == "code":
                progress(index + 1, len(notebook.cells), cell.source)
            try:
                client.execute_cell(cell, index)
            except CellExecutionError as error:
                failure = str(error)
                break
    if sys.stdout.isatty():
        print()
    nbformat.write(notebook, target)
    return failure


def progress(done: int, total: int, source: str) -> None:
    """Tell which cell is being run: one line that is rewritten on a terminal, else a line each."""
    text = f"[{done:>2}/{total}] {source.splitlines()[0][:70]}"
    if sys.stdout.isatty():
        print(f"\r{text:<80}", end="", flush=True)
    else:
        print(text, flush=True)


def tell(workspace: Workspace, folder: Path, seconds: float) -> None:
    """Print what is in the registry now, the first scored record and the metrics."""
    view = workspace.show(MODEL)
    entry_points = view.entry_points
    print(f"\nMade in {seconds:.0f} s:")
    line(
        "model",
        MODEL,
        f"init {entry_points.init}, score {entry_points.score}, metrics {entry_points.metrics}",
    )
    for snapshot in view.snapshots:
        line("snapshot", snapshot.ref, f"{len(snapshot.state.assets)} assets, {snapshot.name}")
    environment = view.environment.environment
    if environment is not None:
        about = f"Python {environment.interpreter.version}, {len(environment.packages)} packages"
        line(
            "environment",
            environment.fingerprint[:12],
            f"{about}, built in {environment.build_seconds:.1f} s",
        )
    for record in sorted(view.jobs, key=lambda record: record.created):
        line(f"{record.kind.value} job", record.short_id, describe(record))

    with (folder / "scores.json").open(encoding="utf-8") as file:
        print(f"\nThe first scored record:\n  {file.readline().strip()}")
    metrics_job = next(record for record in view.jobs if record.kind == "metrics")
    print("\nThe metrics:")
    for key, value in (workspace.job(metrics_job.id).metrics or {}).items():
        print(f"  {key:<16} {short(value)}")


def quoted(path: Path) -> str:
    return shlex.quote(str(path))


def line(noun: str, name: str, text: str) -> None:
    print(f"  {noun:<12} {name:<16} {text}")


def describe(record: JobRecord) -> str:
    counts, ending = record.counts, f"{record.status.value} / {record.result.value}"
    if record.kind != "batch":  # its input is one data frame
        return f"{ending}: {counts.records_out} result"
    return (
        f"{ending}: {counts.records_in} records in, {counts.records_out} out,"
        f" {counts.rejected} rejected, {counts.failed} failed"
    )


def short(value: Any) -> str:
    if isinstance(value, list):
        return f"a table of {len(value)} rows"
    return f"{value:.4f}" if isinstance(value, float) else json.dumps(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
