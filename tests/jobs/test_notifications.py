"""Who is notified that a job has ended: an address that takes JSON, or the desktop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace, display
from modelop_jupyter.domain.notify import parse_notify, shown
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.jobs import notifications, service
from tests.waiting import PATIENCE, wait_until
from tests.webhook import SECRETS, Hook
from tests.workspace.jobs import halting, numbers, register, when_checkpointed


@pytest.fixture
def hook() -> Iterator[Hook]:
    made = Hook()
    yield made
    made.close()


@pytest.mark.slow
def test_an_address_gets_the_job_when_it_has_ended(
    hook: Hook, workspace: Workspace, model: str
) -> None:
    """It is the supervisor that tells; the address is in no file, and shown as its host alone."""
    job = workspace.batch(model, [{"x": 2}], notify=hook.address).wait(PATIENCE)
    assert hook.called.wait(PATIENCE)
    (document,) = hook.documents

    assert document["text"] == "Batch of double@1: succeeded, 1 record in, 1 out"
    assert (document["id"], document["result"]) == (job.id, "SUCCESS")
    assert hook.credentials == ["Basic dXNlcjpwYTU1d29yZA=="]
    assert f"http://{hook.host}/…" in display.text(job.record)
    stored = b"".join(
        path.read_bytes() for path in workspace.settings.home.rglob("*") if path.is_file()
    )
    told = json.dumps([document, workspace.job_document(job.id)]) + display.text(job.record)
    assert [secret for secret in SECRETS if secret.encode() in stored or secret in told] == []


@pytest.mark.slow
def test_a_failed_job_tells_why(hook: Hook, workspace: Workspace) -> None:
    Path("bad.py").write_text("# modelop.score\ndef score(record):\n    raise ValueError('no')\n")
    workspace.register("bad", "bad.py")
    workspace.batch("bad", [{"x": 2}], notify=hook.address).wait(PATIENCE)
    assert hook.called.wait(PATIENCE)

    (document,) = hook.documents
    assert document["text"] == "Batch of bad@1: finished with 1 failed record, 1 record in, 0 out"
    assert document["result"] == "FAILURE"


@pytest.mark.slow
def test_a_cancelled_job_tells_so(
    hook: Hook, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for a file that nobody makes."""
    # A supervisor that takes longer is killed, and tells nobody.
    monkeypatch.setattr(service, "_CANCEL_SECONDS", PATIENCE)
    before, _ = halting(after=1)
    register(workspace, "halt()\nreturn r", before=before)
    job = workspace.batch("m", numbers(3), notify=hook.address)
    when_checkpointed(job)
    job.cancel()
    assert hook.called.wait(PATIENCE)

    assert hook.documents[0]["status"] == "CANCELLED"
    assert hook.documents[0]["text"].startswith("Batch of m@1: cancelled")


@pytest.mark.slow
def test_a_setting_tells_of_every_job_but_those_that_say_none(
    hook: Hook, workspace: Workspace, model: str
) -> None:
    workspace.config.set("notify", hook.address)
    quiet = workspace.batch(model, [{"x": 1}], notify="none").wait(PATIENCE)
    told = workspace.batch(model, [{"x": 2}]).wait(PATIENCE)
    assert hook.called.wait(PATIENCE)

    assert [document["id"] for document in hook.documents] == [told.id]
    assert quiet.record.options.notify is None
    assert workspace.config.get("notify").value == f"http://{hook.host}/…"


def test_what_may_pass_is_tried_again(hook: Hook) -> None:
    hook.statuses = [503, 429, 204]
    notifications.send(hook.address, {"text": "done"}, pauses=(0, 0))

    assert len(hook.documents) == 3


@pytest.mark.parametrize("status", [302, 404])
def test_what_will_not_pass_is_tried_once(hook: Hook, status: int) -> None:
    """A redirect is not followed."""
    hook.statuses = [status]

    with pytest.raises(
        notifications.NotificationError, match=f"127.0.0.1 answers with status {status}"
    ):
        notifications.send(hook.address, {"text": "done"}, pauses=(0, 0))
    assert len(hook.documents) == 1


def test_an_address_that_is_not_there_is_named_by_its_host() -> None:
    with pytest.raises(notifications.NotificationError) as raised:
        notifications.send("http://u:pa55word@127.0.0.1:9/t0ps3cret", {}, pauses=(0,))

    assert str(raised.value) == "127.0.0.1 cannot be reached"


@pytest.mark.slow
def test_a_job_whose_end_nobody_takes_has_a_warning_and_no_failure(
    hook: Hook, workspace: Workspace, model: str
) -> None:
    hook.statuses = [410]
    job = workspace.batch(model, [{"x": 2}], notify=hook.address).wait(PATIENCE)
    warning = f"http://{hook.host}/… was not notified of the end: 127.0.0.1 answers with status 410"

    wait_until(lambda: warning in job.log())
    assert job.record.result.value == "SUCCESS"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder with programs."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr("sys.platform", "linux")
    return folder


def test_the_desktop_gets_title_and_text(programs: Path, tmp_path: Path) -> None:
    seen = tmp_path / "seen"
    program = programs / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {seen}\n')
    program.chmod(0o755)
    notifications.show_on_desktop("Batch of m@1", "-x $(date)")

    assert seen.read_text().splitlines() == [
        "--app-name=ModelOp",
        "--",
        "Batch of m@1",
        "-x $(date)",
    ]


def test_a_machine_without_notifications_says_so(
    programs: Path, workspace: Workspace, model: str
) -> None:
    with pytest.raises(InvalidError, match="this machine has no notify-send"):
        workspace.batch(model, [{"x": 2}], notify="desktop")
    with pytest.raises(InvalidError, match="this machine has no notify-send"):
        workspace.config.set("notify", "desktop")
    assert workspace.jobs() == []


@pytest.mark.parametrize(
    "word", ["", "desk", "ftp://host/x", "https://", "http://host:x/", "https://a b/"]
)
def test_what_is_neither_is_refused_and_not_repeated(word: str) -> None:
    with pytest.raises(InvalidError, match="neither an http address nor desktop"):
        parse_notify(word)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ("desktop", "desktop"),
        ("https://u:p@hooks.example.com:8443/t/s?x=1", "https://hooks.example.com:8443/…"),
        ("https://[::1]/t", "https://[::1]/…"),
    ],
)
def test_of_an_address_the_host_is_shown(target: str, text: str) -> None:
    assert shown(target) == text
