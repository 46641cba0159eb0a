"""The program in a shell: stdout, stderr, exit code."""

from __future__ import annotations

import contextlib
import functools
import http.server
import json
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

from .conftest import Run


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine and yield its address."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("bacth",), 2, "Did you mean 'batch'?"),
        (("models", "--jsn"), 2, "Did you mean '--json'?"),
        (("asset",), 2, "Use one of: add, list, role, remove."),
        (("show", "nobody"), 3, "no model named 'nobody'"),
        (("register", "my model", "model.py"), 2, "Try 'my-model'"),
        (("register", "m"), 2, "--notebook FILE"),
        (("register", "m", "absent.py"), 2, "absent.py: no such file"),
        (("register", "m", "model.py", "--asset", "absent.pkl"), 2, "absent.pkl"),
        (("register", "m", "model.py", "--asset", "good.json=NOTHING"), 2, "The roles are:"),
        (("model", "m"), 2, "%%modelop model m"),
        (("batch", "nobody", "good.json"), 3, "no model named 'nobody'"),
    ],
)
def test_a_mistake_is_one_line_on_stderr(
    run: Run, words: tuple[str, ...], code: int, message: str
) -> None:
    """Issue 2, "What bad input gets": a sentence, an exit code, nothing on stdout."""
    done = run(*words)

    assert done.returncode == code
    assert message in done.stderr
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("modelop: ")


def test_a_mistake_names_the_command_that_helps(run: Run) -> None:
    """Issue 15: a sentence, then what to run."""
    done = run("job", "show", "12345678")

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("modelop: no job named '12345678'. ")
    assert done.stderr.endswith("\nList the jobs:\n  modelop jobs\n")


def test_an_error_is_json_too(run: Run) -> None:
    """A script reads {code, message, hint}."""
    done = run("show", "nobody", "--json")

    assert done.returncode == 3
    assert json.loads(done.stdout)["code"] == "model_not_found"
    assert "nobody" in done.stderr


def test_a_model_is_registered_shown_and_removed(run: Run) -> None:
    """The verbs that need no environment."""
    first = run("register", "m", "model.py", "--asset", "good.json=Training data")
    again = run("register", "m", "model.py", "--json")
    shown = run("--json", "show", "m")
    listed = run("models", "--json")
    removed = run("remove", "m")
    empty = run("models")

    assert "m  created" in first.stdout
    assert json.loads(again.stdout)["changes"] == []
    stored = json.loads(shown.stdout)
    assert stored["modelMetaData"]["name"] == "m"
    assert [asset["assetRole"] for asset in stored["modelAssets"]] == [
        "TRAINING_DATA",
        "MODEL_SOURCE",
    ]
    assert [row["name"] for row in json.loads(listed.stdout)] == ["m"]
    assert "Removed model m." in removed.stdout
    assert "'modelop register NAME'" in empty.stdout
    assert {d.returncode for d in (first, again, shown, listed, removed, empty)} == {0}


def test_registering_without_a_source_keeps_it(run: Run) -> None:
    """Without a PATH the source is kept; a new model, or no change, is an error."""
    run("register", "m", "model.py", MODELOP_PREPARE="off")
    changed = run("register", "m", "--description", "doubles", "--tag", "a", "--json")
    nothing, nobody = run("register", "m"), run("register", "n", "--description", "x")

    assert changed.returncode == 0, changed.stderr
    model = json.loads(changed.stdout)["model"]
    assert (model["description"], model["tags"]) == ("doubles", ["a"])
    assert model["state"]["primary_source"] == "model.py"
    assert {done.returncode for done in (nothing, nobody)} == {2}
    assert "register n: the model's source is missing. Add a PATH" in nobody.stderr


def test_a_python_that_is_not_here_is_wrong_usage(run: Run) -> None:
    """The error lists the Pythons of this machine (issue 4)."""
    done = run("register", "m", "model.py", "--python", "3.99")

    assert done.returncode == 2
    assert "no Python 3.99 was found on this machine. Found are Python 3." in done.stderr


def test_the_cells_of_a_notebook_are_registered_by_name(run: Run, folder: Path) -> None:
    """`register NAME --notebook FILE` reads the file's cells."""
    import nbformat

    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell("%load_ext modelop_jupyter"),
        nbformat.v4.new_code_cell("FACTOR = 3"),
        nbformat.v4.new_code_cell("# modelop.score\ndef action(r):\n    yield r['x'] * FACTOR"),
    ]
    nbformat.write(notebook, folder / "book.ipynb")

    done = run("register", "m", "--notebook", "book.ipynb")

    assert done.returncode == 0, done.stderr
    assert "FACTOR = 3" in done.stdout


def test_an_error_says_the_line_that_mends_it(run: Run, folder: Path) -> None:
    """The command that failed, with the option that it needs; in JSON as data."""
    (folder / "lines.csv").write_text('{"x": 1}\n{"x": 2}\n')
    run("register", "m", "model.py")
    shown = run("batch", "m", "lines.csv", "--limit", "1")
    as_json = json.loads(run("batch", "m", "lines.csv", "--json").stdout)

    assert shown.stderr.endswith(
        "Read it as jsonl:\n  modelop batch m lines.csv --limit 1 --format jsonl\n"
    )
    assert as_json["remedies"] == [
        {"text": "Read it as jsonl", "commands": [], "options": ["--format", "jsonl"]}
    ]


@pytest.mark.slow
def test_a_job_runs_and_its_result_is_the_exit_code(run: Run, folder: Path) -> None:
    """0 for SUCCESS, 1 for FAILURE; stdout has the result only."""
    run("register", "m", "model.py")
    good = run("batch", "m", "good.json", "-o", "out.json", "--json")
    bad = run("batch", "m", "bad.json")
    jobs = json.loads(run("jobs", "--json").stdout)
    show = run("job", "show", jobs[0]["id"][:6])
    log = run("job", "log", jobs[0]["id"][:6])
    errors = run("job", "errors", jobs[0]["id"][:6])
    export = run("job", "export", jobs[0]["id"][:6], "-o", "job.json")

    assert good.returncode == 0, good.stderr
    assert json.loads(good.stdout)["result"] == "SUCCESS"
    assert (folder / "out.json").read_text() == '{"double":2}\n{"double":4}\n'
    assert "hello from init" in good.stderr
    assert good.stderr.count(": Waiting, job ") <= 1
    assert bad.returncode == 1
    assert "KeyError: 'y'" not in bad.stdout
    assert "KeyError: 'x'" in bad.stdout
    assert [show.returncode, log.returncode, errors.returncode, export.returncode] == [0, 0, 0, 0]
    assert "hello from init" in log.stdout
    assert json.loads((folder / "job.json").read_text())["jobType"] == "MODEL_BATCH_JOB"


@pytest.mark.slow
def test_records_come_from_standard_input_an_address_or_the_assets(run: Run, folder: Path) -> None:
    """INPUT is a path, `-`, a glob, a URL or, without such a file, an asset."""
    run("register", "m", "model.py", "--asset", "good.json")
    piped = run("batch", "m", "-", "--json", stdin='{"x": 5}\n')
    with serving(folder) as address:
        fetched = run("batch", "m", f"{address}/good.json", "--json")
    (folder / "good.json").unlink()
    held = run("batch", "m", "good.json", "--json")

    assert json.loads(piped.stdout)["sample"] == [{"double": 10}]
    assert json.loads(fetched.stdout)["counts"]["scored"] == 2
    assert json.loads(held.stdout)["counts"]["scored"] == 2


def test_a_schema_is_proposed_and_bound(run: Run) -> None:
    """The proposal, written to a file, becomes the input's schema as an asset (spec 7.3)."""
    run("register", "m", "model.py")
    run("schema", "infer", "m", "good.json", "-o", "input_schema.avsc")
    run("asset", "add", "m", "input_schema.avsc")
    shown = json.loads(run("schema", "show", "m", "--json").stdout)

    assert shown["0"]["name"] == "inferred_schema"
    assert [(field["name"], field["type"]) for field in shown["0"]["fields"]] == [("x", "int")]
    assert shown["1"] is None


@pytest.mark.slow
def test_files_of_a_train_job_are_added_with_one_command(run: Run, folder: Path) -> None:
    """`job show` offers the command, and the command works (spec 13.15)."""
    (folder / "trainer.py").write_text(
        "# modelop.train\ndef train(frame):\n"
        "    open('outputDir/mean.txt', 'w').write(str(frame.x.mean()))\n"
    )
    run("register", "t", "trainer.py")
    trained = run("train", "t", "good.json")
    job = trained.stdout.split("job ")[1].split()[0]
    offer = next(
        line for line in run("job", "show", job).stdout.splitlines() if "asset add" in line
    )
    taken = run(*shlex.split(offer.split("'modelop ")[1].partition("' ")[0]))

    assert trained.returncode == 0, trained.stderr
    assert taken.returncode == 0, taken.stderr
    assert "mean.txt" in run("asset", "list", "t").stdout


@pytest.mark.slow
def test_a_job_in_the_background_outlives_the_command(run: Run) -> None:
    """`--background` returns at once and says how to see the job."""
    run("register", "m", "model.py")
    begun = run("batch", "m", "good.json", "--background")
    job = begun.stdout.split("job ")[1].split()[0]
    cancelled = run("job", "cancel", job)

    assert begun.returncode == 0
    assert f"'modelop job show {job}'" in begun.stdout
    assert cancelled.returncode == 0


@pytest.mark.slow
def test_an_environment_that_cannot_be_built_is_exit_code_4(run: Run, folder: Path) -> None:
    """For `env build` and for a job alike."""
    (folder / "requirements.txt").write_text("no-such-package-of-ours-0x1 @ file:///absent.whl\n")
    run("register", "m", "model.py", "--asset", "requirements.txt")
    build = run("env", "build", "m")
    job = run("batch", "m", "good.json")

    assert (build.returncode, job.returncode) == (4, 4), (build.stderr, job.stdout)


@pytest.mark.slow
def test_ctrl_c_cancels_the_job(run: Run, folder: Path, environ: dict[str, str]) -> None:
    """Exit code 130 after the job and all it started have been stopped."""
    import signal

    (folder / "slow.py").write_text(
        "import time\n\n# modelop.score\ndef action(r):\n    time.sleep(600)\n    yield r\n"
    )
    run("register", "slow", "slow.py")
    process = subprocess.Popen(
        [sys.executable, "-m", "modelop_jupyter", "batch", "slow", "good.json"],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "Running" in line:
            break
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=PATIENCE)

    assert process.returncode == 130
    assert "Cancelled" in out


def test_help_starts_quickly_without_the_database_or_jupyter() -> None:
    """`modelop help` imports no large library."""
    code = (
        "import sys\nfrom modelop_jupyter.cli import main\nmain(['help'])\n"
        "heavy = {'sqlalchemy', 'IPython', 'pandas', 'jupyter_client', 'rich', 'nbformat'}\n"
        "sys.exit(repr(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def test_a_closed_pipe_is_no_error(environ: dict[str, str]) -> None:
    """`modelop help | head -1`."""
    done = subprocess.run(
        [
            "bash",
            "-c",
            f"'{sys.executable}' -m modelop_jupyter help | head -n 1; exit ${{PIPESTATUS[0]}}",
        ],
        env=environ,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0
    assert done.stderr == ""


def test_a_terminal_without_utf8_gets_question_marks(run: Run) -> None:
    """Never a UnicodeEncodeError."""
    done = run("help", PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")

    assert done.returncode == 0
    assert "batch NAME INPUT?" in done.stdout


def test_there_are_no_colours_in_a_pipe(run: Run) -> None:
    """No escape codes in a pipe."""
    assert "\x1b" not in run("help").stdout


def test_the_version_is_the_package_s(run: Run) -> None:
    """`modelop --version`."""
    from modelop_jupyter import __version__

    assert run("--version").stdout == f"modelop {__version__}\n"
