"""The one seam to uv, pip and foreign interpreters: run a tool, hear and log what it says.

A tool gets an argument list and an environment that is an allow-list: nothing of the user's
Python, Conda, uv or Jupyter set-up reaches it (``PYTHONPATH`` would leak into the result).
"""

from __future__ import annotations

import contextlib
import io
import os
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
from modelop_jupyter.environments import terminal
from modelop_jupyter.masking import Masker

_TICK_SECONDS = 1.0


class CannotStartError(OSError):
    """A tool that is not there, or that this machine cannot execute."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a tool ended and what it said, credentials masked; ``output`` is its stdout alone."""

    code: int
    output: str
    said: str


class BuildLog:
    """The whole story of one build in one file; every line passes the mask.

    ``hear`` is told each line of a tool as it comes, and None in every second without one.
    """

    def __init__(
        self, path: Path, mask: Masker, *, hear: Callable[[str | None], None] | None = None
    ) -> None:
        self.path = path
        self.mask = mask
        self.hear = hear or _ignore
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
        """Add a line, or several; a full disk ends the log, not the listening to a tool."""
        if self._file:
            with contextlib.suppress(OSError):
                self._file.write(self.mask(text).rstrip("\n") + "\n")
                self._file.flush()


def base_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what uv and pip may know of the user's environment."""
    return {"PATH": os.defpath, **variables.for_builds(environ)}


def closed_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a program may know that runs a model's packages, or asks no network: no proxy's password."""
    return {"PATH": os.defpath, **variables.for_programs(environ)}


def run(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    log: BuildLog | None = None,
    stdin: str | None = None,
    cwd: Path | None = None,
    merged: bool = False,
    drawn: bool = False,
) -> Finished:
    """Run a tool to its end; killed with its children when we are interrupted.

    ``merged`` is for a tool that tells half of its story on stdout: all of it counts as said.
    ``drawn`` lets it draw progress bars on its stderr, which are heard but not kept.
    Raises :class:`CannotStartError`.
    """
    mask = log.mask if log else Masker()
    if log:
        log.write("$ " + " ".join(command))
    screen = terminal.open_screen() if drawn else None
    try:
        process = subprocess.Popen(
            list(command),
            # Without a terminal's name nothing is drawn on it.
            env={**env, "TERM": "xterm"} if screen else dict(env),
            cwd=cwd,
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=screen.end if screen else subprocess.STDOUT if merged else subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            start_new_session=sys.platform != "win32",
        )
    except OSError as error:
        if screen:
            screen.close()
        raise CannotStartError(error.errno, f"{command[0]}: {error.strerror}") from error
    story = screen.lines() if screen else process.stderr or process.stdout or ()
    said: list[str] = []
    try:
        output = _converse(process, stdin, story, said, log)
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
    return Finished(process.returncode, output, mask("".join(said)))


def _converse(
    process: subprocess.Popen[str],
    stdin: str | None,
    story: Iterable[str],
    said: list[str],
    log: BuildLog | None,
) -> str:
    """Feed stdin, log what is said line by line as it comes, and return stdout."""
    output: list[str] = []
    lines: SimpleQueue[str | None] = SimpleQueue()
    threads = [_start(_pass_on, story, lines)]
    if process.stdout and story is not process.stdout:
        threads.append(_start(_read, process.stdout, output))
    if stdin is not None and process.stdin:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(stdin)
            process.stdin.close()
    for line in _until_the_end(lines, log):
        said.append(line)
        if log:
            log.write(line)
    for thread in threads:
        thread.join()
    process.wait()
    return "".join(output)


def _until_the_end(lines: SimpleQueue[str | None], log: BuildLog | None) -> Iterator[str]:
    """Yield what is to be kept, let all be heard, and tell of every second of silence."""
    while True:
        try:
            line = lines.get(timeout=_TICK_SECONDS)
        except Empty:
            if log:
                log.hear(None)
            continue
        if line is None:
            return
        if log:
            log.hear(line)
        if not terminal.is_drawn(line):
            yield line


def _pass_on(story: Iterable[str], lines: SimpleQueue[str | None]) -> None:
    for line in story:
        lines.put(line)
    lines.put(None)


def _read(stream: IO[str], output: list[str]) -> None:
    output.append(stream.read())


def _start(action: Callable[..., None], *arguments: object) -> Thread:
    thread = Thread(target=action, args=arguments, daemon=True)
    thread.start()
    return thread


def _ignore(line: str | None) -> None:
    """Hear nothing."""


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
