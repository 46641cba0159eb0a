"""Verbs of several processes, two of them at once, compared with what one model of it expects (issue 11)."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from modelop_jupyter.domain.assets import digest_of

pytestmark = pytest.mark.slow

PROCESS = Path(__file__).with_name("verbs.py")
COUNT = 3
NAMES = st.sampled_from(["churn", "fraud"])
PATHS = st.sampled_from(["a.txt", "b.txt", "c.txt"])
TEXTS = st.sampled_from(["one", "two"])
TAGS = st.sampled_from(["left", "middle", "right"])
WHO = st.integers(0, COUNT - 1)
GONE = {"error": "model_not_found"}
DONE = {"answer": None}


class Processes:
    """Processes that have one home open."""

    def __init__(self, url: str, home: Path) -> None:
        self._stack = ExitStack()
        self._all = [
            self._stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-W", "error", str(PROCESS), url, str(home)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(COUNT)
        ]

    def close(self) -> None:
        self._stack.close()

    def send(self, who: int, *verb: Any) -> None:
        stdin = self._all[who].stdin
        assert stdin
        stdin.write(json.dumps(verb) + "\n")
        stdin.flush()

    def answer(self, who: int) -> Any:
        stdout = self._all[who].stdout
        assert stdout
        return json.loads(stdout.readline())

    def ask(self, who: int, *verb: Any) -> Any:
        self.send(who, *verb)
        return self.answer(who)


class Machine(RuleBasedStateMachine):
    """The registry as three processes change it, beside a dict that does the same.

    Names get a number of this run in front, so that all runs share the processes and their home.
    """

    processes: Processes
    runs = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.run = next(self.runs)
        self.files: dict[str, dict[str, str]] = {}
        self.tags: dict[str, set[str]] = {}
        self.taken: dict[str, list[str]] = {}
        self.locks: dict[tuple[str, int], str] = {}
        self.jobs: set[str] = set()

    def name(self, name: str) -> str:
        return f"r{self.run}-{name}"

    def _add(self, name: str, path: str, text: str) -> None:
        if name not in self.files:
            self.tags[name] = set()
        self.files.setdefault(name, {})[path] = digest_of(text.encode())

    @rule(who=WHO, name=NAMES, path=PATHS, text=TEXTS)
    def add(self, who: int, name: str, path: str, text: str) -> None:
        assert self.processes.ask(who, "add", self.name(name), path, text) == DONE
        self._add(name, path, text)

    @rule(name=NAMES, texts=st.tuples(TEXTS, TEXTS, TEXTS))
    def add_three_files_at_once(self, name: str, texts: tuple[str, str, str]) -> None:
        added = list(zip(range(COUNT), ["a.txt", "b.txt", "c.txt"], texts, strict=True))
        for who, path, text in added:
            self.processes.send(who, "add", self.name(name), path, text)
        assert [self.processes.answer(who) for who in range(COUNT)] == [DONE] * COUNT
        for _, path, text in added:
            self._add(name, path, text)

    @rule(name=NAMES, path=PATHS, text=TEXTS, word=TAGS)
    def add_and_tag_at_once(self, name: str, path: str, text: str, word: str) -> None:
        if name not in self.files:
            return
        self.processes.send(0, "add", self.name(name), path, text)
        self.processes.send(1, "tag", self.name(name), word)
        assert [self.processes.answer(who) for who in (0, 1)] == [DONE, DONE]
        self._add(name, path, text)
        self.tags[name].add(word)

    @rule(name=NAMES)
    def take_three_snapshots_at_once(self, name: str) -> None:
        for who in range(COUNT):
            self.processes.send(who, "snapshot", self.name(name))
        answers = [self.processes.answer(who) for who in range(COUNT)]
        assert answers == [self._snapshot(name)] * COUNT

    @rule(who=WHO, name=NAMES, path=PATHS)
    def drop(self, who: int, name: str, path: str) -> None:
        answer = self.processes.ask(who, "drop", self.name(name), path)
        assert answer == (DONE if name in self.files else GONE)
        self.files.get(name, {}).pop(path, None)

    @rule(who=WHO, name=NAMES, word=TAGS)
    def tag(self, who: int, name: str, word: str) -> None:
        answer = self.processes.ask(who, "tag", self.name(name), word)
        assert answer == (DONE if name in self.files else GONE)
        self.tags.get(name, set()).add(word)

    @rule(who=WHO, name=NAMES)
    def remove(self, who: int, name: str) -> None:
        answer = self.processes.ask(who, "remove", self.name(name))
        assert answer == (DONE if name in self.files else GONE)
        self.files.pop(name, None)
        self.tags.pop(name, None)

    @rule(who=WHO, name=NAMES)
    def snapshot(self, who: int, name: str) -> None:
        assert self.processes.ask(who, "snapshot", self.name(name)) == self._snapshot(name)

    @rule(name=NAMES)
    def lock_by_two_at_once(self, name: str) -> None:
        if name not in self.files or not self.taken.get(name):
            return
        for who in (0, 1):
            self.processes.send(who, "lock", self.name(name), f"sha256:{who}")
        first, second = (self.processes.answer(who) for who in (0, 1))
        assert first == second

    @rule(who=WHO, name=NAMES)
    def run_a_job(self, who: int, name: str) -> None:
        if name not in self.files or not self.taken.get(name):
            return
        job = self.name(f"{name}-{len(self.jobs)}")
        assert self.processes.ask(who, "run", self.name(name), job) == DONE
        self.jobs.add(job)

    def teardown(self) -> None:
        expected = {
            self.name(name): {
                "files": files,
                "tags": sorted(self.tags[name]),
                "snapshots": len(self.taken.get(name, [])),
            }
            for name, files in self.files.items()
        }
        for who in range(COUNT):
            told = self.processes.ask(who, "tell", self.name(""))["answer"]
            assert told == {"models": expected, "jobs": sorted(self.jobs)}

    def _state(self, name: str) -> str:
        return json.dumps(self.files[name], sort_keys=True)

    def _snapshot(self, name: str) -> Any:
        if name not in self.files:
            return GONE
        taken = self.taken.setdefault(name, [])
        if self._state(name) not in taken:
            taken.append(self._state(name))
        return {"answer": taken.index(self._state(name)) + 1}


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    """Three processes with an empty home open."""
    home = tmp_path / "home"
    found = Processes(f"sqlite:///{home / 'registry.db'}", home)
    yield found
    found.close()


def test_the_registry_does_what_a_dict_does(processes: Processes) -> None:
    """Whatever three processes do, one after another or at once, nothing is lost or counted twice."""
    Machine.processes = processes

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=False,
            database=None,
        ),
    )
