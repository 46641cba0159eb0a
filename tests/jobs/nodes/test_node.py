"""What a node does with a task, called in this process: chunks of any size join to the bytes of one runner."""

from __future__ import annotations

import dataclasses
import socket
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from modelop_jupyter.domain.chunks import ByteRange, Chunk
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.nodes import task_files
from modelop_jupyter.jobs.nodes.messages import (
    NodeTask,
    TaskStatus,
    decode,
    encode,
)
from modelop_jupyter.jobs.protocol import Checkpoint, RunnerRequest, RunnerResult
from modelop_jupyter.jobs.sharding import chunks

from ...conftest import SlowPackages
from ...workspace.jobs import register
from .conftest import Stage

pytestmark = pytest.mark.slow


LINE = st.one_of(
    st.integers(0, 40).map(lambda x: f'{{"x": {x}}}'),
    st.tuples(st.integers(0, 9), st.text("aé\\u2028 ", max_size=30)).map(
        lambda pair: f'{{"x": {pair[0]}, "t": "{pair[1]}"}}'
    ),
    st.sampled_from(["", "  ", "no JSON", "{", '{"x": "a"}', "[1, 2]", "\t", "\r"]),
)


@settings(
    max_examples=5,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(
    lines=['{"x": 3}', "", '{"x": 4}', "{", "", "", '{"x": 1}'], size=9, newline="\n", ends=False
)
@given(
    lines=st.lists(LINE, min_size=1, max_size=12),
    size=st.integers(4, 120),
    newline=st.sampled_from(["\n", "\r\n"]),
    ends=st.booleans(),
)
def test_chunks_of_any_size_join_to_what_one_runner_writes(
    stage: Stage, lines: list[str], size: int, newline: str, *, ends: bool
) -> None:
    """Issue 14: output, bad records with the job's positions, counts and reason."""
    content = (newline.join(lines) + (newline if ends else "")).encode()
    plan, folder = stage.job(content)
    one, left = stage.run(stage.task(plan, folder, None, sends=True))
    whole = ByteRange(0, len(content))
    data = folder.require(RunnerRequest).inputs[0]
    ranges = chunks.cut_range(data, whole, size) or [whole]
    parts = [Chunk(str(number), 0, part) for number, part in enumerate(ranges)]
    chunks.write_chunks(folder, parts)
    results = []
    for part in parts:
        outcome, files = stage.run(stage.task(plan, folder, part, sends=True))
        assert outcome.status is TaskStatus.DONE, outcome
        task_files.store_outcome(folder, part, outcome, files)
        results.append(chunks.chunk_folder(folder, part).require(RunnerResult))
    chunks.merge_outputs(plan, folder)
    merged = chunks.merge_results(results)

    assert one.result is not None
    assert (folder.outputs / "output.json.part").read_bytes() == left["outputs/output.json.part"]
    assert folder.errors_file.read_bytes() == left.get("errors.jsonl", b"")
    assert merged.counts == one.result.counts
    assert merged.reason == one.result.reason
    assert merged.stages == one.result.stages


def test_a_node_asks_for_what_it_lacks_and_keeps_model_files(stage: Stage, tmp_path: Path) -> None:
    """Issue 14: blobs by digest, once; the input where it is not there, or is another one."""
    plan, folder = stage.job(b'{"x": 1}\n')
    task = stage.task(plan, folder, None, sends=False)
    path = Path(plan.inputs[0].path)
    path.rename(tmp_path / "elsewhere")
    lacking, _ = stage.run(task)
    (tmp_path / "elsewhere").rename(path)
    done, _ = stage.run(stage.task(plan, folder, None, sends=True))
    again, _ = stage.run(stage.task(plan, folder, None, sends=False))

    assert lacking.status is TaskStatus.MISSING
    assert lacking.lacks_input
    assert set(lacking.missing) >= {asset.digest for asset in plan.snapshot.state.assets}
    assert (done.status, again.status) == (TaskStatus.DONE, TaskStatus.DONE)
    assert done.proof is not None
    assert done.proof.is_exact


def test_an_attempt_goes_on_where_the_one_before_was_stopped(stage: Stage, tmp_path: Path) -> None:
    """Issue 14: on one node, and it knows the records that had ended the runner before."""
    go = tmp_path / "go"
    wait = f"while r['x'] == 999 and not os.path.exists({str(go)!r}): time.sleep(0.01)"
    register(stage.workspace, f"time.sleep(0.002)\nif r['x'] == 3: os._exit(3)\n{wait}\nreturn r")
    plan, folder = stage.job("".join(f'{{"x": {n}}}\n' for n in range(1000)).encode())
    task = stage.task(plan, folder, None, sends=True)
    kept = JobFolder(tmp_path / "node" / "tasks" / plan.id)
    stopped, _ = stage.run(task, lambda: kept.read_if_whole(Checkpoint) is not None)
    stage.reports.clear()
    go.touch()
    done, left = stage.run(task)

    assert stopped.status is TaskStatus.CANCELLED
    assert done.status is TaskStatus.DONE
    assert left["outputs/output.json.part"].count(b"\n") == 999
    assert [*done.skipped] == ["3"]
    assert any("resumes after" in line for report in stage.reports for line in report.events)
    assert not kept.root.exists()


def test_a_task_that_is_cancelled_does_not_wait_for_an_index(
    stage: Stage, slow_packages: SlowPackages
) -> None:
    """Issue 14: the build of an environment ends with the task."""
    slow_packages.add("large", 1_000_000)
    slow_packages.hold()
    Path("requirements.txt").write_text("large\n")
    stage.workspace.register("m", "code.py", assets=["requirements.txt"])
    plan, folder = stage.job(b'{"x": 1}\n')
    outcome, _ = stage.run(
        stage.task(plan, folder, None, sends=True), lambda: bool(slow_packages.served)
    )

    assert slow_packages.served
    assert outcome.status is TaskStatus.CANCELLED


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"release": "9.9"}, "node_release", "and this job needs 9.9"),
        ({"platform": "plan9-mips"}, "node_platform", "the model's lock is for plan9-mips"),
    ],
)
def test_a_node_that_differs_refuses(
    stage: Stage, changes: dict[str, str], code: str, words: str
) -> None:
    """Issue 14: nothing is done there."""
    plan, folder = stage.job(b'{"x": 1}\n')
    task = stage.task(plan, folder, None, sends=True)
    message = dataclasses.replace(decode(NodeTask, task.document), **changes)  # type: ignore[arg-type]
    outcome, _ = stage.run(dataclasses.replace(task, document=encode(message)))

    assert outcome.status is TaskStatus.REFUSED
    assert outcome.error is not None
    assert outcome.error.code == code
    assert words in outcome.error.message


def test_a_node_without_the_python_of_the_lock_names_itself(stage: Stage) -> None:
    """Issue 14: which node, which Python."""
    plan, folder = stage.job(b'{"x": 1}\n')
    state = dataclasses.replace(plan.snapshot.state, python="3.99")
    snapshot = dataclasses.replace(plan.snapshot, state=state, lock=None)
    plan = dataclasses.replace(plan, snapshot=snapshot)
    outcome, _ = stage.run(stage.task(plan, folder, None, sends=True))

    assert outcome.status is TaskStatus.FAILED
    assert outcome.error is not None
    assert outcome.error.message.startswith(f"on node {socket.gethostname()}, ")
    assert "3.99" in outcome.error.message
