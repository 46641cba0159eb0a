"""The magics in a real kernel: one display that is updated in place, and the Stop button."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import start_new_kernel

from tests.conftest import SlowPackages
from tests.waiting import PATIENCE

from .test_magic import SCORE

pytestmark = [
    pytest.mark.slow,
    # Sockets that jupyter_client leaves to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

WIDGET = "application/vnd.jupyter.widget-view+json"
SLOW = "import time\n\n# modelop.score\ndef slow(r):\n    print('begun')\n    time.sleep(600)\n    yield r"


class Kernel:
    """A kernel, and its messages while a cell runs."""

    def __init__(self, manager: Any, client: Any) -> None:
        self.manager, self.client = manager, client

    def run(
        self, cell: str, *, interrupt_at: str = "", restart_at: str = "", allow_stdin: bool = True
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        """Run a cell; returns the reply and the messages before it, interrupting at a text."""
        identity = self.client.execute(cell, allow_stdin=allow_stdin)
        messages: list[dict[str, Any]] = []
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            message = self.client.get_iopub_msg(timeout=PATIENCE)
            if message["parent_header"].get("msg_id") != identity:
                continue
            messages.append(message)
            if interrupt_at and interrupt_at in str(message["content"]):
                self.manager.interrupt_kernel()
                interrupt_at = ""
            if restart_at and restart_at in str(message["content"]):
                self.manager.restart_kernel()
                self.client.wait_for_ready(timeout=PATIENCE)
                return {}, messages
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                break
        reply = self.client.get_shell_msg(timeout=PATIENCE)
        while reply["parent_header"].get("msg_id") != identity:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
        return reply["content"], messages


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    """A kernel with the extension loaded."""
    monkeypatch.setenv("MODELOP_HOME", str(tmp_path / "home"))
    (tmp_path / "in.json").write_text('{"x": 1}\n{"x": 2}\n')
    manager, client = start_new_kernel(
        startup_timeout=PATIENCE, kernel_name="python3", cwd=str(tmp_path)
    )
    kernel = Kernel(manager, client)
    try:
        kernel.run("%load_ext modelop_jupyter")
        yield kernel
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


def of_type(messages: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Return the contents of the messages of a type."""
    return [message["content"] for message in messages if message["msg_type"] == kind]


def listed_job(messages: list[dict[str, Any]]) -> str:
    """Return the id of the newest job that `%modelop jobs` shows."""
    lines = of_type(messages, "display_data")[0]["data"]["text/plain"].splitlines()
    return str(lines[1].split()[0])


def test_a_job_has_one_display_that_ends_as_its_summary(kernel: Kernel) -> None:
    """No second output for the value of the cell."""
    kernel.run(SCORE)
    kernel.run("%modelop register churn")
    reply, messages = kernel.run("%modelop batch churn in.json")
    # On a busy machine the job takes its second, and has a Stop button, which goes.
    displays = [
        content for content in of_type(messages, "display_data") if WIDGET not in content["data"]
    ]
    (shown,) = {content["transient"]["display_id"] for content in displays}
    updates = [
        content["data"]
        for content in of_type(messages, "update_display_data")
        if content["transient"]["display_id"] == shown
    ]

    assert reply["status"] == "ok"
    assert len(displays) == 1
    assert "COMPLETE SUCCESS" in updates[-1]["text/plain"]
    printed = "".join(content["text"] for content in of_type(messages, "stream"))
    assert printed == "scoring\nscoring\n"
    assert of_type(messages, "execute_result") == []


def test_the_stop_button_cancels_the_job(kernel: Kernel) -> None:
    """Issue 2, Jobs: no traceback, and the cells that wait are not run."""
    kernel.run(SLOW)
    kernel.run("%modelop register slow")
    reply, messages = kernel.run("%modelop batch slow in.json", interrupt_at="begun")
    after, listed = kernel.run("%modelop jobs")

    assert reply["status"] == "error"
    assert len(of_type(messages, "error")[0]["traceback"]) == 1
    assert "was cancelled" in of_type(messages, "error")[0]["traceback"][0]
    assert "Cancelled" in of_type(messages, "update_display_data")[-1]["data"]["text/plain"]
    assert "Cancelled" in of_type(listed, "display_data")[0]["data"]["text/plain"]
    assert after["status"] == "ok"


def test_a_job_outlives_the_restart_of_the_kernel(kernel: Kernel) -> None:
    """Jupyter interrupts a kernel before it ends it, which does not cancel the job."""
    kernel.run(SLOW)
    kernel.run("%modelop register slow")
    # However long the request to end takes after the interrupt.
    kernel.run(
        "from modelop_jupyter.magics import job_display\njob_display._SHUTDOWN_LOOKS = 100_000"
    )
    kernel.run("%modelop batch slow in.json", restart_at="begun")
    kernel.run("%load_ext modelop_jupyter")
    _, listed = kernel.run("%modelop jobs")
    kernel.run("%modelop job cancel " + listed_job(listed))

    assert "Running" in of_type(listed, "display_data")[0]["data"]["text/plain"]


def test_an_interrupted_build_is_reported_in_one_line(
    slow_packages: SlowPackages, kernel: Kernel, tmp_path: Path
) -> None:
    """No frames of this package."""
    slow_packages.add("large", 1_000_000)
    slow_packages.hold()
    (tmp_path / "requirements.txt").write_text("large\n")
    kernel.run(SCORE)
    kernel.run("%modelop register churn --asset requirements.txt")
    reply, messages = kernel.run("%modelop env build churn", interrupt_at="downloading")

    assert reply["status"] == "error"
    assert of_type(messages, "error")[0]["traceback"] == [
        "KeyboardInterrupt: %modelop env build churn was stopped"
    ]


def test_a_build_shows_its_steps_where_its_result_will_be(kernel: Kernel) -> None:
    """`env build` has one display, too."""
    kernel.run(SCORE)
    kernel.run("%modelop register churn")
    reply, messages = kernel.run("%modelop env build churn")
    displays = of_type(messages, "display_data")
    updates = of_type(messages, "update_display_data")

    assert reply["status"] == "ok"
    assert len(displays) == 1
    assert "ready" in updates[-1]["data"]["text/plain"]


@pytest.fixture
def server_software(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment variable that names the server."""
    monkeypatch.setenv("SERVER_SOFTWARE", request.param)


@pytest.mark.parametrize(
    ("server_software", "is_alive"),
    [("voila/0.5.13", True), ("", False)],
    indirect=["server_software"],
)
@pytest.mark.usefixtures("server_software")
def test_without_stdin_the_panel_is_live_only_in_voila(
    request: pytest.FixtureRequest, is_alive: bool
) -> None:
    """Issue 12, G3: widgets work in Voilà; a notebook that nbconvert executes has none."""
    kernel: Kernel = request.getfixturevalue("kernel")
    _, messages = kernel.run("%modelop panel", allow_stdin=False)
    shown = of_type(messages, "display_data")

    assert any(WIDGET in content["data"] for content in shown) is is_alive
    assert any("text/html" in content["data"] for content in shown)
