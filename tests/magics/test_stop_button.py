"""The Stop button of a job, clicked by a page without subshells."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel

from tests.waiting import PATIENCE

pytestmark = pytest.mark.slow

WIDGET = "application/vnd.jupyter.widget-view+json"
MODEL = """
%load_ext modelop_jupyter
import os, time
# modelop.score
def slow(record):
    time.sleep(0.2)
    while os.path.exists({held!r}):
        time.sleep(0.02)
    yield record
%modelop register sleeper
"""
BATCH = "%modelop batch sleeper many.json"

Message = dict[str, Any]


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """The file that holds the job in a record as long as it is there."""
    held = tmp_path / "held"
    held.touch()
    return held


@pytest.fixture
def client(
    tmp_path: Path, held: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[BlockingKernelClient]:
    """A kernel that has a slow model registered, and records that take more than two seconds."""
    monkeypatch.setenv("MODELOP_HOME", str(tmp_path / "home"))
    (tmp_path / "many.json").write_text("".join(f'{{"n": {n}}}\n' for n in range(12)))
    manager, client = start_new_kernel(startup_timeout=PATIENCE, cwd=str(tmp_path))
    try:
        made = client.execute_interactive(MODEL.format(held=str(held)), timeout=PATIENCE)
        assert made["content"]["status"] == "ok"
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def heard(client: BlockingKernelClient, until: Callable[[Message], bool]) -> list[Message]:
    """Return what the kernel publishes, up to the expected message."""
    messages = []
    end = time.monotonic() + PATIENCE
    while not messages or not until(messages[-1]):
        messages.append(client.get_iopub_msg(timeout=end - time.monotonic()))
    return messages


def has_button(message: Message) -> bool:
    return WIDGET in message["content"].get("data", {})


def is_end_of(request: str) -> Callable[[Message], bool]:
    """Return whether a message is the last one that a request makes the kernel publish."""
    return lambda message: (
        message["parent_header"].get("msg_id") == request
        and message["content"].get("execution_state") == "idle"
    )


def click(client: BlockingKernelClient, shown: Message) -> None:
    """Send the message of a click."""
    data = {"method": "custom", "content": {"event": "click"}}
    comm = shown["content"]["data"][WIDGET]["model_id"]
    client.shell_channel.send(
        client.session.msg("comm_msg", {"comm_id": comm, "data": data}),
    )


def reply_to(client: BlockingKernelClient, request: str) -> Message:
    while True:
        reply = client.get_shell_msg(timeout=PATIENCE)
        if reply["parent_header"]["msg_id"] == request:
            return reply["content"]


def test_a_click_stops_the_job_while_the_kernel_is_busy(
    client: BlockingKernelClient,
) -> None:
    """The job is cancelled, one line says so, and the cells that wait behind it are not run."""
    batch = client.execute(BATCH, allow_stdin=True)
    button = heard(client, has_button)[-1]
    behind = client.execute("print('ran')")
    click(client, button)
    ended = reply_to(client, batch)
    shown = heard(client, lambda message: message["msg_type"] == "error")
    summaries = [
        text
        for message in shown
        if "COMPLETE" not in (text := message["content"].get("data", {}).get("text/plain", ""))
    ]

    assert ended["ename"] == "KeyboardInterrupt"
    assert "was cancelled" in ended["traceback"][0]
    assert any("Cancelled" in text for text in summaries)
    assert reply_to(client, behind)["status"] == "aborted"


def test_the_button_is_removed(client: BlockingKernelClient) -> None:
    """The widgets are closed, and the output that showed one is empty."""
    batch = client.execute(BATCH, allow_stdin=True)
    button = heard(client, has_button)[-1]
    click(client, button)
    reply_to(client, batch)
    shown = heard(client, lambda message: message["msg_type"] == "error")
    closed = {m["content"]["comm_id"] for m in shown if m["msg_type"] == "comm_close"}
    last = {
        m["content"]["transient"]["display_id"]: m["content"]["data"]
        for m in shown
        if m["msg_type"] == "update_display_data"
    }

    assert button["content"]["data"][WIDGET]["model_id"] in closed
    assert len(closed) == 3
    assert last[button["content"]["transient"]["display_id"]] == {"text/plain": "", "text/html": ""}


def test_other_messages_are_answered_in_their_order(
    client: BlockingKernelClient, held: Path
) -> None:
    """The cell handles only the messages for its button."""
    client.execute(BATCH, allow_stdin=True)
    heard(client, has_button)
    requests = [client.execute(f"order = (*globals().get('order', ()), {n})") for n in range(5)]
    requests.append(client.complete("orde"))
    requests.append(client.execute("", user_expressions={"order": "order"}))
    held.unlink()
    answers = [reply_to(client, request) for request in requests]

    assert answers[-2]["matches"][0] == "order"
    assert answers[-1]["user_expressions"]["order"]["data"]["text/plain"] == "(0, 1, 2, 3, 4)"


def test_there_is_no_button_without_a_page(client: BlockingKernelClient, held: Path) -> None:
    """nbclient, nbconvert and papermill run notebooks without stdin."""
    held.unlink()
    batch = client.execute(BATCH, allow_stdin=False)
    shown = heard(client, is_end_of(batch))

    assert not any(map(has_button, shown))
    assert not any(message["msg_type"] == "comm_open" for message in shown)
