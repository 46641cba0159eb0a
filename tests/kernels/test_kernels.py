"""Kernels in a model's environment, as a notebook's session uses them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import psutil
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import ConflictError, KernelError, KernelNotFoundError
from modelop_jupyter.kernels import Kernels
from modelop_jupyter.kernels.loading import load_code, stage_model
from modelop_jupyter.kernels.output import CellError
from modelop_jupyter.kernels.session import KernelSession, RequestOrigin

from ..waiting import wait_until
from .conftest import Shown

pytestmark = pytest.mark.slow


def test_the_model_s_packages_come_first_and_its_environment_is_unchanged(
    workspace: Workspace, kernels: Kernels
) -> None:
    """Issue 4: nothing is installed into the environment; ipykernel itself needs another six."""
    record, _ = kernels.start("double")
    shown = Shown()
    kernels.run(record, "import six, sys; print(six.__version__, sys.prefix)", shown)
    environment = workspace.env_build("double")

    assert shown.out == f"1.15.0 {environment.path}\n"
    assert workspace.env_prove("double").proof.is_exact


def test_models_with_contradicting_pins_run_side_by_side(
    workspace: Workspace, kernels: Kernels
) -> None:
    """Issue 4: each sees its own, and the overlay is shared."""
    Path("requirements.txt").write_text("six==1.16.0\n")
    workspace.register("other", "double.py", assets=[("requirements.txt", None)])
    first, second = Shown(), Shown()
    one, _ = kernels.start("double")
    two, _ = kernels.start("other")
    code = "import six; print(six.__version__)"
    kernels.run(one, code, first)
    kernels.run(two, code, second)

    assert (first.out, second.out) == ("1.15.0\n", "1.16.0\n")
    assert [record.model for record in kernels.list()] == ["double", "other"]


def test_all_output_of_a_cell_is_passed_on(kernels: Kernels) -> None:
    """Streams, rich output, updates, and the value of the last line."""
    record, _ = kernels.start("double")
    shown = Shown()
    code = """
    import sys
    from IPython.display import HTML, display, clear_output
    print("out"); print("err", file=sys.stderr)
    handle = display(HTML("<b>1</b>"), display_id="bar")
    handle.update(HTML("<b>2</b>"))
    clear_output()
    input("what? ")
    """
    kernels.run(record, textwrap.dedent(code), shown)
    kinds = [(kind, data.get("text/html"), identity) for kind, data, identity in shown.displays]

    assert (shown.out, shown.err) == ("out\n", "err\n")
    assert kinds[:3] == [
        ("display", "<b>1</b>", "bar"),
        ("update", "<b>2</b>", "bar"),
        ("clear", None, None),
    ]
    assert shown.displays[3][1]["text/plain"] == "'forty-two'"


def test_events_of_a_widget_reach_its_kernel(kernels: Kernels) -> None:
    """Issue 4: its messages arrive here, bytes included, and events here are sent to it."""
    record, _ = kernels.start("double")
    shown = Shown()
    code = """
    from comm import create_comm
    widget = create_comm(target_name="t", comm_id="w", data={"n": 1}, buffers=[b"raw"])
    def moved(message):
        print("moved to", message["content"]["data"]["n"], bytes(message["buffers"][0]))
        widget.send({"heard": True})
    widget.on_msg(moved)
    """
    kernels.run(record, textwrap.dedent(code), shown)
    done = {
        "header": {"msg_type": "comm_msg", "msg_id": "m"},
        "content": {"comm_id": "w", "data": {"n": 2}},
        "metadata": {},
        "buffers": [b"more"],
    }
    is_there = kernels.send_comm(record, done, shown)
    kernels.stop("double")

    assert is_there
    assert shown.comms == [
        ("comm_open", {"n": 1}, [b"raw"]),
        ("comm_msg", {"heard": True}, []),
    ]
    assert shown.out == "moved to 2 b'more'\n"
    assert not kernels.send_comm(record, done, shown)


def test_a_traceback_has_the_notebook_s_cell_number(kernels: Kernels) -> None:
    """A traceback names the notebook's cell."""
    record, _ = kernels.start("double")
    with pytest.raises(CellError) as caught:
        kernels.run(record, "1 / 0", Shown(), origin=RequestOrigin("here", 12))

    assert "In[12], line 1" in re.sub(r"\x1b\[[0-9;]*m", "", caught.value.lines[-2])


def test_help_is_passed_on(kernels: Kernels) -> None:
    """``print?`` opens the page's own pager."""
    record, _ = kernels.start("double")
    shown = Shown()
    kernels.run(record, "print?", shown)

    assert "Prints the values" in shown.payloads[0]["data"]["text/plain"]


def test_exit_ends_only_the_kernel(kernels: Kernels) -> None:
    """It is no error, and the next cell starts a new kernel."""
    record, _ = kernels.start("double")
    shown = Shown()
    kernels.run(record, "exit()", shown)
    _, is_new = kernels.start("double")

    assert shown.err == "The isolated kernel of double was ended by exit().\n"
    assert is_new


def test_a_cell_that_does_not_stop_is_ended_at_the_third_interrupt(
    kernels: Kernels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Stop button also ends C code that ignores interrupts, and says what is lost."""
    record, _ = kernels.start("double")
    kernels.wait_ready(record)
    shown = Shown()
    receive = KernelSession._receive

    def receive_and_stop(session: KernelSession) -> list[tuple[str, dict[str, Any]]]:
        messages = receive(session)
        # Its threads get no turn meanwhile, so that what it prints before may not arrive.
        if Path("begun").exists() and not messages:
            raise KeyboardInterrupt
        return messages

    monkeypatch.setattr(KernelSession, "_receive", receive_and_stop)
    with pytest.raises(KernelError, match="its variables are lost"):
        kernels.run(record, "open('begun', 'w').close(); sum(range(10**13))", shown)

    assert "If you stop it again, its kernel is ended" in shown.err
    assert kernels.list() == []


def test_variables_are_kept_and_errors_are_raised(kernels: Kernels) -> None:
    """The kernel goes on after an error."""
    record, _ = kernels.start("double")
    shown = Shown()
    kernels.run(record, "x = 5", shown)
    with pytest.raises(CellError) as caught:
        kernels.run(record, "x / 0", shown)
    kernels.run(record, "print(x)", shown)

    assert caught.value.name == "ZeroDivisionError"
    assert "division by zero" in caught.value.lines[-1]
    assert shown.out == "5\n"


def test_nothing_of_the_notebook_s_environment_reaches_the_kernel(
    kernels: Kernels, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same environment variables as for a runner."""
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    monkeypatch.setenv("SECRET_TOKEN", "canary")
    record, _ = kernels.start("double")
    shown = Shown()
    kernels.run(record, "import os, sys; print('SECRET_TOKEN' in os.environ, sys.path)", shown)

    assert shown.out.startswith("False [")
    assert "elsewhere" not in shown.out
    assert "''" not in shown.out


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("%pip install six==1.16.0 -q", "Add the line  six==1.16.0  to its requirements.txt"),
        ("!pip install -i https://example.org/simple 'a>=1' b", "the line  a>=1  and the line  b "),
        ("x = !python -m pip install six", "Add the line  six  to"),
        ("%conda install -y numpy", "Add the line  numpy  to"),
        ("%pip list", "'%modelop env show double' lists what it holds"),
    ],
)
def test_installing_packages_in_a_kernel_is_an_error(
    kernels: Kernels, cell: str, sentence: str
) -> None:
    """The error says where libraries come from, with the line to add."""
    record, _ = kernels.start("double")
    with pytest.raises(CellError) as caught:
        kernels.run(record, cell, Shown())

    assert sentence in str(caught.value)


def test_a_model_in_a_kernel_is_a_file_by_itself(kernels: Kernels) -> None:
    """``sys.argv``, the names of pickles and the processes that it starts, as in a job
    (spec 13.20).
    """
    code = (
        "import sys\nargv = list(sys.argv)\nclass Pair:\n    pass\n"
        "def twice(x): return 2 * x\n# modelop.score\ndef score(r): return r\n"
    )
    Path("other.py").write_text(code)
    kernels.workspace.register("other", "other.py")
    record, _ = kernels.start("other")
    shown = Shown()
    kernels.run(record, "import sys; print(sys.argv)", shown)
    staged = stage_model(kernels.workspace, "other", kernels.folder(record))
    kernels.run(record, load_code(staged, None), shown, store_history=False)
    kernels.run(
        record,
        "import multiprocessing, pickle\n"
        "print(model.argv == [model.__file__] == sys.argv)\n"
        "print(pickle.loads(b'c__main__\\nPair\\n.') is model.Pair)\n"
        "with multiprocessing.get_context('spawn').Pool(1) as pool:\n"
        "    print(pool.map(model.twice, [1]))",
        shown,
    )

    assert shown.out.splitlines() == ["['other.py']", "True", "True", "[2]"]


def test_a_dead_kernel_is_reported_and_started_again(kernels: Kernels) -> None:
    """The error is one sentence, and the next start is a new process."""
    first, _ = kernels.start("double")
    with pytest.raises(KernelError, match="double has died"):
        kernels.run(first, "import os; os._exit(3)", Shown())
    second, is_new = kernels.start("double")

    assert is_new
    assert second.pid != first.pid


def test_stopping_a_kernel_ends_its_child_processes(kernels: Kernels) -> None:
    """No process is left, and neither is a file."""
    record, _ = kernels.start("double")
    shown = Shown()
    code = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid)"
    kernels.run(record, code, shown)
    kernels.stop("double")
    child = int(shown.out)

    wait_until(lambda: not psutil.pid_exists(record.pid) and not psutil.pid_exists(child))
    assert not kernels.folder(record).exists()
    assert kernels.list() == []
    with pytest.raises(KernelNotFoundError, match="no kernel of double is running"):
        kernels.stop("double")


def test_a_kernel_ends_with_its_session_even_after_kill_9(workspace: Workspace) -> None:
    """Issue 4: never orphaned."""
    code = """
    import time
    from modelop_jupyter import Workspace
    from modelop_jupyter.kernels import Kernels
    kernels = Kernels(Workspace())
    record, _ = kernels.start("double")
    kernels.wait_ready(record)
    print(record.pid, record.connection_file, flush=True)
    time.sleep(600)
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    ) as session:
        assert session.stdout is not None
        pid_text, connection_file = session.stdout.readline().split(maxsplit=1)
        pid = int(pid_text)
        sockets = Path(json.loads(Path(connection_file.strip()).read_text())["ip"]).parent
        seen = [record.pid for record in Kernels(workspace).list()]
        with pytest.raises(ConflictError, match=f"another session, process {session.pid}"):
            Kernels(workspace).stop("double")
        session.send_signal(signal.SIGKILL)

    assert seen == [pid]
    wait_until(lambda: not psutil.pid_exists(pid))
    assert Kernels(workspace).list() == []
    assert not sockets.exists()


def test_a_detached_kernel_stays_until_it_is_stopped(workspace: Workspace) -> None:
    """A kernel of `kernel start` in a shell: another process uses it and ends it."""
    code = """
    from modelop_jupyter import Workspace
    from modelop_jupyter.kernels import Kernels
    kernels = Kernels(Workspace())
    record, _ = kernels.start("double", detached=True)
    kernels.wait_ready(record)
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)], check=True)
    kernels = Kernels(workspace)
    (record,) = kernels.list()
    shown = Shown()
    kernels.run(record, "print('here')", shown)
    kernels.stop("double")

    assert shown.out == "here\n"
    wait_until(lambda: not psutil.pid_exists(record.pid))


def test_changed_requirements_are_not_run_in_the_old_environment(
    workspace: Workspace, kernels: Kernels
) -> None:
    """An error instead of a result with the wrong packages."""
    kernels.start("double")
    Path("requirements.txt").write_text("six==1.16.0\n")
    workspace.register("double", "double.py", assets=[("requirements.txt", None)])

    with pytest.raises(ConflictError, match="%modelop kernel stop double"):
        kernels.start("double")


@pytest.mark.parametrize(
    "pins",
    ["traitlets==5.9.0\n", "tornado==6.3.3\n"],
)
def test_pins_that_conflict_with_ipykernel_are_kept(
    workspace: Workspace, kernels: Kernels, pins: str
) -> None:
    """The model's version is imported, where a kernel can run with it."""
    Path("requirements.txt").write_text(pins)
    workspace.register("pinned", "double.py", assets=[("requirements.txt", None)])
    name, _, version = pins.strip().partition("==")
    record, _ = kernels.start("pinned")
    shown = Shown()
    kernels.run(record, f"import {name}; print({name}.__file__)", shown)
    packages = {package.name: package.version for package in workspace.env_build("pinned").packages}

    assert packages == {name: version}
    assert shown.out.startswith(workspace.env_build("pinned").path)


def test_pins_that_no_kernel_can_run_with_are_named(workspace: Workspace, kernels: Kernels) -> None:
    """Issue 4: a clear message if no kernel can run."""
    Path("requirements.txt").write_text("traitlets==4.0.0\n")
    workspace.register("old", "double.py", assets=[("requirements.txt", None)])
    record, _ = kernels.start("old")
    with pytest.raises(KernelError) as caught:
        kernels.wait_ready(record)

    assert "traitlets 4.0.0" in str(caught.value)
    assert "Jobs are not affected" in str(caught.value)
    assert os.getpid() not in {kernel.owner for kernel in kernels.list()}
