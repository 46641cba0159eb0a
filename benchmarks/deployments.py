"""A deployed model under load, against ``mlflow models serve``, BentoML and a bare application.

    python benchmarks/deployments.py [--rounds 5] [--seconds 2] [--starts 3] [--requests 0]

All servers have the same function and the same libraries, on the same Python; MLflow and BentoML are
installed from PyPI into environments that are thrown away at the end, and are run as their
documentation has it. The bare application is starlette on uvicorn (uvloop, httptools), and calls the
function in its own process: more than that cannot be had. ``wrk`` asks for one record at a time, with
1 and 32 connections, each server in short turns, so that all of them see the same machine. Before
that, each must give the same answer. Ratios are of a turn, and their median is printed.

The second table says how soon a model answers, started ``--starts`` times. ``--requests 1000000`` sends that many to a deployment
of one replica, and prints a third: what its processes take after a tenth of them, and at the end.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil
import sklearn

from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Workspace

ROOT = Path(__file__).parent.parent
CONNECTIONS = (1, 32)
PATIENCE = 300.0
LIBRARIES = (f"scikit-learn=={sklearn.__version__}", "pandas==2.2.3")
BARE, MLFLOW, BENTOML = "bare application", "`mlflow models serve`", "BentoML"
OURS, TWO = "`deploy`", "`deploy`, two replicas"

FUNCTION = """
def load():
    pass


def answer(record):
    return {"y": record["x"] * 2}
"""
CLASSIFIER = """
import pickle


def load():
    global classifier
    with open("model.pkl", "rb") as file:
        classifier = pickle.load(file)


def answer(record):
    return {"y": float(classifier.predict_proba([record["x"]])[0, 1])}
"""
TRAIN = """
import pickle
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
pipeline.fit(*load_breast_cancer(return_X_y=True))
with open("model.pkl", "wb") as file:
    pickle.dump(pipeline, file)
"""
OUR_MODEL = """
import time

{source}

# modelop.init
def begin():
    load()
    with open({marker!r}, "w") as file:
        file.write(str(time.time()))


# modelop.score
def action(record):
    yield answer(record)
"""
BARE_APP = """
import json
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

{source}

async def score(request):
    return Response(json.dumps(answer(json.loads(await request.body()))), media_type="application/json")


load()
app = Starlette(routes=[Route("/score", score, methods=["POST"])])
uvicorn.run(app, port=int(sys.argv[1]), loop="uvloop", http="httptools", access_log=False)
"""
MLFLOW_FUNCTION = """
import mlflow


class Same(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: list[dict[str, int]]) -> list[dict[str, int]]:
        return [{"y": record["x"] * 2} for record in model_input]


mlflow.pyfunc.save_model("mlflow", python_model=Same(), pip_requirements=[])
"""
MLFLOW_CLASSIFIER = """
import pickle

import mlflow

with open("model.pkl", "rb") as file:
    classifier = pickle.load(file)
mlflow.sklearn.save_model(
    classifier,
    "mlflow",
    pyfunc_predict_fn="predict_proba",
    serialization_format="pickle",
    pip_requirements=[],
)
"""
BENTOML_SERVICE = """
import bentoml

{source}

@bentoml.service
class Same:
    def __init__(self) -> None:
        load()

    @bentoml.api
    def score(self, record: dict) -> dict:
        return answer(record)
"""
WRK_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[{body}]==]
function done(summary, latency, requests)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format(
        '\\n{{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "failed": %d}}\\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
        latency:percentile(99) / 1e3, failed))
end
"""


@dataclass(frozen=True)
class Workload:
    """What all servers compute: the source of ``load`` and ``answer``, and a record for it."""

    name: str
    source: str
    record: dict[str, Any]
    mlflow: str
    answer_of_mlflow: Callable[[Any], float]
    mlflow_body: dict[str, Any]


@dataclass(frozen=True)
class Served:
    """A server that answers, and its processes."""

    name: str
    url: str
    body: Any
    answer: Callable[[Any], float]
    process: psutil.Process

    def cpu_seconds(self) -> float:
        """Return what its processes have taken of a processor so far."""
        processes = [self.process, *self.process.children(recursive=True)]
        times = [process.cpu_times() for process in processes]
        return sum(taken.user + taken.system for taken in times)

    def ask(self) -> float:
        """Return what it answers to the record."""
        headers = {"Content-Type": "application/json"}
        request = Request(self.url, json.dumps(self.body).encode(), headers)
        with urlopen(request, timeout=PATIENCE) as response:
            return self.answer(json.load(response))


@dataclass(frozen=True)
class Turn:
    """What ``wrk`` has seen of a server in a few seconds."""

    rate: float
    p50: float
    p99: float
    cpu: float
    requests: int


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--requests", type=int, default=0)
    given = parser.parse_args()
    wrk = run(["sh", "tools/wrk.sh"], ROOT).strip()
    with tempfile.TemporaryDirectory(prefix="modelop-bench-") as name:
        folder = Path(name)
        pythons = {each: python_with(folder, each.lower()) for each in ("MLflow", "BentoML")}
        (folder / "train.py").write_text(TRAIN)
        run([sys.executable, "train.py"], folder)
        settings = Settings(folder / "home", f"sqlite:///{folder / 'registry.db'}")
        with Workspace(settings) as workspace:
            benches = [Bench(folder, workspace, each, pythons) for each in workloads()]
            for bench in benches:
                bench.prepare()
            print(f"{given.rounds} rounds of {given.seconds:g} s\n")
            print("\n".join(HEAD), flush=True)
            for bench in benches:
                print("\n".join(bench.load(wrk, given.rounds, given.seconds)), flush=True)
            if given.starts:
                print_starts(benches, given.starts)
            if given.requests:
                benches[0].memory(wrk, given.requests)


HEAD = (
    "| one record a request | requests/s | min | max | p50 ms | p99 ms | CPU ms a request"
    " | of the bare application | of MLflow |",
    "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
)


def workloads() -> list[Workload]:
    from sklearn.datasets import load_breast_cancer

    numbers = load_breast_cancer().data[0].tolist()
    return [
        Workload(
            "function", FUNCTION, {"x": 21}, MLFLOW_FUNCTION,
            lambda answer: float(answer["predictions"][0]["y"]), {"inputs": [{"x": 21}]},
        ),
        Workload(
            "classifier", CLASSIFIER, {"x": numbers}, MLFLOW_CLASSIFIER,
            lambda answer: float(answer["predictions"][0][1]), {"inputs": [numbers]},
        ),
    ]  # fmt: skip


class Bench:
    """The servers of one workload."""

    def __init__(
        self, folder: Path, workspace: Workspace, workload: Workload, pythons: dict[str, Path]
    ) -> None:
        self.folder = folder / workload.name
        self.workspace, self.workload, self.pythons = workspace, workload, pythons
        self.marker = self.folder / "init-ended"

    def prepare(self) -> None:
        """Write and register the model for every server, and build our environment."""
        self.folder.mkdir()
        pickle = self.folder / "model.pkl"
        pickle.write_bytes((self.folder.parent / "model.pkl").read_bytes())
        source = self.workload.source
        (self.folder / "bare.py").write_text(BARE_APP.format(source=source))
        (self.folder / "service.py").write_text(BENTOML_SERVICE.format(source=source))
        (self.folder / "save.py").write_text(self.workload.mlflow)
        run([str(self.pythons["MLflow"]), "save.py"], self.folder)
        model, requirements = self.folder / "model.py", self.folder / "requirements.txt"
        model.write_text(OUR_MODEL.format(source=source, marker=str(self.marker)))
        requirements.write_text("\n".join(LIBRARIES))
        for number in (1, 2):
            name = f"{self.workload.name}-{number}"
            self.workspace.register(name, str(model), assets=[pickle, requirements])
            self.workspace.env_build(name)

    def load(self, wrk: str, rounds: int, seconds: float) -> list[str]:
        """Return the rows of all servers, measured in turns."""
        turns: dict[tuple[str, int], list[Turn]] = {}
        with contextlib.ExitStack() as stack:
            servers = [stack.enter_context(self.bare()), stack.enter_context(self.ours(1))]
            servers += [stack.enter_context(self.ours(2)), stack.enter_context(self.mlflow())]
            servers += [stack.enter_context(self.bentoml())]
            require_equal(servers)
            for served in servers:
                ask_many(wrk, served, max(CONNECTIONS), min(1, seconds))
            for _ in range(rounds):
                for connections in CONNECTIONS:
                    for served in servers:
                        turn = ask_many(wrk, served, connections, seconds)
                        turns.setdefault((served.name, connections), []).append(turn)
            require_equal(servers)
        return [
            row(
                f"{self.workload.name}, {counted(connections)}: {served.name}",
                turns[served.name, connections],
                turns[BARE, connections],
                turns[MLFLOW, connections],
            )
            for connections in CONNECTIONS
            for served in servers
        ]

    def starts(self, rounds: int) -> dict[str, list[float]]:
        """Return how long it takes until the first answer, by what is measured."""
        found: dict[str, list[float]] = {}

        def add(what: str, seconds: float) -> None:
            found.setdefault(what, []).append(seconds)

        others = {BARE: self.bare, MLFLOW: self.mlflow, BENTOML: self.bentoml}
        for _ in range(rounds):
            port, answered = free_port(), threading.Event()
            asking = FirstAnswer(port, json.dumps(self.workload.record), answered)
            began = time.time()
            asking.start()
            self.workspace.deploy(f"{self.workload.name}-1", port=port)
            add("`deploy`, until it returns", time.time() - began)
            answered.wait(PATIENCE)
            add("`deploy`, until the first answer", asking.at - began)
            add("`deploy`, from the end of `init` on", asking.at - float(self.marker.read_text()))
            self.workspace.deployment_stop(f"{self.workload.name}-1")
            for name, start in others.items():
                began = time.time()
                with start():
                    add(f"{name}, until the first answer", time.time() - began)
        return found

    def memory(self, wrk: str, wanted: int) -> None:
        """Print what the server and its replica take while very many requests are answered."""
        taken = []
        with self.ours(1) as served:
            answered = 0
            for stage in (0, wanted // 10, wanted):
                while answered < stage:
                    answered += ask_many(wrk, served, max(CONNECTIONS), 5).requests
                replicas = served.process.children(recursive=True)
                replica = sum(process.memory_info().rss for process in replicas)
                taken.append((answered, served.process.memory_info().rss, replica))
        print(f"\n| {self.workload.name}, requests answered | server MB | replica MB |")
        print("|---:|---:|---:|")
        for answered, server, replica in taken:
            print(f"| {answered:,} | {server / 1e6:.1f} | {replica / 1e6:.1f} |")

    @contextlib.contextmanager
    def ours(self, replicas: int) -> Iterator[Served]:
        """Deploy the model."""
        name = f"{self.workload.name}-{replicas}"
        deployment = self.workspace.deploy(name, port=free_port(), replicas=replicas)
        try:
            load = self.workspace.deployment(name).load
            process = psutil.Process(load.replicas[0].pid).parent()
            yield Served(
                OURS if replicas == 1 else TWO, f"{deployment.url}/score",
                self.workload.record, value_of, process,
            )  # fmt: skip
        finally:
            self.workspace.deployment_stop(name)

    def bare(self) -> contextlib.AbstractContextManager[Served]:
        port = free_port()
        command = [sys.executable, "bare.py", str(port)]
        return self.serving(BARE, command, port, "score", self.workload.record, value_of)

    def mlflow(self) -> contextlib.AbstractContextManager[Served]:
        port = free_port()
        command = [str(self.pythons["MLflow"].with_name("mlflow")), "models", "serve"]
        command += ["-m", "mlflow", "-p", str(port), "--env-manager", "local"]
        body, answer = self.workload.mlflow_body, self.workload.answer_of_mlflow
        return self.serving(MLFLOW, command, port, "invocations", body, answer)

    def bentoml(self) -> contextlib.AbstractContextManager[Served]:
        port = free_port()
        command = [str(self.pythons["BentoML"].with_name("bentoml")), "serve"]
        command += ["service:Same", "--host", "127.0.0.1", "-p", str(port)]
        return self.serving(
            BENTOML, command, port, "score", {"record": self.workload.record}, value_of
        )

    @contextlib.contextmanager
    def serving(
        self,
        name: str,
        command: list[str],
        port: int,
        path: str,
        body: Any,
        answer: Callable[[Any], float],
    ) -> Iterator[Served]:
        """Run a server until the block ends."""
        folder = str(Path(command[0]).parent)
        environment = {
            **os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "BENTOML_DO_NOT_TRACK": "True", "MLFLOW_DISABLE_TELEMETRY": "true",
        }  # fmt: skip
        with (self.folder / "server.log").open("ab") as log:
            process = psutil.Popen(
                command, cwd=self.folder, env=environment, stdout=log, stderr=log
            )
        served = Served(name, f"http://127.0.0.1:{port}/{path}", body, answer, process)
        try:
            wait_for(served)
            yield served
        finally:
            processes = [process, *process.children(recursive=True)]
            for each in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.terminate()
            _, alive = psutil.wait_procs(processes, 10)
            for each in alive:
                each.kill()


class FirstAnswer(threading.Thread):
    """Connects as soon as anybody listens, and keeps when the answer came."""

    def __init__(self, port: int, body: str, answered: threading.Event) -> None:
        super().__init__(daemon=True)
        self.port, self.body, self.answered = port, body, answered
        self.at = 0.0

    def run(self) -> None:
        request = (
            f"POST /score HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(self.body)}\r\n\r\n{self.body}"
        )
        with connected(self.port) as connection:
            connection.sendall(request.encode())
            answer = connection.recv(65536)
        self.at = time.time()
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"error: the first answer is {answer!r}")
        self.answered.set()


def connected(port: int) -> socket.socket:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), PATIENCE)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.002)


def wait_for(served: Served) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            served.ask()
            return
        except OSError:
            if time.monotonic() > deadline or served.process.poll() is not None:
                raise
            time.sleep(0.01)


def python_with(folder: Path, package: str) -> Path:
    """Install a package into an environment of its own; return its Python."""
    python = folder / f"env-{package}" / "bin" / "python"
    uv = [sys.executable, "-m", "uv"]
    run([*uv, "venv", "-q", "--python", sys.executable, str(python.parent.parent)])
    run([*uv, "pip", "install", "-q", "--python", str(python), package, *LIBRARIES])
    return python


def ask_many(wrk: str, served: Served, connections: int, seconds: float) -> Turn:
    """Ask a server for some seconds; ends the program where it does not answer all."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(WRK_SCRIPT.format(body=json.dumps(served.body)))
        script.flush()
        command = [wrk, "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
        before = served.cpu_seconds()
        said = run([*command, "--timeout", "30s", "-s", script.name, served.url])
    found = json.loads(said.splitlines()[-1])
    if found["failed"]:
        raise SystemExit(f"error: {served.name} left {found['failed']} requests without an answer")
    requests = found["requests"]
    cpu = 1000 * (served.cpu_seconds() - before) / requests
    return Turn(requests / found["seconds"], found["p50"], found["p99"], cpu, requests)


def require_equal(servers: list[Served]) -> None:
    """End the program where two servers give different answers to the same record."""
    answers = {served.name: served.ask() for served in servers}
    if max(answers.values()) - min(answers.values()) > 1e-9:
        raise SystemExit(f"error: the answers differ: {answers}")


def value_of(answer: Any) -> float:
    return float(answer["y"])


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def counted(connections: int) -> str:
    return f"{connections} connection" + "s" * (connections > 1)


def row(what: str, turns: list[Turn], bare: list[Turn], mlflow: list[Turn]) -> str:
    rates = [turn.rate for turn in turns]

    def median(name: str) -> float:
        return statistics.median(getattr(turn, name) for turn in turns)

    def ratio(others: list[Turn]) -> float:
        pairs = zip(turns, others, strict=True)
        return statistics.median(turn.rate / other.rate for turn, other in pairs)

    return (
        f"| {what} | {median('rate'):.0f} | {min(rates):.0f} | {max(rates):.0f}"
        f" | {median('p50'):.2f} | {median('p99'):.1f} | {median('cpu'):.2f}"
        f" | {ratio(bare):.2f} | {ratio(mlflow):.1f} |"
    )


def print_starts(benches: list[Bench], rounds: int) -> None:
    print(f"\n| started {rounds} times | median s | min | max | of BentoML |")
    print("|---|---:|---:|---:|---:|")
    for bench in benches:
        found = bench.starts(rounds)
        base = statistics.median(found[f"{BENTOML}, until the first answer"])
        for what, seconds in found.items():
            median = statistics.median(seconds)
            print(
                f"| {bench.workload.name}: {what} | {median:.2f} | {min(seconds):.2f}"
                f" | {max(seconds):.2f} | {median / base:.2f} |"
            )


def run(command: list[str], folder: Path | None = None) -> str:
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    main()
