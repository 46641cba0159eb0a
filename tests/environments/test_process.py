"""Tools run with what they need to know and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from modelop_jupyter.environments.process import (
    BuildLog,
    CannotStartError,
    base_environment,
    run,
)
from modelop_jupyter.masking import Masker


def test_the_environment_is_an_allow_list() -> None:
    """Nothing of Python, Conda, pip, uv or Jupyter reaches a tool."""
    kept = base_environment(
        dict.fromkeys(
            "PATH HOME LC_ALL HTTPS_PROXY PYTHONPATH PYTHONDONTWRITEBYTECODE VIRTUAL_ENV"
            " CONDA_PREFIX UV_INDEX PIP_INDEX_URL JUPYTER_TOKEN JPY_PARENT_PID AWS_SECRET".split(),
            "x",
        )
    )

    assert set(kept) == {"PATH", "HOME", "LC_ALL", "HTTPS_PROXY"}


def test_output_goes_to_the_log_masked(tmp_path: Path) -> None:
    """What a tool says is kept whole, but for credentials."""
    script = "import sys; print('out'); print('see https://u:s3cret@h', file=sys.stderr)"
    with BuildLog(tmp_path / "logs" / "a.log", Masker()) as log:
        finished = run([sys.executable, "-c", script], env=base_environment(os.environ), log=log)

    assert (finished.code, finished.output) == (0, "out\n")
    assert finished.said == "see https://****@h\n"
    assert "https://****@h" in (tmp_path / "logs" / "a.log").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_bars_are_heard_and_not_kept(tmp_path: Path) -> None:
    """uv tells how many bytes it has to nobody but a terminal; the log keeps its sentences."""
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
    heard: list[str | None] = []
    with BuildLog(tmp_path / "a.log", Masker(), hear=heard.append) as log:
        finished = run([sys.executable, "-X", "utf8", "-c", script], env={}, log=log, drawn=True)

    assert "numpy   ----------   1.0 KiB/4.0 KiB\n" in heard
    assert (finished.code, finished.output) == (0, "out\n")
    assert finished.said == "Using Python 3\nerror: " + ("long " * 60).rstrip() + "\n"


@pytest.mark.slow
def test_seconds_of_silence_are_told(tmp_path: Path) -> None:
    """Somebody watches, and wants to see that it goes on."""
    heard: list[str | None] = []
    with BuildLog(tmp_path / "a.log", Masker(), hear=heard.append) as log:
        run([sys.executable, "-c", "import time; time.sleep(2.5)"], env={}, log=log)

    assert heard == [None, None]


def test_a_tool_that_is_not_there_is_told_apart(tmp_path: Path) -> None:
    """So that pip can take uv's place."""
    broken = tmp_path / "uv"
    broken.write_text("not a program")
    broken.chmod(0o755)

    with pytest.raises(CannotStartError):
        run([str(broken)], env={})


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT")
def test_an_interrupt_ends_the_tool_and_its_children(tmp_path: Path) -> None:
    """Ctrl-C leaves no compiler behind."""
    grandchild = f"import os,time; open({str(tmp_path / 'pid')!r},'w').write(str(os.getpid())); time.sleep(60)"
    child = f"import subprocess,sys; subprocess.run([sys.executable,'-c',{grandchild!r}])"
    host = (
        "import os,sys; from modelop_jupyter.environments.process import run;"
        f"run([sys.executable,'-c',{child!r}], env=dict(os.environ))"
    )
    process = subprocess.Popen([sys.executable, "-c", host], stderr=subprocess.DEVNULL)
    pid = _content(tmp_path / "pid")
    process.send_signal(2)
    process.wait(10)
    time.sleep(0.2)

    assert process.returncode != 0
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def _content(path: Path) -> int:
    """Wait for a number that another process writes."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        text = path.read_text() if path.exists() else ""
        if text:
            return int(text)
        time.sleep(0.02)
    raise AssertionError(f"{path} was not written")
