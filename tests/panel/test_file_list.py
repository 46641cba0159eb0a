"""The list of files that an input or an asset is chosen from."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.panel.file_list import FileList, entries_of
from modelop_jupyter.panel.job_form import JobForm
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.worker import BackgroundWorker

from ..waiting import PATIENCE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with data, other files and a folder with data."""
    folder = tmp_path / "work"
    (folder / "inner").mkdir(parents=True)
    for name in ("a.py", "b.csv.gz", "inner/deep one.json", "z.parquet", ".hidden.csv"):
        (folder / name).write_text("")
    (folder / "gone.csv").symlink_to(folder / "nowhere")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def worker() -> Iterator[BackgroundWorker]:
    worker = BackgroundWorker(poll=lambda: False, on_change=lambda: None, on_error=print)
    worker.start()
    yield worker
    worker.close()


def settle(worker: BackgroundWorker) -> None:
    """Wait until the worker has done all that was submitted."""
    done = threading.Event()
    worker.submit(done.set)
    assert done.wait(PATIENCE)


def parts(files: FileList, worker: BackgroundWorker) -> dict[str, Any]:
    """Unfold the list; returns its buttons by their text."""
    files._section._title.value = True
    settle(worker)
    return {button.description: button for button in files._list.children}


def test_data_comes_first_then_folders_then_other_files(folder: Path) -> None:
    """Without hidden files and links that lead nowhere."""
    names = [entry.path.name for entry in entries_of(folder)]

    assert names == ["b.csv.gz", "z.parquet", "inner", "a.py"]


def test_a_file_in_a_folder_is_chosen(folder: Path, worker: BackgroundWorker) -> None:
    """Its path begins in the working directory; the list is folded again."""
    picked: list[str] = []
    files = FileList("Choose", worker, on_pick=picked.append)
    parts(files, worker)["inner"].click()
    settle(worker)
    inner = parts(files, worker)
    inner["deep one.json"].click()
    settle(worker)

    assert list(inner) == ["deep one.json"]
    assert picked == ["inner/deep one.json"]
    assert files._section._title.value is False


def test_a_file_outside_has_its_whole_path(folder: Path, worker: BackgroundWorker) -> None:
    """A relative one would lead elsewhere from another folder."""
    (folder.parent / "out.csv").write_text("")
    picked: list[str] = []
    files = FileList("Choose", worker, on_pick=picked.append)
    parts(files, worker)
    files._parent.click()
    settle(worker)
    parts(files, worker)["out.csv"].click()
    settle(worker)

    assert picked == [str(folder.parent / "out.csv")]


def test_a_filter_narrows_the_list(folder: Path, worker: BackgroundWorker) -> None:
    """A button that stays is the same one: a click on it is not lost."""
    files = FileList("Choose", worker, on_pick=print)
    before = parts(files, worker)
    files._filter.value = "Z.PAR"
    after = parts(files, worker)
    files._filter.value = "nothing"
    settle(worker)

    assert list(after) == ["z.parquet"]
    assert after["z.parquet"] is before["z.parquet"]
    assert "No file matches nothing." in files._note.value


def test_a_folder_that_cannot_be_read_is_named(folder: Path, worker: BackgroundWorker) -> None:
    """The list stays, with its way back."""
    files = FileList("Choose", worker, on_pick=print)
    inner = parts(files, worker)["inner"]
    (folder / "inner" / "deep one.json").unlink()
    (folder / "inner").rmdir()
    inner.click()
    settle(worker)

    assert "No such file or directory" in files._note.value


def test_a_chosen_file_is_one_more_input(churn: PanelState) -> None:
    """With the quotes that it needs in the magic line."""
    worker = BackgroundWorker(poll=lambda: False, on_change=lambda: None, on_error=print)
    form = JobForm(JobKind.BATCH, churn, worker, on_close=print)
    form._add_input("in.json")
    form._add_input("deep one.json")
    form.show()
    worker.close()

    assert form._fields["inputs"].value == "in.json 'deep one.json'"
    assert "%modelop batch churn in.json &#x27;deep one.json&#x27;" in form._line.value
