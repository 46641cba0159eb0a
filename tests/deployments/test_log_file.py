"""The log of a deployment."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelop_jupyter.deployments import log_file
from modelop_jupyter.deployments.log_file import LogFile, ReplicaLog, log_after, whole_log
from modelop_jupyter.jobs.folder import JobFolder


def test_it_begins_anew_when_it_is_long(tmp_path: Path, monkeypatch) -> None:
    """The part before is kept."""
    monkeypatch.setattr(log_file, "_MOST_BYTES", 60)
    log = LogFile(tmp_path / "log")
    for number in range(4):
        log.append(f"line {number} " + 20 * ".")
    log.close()

    assert [line[:6] for line in whole_log(tmp_path / "log").splitlines()] == [
        *("line 0", "line 1", "line 2", "line 3")
    ]
    assert (tmp_path / "log.1").exists()


@pytest.mark.skipif(os.name != "posix", reason="Windows has no modes of files")
def test_only_its_owner_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models print records. Also the file that is begun anew."""
    monkeypatch.setattr(log_file, "_MOST_BYTES", 10)
    log = LogFile(tmp_path / "log")
    log.append("a line that is long")
    log.append("another one")
    log.close()

    assert [oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()] == ["0o600"] * 2


def test_it_is_read_in_whole_lines(tmp_path: Path) -> None:
    """From where the look before ended, and from the beginning where it has begun anew."""
    path = tmp_path / "log"
    path.write_text("first\nsecond\nthi")

    text, offset = log_after(path, 0, 1000)
    assert text == "first\nsecond\n"
    assert log_after(path, 0, 8) == ("first\n", 6)
    path.write_text("new\n")
    assert log_after(path, offset, 1000) == ("new\n", 4)
    assert log_after(tmp_path / "none", 5, 10) == ("", 0)


def test_what_a_replica_prints_does_not_fill_the_disk(tmp_path: Path, monkeypatch) -> None:
    """Its console is emptied, and what it prints later is in the log as well."""
    monkeypatch.setattr(log_file, "_MOST_CONSOLE", 10)
    folder = JobFolder(tmp_path / "replica")
    folder.create()
    log = LogFile(tmp_path / "log")
    replica = ReplicaLog(folder, log)
    with folder.console.open("ab", buffering=0) as console:
        console.write(b"one long line\n")
        replica.move()
        assert folder.console_size() == 0
        console.write(b"two\n")
        replica.move()
    log.close()

    texts = [line.partition("] ")[2] for line in (tmp_path / "log").read_text().splitlines()]
    assert texts == ["MODEL-CONSOLE: one long line", "MODEL-CONSOLE: two"]
