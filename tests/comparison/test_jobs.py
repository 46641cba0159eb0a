"""Jobs side by side: one view that says why two results differ."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.display import bundle, proofs, text
from modelop_jupyter.domain.results.comparisons import Comparison
from modelop_jupyter.errors import (
    ConflictError,
    InvalidError,
    MetricNotFoundError,
    MissingExtraError,
)

pytestmark = pytest.mark.slow

SOURCE = """\
import random
# modelop.score
def score(r):
    if r["x"] == 13:
        raise ValueError("unlucky")
    yield {"id": r["x"], "y": r["x"] * FACTOR, "label": "a"}


# modelop.metrics
def metrics(data):
    yield {"auc": float(data["x"].mean()) / 100, "luck": random.random() * LUCK, "DataDrift_max-P": 0.5}
"""


def register(
    workspace: Workspace, *, factor: str = "2", luck: int = 0, assets: tuple[str, ...] = ()
) -> None:
    text = SOURCE.replace("FACTOR", factor).replace("LUCK", str(luck))
    Path("m.py").write_text(text)
    workspace.register("m", "m.py", assets=assets)


@pytest.fixture
def numbers() -> str:
    """Fifty records in a file."""
    Path("in.json").write_text("".join(f'{{"x": {n}}}\n' for n in range(50)))
    return "in.json"


def compared(workspace: Workspace, *jobs: str) -> Comparison:
    found = workspace.compare(*jobs)
    assert "text/html" in bundle(found)
    return found


def test_another_source_is_named_and_its_movers_found(workspace: Workspace, numbers: str) -> None:
    """Records are paired past the one that failed; the biggest change is first."""
    register(workspace)
    first = workspace.batch("m", numbers).wait()
    register(workspace, factor='(3 if r["x"] == 20 else 0 / (r["x"] - 5) + 2)')
    second = workspace.batch("m", numbers).wait()
    found = compared(workspace, first.id, second.id)
    (output,) = found.outputs

    assert found.sentence == (
        "The results differ. Possible causes: source; everything else is the same."
    )
    assert (output.same, output.changed, output.only_before, output.is_aligned) == (47, 1, 1, True)
    assert [(each.index, each.moved) for each in output.movers] == [(20, 20)]
    assert (output.fields[0].field, output.fields[0].count) == ("y", 1)
    assert found.changes == ("source m.py changed",)
    assert '+    yield {"id": r["x"], "y": r["x"] * (3' in found.source


def test_another_input_and_parameters_are_named(workspace: Workspace, numbers: str) -> None:
    """Every cause is in the sentence."""
    register(workspace)
    Path("other.json").write_text('{"x": 1}\n')
    first = workspace.metrics("m", numbers).wait()
    second = workspace.metrics("m", "other.json", parameters={"p": 1}).wait()
    found = compared(workspace, first.id, second.id)

    assert "Possible causes: parameters and input;" in found.sentence
    assert [(row.path, row.values) for row in found.metrics] == [
        ("auc", (0.245, 0.01)),
        ("luck", (0, 0)),
        ("`DataDrift_max-P`", (0.5, 0.5)),
    ]
    assert "-0.235 (-95.9%)" in text(found)


def test_another_kind_of_job_is_named(workspace: Workspace, numbers: str) -> None:
    """A batch beside metrics: all else may be the same."""
    register(workspace)
    first = workspace.batch("m", numbers).wait()
    found = compared(workspace, first.id, workspace.metrics("m", numbers).wait().id)

    assert "Possible causes: kind;" in found.sentence
    assert "50 in, 49 scored, 0 rejected, 1 failed, 49 out" in text(found)
    assert "score=score" in text(found)


def test_packages_and_assets_are_named(workspace: Workspace, numbers: str) -> None:
    """A version of the lock and a file of the snapshot."""
    Path("requirements.txt").write_text("six==1.16.0\n")
    register(workspace, assets=("requirements.txt",))
    first = workspace.batch("m", numbers).wait()
    Path("requirements.txt").write_text("six==1.17.0\n")
    register(workspace, assets=("requirements.txt",))
    second = workspace.batch("m", numbers).wait()
    found = compared(workspace, first.id, second.id)

    assert found.sentence == (
        "The results are the same, although these differ: assets and packages."
    )
    assert [(x.package, x.before, x.after) for x in found.packages] == [("six", "1.16.0", "1.17.0")]


def test_one_lock_has_one_digest_wherever_it_is_told(
    workspace: Workspace, numbers: str, release: Callable[..., None]
) -> None:
    """Resolved twice, for two lines that come to the same packages, a lock is the same lock."""
    release("1.0")
    Path("m.py").write_text("# modelop.score\ndef score(record):\n    yield record\n")
    Path("requirements.txt").write_text("demo==1.0\n")
    workspace.register("m", "m.py", assets=("requirements.txt",))
    first = workspace.batch("m", numbers).wait()
    Path("requirements.txt").write_text("demo>=1.0\n")
    workspace.register("m", "m.py", assets=("requirements.txt",))
    second = workspace.batch("m", numbers).wait()
    found, others = compared(workspace, first.id, second.id), workspace.diff("m@1", "m@2")
    lock = f"lock {first.record.proof.lock_digest.removeprefix('sha256:')[:12]}"

    assert found.sentence.endswith("these differ: assets.")
    assert {each.what: each.values for each in found.aspects}["packages"] == (lock, lock)
    assert {each.what: each.values for each in others.aspects}["packages"] == (f"1, {lock}",) * 2
    assert lock in repr(proofs.line(first.record.proof))


def test_equal_jobs_and_random_ones_are_told_apart(workspace: Workspace, numbers: str) -> None:
    """Nothing differs; or all that was given is the same, and yet the results differ."""
    register(workspace)
    equal = [workspace.batch("m", numbers).wait().id for _ in range(2)]
    register(workspace, luck=1)
    random = [workspace.metrics("m", numbers).wait().id for _ in range(3)]

    assert compared(workspace, *equal).sentence.startswith("Nothing differs")
    assert "the model draws random numbers" in compared(workspace, *random).sentence
    assert len(compared(workspace, *random).metrics[0].values) == 3


def test_what_cannot_be_compared_is_refused(workspace: Workspace, numbers: str) -> None:
    """One job alone, and one that still runs."""
    register(workspace, factor="__import__('time').sleep(60)")
    job = workspace.batch("m", numbers)
    with pytest.raises(InvalidError, match="nothing to compare"):
        workspace.compare(job.id, job.id)
    other = workspace.batch("m", numbers)
    with pytest.raises(ConflictError, match="still runs"):
        workspace.compare(job.id, other.id)
    job.cancel()
    other.cancel()


def test_a_metric_has_a_history(workspace: Workspace, numbers: str) -> None:
    """Over jobs and snapshots, oldest first; an unknown one proposes a near name."""
    register(workspace)
    Path("one.json").write_text('{"x": 1}\n')
    workspace.metrics("m", numbers).wait()
    register(workspace, factor="3")
    workspace.metrics("m", "one.json").wait()
    found = workspace.history("m", "auc")

    assert [(each.job.snapshot, each.value) for each in found.measurements] == [
        (1, 0.245),
        (2, 0.01),
    ]
    assert len(workspace.history("m@2", "auc").measurements) == 1
    assert len(workspace.history("m", "DataDrift_max-P").measurements) == 2
    assert "m@2" in text(found)
    with pytest.raises(MetricNotFoundError, match="Did you mean 'auc'"):
        workspace.history("m", "acu")


def test_a_charts_picture_is_saved(
    workspace: Workspace, numbers: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As PNG, SVG or its specification; without the extra it says which."""
    Path("m.py").write_text(
        "# modelop.metrics\ndef metrics(d):\n    yield {'roc': [{'fpr': 0, 'tpr': 0}, {'fpr': 1, 'tpr': 1}]}\n"
    )
    workspace.register("m", "m.py")
    (picture,) = workspace.metrics("m", numbers).wait().charts()

    assert picture.save("a.png").read_bytes().startswith(b"\x89PNG")
    assert picture.save("a.svg").read_text().startswith("<svg")
    assert json.loads(picture.save("a.json").read_text()) == picture.spec
    assert set(picture._repr_mimebundle_()) == {
        "application/vnd.vegalite.v5+json",
        "image/svg+xml",
        "text/plain",
    }
    with pytest.raises(InvalidError, match=r"\.gif"):
        picture.save("a.gif")
    monkeypatch.setitem(__import__("sys").modules, "vl_convert", None)
    with pytest.raises(MissingExtraError, match=r"modelop-jupyter\[charts\]"):
        picture.save("b.png")


def test_a_batch_tells_how_its_numbers_are_spread(workspace: Workspace) -> None:
    """Of a sample from all over a long output; ids that count up are left out."""
    Path("long.json").write_text("".join(f'{{"x": {n}}}\n' for n in range(20_000)))
    register(workspace, factor="1.5")
    job = workspace.batch("m", "long.json").wait()
    (y,) = [each for each in job.spread() if each.field == "y"]

    assert (y.sampled, sum(count for _, count in y.bars)) == (500, 500)
    assert y.low < 100 and y.high > 29_000
    assert abs(y.mean - 15_000) < 300
    assert [(group.count, group.exception) for group in job.error_groups()] == [(1, "ValueError")]
