"""`%%modelop run`: a cell in the model's kernel, as a notebook sees it."""

from __future__ import annotations

import re
from pathlib import Path

import psutil
import pytest

from tests.waiting import PATIENCE

from .test_kernel import Kernel, kernel, of_type  # noqa: F401 - the fixture

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

MODEL = """\
print('imported')

# modelop.init
def begin(job):
    global factor
    factor = len(job)

# modelop.score
def double(record):
    yield {'y': record['x'] * factor}
"""


@pytest.fixture
def notebook(kernel: Kernel, tmp_path: Path) -> Kernel:  # noqa: F811
    """A notebook with the registered model ``double``."""
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "weights.txt").write_text("3")
    kernel.run("%modelop register double model.py --asset weights.txt")
    return kernel


def printed(notebook: Kernel, cell: str) -> str:
    """Return what a cell prints."""
    _, messages = notebook.run(cell)
    return "".join(content["text"] for content in of_type(messages, "stream"))


def test_a_cell_runs_in_the_model_s_kernel(notebook: Kernel) -> None:
    """Its variables are not the notebook's, and its kernel ends with the notebook's."""
    first, messages = notebook.run("%%modelop run double\nx = 5\nx + 1")
    pid = int(printed(notebook, "%%modelop run double\nimport os; print(os.getpid())"))
    here = printed(notebook, "print('x' in globals())")
    process = psutil.Process(pid)
    notebook.manager.shutdown_kernel()
    _, alive = psutil.wait_procs([process], PATIENCE)

    assert first["status"] == "ok"
    assert of_type(messages, "display_data")[-1]["data"]["text/plain"] == "6"
    assert here == "False\n"
    assert alive == []


@pytest.mark.parametrize("is_killed", [False, True], ids=["restarted", "killed"])
def test_an_isolated_kernel_ends_with_the_notebook_s_kernel(
    notebook: Kernel, is_killed: bool
) -> None:
    """Issue 4: never orphaned, and neither is what a cell of it has started."""
    code = "import os, subprocess; print(os.getpid(), subprocess.Popen(['sleep', '6000']).pid)"
    pids = printed(notebook, f"%%modelop run double\n{code}")
    processes = [psutil.Process(int(pid)) for pid in pids.split()]
    notebook.manager.restart_kernel(now=is_killed)
    _, alive = psutil.wait_procs(processes, PATIENCE)

    assert len(processes) == 2
    assert alive == []


def test_the_started_kernel_replaces_the_steps_of_the_build(notebook: Kernel) -> None:
    """No cell keeps the progress of a build that has ended."""
    _, messages = notebook.run("%%modelop run double\n1")
    updates = of_type(messages, "update_display_data")

    assert "kernel of double  started" in updates[-1]["data"]["text/plain"]


def test_an_error_is_one_of_the_cell(notebook: Kernel) -> None:
    """Issue 4: so Run All stops, with the traceback of the kernel."""
    reply, messages = notebook.run("%%modelop run double\n{}['missing']")
    (error,) = of_type(messages, "error")

    assert reply["status"] == "error"
    assert (error["ename"], error["evalue"]) == ("KeyError", "'missing'")
    assert "modelop_jupyter" not in "".join(error["traceback"])


def test_the_stop_button_interrupts_the_cell_and_keeps_the_kernel(notebook: Kernel) -> None:
    """The cell's variables are kept."""
    reply, messages = notebook.run(
        "%%modelop run double\nx = 7; import time; print('beg' + 'un'); time.sleep(6000)",
        interrupt_at="begun",
    )
    after = printed(notebook, "%%modelop run double\nprint(x)")

    assert reply["status"] == "error"
    assert of_type(messages, "error")[0]["ename"] == "KeyboardInterrupt"
    assert after == "7\n"


REFUSED = """\
import builtins
def refuse(prompt=""):
    raise {error}
get_ipython().events.register("pre_run_cell", lambda _: setattr(builtins, "input", refuse))
"""


@pytest.mark.parametrize("error", ["RuntimeError('no input')", "EOFError", "NotImplementedError"])
def test_input_that_fails_ends_its_cell(notebook: Kernel, error: str) -> None:
    """Issue 12, G2: after any failure of ``input()``, the next cell does not wait for the answer."""
    notebook.run(REFUSED.format(error=error))
    reply, messages = notebook.run("%%modelop run double\ninput('name? ')")
    after = printed(notebook, "%%modelop run double\nprint('next')")

    assert reply["status"] == "error"
    assert of_type(messages, "error")[0]["ename"] == "EOFError"
    assert "input() cannot be answered here: " in of_type(messages, "stream")[-1]["text"]
    assert after == "next\n"


def test_input_is_an_error_where_stdin_is_not_allowed(notebook: Kernel) -> None:
    """Issue 12, G2: ``allow_stdin`` of the notebook's request is that of the cell."""
    identity = notebook.client.execute("%%modelop run double\ninput()", allow_stdin=False)
    reply = notebook.client.get_shell_msg(timeout=PATIENCE)
    while reply["parent_header"].get("msg_id") != identity:
        reply = notebook.client.get_shell_msg(timeout=PATIENCE)

    assert reply["content"]["ename"] == "StdinNotImplementedError"


def test_load_loads_the_model_beside_its_assets(notebook: Kernel) -> None:
    """Issue 4: init is called as in a job, and only once."""
    cell = "%%modelop run double --load\n"
    first = printed(
        notebook, cell + "print(list(model.double({'x': 4})), open('weights.txt').read())"
    )
    second = printed(notebook, cell + "print(model.factor)")

    assert first == "imported\n[{'y': 8}] 3\n"
    assert second == "2\n"


def test_a_failed_record_is_loaded_with_its_snapshot(notebook: Kernel, tmp_path: Path) -> None:
    """Issue 4: `job errors` shows the command."""
    (tmp_path / "in.json").write_text('{"x": 1}\n{"z": 2}\n')
    notebook.run("job = %modelop batch double in.json")
    _, messages = notebook.run("%modelop job errors {job.id}")
    shown = of_type(messages, "display_data")[0]["data"]["text/plain"]
    line = re.search(r"%%modelop run double --record \w+:1", shown)
    assert line is not None
    out = printed(notebook, f"{line[0]}\nprint(record, model.factor)")

    assert out == "imported\n{'z': 2} 2\n"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("double --record nothing", "--record nothing: it must be JOB:INDEX"),
        ("doubel", "no model named 'doubel'. Did you mean 'double'?"),
    ],
)
def test_a_mistake_gets_one_sentence(notebook: Kernel, line: str, sentence: str) -> None:
    """No traceback, and nothing runs."""
    assert sentence in printed(notebook, f"%%modelop run {line}\nprint('ran')")
