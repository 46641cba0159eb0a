"""Pipes and devices as inputs and outputs: read once, written to, or refused; nothing waits for ever."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import AssetFileError, InputError, InvalidError
from modelop_jupyter.workspace import PathBelow


@pytest.fixture
def pipe(workspace: Workspace) -> Path:
    """A pipe that nobody writes to yet."""
    os.mkfifo("pipe.csv")
    return Path("pipe.csv")


@pytest.mark.slow
def test_a_pipe_is_an_input_that_is_read_once(workspace: Workspace, model: str, pipe: Path) -> None:
    """As ``-`` is; its name tells its format, and a rerun reads the copy."""
    writer = threading.Thread(target=pipe.write_text, args=["x\n1\n2\n"])
    writer.start()
    job = workspace.batch(model, [pipe]).wait(300)
    writer.join()
    again = workspace.job_rerun(job.id).wait(300)

    assert [record["y"] for record in job.records()] == [2, 4]
    assert [record["y"] for record in again.records()] == [2, 4]


def test_a_schema_is_inferred_from_a_pipe(workspace: Workspace, model: str, pipe: Path) -> None:
    """Inputs are the same everywhere."""
    writer = threading.Thread(target=pipe.write_text, args=["x\n1\n"])
    writer.start()
    schema = workspace.schema_infer(model, pipe)
    writer.join()

    assert schema["fields"][0]["name"] == "x"


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null"])
def test_a_device_is_no_input(workspace: Workspace, model: str, path: str) -> None:
    """It would fill the disk, or hold the submitter for ever."""
    with pytest.raises(InputError, match="is a device, not a file"):
        workspace.batch(model, [path])
    assert workspace.jobs() == []


def test_where_nothing_may_wait_a_pipe_is_refused(
    workspace: Workspace, model: str, pipe: Path
) -> None:
    """The server's way to name an input."""
    with pytest.raises(InputError, match="is a pipe, not a file"):
        workspace.batch(model, [PathBelow(pipe.absolute(), Path.cwd())])


@pytest.mark.parametrize("verb", ["register", "asset"])
def test_a_pipe_is_neither_model_nor_asset(workspace: Workspace, model: str, verb: str) -> None:
    """A model is what it is each time that it is read."""
    os.mkfifo("code.py")
    verbs = {"register": lambda: workspace.register("m", "code.py")}
    verbs["asset"] = lambda: workspace.asset_add(model, "code.py")

    with pytest.raises(AssetFileError, match="a pipe, not a regular file"):
        verbs[verb]()


@pytest.mark.parametrize("target", ["/dev/null", "/dev/stdout", "dangling", "folder", "to-device"])
def test_an_output_that_cannot_be_is_refused_before_anything_runs(
    workspace: Workspace, model: str, target: str
) -> None:
    """Devices and links that lead nowhere were replaced by a file."""
    Path("in.json").write_text('{"x": 1}\n')
    Path("dangling").symlink_to("nowhere")
    Path("to-device").symlink_to("/dev/null")
    Path("folder").mkdir()

    with pytest.raises(InvalidError, match="output"):
        workspace.batch(model, ["in.json"], output=target)
    assert workspace.jobs() == []


@pytest.mark.slow
def test_an_output_keeps_the_link_that_leads_to_it(workspace: Workspace, model: str) -> None:
    """The file that it names is replaced, whole."""
    Path("in.json").write_text('{"x": 1}\n')
    Path("real.json").write_text("old")
    Path("out.json").symlink_to("real.json")
    workspace.batch(model, ["in.json"], output="out.json").wait(300)

    assert Path("out.json").is_symlink()
    assert Path("real.json").read_text() == '{"y":2}\n'


@pytest.mark.slow
def test_an_output_swapped_for_a_link_out_stays_with_the_job(
    workspace: Workspace, model: str
) -> None:
    """A server writes nothing outside its root, whatever has become of a path meanwhile."""
    Path("root").mkdir()
    Path("root/in.json").write_text('{"x": 1}\n')
    Path("outside.json").write_text("theirs")
    root = Path("root").absolute()
    target = PathBelow(root / "out.json", root)
    slow = "import os, time\n# modelop.score\ndef score(r):\n    while not os.path.exists(r): time.sleep(0.01)\n    return 1\n"
    Path("slow.py").write_text(slow)
    workspace.register("slow", "slow.py")
    Path("root/go.json").write_text(f'"{Path("go").absolute()}"\n')
    job = workspace.batch("slow", [root / "go.json"], output=target)
    (root / "out.json").symlink_to("../outside.json")
    Path("go").touch()
    job.wait(300)

    assert Path("outside.json").read_text() == "theirs"
    assert next(iter(job.folder.outputs.iterdir())).read_text() == "1\n"
