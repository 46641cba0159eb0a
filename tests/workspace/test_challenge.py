"""Champion and challenger over the same records, each in its own environment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.reports import Step
from modelop_jupyter.domain.results.challenges import ChallengeStep
from modelop_jupyter.errors import ConflictError, ExpectationError, InputError, InvalidError
from modelop_jupyter.settings import Settings

from ..waiting import wait_until

pytestmark = pytest.mark.slow

# Its answers move with the version of a library, and one of them fails on a record.
SOURCE = """
from importlib.metadata import version

# modelop.init
def begin():
    global is_new
    is_new = version("iniconfig").startswith("2")

# modelop.score
def score(record):
    if record.get("x") == (7 if is_new else 8):
        raise ValueError("not this one")
    yield {"id": record["id"], "score": record["x"] / 40 + 0.25 * (is_new and record["group"] == "b")}
"""
PLAIN = "# modelop.score\ndef score(record):\n    yield {body}\n"
RECORDS = [
    {"id": f"r{x}", "x": x, "group": "ab"[x % 2], "truth": int(x >= 20 or x == 3)}
    for x in range(40)
]


def write(records: list[Any], name: str = "in.json") -> str:
    Path(name).write_text("".join(json.dumps(record) + "\n" for record in records))
    return name


def snapshot(workspace: Workspace, source: str, *, requirements: str = "") -> str:
    """Register a model anew and return the reference of the snapshot of that."""
    Path("model.py").write_text(source)
    Path("requirements.txt").write_text(requirements)
    workspace.register("m", "model.py", assets=["requirements.txt"])
    return workspace.snapshot("m").ref


def plain(workspace: Workspace, body: str) -> str:
    return snapshot(workspace, PLAIN.format(body=body))


@pytest.fixture
def pair(workspace: Workspace) -> tuple[str, str]:
    """Two snapshots whose requirements contradict one another."""
    write(RECORDS)
    return (
        snapshot(workspace, SOURCE, requirements="iniconfig==1.1.1\n"),
        snapshot(workspace, SOURCE, requirements="iniconfig==2.0.0\n"),
    )


def test_two_snapshots_are_compared_record_by_record(
    workspace: Workspace, pair: tuple[str, str]
) -> None:
    """Contradicting pins, movers with their record, segments, one-sided failures, metrics, verdicts."""
    found = workspace.challenge(
        *pair,
        "in.json",
        label="truth",
        key="id",
        segments=["group"],
        expect=["accuracy >= ref", "agreement > 0.4", "failed <= ref.failed", "auc > 2"],
    )

    assert (found.champion, found.challenger, found.records) == ("m@1", "m@2", 40)
    assert (found.same, found.changed) == (19, 19)
    assert (found.only_champion, found.only_challenger, found.neither) == (1, 1, 0)
    assert found.field == "score"
    mover = found.movers[0]
    assert (mover.key, mover.moved) == (mover.record["id"], pytest.approx(0.25))
    assert mover.record["group"] == "b"
    assert mover.after["score"] - mover.before["score"] == pytest.approx(0.25)
    assert found.differences is not None
    assert found.differences.sampled == 19
    assert [(one.key, one.failed, one.reason) for one in found.failures] == [
        ("r8", "m@1", "model: ValueError: not this one"),
        ("r7", "m@2", "model: ValueError: not this one"),
    ]
    by_group = {one.value: one for one in found.segments}
    assert (by_group["a"].agreement, by_group["b"].agreement) == (1.0, 0.0)
    assert by_group["b"].mean_change == pytest.approx(0.25)
    assert by_group["b"].metric == "accuracy"
    accuracy = found.metrics[0]
    assert (accuracy.name, accuracy.test, accuracy.sampled) == ("accuracy", "McNemar", 38)
    assert accuracy.champion.value == pytest.approx(37 / 38)
    assert accuracy.difference.value < 0
    assert [verdict.passed for verdict in found.verdicts] == [False, True, True, False]
    assert found.is_failure
    assert [(one.package, one.before, one.after) for one in found.packages] == [
        ("iniconfig", "1.1.1", "2.0.0")
    ]
    assert workspace.jobs() == []


def test_errors_of_numbers_are_measured_and_a_limit_holds(
    workspace: Workspace,
) -> None:
    """A name alone is the newest snapshot; records of a notebook are an input, too."""
    records = [{"x": x, "y": x + 0.5} for x in range(60)]
    first = plain(workspace, "record['x']")
    plain(workspace, "record['x'] + 0.25")
    found = workspace.challenge(first, "m", records, label="y", limit=50)

    assert (found.records, found.same, found.changed, found.field) == (50, 0, 50, "value")
    mae, rmse = found.metrics
    assert (mae.name, rmse.name) == ("mae", "rmse")
    assert (mae.champion.value, mae.challenger.value) == (0.5, 0.25)
    assert mae.p_value < 0.01
    assert found.differences is not None
    assert found.differences.bars == (("0.25", 50),)


def test_answers_that_are_no_numbers_show_what_became_what(workspace: Workspace) -> None:
    """Two CSV files are one input; a segment's value is missing; equal but for rounding is the same."""
    Path("in.csv").write_text("x,land\n" + "".join(f"{x},{'de' * (x % 2)}\n" for x in range(20)))
    first = plain(workspace, "{'prediction': 'yes' if record['x'] > 9 else 'no', 'p': 0.1 + 0.2}")
    other = plain(workspace, "{'prediction': 'yes' if record['x'] > 4 else 'no', 'p': 0.3}")
    Path("more.csv").write_text("x,land\n100,at\n")
    found = workspace.challenge(first, other, ["in.csv", "more.csv"], segments=["land"])

    assert (found.same, found.changed) == (16, 5)
    assert [(one.before, one.after, one.count) for one in found.transitions] == [("no", "yes", 5)]
    assert [(one.value, one.records) for one in found.segments] == [
        ("", 10),
        ("de", 10),
        ("at", 1),
    ]


def test_several_outputs_for_a_record_are_matched_by_their_key(workspace: Workspace) -> None:
    """Where a model leaves records out, the order of outputs says nothing."""
    write([{"id": x, "x": x} for x in range(6)])
    first = plain(workspace, "{'id': record['id'], 'y': 1}")
    source = "# modelop.score\ndef score(record):\n    if record['x'] % 2:\n        yield {'id': record['id'], 'y': 2}\n"
    other = snapshot(workspace, source)

    with pytest.raises(InvalidError) as raised:
        workspace.challenge(first, other, "in.json")
    assert raised.value.message.startswith("m@2 gives 3 outputs for the 6 records that it scores")
    assert raised.value.hint is not None
    assert "--key" in raised.value.hint
    found = workspace.challenge(first, other, "in.json", key="id")

    assert (found.changed, found.only_champion) == (3, 3)
    assert sorted(mover.key for mover in found.movers) == [1, 3, 5]


def test_what_cannot_be_compared_is_said_before_a_model_runs(workspace: Workspace) -> None:
    """One sentence each."""
    write([{"x": 1}])
    Path("empty.json").write_text("\n")
    has_run = Path("run").absolute()
    first = snapshot(workspace, f"open({str(has_run)!r}, 'w')\n" + PLAIN.format(body="1"))
    other = snapshot(
        workspace, "# modelop.score\n# modelop.recordsets: true\ndef score(f):\n    yield f\n"
    )
    last = plain(workspace, "2")

    def message(*names: str, given: Any = "in.json", **options: Any) -> str:
        with pytest.raises((InvalidError, InputError)) as raised:
            workspace.challenge(*names, given, **options)
        return raised.value.message

    assert message(first, first) == "m@1 stands on both sides"
    assert message(last, "m") == "m@3 stands on both sides"
    assert "they have no input in common" in message(first, other)
    assert message(first, last, label="truth") == "--label: no record has a column 'truth'"
    assert message(first, last, given="empty.json").endswith("holds no records")
    with pytest.raises(ExpectationError):
        workspace.challenge(first, last, "in.json", expect=["agreement ="])
    assert not has_run.exists()


def test_a_model_that_fails_as_a_whole_ends_the_challenge(workspace: Workspace) -> None:
    """The sentence says which one, and why; so it does where no record is scored by both."""
    write([{"x": 1}])
    good, bad = plain(workspace, "record['x']"), plain(workspace, "record['y']")
    broken = snapshot(workspace, "1 / 0\n" + PLAIN.format(body="1"))

    with pytest.raises(ConflictError, match=r"m@3 cannot score this input: .*ZeroDivisionError"):
        workspace.challenge(good, broken, "in.json")
    with pytest.raises(
        InvalidError, match=r"score no record in common .*m@2: record 0, model: .*y"
    ):
        workspace.challenge(good, bad, "in.json")


def test_a_process_that_dies_in_a_record_costs_that_record(workspace: Workspace) -> None:
    write([{"x": x} for x in range(5)])
    first = plain(workspace, "record['x']")
    source = "import os\n" + PLAIN.format(body="os._exit(3) if record['x'] == 2 else record['x']")
    found = workspace.challenge(first, snapshot(workspace, source), "in.json")

    assert (found.same, found.only_champion) == (4, 1)
    assert "ended in this record" in found.failures[0].reason


def _runners() -> list[psutil.Process]:
    """Return the runners of challenges that this process has started."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if any("modelop-challenge-" in word for word in process.cmdline()):
                found.append(process)
    return found


@pytest.fixture
def interrupted(workspace: Workspace) -> Iterator[Workspace]:
    """The same home, in which Ctrl-C comes once both runners are there."""
    seen: list[int] = []

    def interrupt(step: Step) -> None:
        if isinstance(step, ChallengeStep):
            seen.append(len(_runners()))
            if seen[-1] == 2:
                raise KeyboardInterrupt

    settings: Settings = workspace.settings
    with Workspace(settings, progress=interrupt) as other:
        yield other
    assert seen[-1] == 2


def test_ctrl_c_ends_both_runners(workspace: Workspace, interrupted: Workspace) -> None:
    """Which wait for a file that never comes."""
    write([{"x": 1}])
    source = "import os, time\n# modelop.score\ndef score(r):\n    while not os.path.exists('/{n}/go'):\n        time.sleep(0.05)\n    yield r\n"
    names = [snapshot(workspace, source.replace("{n}", name)) for name in ("none", "nowhere")]

    with pytest.raises(KeyboardInterrupt):
        interrupted.challenge(*names, "in.json")

    wait_until(lambda: not _runners())
