"""The OpenAPI document is true: a real server answers as it says, whatever it is asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.pytest.lazy import get_all_tests
from schemathesis.specs.openapi.checks import missing_required_header

from modelop_jupyter import Workspace
from modelop_jupyter.server.resources.fields import JOB_ID
from modelop_jupyter.server.rest.openapi import openapi_document
from modelop_jupyter.server.routes import resources
from modelop_jupyter.settings import Settings
from tests.ports import free_port
from tests.server.conftest import SOURCE
from tests.waiting import PATIENCE

TOKEN = "a-token"
EXAMPLES = 4
PREFIX = "/user/someone/modelop-jupyter"
DOCUMENT: dict[str, Any] = openapi_document([*resources(PREFIX)], base_path=PREFIX)


@dataclass(frozen=True)
class Server:
    """A server in a process of its own, with its home folder and its root."""

    url: str
    home: Path
    root: Path
    job: str

    def stock(self) -> None:
        """Have the model there that the document's examples name."""
        settings = Settings(self.home, f"sqlite:///{self.home / 'registry.db'}")
        with Workspace(settings) as workspace:
            workspace.register("churn", self.root / "churn.py", assets=[self.root / "wheels.txt"])


def finished_job(home: Path, root: Path) -> str:
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        workspace.register("churn", root / "churn.py")
        return workspace.batch("churn", root / "customers.json").wait(PATIENCE).id


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of its own: what the server is asked for goes on while other tests run."""
    return tmp_path_factory.mktemp("environments")


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[Server]:
    """A server below a prefix, as JupyterHub runs one."""
    folder = tmp_path_factory.mktemp("openapi")
    home, root = folder / "home", folder / "root"
    root.mkdir()
    home.mkdir()
    (home / "environments").symlink_to(environments)
    (root / "churn.py").write_text(SOURCE)
    (root / "wheels.txt").write_text("six")
    (root / "requirements.txt").write_text("")
    (root / "customers.json").write_text('{"x": 1}\n{"z": 1}\n')
    job = finished_job(home, root)
    environment = {
        **os.environ,
        **{f"JUPYTER_{name}_DIR": str(folder / name) for name in ("CONFIG", "DATA", "RUNTIME")},
    }
    port = free_port()
    arguments = [
        "--no-browser", "--allow-root", f"--ServerApp.port={port}", f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.root_dir={root}", "--ServerApp.base_url=/user/someone/",
        "--ServerApp.allow_unauthenticated_access=False",
        "--ServerApp.jpserver_extensions={'modelop_jupyter': True}",
        f"--ModelOpExtension.home={home}", "--ServerApp.log_level=ERROR",
    ]  # fmt: skip
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *arguments],
            env=environment,
            stdout=log,
            stderr=log,
        )
        try:
            url = f"http://127.0.0.1:{port}{PREFIX}"
            _wait_for(url)
            yield Server(url, home, root, job)
            with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
                for record in workspace.jobs(running=True):
                    workspace.job(record.id).cancel()
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            urlopen(_request(f"{url}/roles"), timeout=10).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the server did not start")


def _request(url: str) -> Request:
    return Request(url, headers={"Authorization": f"token {TOKEN}"})


@pytest.fixture
def stocked(server: Server) -> Server:
    server.stock()
    return server


def test_the_document_that_is_served_is_the_one_that_is_tried(server: Server) -> None:
    """What a client reads is what the test below holds the server to."""
    with urlopen(_request(f"{server.url}/openapi.json"), timeout=PATIENCE) as answer:
        served = json.load(answer)

    assert served == DOCUMENT
    assert served["openapi"] == "3.1.0"


# What takes seconds, or would take an environment from the other tests, has tests of its own.
ELSEWHERE = [
    "build_environment",
    "clear_environments",
    "install_kernel",
    "prove_environment",
    "remove_environment",
    "rerun_job",
    "resolve_requirements_as_of",
    "retry_job",
    "start_deploying",
    "upgrade_requirements",
    "write_line",
]
OPERATIONS = [
    operation["operationId"]
    for path in DOCUMENT["paths"].values()
    for operation in path.values()
    if "operationId" in operation and operation["operationId"] not in ELSEWHERE
]
# An uploaded file is sent as it is.
schemathesis.serializer.alias("application/zip", "application/octet-stream")
schema = schemathesis.openapi.from_dict(DOCUMENT)
# A request of the right form may still ask for what is not there, or cannot be.
schema.config.checks.positive_data_acceptance.expected_statuses = [
    "2xx",
    "403",
    "404",
    "409",
    "422",
]


def answers(operation_id: str) -> Any:
    """Return the test of one operation.

    Its requests are made up when it runs. Schemathesis' own decorator does so for all operations
    while tests are collected, which each of xdist's workers does.
    """

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def answer(case: Any, stocked: Server) -> None:
        if case.path_parameters.get("job") == JOB_ID["examples"][0]:
            case.path_parameters["job"] = stocked.job
        case.call_and_validate(
            base_url=stocked.url,
            headers={"Authorization": f"token {TOKEN}"},
            timeout=PATIENCE,
            # Jupyter Server answers 403 to nobody, not 401 (test_handler.py asks for that).
            excluded_checks=[missing_required_header],
        )

    @pytest.mark.slow
    def test(stocked: Server) -> None:
        """Status, headers and body of every answer; and what is wrong is refused (issue 6)."""
        included = schema.include(operation_id=operation_id)
        (found,) = get_all_tests(
            schema=included, test_func=answer, settings=None, given_kwargs=None
        )
        _, answers_as_it_says = found.ok()
        answers_as_it_says(stocked=stocked)

    return test


for name in OPERATIONS:
    globals()[f"test_{name}_answers_as_the_document_says"] = answers(name)
