"""Deployments in a real kernel: the live output of `deploy`, its Stop button, failed records, mistakes."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest
from jupyter_client.manager import start_new_kernel

from tests.waiting import PATIENCE, wait_until

from .test_kernel import WIDGET, Kernel, of_type

pytestmark = [
    pytest.mark.slow,
    # Sockets that jupyter_client leaves to the garbage collector.
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

MODEL = """\
# modelop.init
def begin(start):
    global deployed
    deployed = start["deployedModel"]["deployableModel"]["metaData"]["name"]

# modelop.score
def score(record):
    yield {"y": record["x"] * 2}
"""
HELD = """\
import time
# modelop.init
def begin():
    print("held", flush=True)
    while True:
        time.sleep(0.02)

# modelop.score
def score(record):
    yield record
"""
BROKEN = """\
# modelop.init
def begin():
    print("opening")
    return {}["weights"]

# modelop.score
def score(record):
    yield record
"""

Message = dict[str, Any]


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    """A kernel whose home has three models, of which ``double`` can be deployed."""
    folder = tmp_path_factory.mktemp("deployments")
    for name, source in (("double", MODEL), ("held", HELD), ("broken", BROKEN)):
        (folder / f"{name}.py").write_text(source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MODELOP_HOME", str(folder / "home"))
        manager, client = start_new_kernel(
            startup_timeout=PATIENCE, kernel_name="python3", cwd=str(folder)
        )
    kernel = Kernel(manager, client)
    try:
        kernel.run("%load_ext modelop_jupyter")
        for name in ("double", "held", "broken"):
            kernel.run(f"%modelop register {name} {name}.py")
        yield kernel
    finally:
        kernel.run("%modelop deployment stop double")
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        manager.cleanup_resources()


class Shown:
    """The live output of a cell, and where its deployment answers."""

    def __init__(self, kernel: Kernel, messages: list[Message]) -> None:
        self._kernel = kernel
        displays = of_type(messages, "display_data")
        self.url = printed(messages).strip()
        self.buttons = [each for each in displays if WIDGET in each["data"]]
        self.id = next(
            each["transient"]["display_id"] for each in displays if WIDGET not in each["data"]
        )
        self.data = [
            each["data"]
            for each in (*displays, *of_type(messages, "update_display_data"))
            if each["transient"]["display_id"] == self.id
        ][-1]

    def wait_for(self, is_so: Callable[[str], bool]) -> str:
        """Return the text of the next update of the output that is as expected."""
        while True:
            message = self._kernel.client.get_iopub_msg(timeout=PATIENCE)
            content = message["content"]
            if message["msg_type"] == "update_display_data" and (
                content["transient"]["display_id"] == self.id
            ):
                shown = str(content["data"]["text/plain"])
                if is_so(shown):
                    return shown

    def ask(self, record: Any) -> int:
        """Send a record, and return the status of the answer."""
        body = json.dumps(record).encode()
        request = urllib.request.Request(
            f"{self.url}/score", body, {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            return error.code


def printed(messages: list[Message]) -> str:
    return "".join(content["text"] for content in of_type(messages, "stream"))


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def shown(kernel: Kernel) -> Shown:
    """The output of a cell that deploys ``double``, or shows it where it is deployed already."""
    reply, messages = kernel.run("d = %modelop deploy double\nprint(d.url)")
    if reply["status"] == "error":
        _, messages = kernel.run("d = %modelop deployment show double\nprint(d.url)")
    return Shown(kernel, messages)


def test_the_cell_returns_when_the_model_answers(shown: Shown) -> None:
    """It links to where, and the value of the cell is the deployment."""
    assert "double@1  ready" in shown.data["text/plain"]
    assert f'<a href="{shown.url}"' in shown.data["text/html"]
    assert shown.ask({"x": 4}) == 200


def test_the_output_is_live_while_the_kernel_is_idle(shown: Shown) -> None:
    """Counts and charts follow the requests."""
    before = words(shown.data["text/plain"])
    shown.ask({"x": 1})
    shown.ask({"z": 1})
    text = words(shown.wait_for(lambda text: "failed" in text and words(text) != before))

    assert "double@1 ready" in text
    assert "List the records that got no output: %modelop deployment errors double" in text


def test_only_the_last_output_of_a_deployment_is_live(kernel: Kernel, shown: Shown) -> None:
    """The button of the one before is removed; what it shows has its time."""
    _, messages = kernel.run("d = %modelop deployment show double\nprint(d.url)")
    later = Shown(kernel, messages)
    updates = of_type(messages, "update_display_data")
    later.ask({"x": 1})
    later.wait_for(lambda text: "scored" in text)

    assert len(shown.buttons) == len(later.buttons) == 1
    button = shown.buttons[0]["transient"]["display_id"]
    assert [
        each["data"]["text/html"] for each in updates if each["transient"]["display_id"] == button
    ] == [""]


def test_its_button_stops_the_deployment(kernel: Kernel, shown: Shown) -> None:
    """The kernel is free meanwhile, and the output says how it ended."""
    comm = shown.buttons[0]["data"][WIDGET]["model_id"]
    data = {"method": "custom", "content": {"event": "click"}}
    kernel.client.shell_channel.send(
        kernel.client.session.msg("comm_msg", {"comm_id": comm, "data": data})
    )
    text = shown.wait_for(lambda text: "stopped" in text)

    assert "%modelop deploy double@1" in text


def test_a_stop_in_another_cell_ends_the_live_output(kernel: Kernel, shown: Shown) -> None:
    """It does not say for ever that the model answers."""
    _, messages = kernel.run("%modelop deployment stop double")
    texts = [
        each["data"]["text/plain"]
        for each in of_type(messages, "update_display_data")
        if each["transient"]["display_id"] == shown.id
    ]

    assert "double@1  stopped" in texts[-1]


def test_a_notebook_that_is_only_executed_has_a_static_output(kernel: Kernel, shown: Shown) -> None:
    """No widget, which nobody would click."""
    _, messages = kernel.run("%modelop deployment show double", allow_stdin=False)
    (display,) = of_type(messages, "display_data")

    assert WIDGET not in display["data"]
    assert shown.url in display["data"]["text/plain"]


def test_a_failed_record_is_opened_in_the_isolated_kernel(kernel: Kernel, shown: Shown) -> None:
    """Initialised as the replica was."""
    shown.ask({"bad": 1})
    _, listed = kernel.run("%modelop deployment errors double --limit 1")
    (index,) = {
        word.partition(":")[2]
        for word in of_type(listed, "display_data")[0]["data"]["text/plain"].split()
        if word.startswith("deployment:")
    }
    _, one = kernel.run(f"%modelop deployment errors double --record {index}")
    line = f"%%modelop run double --record deployment:{index}"
    _, messages = kernel.run(f"{line}\nprint(record, model.deployed.partition('-')[0])")

    assert '{"bad": 1}' in of_type(one, "display_data")[0]["data"]["text/plain"]
    assert line in of_type(one, "display_data")[0]["data"]["text/plain"]
    assert printed(messages) == "{'bad': 1} double\n"


def processes_of(folder: str) -> set[int]:
    """Return the server processes and replicas of the deployments in a folder."""
    return {
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if any(folder in word for word in process.info["cmdline"] or ())
    }


def test_an_interrupt_stops_deploying_and_leaves_nothing_behind(kernel: Kernel) -> None:
    """One line says so; nothing is deployed, and no process goes on."""
    _, where = kernel.run("import os; print(os.environ['MODELOP_HOME'])")
    folder = f"{printed(where).strip()}/deployments"
    before = processes_of(folder)
    reply, messages = kernel.run("%modelop deploy held", interrupt_at="initialising")
    _, listed = kernel.run("%modelop deployment show held")
    wait_until(lambda: processes_of(folder) <= before)

    assert reply["status"] == "error"
    assert of_type(messages, "error")[0]["traceback"] == [
        "KeyboardInterrupt: %modelop deploy held was stopped"
    ]
    assert "held is not deployed" in str(listed)


def test_an_init_that_fails_is_shown_with_its_frames(kernel: Kernel) -> None:
    """And the error of the cell is one sentence."""
    _, messages = kernel.run("%modelop deploy broken")
    shown = of_type(messages, "update_display_data")[-1]["data"]["text/plain"]

    assert "deploy broken@1  failed" in shown
    assert "line 4, in begin" in shown
    assert "opening" in shown
    assert "broken@1 was not deployed" in str(messages)
