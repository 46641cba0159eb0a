"""Replace, kill, stop and bring back a deployment at random, under load, and see that no answer is wrong.

usage: python tests/deployments/torture.py ROUNDS [SEED]

A request may find nobody only while the server process was killed or stopped. Every answer must be
that of a snapshot which was deployed while it was asked, and in the end no process may be left.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from modelop_jupyter import Workspace
from modelop_jupyter.domain.deployments import Deployment, DeploymentRecord, DeploymentState
from modelop_jupyter.errors import DeploymentFailedError, ModelOpError
from modelop_jupyter.jobs.supervision.ownership import supervisor_of
from modelop_jupyter.settings import Settings

_CLIENTS = 8
_PATIENCE = 60.0
_MODEL = """\
# modelop.init
def begin():
    global factor
    factor = {factor}

# modelop.score
def score(record):
    yield {{"x": record["x"], "factor": factor}}
"""


class Client(threading.Thread):
    """A client that asks for one record after the other."""

    def __init__(self, torture: Torture) -> None:
        super().__init__(daemon=True)
        self._torture = torture
        self.answers = self.lost = 0

    def run(self) -> None:
        number = 0
        while not self._torture.is_over:
            number += 1
            began = self._torture.outages
            try:
                answer = self._ask(number)
            except (OSError, http.client.HTTPException) as error:
                self.lost += 1
                # Before or after: a server that is killed may take a moment to be seen to be gone.
                if began == self._torture.outages and not self._torture.is_out:
                    self._torture.report(f"a request was lost: {error!r}")
                time.sleep(0.02)
                continue
            self.answers += 1
            if answer.get("x") != number or answer.get("factor") not in self._torture.factors:
                self._torture.report(f"request {number} was answered by {answer}")

    def _ask(self, number: int) -> dict[str, object]:
        connection = http.client.HTTPConnection("127.0.0.1", self._torture.port, timeout=_PATIENCE)
        with contextlib.closing(connection):
            connection.request("POST", "/score?timeout=60000", json.dumps({"x": number}))
            response = connection.getresponse()
            text = response.read()
            if not text:
                raise ConnectionError(f"status {response.status} with an empty body")
            answer: dict[str, object] = json.loads(text)
            # A server that is being stopped says so.
            if response.status == 503 and answer.get("code") == "stopping":
                raise ConnectionError("stopping")
            return answer


class Torture:
    """The deployment, and what happens to it."""

    def __init__(self, rounds: int, seed: int) -> None:
        self._rounds = rounds
        self._random = random.Random(seed)
        self._home = Path(tempfile.mkdtemp(prefix="torture-"))
        os.chdir(self._home)
        self._workspace = Workspace(
            Settings(self._home / "home", f"sqlite:///{self._home / 'home' / 'registry.db'}")
        )
        self.factors: set[int] = {1}
        self.outages = 0
        self.is_out = self.is_over = False
        self.problems: list[str] = []
        self.port = 0

    def run(self) -> int:
        """Return how many things went wrong."""
        self._register(1)
        self.port = int((self._deploy().url or "").rpartition(":")[2])
        clients = [Client(self) for _ in range(_CLIENTS)]
        for client in clients:
            client.start()
        actions = [
            *(self._replace, self._replace_by_bad, self._roll_back, self._shadow),
            *(self._kill_replica, self._kill_replica, self._kill_server, self._stop),
        ]
        for number in range(self._rounds):
            action = self._random.choice(actions)
            began = time.monotonic()
            try:
                action()
            except ModelOpError as error:
                self.report(f"{action.__name__}: {error}")
            print(f"{number + 1:4} {action.__name__[1:]:15} {time.monotonic() - began:6.2f} s")
            self._check()
        self.is_over = True
        for client in clients:
            client.join()
        self._workspace.deployment_stop("m")
        self._workspace.close()
        self._check_processes()
        answers = sum(client.answers for client in clients)
        lost = sum(client.lost for client in clients)
        print(f"{answers:,} answers, {lost:,} found nobody, {len(self.problems)} problems")
        return len(self.problems)

    def report(self, text: str) -> None:
        """Take note of something that must not be."""
        self.problems.append(text)
        print("PROBLEM", text)

    def _register(self, factor: object) -> None:
        Path("model.py").write_text(_MODEL.format(factor=factor))
        self._workspace.register("m", "model.py")

    def _deploy(self, **options: object) -> Deployment:
        return self._workspace.deploy("m", replicas=2, port=self.port or None, **options)  # type: ignore[arg-type]

    def _replace(self) -> None:
        factor = self._random.randrange(1_000_000)
        self.factors.add(factor)
        self._register(factor)
        self._deploy()

    def _replace_by_bad(self) -> None:
        self._register(f"{self._random.randrange(1_000_000)} / 0")
        with contextlib.suppress(DeploymentFailedError):
            self._deploy()
            self.report("a snapshot was deployed whose init fails")

    def _roll_back(self) -> None:
        if self._workspace.deployment("m").previous is not None:
            self._workspace.deployment_rollback("m")

    def _shadow(self) -> None:
        self._register(self._random.randrange(1_000_000, 2_000_000))  # no answer may be its
        self._deploy(shadow=True)

    def _kill_replica(self) -> None:
        load = self._workspace.deployment("m").load
        for replica in self._random.sample(load.replicas, 1) if load and load.replicas else ():
            with contextlib.suppress(ProcessLookupError):
                os.kill(replica.pid, signal.SIGKILL)

    def _kill_server(self) -> None:
        folder = self._workspace.deployments._service.folder(self._record())
        pid = supervisor_of(folder)
        assert pid is not None
        with self._outage():
            os.kill(pid, signal.SIGKILL)
            self._wait_for(DeploymentState.DOWN)
            self._bring_back()

    def _stop(self) -> None:
        with self._outage():
            self._workspace.deployment_stop("m")
            self._bring_back()

    def _bring_back(self) -> None:
        factor = self._random.randrange(1_000_000)
        self.factors.add(factor)
        self._register(factor)
        self._deploy()

    @contextlib.contextmanager
    def _outage(self) -> Iterator[None]:
        self.is_out = True
        self.outages += 1
        yield
        self.outages += 1
        self.is_out = False

    def _record(self) -> DeploymentRecord:
        return self._workspace.deployments._service.record("m")

    def _wait_for(self, state: DeploymentState) -> None:
        deadline = time.monotonic() + _PATIENCE
        while self._workspace.deployment("m").state is not state:
            if time.monotonic() > deadline:
                self.report(f"it is {self._workspace.deployment('m').state}, not {state}")
                return
            time.sleep(0.02)

    def _check(self) -> None:
        """See that it answers, after whatever has happened."""
        answer = self._workspace.deployment_score("m", {"x": 0})
        if answer.status != 200:
            self.report(f"it answers {answer.status}: {answer.body}")

    def _check_processes(self) -> None:
        deadline = time.monotonic() + _PATIENCE
        while left := _processes_of(self._home):
            if time.monotonic() > deadline:
                self.report(f"processes are left: {left}")
                return
            time.sleep(0.1)


def _processes_of(home: Path) -> list[int]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and str(home) in " ".join(process.cmdline()):
                found.append(process.pid)
    return found


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:]]
    seed = given[1] if len(given) > 1 else random.randrange(1_000_000)
    print(f"seed {seed}")
    sys.exit(1 if Torture(given[0], seed).run() else 0)
