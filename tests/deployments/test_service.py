"""Deployments as a user sees them: server processes that are started, replaced and stopped."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.deployments import DeploymentState, Load
from modelop_jupyter.errors import (
    ConflictError,
    DeploymentDownError,
    DeploymentElsewhereError,
    DeploymentFailedError,
    DeploymentNotFoundError,
    InvalidError,
    PortTakenError,
    StoppedError,
)
from modelop_jupyter.settings import Settings

from ..ports import free_port
from ..waiting import wait_until

pytestmark = pytest.mark.slow

_MODEL = """\
import os
import time
from pathlib import Path

# modelop.init
def begin():
    global factor
    factor = FACTOR
    print("initialised with", factor)
    if Path(HOLD).exists():
        Path(HOLD + ".reached").touch()
    while Path(HOLD).exists():
        time.sleep(0.01)

# modelop.score
def score(record):
    if record.get("hold"):
        Path(record["hold"] + ".begun").touch()
        while Path(record["hold"]).exists():
            time.sleep(0.01)
    yield {"y": record["x"] * factor}
"""

Register = Callable[..., None]


@pytest.fixture
def hold(tmp_path: Path) -> Path:
    """While this file is there, init does not end."""
    return tmp_path / "hold"


@pytest.fixture
def register(workspace: Workspace, hold: Path) -> Iterator[Register]:
    """Register a model that multiplies; its deployment is stopped in the end."""

    def register(factor: object = 2, *, source: str = _MODEL) -> None:
        text = source.replace("FACTOR", str(factor)).replace("HOLD", repr(str(hold)))
        Path("model.py").write_text(text)
        workspace.register("churn", "model.py")

    yield register
    hold.unlink(missing_ok=True)
    for deployment in workspace.deployments():
        workspace.deployment_stop(deployment.name)


def _answer(workspace: Workspace, record: object) -> object:
    return workspace.deployment_score("churn", record).body


def _processes(workspace: Workspace) -> list[int]:
    """Return the server process and its replicas."""
    marks = (str(workspace.settings.home), "MODELOP_HOME")
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(marks[1]) == marks[0] or marks[0] in " ".join(
                process.cmdline()
            ):
                found.append(process.pid)
    return [pid for pid in found if pid != os.getpid()]


def test_a_model_answers_as_in_a_batch(workspace: Workspace, register: Register) -> None:
    """It is ready when the call returns, and what was asked is counted."""
    register()

    deployment = workspace.deploy("churn")

    assert (deployment.ref, deployment.state) == ("churn@1", DeploymentState.READY)
    assert _answer(workspace, {"x": 21}) == {"y": 42}
    assert _answer(workspace, [{"x": 1}, {"x": "a"}]) == [{"y": 2}, {"y": "aa"}]
    wait_until(lambda: _load(workspace).counts.records == 3)
    assert _load(workspace).counts.scored == 3


def _load(workspace: Workspace) -> Load:
    load = workspace.deployment("churn").load
    assert load is not None
    return load


def test_another_process_sees_it(workspace: Workspace, register: Register) -> None:
    """The registry has it, and so has every workspace of the home."""
    register()
    url = workspace.deploy("churn").url

    with Workspace(workspace.settings) as other:
        assert [one.url for one in other.deployments()] == [url]


def test_a_snapshot_that_is_deployed_is_not_deployed_again(
    workspace: Workspace, register: Register
) -> None:
    register()
    deployment = workspace.deploy("churn")

    with pytest.raises(ConflictError) as caught:
        workspace.deploy("churn@1")

    assert caught.value.message == f"churn@1 is deployed already, and answers on {deployment.url}"


def test_a_new_snapshot_takes_the_place_of_the_old_one(
    workspace: Workspace, register: Register
) -> None:
    """On the same address; ``rollback`` goes back, and once more forth."""
    register(2)
    url = workspace.deploy("churn").url
    register(3)

    replaced = workspace.deploy("churn")

    assert (replaced.ref, replaced.previous, replaced.url) == ("churn@2", 1, url)
    assert _answer(workspace, {"x": 1}) == {"y": 3}
    back = workspace.deployment_rollback("churn")
    assert (back.ref, back.previous, back.url) == ("churn@1", 2, url)
    assert _answer(workspace, {"x": 1}) == {"y": 2}
    wait_until(lambda: len(_load(workspace).replicas) == 1)


def test_without_a_snapshot_before_there_is_no_way_back(
    workspace: Workspace, register: Register
) -> None:
    register()
    workspace.deploy("churn")

    with pytest.raises(ConflictError, match="no other snapshot of churn was deployed before"):
        workspace.deployment_rollback("churn")


def test_the_old_one_stays_where_init_of_the_new_one_fails(
    workspace: Workspace, register: Register
) -> None:
    """The error has the model's own place, and requests are answered all the time."""
    register(2)
    workspace.deploy("churn")
    register("1 / 0")

    with pytest.raises(DeploymentFailedError) as caught:
        workspace.deploy("churn")

    assert caught.value.message == (
        "churn@2 was not deployed: init in model.py, line 8: ZeroDivisionError: division by zero"
    )
    assert _answer(workspace, {"x": 1}) == {"y": 2}
    deployment = workspace.deployment("churn")
    assert (deployment.ref, deployment.state) == ("churn@1", DeploymentState.READY)


def test_a_first_deployment_that_fails_is_listed_with_its_log(
    workspace: Workspace, register: Register
) -> None:
    """No process stays, and the next attempt is a new one."""
    register("1 / 0")

    with pytest.raises(DeploymentFailedError, match="division by zero"):
        workspace.deploy("churn")

    assert workspace.deployment("churn").state is DeploymentState.FAILED
    assert "init failed: ZeroDivisionError: division by zero" in workspace.deployment_log("churn")
    wait_until(lambda: not _processes(workspace))
    register(2)
    assert workspace.deploy("churn").ref == "churn@2"


def test_init_that_takes_too_long_is_given_up(
    workspace: Workspace, register: Register, hold: Path
) -> None:
    hold.touch()
    register()

    with pytest.raises(DeploymentFailedError, match=r"init of churn@1 did not end within 0\.2 s"):
        workspace.deploy("churn", start_timeout=0.2)

    wait_until(lambda: not _processes(workspace))
    assert workspace.deployment("churn").options.start_timeout == 60


def test_deploying_that_is_interrupted_leaves_nothing(
    workspace: Workspace, register: Register, hold: Path
) -> None:
    """As Ctrl-C does it, while init runs."""
    hold.touch()
    register()
    reached = hold.with_name("hold.reached")

    with pytest.raises(StoppedError):
        workspace.deploy("churn", is_stopped=reached.exists)

    assert workspace.deployments() == []
    wait_until(lambda: not _processes(workspace))


def test_replacing_that_is_interrupted_leaves_the_old_one(
    workspace: Workspace, register: Register, hold: Path
) -> None:
    register(2)
    workspace.deploy("churn")
    hold.touch()
    register(3)
    reached = hold.with_name("hold.reached")

    with pytest.raises(StoppedError):
        workspace.deploy("churn", is_stopped=reached.exists)

    assert _answer(workspace, {"x": 1}) == {"y": 2}
    wait_until(lambda: workspace.deployment("churn").state is DeploymentState.READY)
    wait_until(lambda: [one.snapshot for one in _load(workspace).replicas] == [1])


def test_a_port_that_is_taken_is_named_with_who_has_it(
    workspace: Workspace, register: Register
) -> None:
    register()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]

        with pytest.raises(PortTakenError) as caught:
            workspace.deploy("churn", port=port)

    assert caught.value.message.startswith(f"port {port} is taken by python")
    assert f"(process {os.getpid()})" in caught.value.message
    assert workspace.deployments() == []


def test_a_server_that_was_killed_is_down_and_can_be_brought_back(
    workspace: Workspace, register: Register
) -> None:
    """As after the machine was switched off: on its address, with its options; no replica stays."""
    register()
    # Another deployment could take the first free port while this one is down.
    deployment = workspace.deploy("churn", port=free_port(), record_timeout=7)
    folder = workspace.settings.deployments / deployment.id
    replica = deployment.load.replicas[0].pid
    os.kill(_server(folder), signal.SIGKILL)
    wait_until(lambda: not psutil.pid_exists(replica))

    assert workspace.deployment("churn").state is DeploymentState.DOWN
    with pytest.raises(DeploymentDownError, match="churn answers no requests: it is down"):
        _answer(workspace, {"x": 1})
    again = workspace.deploy("churn")
    assert (again.url, again.options.record_timeout) == (deployment.url, 7)
    assert _answer(workspace, {"x": 1}) == {"y": 2}


def _server(folder: Path) -> int:
    return int(json.loads((folder / "supervisor.json").read_text())["pid"])


def test_it_stops_by_itself_after_its_time(workspace: Workspace, register: Register) -> None:
    register()

    workspace.deploy("churn", lifetime=0.1)

    wait_until(lambda: workspace.deployment("churn").state is DeploymentState.STOPPED)
    assert workspace.deployment("churn").url is None


def test_what_was_asked_is_answered_when_it_is_stopped(
    workspace: Workspace, register: Register, tmp_path: Path
) -> None:
    register()
    workspace.deploy("churn", record_timeout=60)
    held = tmp_path / "record"
    held.touch()
    with ThreadPoolExecutor() as pool:
        asked = pool.submit(_answer, workspace, {"x": 4, "hold": str(held)})
        wait_until(held.with_name("record.begun").exists)
        stopped = pool.submit(_stop, workspace.settings)
        wait_until(lambda: _state(workspace) is DeploymentState.STOPPING)
        held.unlink()

        assert asked.result() == {"y": 8}
        assert stopped.result() is DeploymentState.STOPPED
    wait_until(lambda: not _processes(workspace))


def _stop(settings: Settings) -> DeploymentState:
    with Workspace(settings) as workspace:
        return workspace.deployment_stop("churn").state


def _state(workspace: Workspace) -> DeploymentState:
    return workspace.deployment("churn").state


def test_what_was_asked_is_answered_when_it_is_replaced(
    workspace: Workspace, register: Register, tmp_path: Path
) -> None:
    """By the snapshot that was asked, with all records of an array."""
    register(2)
    workspace.deploy("churn", record_timeout=60)
    held = tmp_path / "record"
    held.touch()
    with ThreadPoolExecutor() as pool:
        records = [{"x": 4, "hold": str(held)}, {"x": 5}, {"x": 6}, {"x": 7}]
        asked = pool.submit(_answer, workspace, records)
        wait_until(held.with_name("record.begun").exists)
        register(3)
        workspace.deploy("churn")
        assert _answer(workspace, {"x": 1}) == {"y": 3}
        held.unlink()

        assert asked.result() == [{"y": 8}, {"y": 10}, {"y": 12}, {"y": 14}]
    wait_until(lambda: [one.snapshot for one in _load(workspace).replicas] == [2])


def test_records_without_an_output_are_kept(workspace: Workspace, register: Register) -> None:
    """With the same code and sentence as in a batch, the newest first; also after a restart."""
    register()
    workspace.deploy("churn")
    _answer(workspace, {"z": 1})
    _answer(workspace, [{"x": 1}, {"x": {}}])

    errors = workspace.deployment_errors("churn")

    assert [(row.index, row.message) for row in errors.rows] == [
        (1, "unsupported operand type(s) for *: 'dict' and 'int'"),
        (0, "'x'"),
    ]
    first = workspace.deployment_failure("churn", 0)
    assert (first.stage, first.exception, first.record) == ("model", "KeyError", '{"z": 1}')
    with pytest.raises(InvalidError, match="record 7 of the deployment churn is not among"):
        workspace.deployment_failure("churn", 7)
    workspace.deployment_stop("churn")
    workspace.deploy("churn")
    _answer(workspace, {"z": 2})
    assert [row.index for row in workspace.deployment_errors("churn").rows] == [2, 1, 0]


def test_a_replica_that_is_killed_is_replaced(workspace: Workspace, register: Register) -> None:
    """Requests that come meanwhile wait for its start; the log tells of it."""
    register()
    deployment = workspace.deploy("churn", record_timeout=60)

    os.kill(deployment.load.replicas[0].pid, signal.SIGKILL)

    assert _answer(workspace, {"x": 1}) == {"y": 2}
    wait_until(lambda: _load(workspace).restarts == 1)
    assert "a replica of churn@1 ended (signal SIGKILL); another one is started" in (
        workspace.deployment_log("churn")
    )


def test_a_shadow_is_only_compared(workspace: Workspace, register: Register) -> None:
    """It takes over when it is deployed itself, without being initialised again."""
    register(2)
    workspace.deploy("churn")
    register("2 if __import__('os').getpid() else 0")
    shadowed = workspace.deploy("churn", shadow=True)
    assert (shadowed.ref, shadowed.shadow.snapshot) == ("churn@1", 2)
    register(3)
    workspace.deploy("churn", shadow=True)

    assert _answer(workspace, {"x": 5}) == {"y": 10}
    wait_until(lambda: workspace.deployment("churn").shadow.compared == 1)
    report = workspace.deployment("churn").shadow
    assert (report.snapshot, report.different) == (3, 1)
    example = report.examples[0]
    assert (example.record, example.answer, example.shadow) == ('{"x": 5}', '{"y":10}', '{"y":15}')
    replica = next(one.pid for one in _load(workspace).replicas if one.snapshot == 3)
    assert workspace.deploy("churn").ref == "churn@3"
    assert _answer(workspace, {"x": 5}) == {"y": 15}
    assert replica in [one.pid for one in _load(workspace).replicas]


def test_rolling_back_ends_a_shadow(workspace: Workspace, register: Register) -> None:
    register(2)
    workspace.deploy("churn")
    register(3)
    workspace.deploy("churn", shadow=True)

    deployment = workspace.deployment_rollback("churn")

    assert (deployment.ref, deployment.shadow) == ("churn@1", None)


def test_there_is_no_shadow_of_nothing(workspace: Workspace, register: Register) -> None:
    register()

    with pytest.raises(InvalidError, match="--shadow: churn has no snapshot that answers"):
        workspace.deploy("churn", shadow=True)

    assert workspace.deployments() == []


def test_what_is_captured_is_an_input_of_jobs(
    workspace: Workspace, register: Register, tmp_path: Path
) -> None:
    """Line by line what was asked and answered, without the records that were not scored."""
    register()
    file = tmp_path / "live.jsonl"
    workspace.deploy("churn", capture=str(file))
    _answer(workspace, [{"x": 1}, {"z": 1}, {"x": 2}])
    workspace.deployment_stop("churn")

    job = workspace.batch("churn", [str(file)]).wait()

    assert (tmp_path / "live.outputs.jsonl").read_text() == '{"y":2}\n{"y":4}\n'
    assert list(job.records()) == [{"y": 2}, {"y": 4}]


def test_a_file_that_cannot_be_written_is_refused(
    workspace: Workspace, register: Register, tmp_path: Path
) -> None:
    register()

    with pytest.raises(InvalidError) as caught:
        workspace.deploy("churn", capture=str(tmp_path))

    assert caught.value.message == f"--capture {tmp_path}: is a directory"
    assert workspace.deployments() == []


def test_another_host_needs_a_token(workspace: Workspace, register: Register) -> None:
    register()

    with pytest.raises(InvalidError) as caught:
        workspace.deploy("churn", host="0.0.0.0")

    assert caught.value.message == (
        "--host 0.0.0.0: other machines could ask the model whatever they like"
    )
    assert workspace.deployments() == []
    assert workspace.deploy("churn", host="0.0.0.0", token="secret").has_token


def test_a_model_without_a_score_function_is_refused(workspace: Workspace) -> None:
    Path("model.py").write_text("# modelop.metrics\ndef metrics(frame):\n    yield {}\n")
    workspace.register("churn", "model.py")

    with pytest.raises(InvalidError, match="churn has no score function"):
        workspace.deploy("churn")


def test_a_model_that_is_not_deployed_is_named(workspace: Workspace, register: Register) -> None:
    register()

    with pytest.raises(DeploymentNotFoundError, match="churn is not deployed"):
        workspace.deployment_stop("churn")


def test_a_deployed_model_is_not_removed(workspace: Workspace, register: Register) -> None:
    """Once it is stopped it is, with all that the deployment has left."""
    register()
    deployment = workspace.deploy("churn")

    with pytest.raises(ConflictError, match="churn is deployed and answers requests"):
        workspace.remove("churn")

    workspace.deployment_stop("churn")
    workspace.remove("churn")
    assert workspace.deployments() == []
    assert not (workspace.settings.deployments / deployment.id).exists()


def test_only_one_process_deploys_a_model_at_a_time(
    workspace: Workspace, register: Register, hold: Path
) -> None:
    hold.touch()
    register()
    first = threading.Thread(target=_deploy, args=(workspace.settings,))
    first.start()
    wait_until(hold.with_name("hold.reached").exists)

    with pytest.raises(ConflictError, match="being deployed or stopped by another process"):
        workspace.deploy("churn")

    hold.unlink()
    first.join()
    assert _state(workspace) is DeploymentState.READY


def _deploy(settings: Settings) -> None:
    with Workspace(settings) as workspace:
        workspace.deploy("churn")


def test_other_options_of_the_same_snapshot_are_applied(
    workspace: Workspace, register: Register
) -> None:
    """More replicas, and no request is lost for that; there is no snapshot before."""
    register()
    workspace.deploy("churn")

    deployment = workspace.deploy("churn", replicas=2)

    assert (deployment.ref, deployment.previous) == ("churn@1", None)
    wait_until(lambda: len(_load(workspace).replicas) == 2)
    assert _answer(workspace, {"x": 1}) == {"y": 2}


def test_an_address_cannot_change_while_requests_are_answered(
    workspace: Workspace, register: Register
) -> None:
    register()
    workspace.deploy("churn")

    with pytest.raises(ConflictError, match="cannot move to another address"):
        workspace.deploy("churn", port=9)

    url = workspace.deployment("churn").url or ""
    register(3)
    assert workspace.deploy("churn", port=int(url.rpartition(":")[2])).url == url


def test_another_home_of_a_registry_sees_it_and_leaves_it_alone(
    workspace: Workspace, register: Register, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    here = Settings(workspace.settings.home, url)
    there = Settings(tmp_path / "there", url)
    Path("model.py").write_text(_MODEL.replace("FACTOR", "2").replace("HOLD", "'/none'"))
    with Workspace(here) as ours, Workspace(there) as theirs:
        ours.register("churn", "model.py")
        ours.deploy("churn")
        try:
            (seen,) = theirs.deployments()
            assert (seen.state, seen.elsewhere.path) == (DeploymentState.READY, str(here.home))
            with pytest.raises(DeploymentElsewhereError, match=f"deployed in {here.home}"):
                theirs.deployment_stop("churn")
        finally:
            ours.deployment_stop("churn")


def test_a_server_whose_folder_is_gone_ends(workspace: Workspace, register: Register) -> None:
    """Nobody could stop it any more."""
    register()
    deployment = workspace.deploy("churn")
    pid = _server(workspace.settings.deployments / deployment.id)

    (workspace.settings.deployments / deployment.id / "wanted.json").unlink()

    wait_until(lambda: not psutil.pid_exists(pid))


def test_its_page_is_there(workspace: Workspace, register: Register) -> None:
    """At the address that is shown."""
    register()
    url = workspace.deploy("churn").url

    with urllib.request.urlopen(f"{url}/1/health") as response:
        assert response.status == 200


def test_the_time_of_a_record_is_changed_without_other_replicas(
    workspace: Workspace, register: Register, tmp_path: Path
) -> None:
    """The next request has it."""
    register()
    replicas = (workspace.deploy("churn").load or _load(workspace)).replicas
    held = tmp_path / "record"
    held.touch()

    workspace.deploy("churn", record_timeout=0.2)

    answer = workspace.deployment_score("churn", {"x": 1, "hold": str(held)})
    assert (answer.status, answer.body["message"]) == (
        504,
        "the record was not answered within 0.2 s",
    )
    wait_until(lambda: replicas[0].pid not in [one.pid for one in _load(workspace).replicas])


def test_what_is_not_named_stays_and_what_is_empty_goes(
    workspace: Workspace, register: Register, tmp_path: Path
) -> None:
    """So that a line without options brings back what was there."""
    register()
    file = str(tmp_path / "live.jsonl")
    workspace.deploy("churn", lifetime=1000, capture=file, token="secret", replicas=2)
    workspace.deployment_stop("churn")

    again = workspace.deploy("churn")
    assert (again.options.lifetime, again.options.capture) == (1000, file)
    assert (again.options.replicas, again.has_token, again.ends is None) == (2, True, False)

    bare = workspace.deploy("churn", lifetime=0, capture="", token="", replicas="auto")
    assert (bare.options.lifetime, bare.options.capture, bare.ends) == (None, None, None)
    assert (bare.options.replicas, bare.has_token) == (None, False)


def test_a_snapshot_that_never_answered_is_none_to_go_back_to(
    workspace: Workspace, register: Register
) -> None:
    register("1 / 0")
    with pytest.raises(DeploymentFailedError):
        workspace.deploy("churn")
    register(2)

    assert workspace.deploy("churn").previous is None
    register("2 / 0")
    workspace.deployment_stop("churn")
    with pytest.raises(DeploymentFailedError):
        workspace.deploy("churn")
    register(4)
    assert workspace.deploy("churn").previous == 2


def test_a_deployment_is_listed_from_its_beginning(
    workspace: Workspace, register: Register, hold: Path
) -> None:
    """The process that waits for it may be killed: whoever looks then can stop it."""
    hold.touch()
    register()
    door = threading.Thread(target=_deploy, args=(workspace.settings,))
    door.start()
    wait_until(hold.with_name("hold.reached").exists)

    (listed,) = workspace.deployments()

    assert (listed.ref, listed.state) == ("churn@1", DeploymentState.STARTING)
    hold.unlink()
    door.join()
