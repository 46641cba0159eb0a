"""A few processes that execute verbs on one home when they are told to, all at once."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

RACER = Path(__file__).with_name("racer.py")


class Racers:
    """Processes that have a home open. Close them."""

    def __init__(self, home: Path, url: str, folder: Path, *, count: int) -> None:
        self._stack = ExitStack()
        self._processes = [
            self._stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-W", "error", str(RACER), str(home), url],
                    cwd=folder,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(count)
        ]
        for process in self._processes:
            self._answer(process)

    def __enter__(self) -> Racers:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let each end: its input does."""
        self._stack.close()

    def race(self, *verbs: list[str]) -> list[Any]:
        """Give each process a verb, then wait for all answers."""
        turns = list(zip(self._processes, verbs, strict=False))
        for process, verb in turns:
            assert process.stdin
            process.stdin.write(json.dumps(verb) + "\n")
            process.stdin.flush()
        return [self._answer(process) for process, _ in turns]

    def ask(self, number: int, verb: list[str]) -> Any:
        """Have one process execute a verb."""
        process = self._processes[number]
        assert process.stdin
        process.stdin.write(json.dumps(verb) + "\n")
        process.stdin.flush()
        return self._answer(process)

    def _answer(self, process: subprocess.Popen[str]) -> Any:
        assert process.stdout
        return json.loads(process.stdout.readline())
