"""The digest of an input is taken where that takes no processor from the job's workers."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from modelop_jupyter.domain.jobs import JobInput
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import FileState
from modelop_jupyter.jobs.resume import input_changes
from modelop_jupyter.jobs.resume.input_changes import DigestThread, with_digests
from tests.waiting import PATIENCE

CONTENT = b'{"n": 1}\n' * 200_000  # more than is read when a job is submitted


@pytest.fixture
def inputs(tmp_path: Path) -> list[JobInput]:
    path = tmp_path / "in.json"
    path.write_bytes(CONTENT)
    return [JobInput("in.json", str(path), "json")]


@pytest.fixture
def folder(tmp_path: Path, inputs: list[JobInput]) -> JobFolder:
    folder = JobFolder(tmp_path / "job")
    folder.create()
    input_changes.record_states(folder, inputs)
    return folder


def digest(folder: JobFolder) -> str | None:
    return input_changes.read_states(folder)[0].digest


def test_that_of_a_small_file_is_known_from_the_first(tmp_path: Path) -> None:
    """Whatever becomes of the file, or of the job."""
    path, folder = tmp_path / "small.json", JobFolder(tmp_path / "job")
    path.write_bytes(b"[1]")
    folder.create()
    input_changes.record_states(folder, [JobInput("small.json", str(path), "json")])

    assert digest(folder) == f"sha256:{sha256(b'[1]').hexdigest()}"


def test_it_is_taken_at_once_where_a_core_is_free(folder: JobFolder, inputs) -> None:
    """SHA-256, named as everywhere."""
    digesting = DigestThread(folder, inputs, waits=False)
    digesting.start()
    digesting.join(PATIENCE)

    assert digest(folder) == f"sha256:{sha256(CONTENT).hexdigest()}"


def test_it_waits_for_the_end_of_workers_that_need_all_cores(
    folder: JobFolder, inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until then nothing is read."""
    monkeypatch.setattr(input_changes, "_MOST_DELAY_SECONDS", PATIENCE)
    digesting = DigestThread(folder, inputs, waits=True)
    digesting.start()
    digesting.join(0.2)
    before = digest(folder)
    digesting.allow()
    digesting.join(PATIENCE)

    assert before is None
    assert digest(folder) is not None


def test_it_does_not_wait_for_ever(
    folder: JobFolder, inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long job has its digest before somebody may kill it."""
    monkeypatch.setattr(input_changes, "_MOST_DELAY_SECONDS", 0.01)
    digesting = DigestThread(folder, inputs, waits=True)
    digesting.start()
    digesting.join(PATIENCE)

    assert digest(folder) is not None


def test_a_file_that_changes_meanwhile_gets_none(folder: JobFolder, inputs) -> None:
    """It would be the digest of neither."""
    Path(inputs[0].path).write_bytes(CONTENT * 2)
    digesting = DigestThread(folder, inputs, waits=False)
    digesting.start()
    digesting.join(PATIENCE)

    assert digest(folder) is None


def test_several_files_have_one_digest_of_their_names_and_digests(tmp_path: Path) -> None:
    """The same files give the same one, in whichever folder they lie; a renamed file does not."""
    files = (FileState(3, 1, "sha256:aa"), FileState(3, 1, "sha256:bb"))
    named = [JobInput("*", str(tmp_path / name), "json", files=("a", "b")) for name in "xy"]
    renamed = JobInput("*", str(tmp_path), "json", files=("a", "c"))
    one, two, other = with_digests([*named, renamed], [*files, *files, *files])

    assert one.digest is not None
    assert (one.digest == two.digest, one.digest == other.digest) == (True, False)


def test_an_input_of_which_a_file_is_not_known_has_no_digest(tmp_path: Path) -> None:
    """Nor has what is read by ranges, and those behind it have theirs all the same."""
    remote = JobInput("s3://b/x", "s3://b/x", "parquet")
    several = JobInput("*", str(tmp_path), "json", files=("a", "b"))
    one = JobInput("c", str(tmp_path / "c"), "json", digest="sha256:old")
    states = (FileState(3, 1, "sha256:aa"), FileState(3, 1), FileState(3, 1, "sha256:cc"))

    assert [data.digest for data in with_digests([remote, several, one], states)] == [
        None,
        None,
        "sha256:cc",
    ]
