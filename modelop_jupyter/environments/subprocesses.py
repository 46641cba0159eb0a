"""Run uv, pip and other interpreters as subprocesses; log and parse their output line by line.

This is the seam that tests replace. A tool gets an argument list and an allow-listed environment:
none of the user's Python, Conda, uv or Jupyter variables reach it (``PYTHONPATH`` would leak into
the result).
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO, TextIO

from modelop_jupyter import files
from modelop_jupyter.domain import variables
from modelop_jupyter.masking import Masker

_TICK_SECONDS = 1.0
_COLUMNS, _ROWS = 1000, 200
_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
# Frames end with the cursor at their beginning, with a line moved to, or with blanks to the edge.
_FRAME_ENDS = re.compile(r"\r\n|[\r\n]|\x1b\[\d*[ABK]| {200,}")
_PROGRESS_BAR = re.compile(r"[█░]{8}|^[\w.-]+ +-{8,} +[\d.]+ ?\w+/[\d.]+ ?\w+$|[⠀-⣿](?: |$)")


class CannotStartError(OSError):
    """A tool that does not exist, or that this machine cannot execute."""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """Exit code, stdout, and messages (stderr, or both streams together) of a tool that has ended.

    Credentials in ``messages`` are masked; ``stdout`` is as the tool wrote it.
    """

    code: int
    stdout: str
    messages: str


class BuildLog:
    """The log file of one build; every line passes the mask. Without ``with`` it keeps nothing.

    ``listener`` is called with each line of a tool's output as it comes, and with None for every
    second without one.
    """

    def __init__(
        self, path: Path, mask: Masker, *, listener: Callable[[str | None], None] | None = None
    ) -> None:
        self.path = path
        self.mask = mask
        self.listener = listener or _ignore
        self._file: TextIO | None = None

    def __enter__(self) -> BuildLog:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._file = io.TextIOWrapper(
            files.open_private(self.path, "wb"), "utf-8", errors="backslashreplace"
        )
        return self

    def __exit__(self, *exc: object) -> None:
        if self._file:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None

    def write(self, text: str) -> None:
        """Add one or more lines. A full disk ends the log, but not the build."""
        if self._file:
            with contextlib.suppress(OSError):
                self._file.write(self.mask(text).rstrip("\n") + "\n")
                self._file.flush()


def tool_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the user's variables that uv and pip get: system, network, compilers."""
    return {"PATH": os.defpath, **variables.for_builds(environ)}


def closed_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the user's variables for a program that runs a model's packages: no proxy, no secrets."""
    return {"PATH": os.defpath, **variables.for_programs(environ)}


def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    log: BuildLog | None = None,
    stdin: str | None = None,
    cwd: Path | None = None,
    merged: bool = False,
    with_terminal: bool = False,
) -> ToolResult:
    """Run a tool to its end; it is killed with its children when we are interrupted.

    ``merged`` counts stdout among the messages. ``with_terminal`` gives the tool a pseudo-terminal
    for stderr, so that it draws progress bars: the log's listener gets them, the log does not keep
    them. Raises :class:`CannotStartError`.
    """
    mask = log.mask if log else Masker()
    if log:
        log.write("$ " + " ".join(command))
    terminal = open_terminal() if with_terminal else None
    stderr = terminal.end if terminal else subprocess.STDOUT if merged else subprocess.PIPE
    try:
        # Without TERM nothing is drawn on the terminal.
        env = {**env, "TERM": "xterm"} if terminal else env
        process = _start(command, env, cwd, has_stdin=stdin is not None, stderr=stderr)
    except CannotStartError:
        if terminal:
            terminal.close()
        raise
    source = terminal.lines() if terminal else process.stderr or process.stdout or ()
    messages: list[str] = []
    try:
        stdout = _communicate(process, stdin, source, messages, log)
    except BaseException:
        _kill(process)
        raise
    finally:
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                with contextlib.suppress(OSError):
                    stream.close()
    if log and process.returncode:
        log.write(f"(ended with code {process.returncode})")
    return ToolResult(process.returncode, stdout, mask("".join(messages)))


def _start(
    command: Sequence[str],
    env: Mapping[str, str],
    cwd: Path | None,
    *,
    has_stdin: bool,
    stderr: int,
) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            list(command),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.PIPE if has_stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
            errors="replace",
            start_new_session=sys.platform != "win32",
        )
    except OSError as error:
        raise CannotStartError(error.errno, f"{command[0]}: {error.strerror}") from error


def _communicate(
    process: subprocess.Popen[str],
    stdin: str | None,
    source: Iterable[str],
    messages: list[str],
    log: BuildLog | None,
) -> str:
    """Write stdin, append the lines of ``source`` to ``messages`` and log, and return stdout."""
    stdout: list[str] = []
    lines: SimpleQueue[str | None] = SimpleQueue()
    threads = [_start_thread(_forward, source, lines)]
    if process.stdout and source is not process.stdout:
        threads.append(_start_thread(_read, process.stdout, stdout))
    if stdin is not None and process.stdin:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(stdin)
            process.stdin.close()
    for line in _kept_lines(lines, log):
        messages.append(line)
        if log:
            log.write(line)
    for thread in threads:
        thread.join()
    process.wait()
    return "".join(stdout)


def _kept_lines(lines: SimpleQueue[str | None], log: BuildLog | None) -> Iterator[str]:
    """Pass every line, and None for each silent second, to the listener; yield all but drawings."""
    while True:
        try:
            line = lines.get(timeout=_TICK_SECONDS)
        except Empty:
            if log:
                log.listener(None)
            continue
        if line is None:
            return
        if log:
            log.listener(line)
        if not is_progress_bar(line):
            yield line


def _forward(source: Iterable[str], lines: SimpleQueue[str | None]) -> None:
    for line in source:
        lines.put(line)
    lines.put(None)


def _read(stream: IO[str], output: list[str]) -> None:
    output.append(stream.read())


def _start_thread(action: Callable[..., None], *arguments: object) -> Thread:
    thread = Thread(target=action, args=arguments, daemon=True)
    thread.start()
    return thread


def _ignore(line: str | None) -> None:
    """Do nothing."""


def _kill(process: subprocess.Popen[str]) -> None:
    """End a tool and all that it started."""
    if sys.platform == "win32":
        import psutil

        with contextlib.suppress(psutil.Error):
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
        process.kill()
    else:
        # The tool leads a session of its own, so its group holds its compilers too.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class Terminal:
    """Both ends of a pseudo-terminal: the tool writes to ``end``, we read from the other.

    uv draws a bar with the bytes of every download on a terminal; to a pipe it only says when a
    large one begins.
    """

    def __init__(self, reading: int, end: int) -> None:
        self.end = end
        self._reading = reading

    def close(self) -> None:
        """Close both ends, as no tool was started."""
        os.close(self.end)
        os.close(self._reading)

    def lines(self) -> Iterator[str]:
        """Close our copy of the tool's end, and yield what is written until the tool closes its own."""
        os.close(self.end)
        return self._read()

    def _read(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        data = b" "
        while data:
            try:
                data = os.read(self._reading, 1 << 16)
            except OSError:
                # Linux says EIO when nobody is left who could write.
                data = b""
            *pieces, rest = _FRAME_ENDS.split(rest + decoder.decode(data, not data))
            if not data:
                os.close(self._reading)
                pieces.append(rest)
            yield from (f"{text}\n" for piece in pieces if (text := _without_controls(piece)))


def open_terminal() -> Terminal | None:
    """Open a pseudo-terminal so wide that nothing is wrapped; None where there are none (Windows)."""
    if sys.platform == "win32":
        return None
    import fcntl
    import pty
    import struct
    import termios

    try:
        reading, end = pty.openpty()
    except OSError:
        return None
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    return Terminal(reading, end)


def is_progress_bar(line: str) -> bool:
    """Say whether a line is a drawing of progress, not a message."""
    return bool(_PROGRESS_BAR.search(line))


def _without_controls(piece: str) -> str:
    return _CONTROLS.sub("", piece).rstrip()
