"""Two snapshots side by side: what differs in source, assets, roles, requirements and packages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.display import bundle, text
from modelop_jupyter.domain.results.comparisons import ModelDiff
from modelop_jupyter.errors import ModelNotFoundError, SnapshotNotFoundError

Release = Callable[..., None]


@pytest.fixture
def environments(tmp_path: Path) -> Path:
    """A folder of environments for one test: packages of locks that are known are compared."""
    folder = tmp_path / "environments"
    folder.mkdir()
    return folder


def differing(found: ModelDiff) -> list[str]:
    return [each.what for each in found.aspects if not each.is_same]


def test_equal_content_is_said_in_one_sentence(workspace: Workspace, model: str) -> None:
    """A snapshot and the state it was taken of; nothing else is shown."""
    workspace.snapshot(model)
    found = workspace.diff(f"{model}@1", model)

    assert found.is_equal
    assert text(found) == (
        "double@1 and double\nNothing differs: double@1 and double are the same."
    )


def test_a_changed_source_is_shown_line_by_line(workspace: Workspace, model: str) -> None:
    """The unified diff, in text as in HTML, where its lines have colours and signs."""
    workspace.snapshot(model)
    source = Path("double.py").read_text()
    Path("double.py").write_text(source.replace("factor = 2", "factor = 1 < 3"))
    workspace.register(model, "double.py")
    found = workspace.diff(f"{model}@1", model)
    html = bundle(found)["text/html"]

    assert found.sentence == "double@1 and double differ in source; everything else is the same."
    assert "  -    factor = 2\n  +    factor = 1 < 3" in text(found)
    assert '<span class="mo-bad">-    factor = 2</span>' in html
    assert '<span class="mo-good">+    factor = 1 &lt; 3</span>' in html


def test_assets_are_told_apart_by_what_became_of_them(workspace: Workspace, model: str) -> None:
    """Added, removed, changed, given another role; small texts with their lines, others without."""
    for name, content in {"kept.csv": b"a\n1\n", "gone.txt": b"x\n", "bytes.bin": b"\0a"}.items():
        Path(name).write_bytes(content)
        workspace.asset_add(model, name)
    workspace.snapshot(model)
    workspace.asset_remove(model, "gone.txt")
    workspace.asset_role(model, "kept.csv", "baseline data")
    for name, content in {"bytes.bin": b"\0b", "more.txt": b"", "kept.csv": b"a\n2\n"}.items():
        Path(name).write_bytes(content)
        workspace.asset_add(model, name)
    found = workspace.diff(f"{model}@1", model)

    assert differing(found) == ["assets", "roles"]
    assert found.changes == (
        "asset bytes.bin: new content",
        "asset gone.txt removed",
        "role of kept.csv: Test data -> Baseline data",
        "asset kept.csv: new content",
        "asset more.txt added",
    )
    assert [(each.path, each.text.splitlines()[-2:]) for each in found.assets] == [
        ("bytes.bin", []),
        ("gone.txt", []),
        ("kept.csv", ["-1", "+2"]),
        ("more.txt", []),
    ]


def test_functions_python_description_and_tags(workspace: Workspace, model: str) -> None:
    """What is no file is compared, too; two models differ in what no snapshot holds."""
    Path("other.py").write_text("# modelop.score\ndef measure(record):\n    yield {}\n")
    workspace.register("other", "other.py", description="another", tags=["x"], python="3.11")
    found = workspace.diff(model, "other")

    assert differing(found) == ["source", "functions", "python", "description", "tags"]
    assert "score function: score -> measure" in found.changes
    assert "description changed" in found.changes
    assert "--- double double.py" in text(found)
    assert "+++ other other.py" in text(found)


@pytest.mark.slow
def test_packages_of_both_locks_are_compared(
    workspace: Workspace, model: str, release: Release
) -> None:
    """Requirements line by line, and the versions they were resolved to; a lock that is not there is said."""
    release("1.0")
    release("2.0")
    release("1.0", "extra")
    Path("requirements.txt").write_text("demo==1.0\n")
    workspace.asset_add(model, "requirements.txt")
    workspace.env_build(model)
    workspace.snapshot(model)
    Path("requirements.txt").write_text("demo==2.0\nextra\n")
    workspace.asset_add(model, "requirements.txt")
    unknown = workspace.diff(f"{model}@1", model)
    workspace.env_build(model)
    found = workspace.diff(f"{model}@1", model)

    assert unknown.sentence == (
        "double@1 and double differ in requirements; everything else is the same."
        " Of the packages it is not known: double is not locked yet."
    )
    assert differing(found) == ["requirements", "packages"]
    assert [(x.package, x.before, x.after) for x in found.packages] == [
        ("demo", "1.0", "2.0"),
        ("extra", None, "1.0"),
    ]
    assert found.assets[0].text.splitlines()[-3:] == ["-demo==1.0", "+demo==2.0", "+extra"]


def test_what_is_not_there_is_named(workspace: Workspace, model: str) -> None:
    """A model or snapshot that nobody has."""
    with pytest.raises(SnapshotNotFoundError, match="no snapshot named 'double@7'"):
        workspace.diff(model, f"{model}@7")
    with pytest.raises(ModelNotFoundError, match="Did you mean 'double'"):
        workspace.diff("doubel", model)
