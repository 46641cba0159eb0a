"""A home with models, its kernels, and an output that records what a cell shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.kernels import Kernels
from modelop_jupyter.settings import Settings

SOURCE = """\
# modelop.init
def begin(job):
    global factor
    factor = 2
    print("init", sorted(job))


# modelop.score
def score(record):
    yield {"y": record["x"] * factor}
"""


class Shown:
    """A kernel output that records everything; ``input()`` returns ``forty-two``."""

    def __init__(self) -> None:
        self.out = self.err = ""
        self.displays: list[tuple[str, Mapping[str, Any], str | None]] = []
        self.comms: list[tuple[str, Any, list[bytes]]] = []
        self.payloads: list[Mapping[str, Any]] = []

    def stream(self, name: str, text: str) -> None:
        if name == "stderr":
            self.err += text
        else:
            self.out += text

    def display(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str | None
    ) -> None:
        self.displays.append(("display", data, display_id))

    def update(
        self, data: Mapping[str, Any], metadata: Mapping[str, Any], display_id: str | None
    ) -> None:
        self.displays.append(("update", data, display_id))

    def clear(self, *, wait: bool) -> None:
        self.displays.append(("clear", {}, None))

    def read_input(self, prompt: str, *, is_password: bool) -> str:
        return "forty-two"

    def comm(self, message: Mapping[str, Any]) -> None:
        buffers = [bytes(buffer) for buffer in message["buffers"]]
        self.comms.append((message["msg_type"], message["content"]["data"], buffers))

    def payload(self, payload: Mapping[str, Any]) -> None:
        self.payloads.append(payload)


@pytest.fixture
def workspace(
    tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """A home with the model ``double``, which pins six."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "environments").symlink_to(environments)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.setenv("MODELOP_HOME", str(home))
    (work / "double.py").write_text(SOURCE)
    (work / "requirements.txt").write_text("six==1.15.0\n")
    with Workspace(Settings.from_environment()) as workspace:
        workspace.register("double", "double.py", assets=[("requirements.txt", None)])
        yield workspace


@pytest.fixture
def kernels(workspace: Workspace) -> Iterator[Kernels]:
    """The kernels of that home; all of them end with the test."""
    kernels = Kernels(workspace)
    yield kernels
    kernels.close()
