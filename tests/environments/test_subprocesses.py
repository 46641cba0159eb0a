"""uv, pip and other interpreters as subprocesses: their variables, output, log and end."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelop_jupyter.environments.subprocesses import (
    BuildLog,
    CannotStartError,
    is_progress_bar,
    run,
    tool_environment,
)
from modelop_jupyter.masking import Masker
from modelop_jupyter.processes import is_running
from tests.waiting import PATIENCE, wait_until


def test_the_environment_is_an_allow_list() -> None:
    """Nothing of Python, Conda, pip, uv or Jupyter reaches a tool."""
    variables = tool_environment(
        dict.fromkeys(
            "PATH HOME LC_ALL HTTPS_PROXY PYTHONPATH PYTHONDONTWRITEBYTECODE VIRTUAL_ENV"
            " CONDA_PREFIX UV_INDEX PIP_INDEX_URL JUPYTER_TOKEN JPY_PARENT_PID AWS_SECRET".split(),
            "x",
        )
    )

    assert set(variables) == {"PATH", "HOME", "LC_ALL", "HTTPS_PROXY"}


def test_output_goes_to_the_log_masked(tmp_path: Path) -> None:
    """All output is kept, with credentials masked."""
    script = "import sys; print('out'); print('see https://u:s3cret@h', file=sys.stderr)"
    with BuildLog(tmp_path / "logs" / "a.log", Masker()) as log:
        result = run([sys.executable, "-c", script], env=tool_environment(os.environ), log=log)

    assert (result.code, result.stdout) == (0, "out\n")
    assert result.messages == "see https://****@h\n"
    assert "https://****@h" in (tmp_path / "logs" / "a.log").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_progress_bars_are_parsed_and_not_kept(tmp_path: Path) -> None:
    """uv shows how many bytes it has only on a terminal; the log keeps its messages."""
    script = (
        "import sys\n"
        "assert sys.stderr.isatty()\n"
        "say = sys.stderr.write\n"
        "say('Using Python 3\\n')\n"
        "say('\\x1b[2mnumpy\\x1b[0m   ----------   1.0 KiB/4.0 KiB' + ' ' * 900)\n"
        "say('\\x1b[1A\\r\\x1b[2K\\u280b Preparing packages... (0/2)\\r')\n"
        "say('\\x1b[31merror\\x1b[0m: ' + 'long ' * 60 + '\\n')\n"
        "print('out')\n"
    )
    lines: list[str | None] = []
    with BuildLog(tmp_path / "a.log", Masker(), listener=lines.append) as log:
        result = run(
            [sys.executable, "-X", "utf8", "-c", script], env={}, log=log, with_terminal=True
        )

    assert "numpy   ----------   1.0 KiB/4.0 KiB\n" in lines
    assert (result.code, result.stdout) == (0, "out\n")
    assert result.messages == "Using Python 3\nerror: " + ("long " * 60).rstrip() + "\n"


@pytest.mark.slow
def test_silent_seconds_are_reported(tmp_path: Path) -> None:
    """So that a display can show that the tool still runs."""
    lines: list[str | None] = []
    gate = tmp_path / "gate"
    wait = f"import os, time\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.02)"

    def listen(line: str | None) -> None:
        lines.append(line)
        if len(lines) == 2:
            gate.touch()

    with BuildLog(tmp_path / "a.log", Masker(), listener=listen) as log:
        run([sys.executable, "-c", wait], env={}, log=log)

    assert set(lines) == {None}


def test_a_tool_that_cannot_be_started_has_its_own_error(tmp_path: Path) -> None:
    """Then pip is used instead of uv."""
    broken = tmp_path / "uv"
    broken.write_text("not a program")
    broken.chmod(0o755)

    with pytest.raises(CannotStartError):
        run([str(broken)], env={})


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_an_interrupt_ends_the_tool_and_its_children(tmp_path: Path) -> None:
    """Ctrl-C leaves no compiler behind."""
    grandchild = f"import os,time; open({str(tmp_path / 'pid')!r},'w').write(str(os.getpid())); time.sleep(600)"
    child = f"import subprocess,sys; subprocess.run([sys.executable,'-c',{grandchild!r}])"
    host = (
        "import os,sys; from modelop_jupyter.environments.subprocesses import run;"
        f"run([sys.executable,'-c',{child!r}], env=dict(os.environ))"
    )
    process = subprocess.Popen([sys.executable, "-c", host], stderr=subprocess.DEVNULL)
    pid = _content(tmp_path / "pid")
    process.send_signal(2)
    process.wait(PATIENCE)
    wait_until(lambda: not is_running(pid, None))

    assert process.returncode != 0


@pytest.mark.parametrize(
    "line",
    [
        "six                  ------------------------------     0 B/10.79 KiB",
        "scipy ------------------------------ 22.34 MiB/39.23 MiB",
        "⠙ Preparing packages... (0/3)",
        "⠙",
        "██████░░░░░░░░░░░░░░ [1/3] six==1.17.0",
    ],
)
def test_a_progress_bar_is_recognised(line: str) -> None:
    """The log keeps none of them: there are thousands."""
    assert is_progress_bar(line)


@pytest.mark.parametrize(
    "line",
    [
        "      ----------------------------------------",
        "-- ---------- configuring incomplete, errors occurred!",
        "running the checks of the build (2/3)",
        "      ERROR: missing header ---------------- see above",
    ],
)
def test_a_message_is_no_progress_bar(line: str) -> None:
    """Dashes or a count at the end do not make a line a progress bar: an error may stand in it."""
    assert not is_progress_bar(line)


def _content(path: Path) -> int:
    """Wait for a number that another process writes."""
    wait_until(lambda: path.exists() and path.read_text())
    return int(path.read_text())
