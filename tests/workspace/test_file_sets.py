"""A folder or a glob is one input of a batch, read in the order of names."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobInput
from modelop_jupyter.errors import InputError, InvalidError
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.workspace import FileSet

from .jobs import halting, register, when_checkpointed

pytestmark = pytest.mark.slow

BODY = "yield {'part': r['x']}\n1 / (r['x'] % 7)\nyield {'y': r['x']}"
RECORDS = [f'{{"x": {number}}}' for number in range(60)]


def write_files() -> None:
    """Write records to files of a folder, beside what is no data there."""
    folder = Path("data")
    (folder / "old").mkdir(parents=True)
    (folder / "a.json").write_text("\n".join(RECORDS[:25]))
    (folder / "b.json.gz").write_bytes(gzip.compress("\n".join(["{", *RECORDS[25:40]]).encode()))
    (folder / "c.json").write_text("\n".join([*RECORDS[40:], ""]))
    (folder / "bb.json").touch()
    (folder / "_SUCCESS").write_text("no data")
    (folder / ".hidden.csv").write_text("no data")
    (folder / "old" / "a.json").write_text("no data")
    Path("whole.json").write_text("\n".join([*RECORDS[:25], "{", *RECORDS[25:]]))


def output_of(job: Job) -> bytes:
    assert job.wait(300).output is not None, job.log()
    assert job.output is not None
    return job.output.read_bytes()


def lines_of(job: Job) -> list[dict[str, object]]:
    """Return the lines of errors.jsonl without what is different from file to file."""
    lines = [json.loads(line) for line in job.folder.errors_file.read_text().splitlines()]
    return [{**line, "input": None, "file": None} for line in lines]


@pytest.mark.parametrize("workers", [None, 2])
def test_the_files_of_a_folder_are_one_input(workspace: Workspace, workers: int | None) -> None:
    """Issue 14: as if they stood in one file, and errors say in which one."""
    model = register(workspace, BODY)
    write_files()
    whole = workspace.batch(model, ["whole.json"]).wait(300)
    job = workspace.batch(model, ["data"], workers=workers)

    assert output_of(job) == output_of(whole)
    assert job.counts == whole.counts
    assert lines_of(job) == lines_of(whole)
    assert [(each.index, each.file) for each in job.errors()][:6] == [
        *((number, "a.json") for number in (0, 7, 14, 21)),
        (25, "b.json.gz"),
        (29, "b.json.gz"),
    ]
    assert "input data: its sub-folders are not read: old" in job.log()
    assert "one worker instead of" not in job.log()


def test_bad_records_of_several_files_are_scored_again(workspace: Workspace) -> None:
    """Each is read where it stands."""
    write_files()
    model = register(workspace, BODY, before="limit = 7")
    first = workspace.batch(model, ["data"]).wait(300)
    job = workspace.job_retry(first.id, failed=True)

    assert output_of(job) == output_of(first)
    assert job.counts == first.counts
    assert job.folder.errors_file.read_bytes() == first.folder.errors_file.read_bytes()


@pytest.mark.parametrize(("workers", "border"), [(None, 5), (2, 30)])
def test_a_retry_goes_on_within_the_files(
    workspace: Workspace, workers: int | None, border: int
) -> None:
    """What was finished is not scored again."""
    before, go = halting(after=22)
    model = register(workspace, f"halt()\n{BODY}", before=before)
    Path("data").mkdir()
    Path("data/a.json").write_text("\n".join(RECORDS[:border]))
    Path("data/b.json").write_text("\n".join(RECORDS[border:]))
    first = workspace.batch(model, ["data"], workers=workers)
    when_checkpointed(first, workers=workers or 0)
    first.cancel()
    go.touch()
    job = workspace.job_retry(first.id)
    text = output_of(job)

    assert f"resumes job {first.id[:8]}: " in job.log()
    assert [json.loads(line)["part"] for line in text.splitlines() if b"part" in line] == [
        *range(60)
    ]
    assert [(each.index, each.file) for each in job.errors()] == [
        (number, "a.json" if number < border else "b.json") for number in range(0, 60, 7)
    ]


def test_rows_of_csv_files_go_on_behind_their_headers(workspace: Workspace) -> None:
    """Each file has one."""
    Path("a.csv").write_text("x,name\n1,a\n0,b\n")
    Path("b.csv").write_text('"x","name"\n2,"c\nd"\n')
    Path("c.csv").write_text("x,name\n")
    files = FileSet("?.csv", (Path("a.csv"), Path("b.csv"), Path("c.csv")))
    job = workspace.batch(register(workspace, "1 / r['x']\nreturn r"), [files], output="out.csv")

    assert output_of(job) == b'x,name\r\n1,a\r\n2,"c\nd"\r\n'
    assert [(each.index, each.file) for each in job.errors()] == [(1, "a.csv")]


def test_rows_of_parquet_files_are_one_input(workspace: Workspace) -> None:
    """Each file is converted by itself."""
    Path("data").mkdir()
    for start in (0, 4):
        rows = pyarrow.table({"x": range(start, start + 4)})
        pyarrow.parquet.write_table(rows, f"data/{start}.parquet")
    job = workspace.batch(register(workspace, "return r['x']"), ["data"], workers=2)

    assert output_of(job).split() == [b"%d" % number for number in range(8)]


def test_a_record_set_is_of_all_files(workspace: Workspace) -> None:
    """One call with one DataFrame."""
    write_files()
    Path("code.py").write_text(
        "# modelop.recordsets.0: true\n# modelop.score\ndef score(r):\n    return len(r)\n"
    )
    job = workspace.batch(workspace.register("m", "code.py").model.name, ["data"])

    assert output_of(job) == b"60\n"


def test_a_limit_is_one_of_all_files(workspace: Workspace) -> None:
    """It is that of an input."""
    write_files()
    job = workspace.batch(register(workspace, "return r['x']"), ["data"], limit=27)

    assert output_of(job).split() == [b"%d" % number for number in range(26)]
    assert (job.counts.records_in, job.counts.rejected) == (27, 1)


def test_files_of_a_glob_are_inputs_of_a_model_with_several_slots(workspace: Workspace) -> None:
    """Spec 13.9: input i is slot 2*i."""
    write_files()
    Path("code.py").write_text(
        "# modelop.slot.0: in-use\n# modelop.slot.2: in-use\n# modelop.score\n"
        "def score(r, slot):\n    return [slot, r['x']]\n"
    )
    model = workspace.register("m", "code.py").model.name
    files = FileSet("data/?.json", (Path("data/a.json"), Path("data/c.json")))
    job = workspace.batch(model, [files])

    assert output_of(job).splitlines()[24:26] == [b"[0,24]", b"[2,40]"]
    with pytest.raises(InputError, match="input data: is a folder"):
        workspace.batch(model, ["data"])


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        (
            {"a.csv": "x\n1\n", "b.json": "1\n"},
            "input data: holds files of several formats: a.csv is read as csv, b.json as json",
        ),
        (
            {"a.csv": "x,y\n1,2\n", "b.csv": "x,z\n1,2\n"},
            "do not agree: column 2 is 'y' in a.csv, column 2 is 'z' in b.csv",
        ),
        (
            {"a.csv": "x\n1\n", "b.csv": "x,z\n1,2\n"},
            "do not agree: there is no column 2 in a.csv, column 2 is 'z' in b.csv",
        ),
        (
            {"a.csv": "x,y\n1,2\n", "b.csv": "x;y\n1;2\n"},
            "do not agree: cells are separated by commas in a.csv, by semicolons in b.csv",
        ),
        ({"a.json": "", "b.json": ""}, "input data: holds no records"),
        ({"a.json": "1\n", "b.json": "PK\x03\x04 "}, "input data/b.json: is a ZIP archive"),
        ({"old/a.json": "1\n"}, "its sub-folders are not read (old, for one). Use a pattern"),
        ({"_a.json": "1\n"}, "input data: is a folder without files"),
    ],
)
def test_files_that_are_no_one_input_are_refused(
    workspace: Workspace, files: dict[str, str], sentence: str
) -> None:
    """One sentence, before anything runs."""
    model = register(workspace, "return r")
    for name, text in files.items():
        (Path("data") / name).parent.mkdir(parents=True, exist_ok=True)
        (Path("data") / name).write_text(text)

    with pytest.raises(InputError) as caught:
        workspace.batch(model, ["data"])

    assert sentence in str(caught.value)
    assert workspace.jobs() == []


def test_an_output_among_the_files_is_refused(workspace: Workspace) -> None:
    """It would be an input the next time, and overwritten this time."""
    write_files()
    with pytest.raises(InvalidError, match="is the job's input, which it would overwrite"):
        workspace.batch(register(workspace, "return r"), ["data"], output="data/c.json")


def test_a_file_that_has_changed_is_named(workspace: Workspace) -> None:
    """As a single one is."""
    write_files()
    first = workspace.batch(register(workspace, BODY), ["data"]).wait(300)
    with Path("data/c.json").open("a") as file:
        file.write("1\n")

    with pytest.raises(Exception, match=r"input data: c\.json had .* bytes and has .* now"):
        workspace.job_retry(first.id, failed=True)


def test_paths_of_an_input_are_those_of_its_files() -> None:
    """In the registry they are relative to their folder."""
    assert JobInput("d", "/d", "json", files=("a", "b/c")).paths == ("/d/a", "/d/b/c")
