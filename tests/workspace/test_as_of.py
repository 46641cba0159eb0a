"""Requirements resolved as the index stood on a day: kept with model and snapshot, shown, taken back."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace, display
from modelop_jupyter.domain.environments import EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.errors import EnvironmentBuildError, InvalidError
from modelop_jupyter.settings import Settings
from tests.dated_index import DatedIndex, dated_index

SOURCE = "import demo\n\n# modelop.score\ndef score(record):\n    yield demo.VERSION\n"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DatedIndex]:
    """An index with ``demo`` 1.0 of 2022-05-01 and 2.0 of 2024-05-01, and nothing else."""
    with dated_index(tmp_path / "index") as index:
        index.add("demo", "1.0", "2022-05-01")
        index.add("demo", "2.0", "2024-05-01")
        for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
            monkeypatch.delenv(name)
        monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("PIP_INDEX_URL", index.url)
        monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv-cache"))
        monkeypatch.setenv("MODELOP_PREPARE", "off")
        yield index


@pytest.fixture
def own(index: DatedIndex, tmp_path: Path) -> Iterator[Workspace]:
    """A home with environments of its own."""
    home = tmp_path / "own"
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        yield workspace


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a model that pins nothing."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.py").write_text(SOURCE)
    (folder / "requirements.txt").write_text("demo\n")
    return folder


def version(workspace: Workspace, ref: str = "m") -> str:
    """Return the version of ``demo`` that a model or snapshot gets, resolved now if it never was."""
    lock = workspace._home.environments.lock(workspace._home.owner(ref))
    return {package.name: package.version for package in lock.packages}["demo"]


def git(folder: Path, *words: str, date: str = "") -> None:
    names = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
    user = ["-c", "user.name=n", "-c", "user.email=n@example.com"]
    subprocess.run(["git", *user, *words], cwd=folder, check=True, env={**os.environ, **names})


def test_a_registration_takes_the_versions_of_the_day(own: Workspace, folder: Path) -> None:
    """What is uploaded on that day counts."""
    own.register("m", folder, as_of="2022-05-01")

    assert own.models.state("m").as_of == "2022-05-01"
    assert version(own) == "1.0"


def test_the_day_stays_when_the_model_is_registered_again(own: Workspace, folder: Path) -> None:
    own.register("m", folder, as_of="2023-01-01")
    own.register("m", folder)

    assert version(own) == "1.0"


def test_now_takes_the_day_back(own: Workspace, folder: Path) -> None:
    own.register("m", folder, as_of="2023-01-01")
    changes = own.register("m", folder, as_of="now").changes

    assert changes == ("packages as of: 2023-01-01 -> now",)
    assert version(own) == "2.0"


def test_requirements_as_of_a_day_show_what_changes_and_leave_snapshots_theirs(
    own: Workspace, folder: Path
) -> None:
    own.register("m", folder)
    assert version(own) == "2.0"
    own.snapshot("m")
    changed = own.resolve_requirements_as_of("m", "2023-01-01")
    own.snapshot("m")

    assert [(one.package, one.before, one.after) for one in changed.changes] == [
        ("demo", "2.0", "1.0")
    ]
    assert changed.as_of == "2023-01-01"
    assert (version(own, "m@1"), version(own, "m@2")) == ("2.0", "1.0")
    assert (own.models.state("m@1").as_of, own.models.state("m@2").as_of) == (None, "2023-01-01")


def test_the_day_is_shown(own: Workspace, folder: Path) -> None:
    own.register("m", folder, as_of="2023-01-01T02:00:00+02:00")
    version(own)

    assert "packages as of  2023-01-01T00:00:00Z" in display.text(own.show("m"))
    assert own.env_show("m").as_of == "2023-01-01T00:00:00Z"
    assert "as of 2023-01-01T00:00:00Z, and kept" in display.text(own.requirements("m"))


def test_an_export_keeps_the_day(own: Workspace, folder: Path, tmp_path: Path) -> None:
    own.register("m", folder, as_of="2023-01-01")
    version(own)
    own.export("m", tmp_path / "m.zip")
    other = tmp_path / "other"
    with Workspace(Settings(other, f"sqlite:///{other / 'registry.db'}")) as importing:
        importing.import_(tmp_path / "m.zip")

        assert importing.models.state("m") == own.models.state("m")
        assert importing.env_show("m").as_of == "2023-01-01"


def test_git_is_the_date_of_the_last_commit_of_the_folder(own: Workspace, folder: Path) -> None:
    """A later one of another folder does not count."""
    root = folder.parent
    git(root, "init", "--quiet")
    git(root, "add", "model")
    git(root, "commit", "--quiet", "-m", "model", date="2023-03-01T01:30:00+02:00")
    (root / "other.txt").write_text("x")
    git(root, "add", "other.txt")
    git(root, "commit", "--quiet", "-m", "other", date="2024-09-01T00:00:00Z")
    notes = own.register("m", folder, as_of="git").notes

    assert own.models.state("m").as_of == "2023-02-28T23:30:00Z"
    assert any("2023-02-28T23:30:00Z, the time of the folder's last commit" in n for n in notes)
    assert version(own) == "1.0"


def test_without_commits_git_says_so(own: Workspace, folder: Path) -> None:
    with pytest.raises(InvalidError, match="is in no git repository"):
        own.register("m", folder, as_of="git")
    git(folder, "init", "--quiet")
    with pytest.raises(InvalidError, match="no commit has anything in"):
        own.register("m", folder, as_of="git")


def test_without_git_it_says_so(
    own: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(folder))

    with pytest.raises(InvalidError, match="git is not installed here"):
        own.register("m", folder, as_of="git")


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("2999-01-01", "this is in the future"),
        ("2999-01-01T00:00:00Z", "this is in the future"),
        ("yesterday", "this is no day and no time"),
        ("2023-02-30", "this is no day and no time"),
        ("2023-02-03T10:00:00", "this is no day and no time"),
    ],
)
def test_what_is_no_day_of_the_past_is_refused(
    own: Workspace, folder: Path, word: str, sentence: str
) -> None:
    with pytest.raises(InvalidError, match=sentence):
        own.register("m", folder, as_of=word)
    assert own.registry.model_names() == []


@pytest.mark.parametrize(
    ("requirement", "sentence"),
    [
        ("demo", "no version of demo that fits was published by 2020-01-01"),
        ("demo==2.0", "demo 2.0 was published on 2024-05-01, after 2020-01-01"),
    ],
)
def test_what_was_not_published_by_then_is_named_and_nothing_changes(
    own: Workspace, folder: Path, requirement: str, sentence: str
) -> None:
    (folder / "requirements.txt").write_text(f"{requirement}\n")
    own.register("m", folder)
    before = version(own)

    with pytest.raises(EnvironmentBuildError, match=sentence) as raised:
        own.resolve_requirements_as_of("m", "2020-01-01")
    assert raised.value.line == 1
    assert own.models.state("m").as_of is None
    assert version(own) == before


def test_an_index_without_upload_times_cannot_be_asked(
    own: Workspace, folder: Path, index: DatedIndex
) -> None:
    index.says_when = False
    own.register("m", folder, as_of="2023-01-01")

    with pytest.raises(EnvironmentBuildError, match="does not say when the files of demo were"):
        version(own)


def test_pip_cannot_resolve_as_of_a_day(index: DatedIndex, tmp_path: Path) -> None:
    manager = EnvironmentManager(tmp_path / "environments", installer="pip")
    spec = EnvironmentSpec(
        files={"requirements.txt": b"demo"}, holders=("requirements.txt",), as_of="2023-01-01"
    )

    with pytest.raises(EnvironmentBuildError, match=r"only uv resolves as of a day \(2023-01-01\)"):
        manager.lock(spec)


def test_inferred_requirements_leave_the_version_to_the_day(own: Workspace, folder: Path) -> None:
    (folder / "model.py").write_text("import packaging\n" + SOURCE)
    own.register("m", folder, as_of="2023-01-01")

    assert "packaging" in own.infer_requirements("m").text.splitlines()
