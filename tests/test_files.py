"""Files appear whole or not at all, and the fault switch interrupts exactly there."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from modelop_jupyter import files

WRITE = "from pathlib import Path; from modelop_jupyter import files; files.write_text(Path('x'), 'new')"


def write_in_a_process(folder: Path, fault: str) -> int:
    """Have another process write ``new`` to the file x of a folder; return its exit code."""
    environment = {**os.environ, files.FAULT_VARIABLE: fault}
    return subprocess.run([sys.executable, "-c", WRITE], cwd=folder, env=environment).returncode


def test_a_block_that_raises_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    """What was there stays until the new content is whole."""
    target = tmp_path / "x"
    target.write_text("old")

    with pytest.raises(KeyboardInterrupt), files.replace_file(target) as file:
        file.write(b"half")
        raise KeyboardInterrupt

    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert target.read_text() == "old"


def test_many_writers_at_once_never_meet(tmp_path: Path) -> None:
    """Temporary names are unique: no writer takes away another one's (issue 11, number 5)."""
    target = tmp_path / "x"
    failures: list[Exception] = []

    def write(number: int) -> None:
        try:
            for _ in range(50):
                files.write_text(target, str(number) * 1000, durable=False)
        except OSError as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert len(set(target.read_text())) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_long_name_leaves_room_for_the_temporary_one(tmp_path: Path) -> None:
    """Names may have 255 bytes, and the temporary one beside it is no longer than that."""
    target = tmp_path / ("n" * 255)

    files.write_text(target, "content")

    assert target.read_text() == "content"


@pytest.mark.skipif(os.name != "posix", reason="file modes are those of POSIX")
@pytest.mark.parametrize(
    ("umask", "mode", "wanted"), [(0o000, 0o600, 0o600), (0o022, None, 0o644), (0o077, None, 0o600)]
)
def test_the_home_is_private_and_the_users_files_follow_the_umask(
    tmp_path: Path, umask: int, mode: int | None, wanted: int
) -> None:
    """Files of ours are 0600 whatever the umask; a user's are as any program makes them."""
    before = os.umask(umask)
    try:
        files.write_text(tmp_path / "x", "content", mode=mode)
    finally:
        os.umask(before)

    assert (tmp_path / "x").stat().st_mode & 0o777 == wanted


def test_a_users_file_that_is_replaced_keeps_its_mode(tmp_path: Path) -> None:
    """Whoever could read an output can read the next one."""
    target = tmp_path / "x"
    target.write_text("old")
    target.chmod(0o640)

    files.write_text(target, "new", mode=None)

    assert target.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(("moment", "found"), [("before", "old"), ("after", "new")])
def test_the_fault_switch_kills_around_a_rename(tmp_path: Path, moment: str, found: str) -> None:
    """``NAME:COUNT:MOMENT`` stops a process as a power cut does."""
    (tmp_path / "x").write_text("old")

    code = write_in_a_process(tmp_path, f"x:1:{moment}")

    assert code == -signal.SIGKILL
    assert (tmp_path / "x").read_text() == found


def test_the_fault_switch_fills_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``full`` is the error of a disk without space, and the old file stays."""
    (tmp_path / "x").write_text("old")
    monkeypatch.setenv(files.FAULT_VARIABLE, "x:1:full")
    monkeypatch.setattr(files, "_renames", files.Counter())

    with pytest.raises(OSError) as failure:
        files.write_text(tmp_path / "x", "new")

    assert failure.value.errno == errno.ENOSPC
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert (tmp_path / "x").read_text() == "old"


def test_the_fault_switch_tells_which_files_there_are(tmp_path: Path) -> None:
    """``trace:FILE`` lists the names that ``NAME:COUNT:MOMENT`` can take."""
    code = write_in_a_process(tmp_path, f"trace:{tmp_path / 'seen'}")

    assert code == 0
    assert (tmp_path / "seen").read_text() == "x\n"


@pytest.mark.parametrize("link", ["link", "chain"])
def test_what_is_delivered_to_a_link_goes_where_it_leads(tmp_path: Path, link: str) -> None:
    """The link stays one, and the file behind it keeps its mode."""
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "x").write_text("old")
    (tmp_path / "real" / "x").chmod(0o640)
    (tmp_path / "link").symlink_to("real/x")
    (tmp_path / "chain").symlink_to("link")
    with files.write_to_user_path(tmp_path / link) as file:
        file.write(b"new")

    assert (tmp_path / link).is_symlink()
    assert (tmp_path / "real" / "x").read_text() == "new"
    assert (tmp_path / "real" / "x").stat().st_mode & 0o777 == 0o640


def test_what_is_delivered_to_a_pipe_is_what_its_reader_gets(tmp_path: Path) -> None:
    """The pipe stays one, however slowly it is read."""
    os.mkfifo(tmp_path / "pipe")
    data = os.urandom(1_000_000)
    reader = subprocess.Popen(["cat", "pipe"], cwd=tmp_path, stdout=subprocess.PIPE)
    got: list[bytes] = []
    thread = threading.Thread(target=lambda: got.append(reader.communicate()[0]))
    thread.start()
    descriptor = os.open(tmp_path / "pipe", os.O_WRONLY)  # waits until it is read
    with files.write_to_user_path(tmp_path / "pipe") as file:
        file.write(data)
    os.close(descriptor)
    thread.join()

    assert got == [data]
    assert (tmp_path / "pipe").is_fifo()


@pytest.mark.parametrize("name", ["pipe", "dangling", "circle", ".", "/dev/null", "to-device"])
def test_nothing_else_is_replaced_or_waited_for(tmp_path: Path, name: str) -> None:
    """As root, usual in containers, a device that is replaced breaks the machine."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "to-device").symlink_to("/dev/null")
    before = sorted(path.name for path in tmp_path.iterdir())

    with pytest.raises(OSError, match=r".+"), files.write_to_user_path(tmp_path / name) as file:
        file.write(b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert Path("/dev/null").is_char_device()


def test_a_copy_has_bytes_and_times_of_its_own_file_and_shares_no_change(tmp_path: Path) -> None:
    """A clone, where the file system has them, must be as separate as a copy."""
    source, target = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"x" * 100_000)
    os.utime(source, (1, 1))
    files.copy(str(source), str(target))
    copied, modified = target.read_bytes(), target.stat().st_mtime
    with target.open("r+b") as file:
        file.write(b"changed")

    assert copied == source.read_bytes() == b"x" * 100_000
    assert modified == 1
