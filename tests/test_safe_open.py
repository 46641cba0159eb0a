"""What a user names is opened without waiting, and never outside of the folder it must lie in."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter import safe_open
from modelop_jupyter.safe_open import (
    IrregularFileError,
    LinkError,
    open_below,
    open_regular,
    spool,
    target_below,
)
from tests.waiting import PATIENCE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files and links of every kind, and a secret beside it."""
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "a.txt").write_text("a")
    (tmp_path / "beside").mkdir()
    (tmp_path / "beside" / "a.txt").write_text("secret")
    (folder / "link").symlink_to("inner/a.txt")
    (folder / "chain").symlink_to("link")
    (folder / "to-folder").symlink_to("inner")
    (folder / "back").symlink_to("../folder/inner/a.txt")
    (folder / "out").symlink_to(tmp_path / "beside" / "a.txt")
    (folder / "chain-out").symlink_to("out")
    (folder / "folder-out").symlink_to("../beside")
    (folder / "circle").symlink_to("circle")
    os.mkfifo(folder / "pipe")
    (folder / "to-pipe").symlink_to("pipe")
    return folder


def listening(folder: Path) -> Path:
    """A socket's file."""
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(folder)
        server.bind("socket")
    return folder / "socket"


@pytest.mark.parametrize(
    "name", ["pipe", "to-pipe", "/dev/zero", "/dev/null", "/proc/self/environ", "/proc/kmsg"]
)
def test_what_is_no_regular_file_is_refused_without_waiting(folder: Path, name: str) -> None:
    """A pipe without a writer held whoever opened it for ever."""
    with pytest.raises(IrregularFileError, match="not a regular file"):
        open_regular(folder / name)


def test_a_folder_and_a_socket_are_errors_of_the_system(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither can be read as a file."""
    monkeypatch.chdir(folder)
    with pytest.raises(IsADirectoryError):
        open_regular(folder)
    with pytest.raises(OSError, match=r".+"):
        open_regular(listening(folder))


@pytest.mark.parametrize(
    "name", ["inner/a.txt", "link", "chain", "to-folder/a.txt", "back", "inner/../link"]
)
def test_links_within_the_folder_are_followed(folder: Path, name: str) -> None:
    """They lead to what anybody may read there."""
    with open_below(folder, folder / name) as file:
        assert file.read() == b"a"


@pytest.mark.parametrize(
    "name", ["out", "chain-out", "folder-out/a.txt", "../beside/a.txt", "/etc/hostname", "circle"]
)
def test_links_out_of_the_folder_are_refused(folder: Path, name: str) -> None:
    """Whatever leads out: a link, a chain of them, a folder's, dots."""
    with pytest.raises((LinkError, OSError)):
        open_below(folder, folder / name)


def swap_file(folder: Path) -> None:
    (folder / "inner" / "a.txt").unlink()
    (folder / "inner" / "a.txt").symlink_to("../../beside/a.txt")


def swap_folder(folder: Path) -> None:
    (folder / "inner").rename(folder / "was")
    (folder / "inner").symlink_to("../beside")


SWAPS = [swap_file, swap_folder]


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Callable[[Callable[[Path], None]], None]:
    """Do something between the check of a path and its use."""

    def hold(swap: Callable[[Path], None]) -> None:
        check = safe_open.resolve_below

        def checked(*paths: Path) -> object:
            found = check(*paths)
            swap(folder)
            return found

        monkeypatch.setattr(safe_open, "resolve_below", checked)

    return hold


@pytest.mark.parametrize("swap", SWAPS)
def test_what_is_swapped_for_a_link_after_the_check_is_not_read(
    folder: Path, held: Callable[..., None], swap: Callable[[Path], None]
) -> None:
    """The file is opened from folder to folder, no part of which may be a link by then."""
    held(swap)

    with pytest.raises(LinkError):
        open_below(folder, folder / "inner" / "a.txt")


def test_what_is_swapped_for_a_link_after_the_check_is_not_written(
    folder: Path, held: Callable[..., None]
) -> None:
    """The folder outside keeps its file."""
    held(swap_folder)

    with pytest.raises(LinkError), target_below(folder, folder / "inner" / "a.txt"):
        pass
    assert (folder.parent / "beside" / "a.txt").read_text() == "secret"


def test_a_folder_swapped_while_it_is_written_to_is_still_the_one(folder: Path) -> None:
    """It is held by its descriptor, not by its name."""
    with target_below(folder, folder / "inner" / "a.txt") as target:
        swap_folder(folder)
        target.write_text("new")

    assert (folder / "was" / "a.txt").read_text() == "new"
    assert (folder.parent / "beside" / "a.txt").read_text() == "secret"


def test_a_pipe_is_copied_until_its_writer_closes(folder: Path) -> None:
    """``<(cat in.json)`` is such a one."""
    data = b"x" * 3_000_000
    writer = threading.Thread(target=(folder / "pipe").write_bytes, args=[data])
    writer.start()
    spool(folder / "pipe", folder / "copy")
    writer.join()

    assert (folder / "copy").read_bytes() == data


def test_a_pipe_without_a_writer_is_given_up(folder: Path) -> None:
    """The limit in time; nothing is left of the copy."""
    with pytest.raises(TimeoutError, match="nothing came from it"):
        spool(folder / "pipe", folder / "copy", seconds=0.1)
    assert not (folder / "copy").exists()


def test_a_pipe_that_gives_too_much_is_given_up(folder: Path) -> None:
    """The limit in bytes."""
    writer = subprocess.Popen(["sh", "-c", "yes > pipe"], cwd=folder, stderr=subprocess.DEVNULL)
    with pytest.raises(OSError, match="more than 100,000 bytes"):
        spool(folder / "pipe", folder / "copy", most=100_000)
    writer.wait(timeout=PATIENCE)

    assert not (folder / "copy").exists()


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "."])
def test_what_has_no_end_is_not_copied(tmp_path: Path, path: str) -> None:
    """A device gives zeros for ever."""
    with pytest.raises(IrregularFileError):
        spool(Path(path), tmp_path / "copy")


def test_ctrl_c_ends_a_copy_at_once(folder: Path) -> None:
    """Whoever named a pipe by mistake need not wait."""
    code = (
        "import sys; from pathlib import Path; from modelop_jupyter.safe_open import spool;"
        "print('ready', flush=True); spool(Path('pipe'), Path('copy'))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)

    assert b"KeyboardInterrupt" in said
    assert not (folder / "copy").exists()
