"""Exported models in a terminal: `modelop run FILE INPUT`, in a home where nothing is registered."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import PATIENCE, wait_until

from .conftest import Run

pytestmark = pytest.mark.slow

HOLDING = """\
import os, time
open({reached!r}, "w").write(str(os.getpid()))
# modelop.score
def score(r):
    while True:
        time.sleep(0.02)
"""


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An export of a model that was checked with two records; it fails for one without ``x``."""
    folder = tmp_path_factory.mktemp("exporting")
    (folder / "model.py").write_text(
        "# modelop.score\ndef action(record):\n    yield {'double': record['x'] * 2}\n"
    )
    (folder / "in.json").write_text('{"x": 1}\n{"x": 2}\n')
    environ = {**os.environ, "MODELOP_HOME": str(folder / "home")}
    for line in ("register m model.py", "check m in.json", "export m@1 m.zip"):
        command = [sys.executable, "-m", "modelop_jupyter", *line.split()]
        subprocess.run(
            command, cwd=folder, env=environ, check=True, capture_output=True, timeout=PATIENCE
        )
    return folder / "m.zip"


def test_records_go_to_stdout_and_all_else_to_stderr(
    run: Run, export: Path, tmp_path: Path
) -> None:
    """So that they can be piped; nothing is written to the home but environments."""
    done = run("run", str(export), "-", "--limit", "2", stdin='{"x": 4}\n{"x": 5}\n{"x": 6}\n')

    assert done.stdout == '{"double":8}\n{"double":10}\n'
    assert done.returncode == 0
    assert "batch m@1  Succeeded" in done.stderr
    assert "modelop-run-" not in done.stderr
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["environments"]


def test_a_file_gets_the_records_and_stdout_the_summary(
    run: Run, folder: Path, export: Path
) -> None:
    """As with `batch`, with its exit codes; what needs a registry is not proposed."""
    done = run("run", str(export), "bad.json", "-o", "out.json", "--verify")
    document = json.loads(
        run("run", str(export), "good.json", "-o", "good.out.json", "--json").stdout
    )

    assert (folder / "out.json").read_text() == '{"double":2}\n'
    assert done.returncode == 1
    assert "batch m@1  Finished with 1 failed record" in done.stdout
    assert "KeyError" in done.stdout
    assert "job retry" not in done.stdout + done.stderr
    assert "the 2 records of in.json in m.zip get the same scores here" in done.stderr
    assert (document["status"], document["counts"]["records_out"]) == ("COMPLETE", 2)


def test_a_verification_stands_alone(run: Run, export: Path) -> None:
    """Exit code 0 for the same; a document with --json."""
    done = run("run", str(export), "--verify")
    document = json.loads(run("run", str(export), "--verify", "--json").stdout)

    assert done.stdout == "verification of m@1  the same here  2 records of in.json\n"
    assert done.returncode == 0
    assert document == {"ref": "m@1", "sample": "in.json", "records": 2, "difference": None}


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["nothing.zip", "good.json"], 2, "input nothing.zip: no such file. 'run' takes what"),
        (["good.json", "good.json"], 2, "good.json cannot be read as an export: it is not a read"),
        (["EXPORT"], 2, "run: an INPUT is missing. Name a file to score, or add --verify."),
        (["EXPORT", "nothing.json"], 2, "input nothing.json: no such file."),
        (["EXPORT", "good.json", "--json"], 2, "--json prints where the records would go. Add -o"),
        (["EXPORT", "good.json", "--worker"], 2, "run has no option '--worker'. Did you mean '--w"),
    ],
)
def test_a_mistake_is_one_sentence(
    run: Run, export: Path, words: list[str], code: int, sentence: str
) -> None:
    """On stderr, with the exit codes of all verbs."""
    done = run("run", *(str(export) if word == "EXPORT" else word for word in words))

    assert done.stderr.startswith(f"modelop: {sentence}")
    assert done.stderr.count("\n") == 1
    assert done.returncode == code


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_runner_and_leaves_nothing(
    run: Run, folder: Path, environ: dict[str, str], tmp_path: Path, number: signal.Signals
) -> None:
    """Ctrl-C, and what `timeout` sends: nobody else could cancel the job."""
    reached, temporary = tmp_path / "reached", tmp_path / "tmp"
    temporary.mkdir()
    (folder / "holding.py").write_text(HOLDING.format(reached=str(reached)))
    run("register", "holding", "holding.py")
    run("export", "holding", "holding.zip")
    errors = tmp_path / "errors"
    with errors.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "modelop_jupyter", "run", "holding.zip", "good.json"],
            cwd=folder,
            env={**environ, "TMPDIR": str(temporary)},
            stdout=subprocess.PIPE,
            stderr=file,
        )
    wait_until(lambda: "batch holding@1: Running" in errors.read_text() and reached.exists())
    wait_until(reached.read_text)
    process.send_signal(number)
    out, _ = process.communicate(timeout=PATIENCE)

    assert (process.returncode, out) == (130, b"")
    assert "Cancelled" in errors.read_text()
    wait_until(lambda: not Path("/proc", reached.read_text()).exists())
    assert list(temporary.glob("modelop-run-*")) == []
