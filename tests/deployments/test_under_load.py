"""A classifier under load, while it is replaced and a replica is killed: no request is lost."""

from __future__ import annotations

import http.client
import importlib.metadata
import itertools
import json
import os
import pickle
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from modelop_jupyter import Workspace

from ..waiting import PATIENCE, wait_until

pytestmark = pytest.mark.slow

_CONNECTIONS = 64
_MODEL = """\
import pickle

# modelop.init
def begin():
    global model
    with open("model.pkl", "rb") as file:
        model = pickle.load(file)

# modelop.score
def score(record):
    values = [[record["a"], record["b"]]]
    yield {"label": int(model.predict(values)[0]), "p": model.predict_proba(values)[0, 1]}
"""


@pytest.fixture
def classifier(workspace: Workspace) -> str:
    """The name of a registered model of scikit-learn."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit([[0, 0], [1, 0], [0, 1], [2, 2]], [0, 0, 1, 1])
    Path("model.pkl").write_bytes(pickle.dumps(model))
    version = importlib.metadata.version("scikit-learn")
    Path("requirements.txt").write_text(f"scikit-learn=={version}\n")
    Path("model.py").write_text(_MODEL)
    assets = [Path("model.pkl"), Path("requirements.txt")]
    workspace.register("classifier", "model.py", assets=assets)
    return "classifier"


def test_no_request_is_lost_and_all_answers_are_those_of_a_batch(
    workspace: Workspace, classifier: str
) -> None:
    """64 connections ask all the time, while the model is replaced and a replica is killed."""
    records = [{"a": n / 7, "b": (n % 11) / 3} for n in range(100)]
    Path("records.json").write_text("".join(json.dumps(record) + "\n" for record in records))
    expected = list(workspace.batch(classifier, ["records.json"]).wait().records())
    deployment = workspace.deploy(classifier, replicas=2, record_timeout=PATIENCE)
    clients = _Clients(deployment.url or "", records)
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        try:
            asked = [pool.submit(clients.ask_until_stopped, n) for n in range(_CONNECTIONS)]
            clients.wait_for(500)
            assert deployment.load is not None
            os.kill(deployment.load.replicas[0].pid, signal.SIGKILL)
            clients.wait_for(500)
            Path("model.py").write_text(_MODEL + "\n# the next snapshot\n")
            workspace.register(classifier, "model.py")
            assert workspace.deploy(classifier).ref == "classifier@2"
            clients.wait_for(500)
        finally:
            clients.stopped.set()
        answers = [answer for one in asked for answer in one.result()]
        wait_until(lambda: _seen(workspace, classifier) == (len(answers), [2, 2]))
    workspace.deployment_stop(classifier)

    wrong = [one for one in answers if one[1:] != (200, expected[one[0]])]
    assert wrong == []
    assert len({index for index, _, _ in answers}) == len(records)


def _seen(workspace: Workspace, name: str) -> tuple[int, list[int]]:
    """Return how many requests were counted, and of which snapshots the replicas are."""
    load = workspace.deployment(name).load
    assert load is not None
    return load.counts.requests, [replica.snapshot for replica in load.replicas]


class _Clients:
    """Clients with a connection each, and what all of them have done."""

    def __init__(self, url: str, records: list[dict[str, float]]) -> None:
        self._host = url.removeprefix("http://")
        self._records = records
        self._done = itertools.count(1)
        self._last = 0
        self.stopped = threading.Event()

    def ask_until_stopped(self, number: int) -> list[tuple[int, int, object]]:
        """Return index, status and answer of each request that was sent."""
        connection = http.client.HTTPConnection(self._host, timeout=PATIENCE)
        answers: list[tuple[int, int, object]] = []
        for index in itertools.count(number):
            if self.stopped.is_set():
                break
            index %= len(self._records)
            body = json.dumps(self._records[index])
            connection.request("POST", "/score", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answers.append((index, response.status, json.loads(response.read())))
            self._last = next(self._done)
        connection.close()
        return answers

    def wait_for(self, count: int) -> None:
        """Wait until so many more requests are answered."""
        target = self._last + count
        wait_until(lambda: self._last >= target)
