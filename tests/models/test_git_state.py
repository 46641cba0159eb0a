"""The repository of a model's files, of real repositories."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from modelop_jupyter.models.git_state import git_state

_AUTHOR = ("-c", "user.name=ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str) -> str:
    """Run git in a folder and return what it prints."""
    command = ["git", "-C", str(folder), *_AUTHOR, *words]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a committed model in a folder, and a file that git ignores."""
    root = tmp_path / "repository"
    (root / "churn").mkdir(parents=True)
    (root / "churn" / "m.py").write_text("X = 1\n")
    (root / ".gitignore").write_text("*.pkl\n")
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "remote", "add", "origin", "https://ada:s3cret-token@example.com/team/churn.git")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message=one")
    return root


def test_commit_branch_and_remote_are_known(repository: Path) -> None:
    """The remote is named without the token in its address."""
    state = git_state(repository / "churn")

    assert state is not None
    assert state.commit == git(repository, "rev-parse", "HEAD")
    assert (state.branch, state.path, state.is_dirty) == ("main", "churn", False)
    assert state.remote == "https://example.com/team/churn.git"
    assert state.sentence == f"commit {state.commit[:7]} on main"


def test_only_files_of_the_model_make_it_dirty(repository: Path) -> None:
    """Whatever else lies in the repository."""
    (repository / "notes.txt").write_text("not of the model")
    clean = git_state(repository / "churn" / "m.py")
    (repository / "churn" / "m.py").write_text("X = 2\n")
    changed = git_state(repository / "churn" / "m.py")

    assert clean is not None
    assert changed is not None
    assert (clean.is_dirty, changed.is_dirty) == (False, True)
    assert changed.path == "churn/m.py"
    assert changed.sentence.endswith(" on main, with changes")


def test_a_file_that_git_ignores_is_not_in_the_commit(repository: Path, tmp_path: Path) -> None:
    """As weights often are; a file elsewhere says nothing of the repository."""
    weights = repository / "churn" / "w.pkl"
    weights.write_bytes(b"w")
    source = repository / "churn" / "m.py"
    states = [git_state(source, [weights]), git_state(source, [tmp_path / "elsewhere.csv"])]

    assert [state and state.is_dirty for state in states] == [True, False]


def test_a_detached_head_has_no_branch(repository: Path) -> None:
    """As a checkout of CI has."""
    git(repository, "checkout", "--quiet", "--detach")
    state = git_state(repository)

    assert state is not None
    assert state.branch is None
    assert state.sentence == f"commit {state.commit[:7]}"


def test_nothing_is_known_without_a_repository_a_commit_or_git(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model is registered all the same."""
    empty = tmp_path / "empty"
    empty.mkdir()
    outside = git_state(empty)
    git(empty, "init", "--quiet")
    without_commit = git_state(empty)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert (outside, without_commit, git_state(repository)) == (None, None, None)
