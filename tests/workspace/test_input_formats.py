"""What a file is taken for: by its name, its content, or as ``format`` says (spec 13.7, 13.13)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openpyxl
import pyarrow
import pyarrow.orc
import pyarrow.parquet
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.errors import InputError, InvalidError

from ..compressed import PACK, UNPACK
from .jobs import register

BOTH = """\
# modelop.score
def score(r):
    yield r

# modelop.metrics
def metrics(a):
    yield {"records": a.to_dict("records") if hasattr(a, "columns") else list(a)}
"""
ROWS = [{"a": "x", "b": 1}, {"a": "y", "b": 2}]
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.fixture
def both(workspace: Workspace) -> str:
    """A model that gives its records back, one by one and all at once."""
    Path("both.py").write_text(BOTH)
    workspace.register("both", "both.py")
    return "both"


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("in.csv", b"sep=;\na;b\nx;1\ny;2\n", "input in.csv: cells are separated by semicolons"),
        ("in.csv", b"a,b\rx,1\ry,2\r", "input in.csv: lines end with a carriage return"),
        (
            "in.csv",
            b"# made by hand\na|b\nx|1\ny|2\n",
            "separated by '|' (its header), lines that",
        ),
        ("in.tsv", b"a\tb\nx\t1\ny\t2\n", "state changes to RUNNING"),
    ],
)
def test_both_kinds_of_job_read_csv_alike(
    workspace: Workspace, both: str, name: str, data: bytes, said: str
) -> None:
    """One reading, and a line of the log where something was guessed."""
    Path(name).write_bytes(data)
    batch, metrics = workspace.batch(both, name).wait(300), workspace.metrics(both, name).wait(300)

    assert list(batch.records()) == ROWS
    assert metrics.metrics == {"records": ROWS}
    assert said in batch.log()
    assert said in metrics.log()


@pytest.mark.parametrize(
    ("format", "name", "data", "records"),
    [
        ("csv", "in.dat", b"a,b\nx,1\ny,2\n", ROWS),
        ("csv", "in.json", b"a;b\nx;1\ny;2\n", ROWS),
        ("jsonl", "in.csv", b'{"a": "x", "b": 1}\n{"a": "y", "b": 2}\n', ROWS),
        ("json", "in.txt", b'{"a": "x", "b": 1}\n{"a": "y", "b": 2}\n', ROWS),
        ("text", "in.csv", b"a,b\nx,1\n", ["a,b\nx,1\n"]),
        ("parquet", "in.csv", None, ROWS),
    ],
)
def test_a_format_that_is_said_overrides_the_name(
    workspace: Workspace, both: str, format: str, name: str, data: bytes | None, records: Any
) -> None:
    """For both kinds of job."""
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(ROWS), name)
    Path(name).write_bytes(data or Path(name).read_bytes())
    batch = workspace.batch(both, name, format=format).wait(300)
    metrics = workspace.metrics(both, name, format=format).wait(300)

    assert list(batch.records()) == records
    assert metrics.metrics == {"records": records}


def test_both_kinds_of_job_read_compressed_files(workspace: Workspace, both: str) -> None:
    """As they read what is in them; the output is compressed by its name."""
    Path("in.csv.zst").write_bytes(PACK[".zst"](b"a;b\nx;1\ny;2\n"))
    batch = workspace.batch(both, "in.csv.zst", output="out.json.xz").wait(300)
    metrics = workspace.metrics(both, "in.csv.zst").wait(300)

    assert list(batch.records()) == ROWS
    assert UNPACK[".xz"](Path("out.json.xz").read_bytes()).count(b"\n") == 2
    assert metrics.metrics == {"records": ROWS}


def test_a_compressed_file_is_shared_by_workers_and_its_bad_records_are_retried(
    workspace: Workspace,
) -> None:
    """What was unpacked for the job is cut as any file is."""
    mended = Path("mended").absolute()
    model = register(workspace, f"yield r if r['x'] or os.path.exists({str(mended)!r}) else 1 / 0")
    lines = b"".join(b'{"x": %d}\n' % (number % 1000) for number in range(4000))
    Path("in.json.zst").write_bytes(PACK[".zst"](lines))
    job = workspace.batch(model, "in.json.zst", output="out.json.zst", workers=2).wait(300)
    mended.touch()
    again = workspace.jobs.retry(job.id, failed=True).wait(300)

    assert job.counts.failed == 4
    assert job.plan.workers.count == 2
    assert again.counts.failed == 0
    assert [record["x"] for record in again.records()] == [n % 1000 for n in range(4000)]


def test_a_damaged_compressed_file_is_refused(workspace: Workspace, both: str) -> None:
    """Before anything starts, by the name that the user gave; also where only a schema is inferred."""
    Path("in.json.xz").write_bytes(PACK[".xz"](b'{"a": 1}\n' * 50_000)[:-40])

    with pytest.raises(InputError, match=r"in.json.xz: cannot be unpacked .*damaged"):
        workspace.batch(both, "in.json.xz")
    with pytest.raises(InputError, match=r"in.json.xz: cannot be read .*damaged"):
        workspace.schema_infer(both, "in.json.xz")


def test_files_of_a_folder_are_compressed_in_several_ways(workspace: Workspace, both: str) -> None:
    """Each is what its first bytes say."""
    Path("data").mkdir()
    for number, ending in enumerate(PACK):
        Path(f"data/{number}.json{ending}").write_bytes(PACK[ending](b'{"a": %d}\n' % number))
    job = workspace.batch(both, "data").wait(300)

    assert [record["a"] for record in job.records()] == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["in.xlsx", "in.orc"])
def test_both_kinds_of_job_read_workbooks_and_orc(
    workspace: Workspace, both: str, name: str
) -> None:
    """Rows are records, and columns keep their types."""
    book = openpyxl.Workbook()
    for row in (["a", "b"], ["x", 1], ["y", 2]):
        book.active.append(row)
    book.save("in.xlsx")
    pyarrow.orc.write_table(pyarrow.Table.from_pylist(ROWS), "in.orc")
    batch, metrics = workspace.batch(both, name).wait(300), workspace.metrics(both, name).wait(300)

    assert list(batch.records()) == ROWS
    assert metrics.metrics == {"records": ROWS}


def test_an_output_that_is_compressed_twice_is_refused(workspace: Workspace, both: str) -> None:
    """Parquet has a compression of its own, and readers know no other."""
    Path("in.json").write_text("{}")

    with pytest.raises(InvalidError, match="parquet files are compressed within themselves"):
        workspace.batch(both, "in.json", output="out.parquet.zst")


def test_a_schema_is_inferred_of_what_is_said(workspace: Workspace, both: str) -> None:
    """``schema infer --format``."""
    Path("in.dat").write_text("a|b\nx|1\n")

    fields = workspace.schema_infer(both, "in.dat", format="csv")["fields"]

    assert [field["name"] for field in fields] == ["a", "b"]


def test_what_is_no_format_is_refused(workspace: Workspace, both: str) -> None:
    """With those there are."""
    Path("in.json").write_text("{}")

    with pytest.raises(InvalidError, match="'sas' is not a format of inputs"):
        workspace.batch(both, "in.json", format="sas")


@pytest.mark.parametrize("name", ["out.xlsx", "out.pkl", "out.zip", "OUT.XLS"])
def test_an_output_that_would_not_be_what_its_name_says_is_refused(
    workspace: Workspace, both: str, name: str
) -> None:
    """Never JSON lines under the name of a spreadsheet."""
    Path("in.json").write_text("{}")

    with pytest.raises(InvalidError, match="cannot be written"):
        workspace.batch(both, "in.json", output=name)


def test_a_metrics_result_is_written_as_json_only(workspace: Workspace, both: str) -> None:
    """It is one document, no table."""
    Path("in.json").write_text("{}")

    with pytest.raises(InvalidError, match="one JSON document, not csv"):
        workspace.metrics(both, "in.json", output="out.csv")


def test_an_output_of_tabs_has_tabs(workspace: Workspace, both: str) -> None:
    """And is read back as such."""
    Path("in.csv").write_text("a,b\nx,1\ny,2\n")
    job = workspace.batch(both, "in.csv", output="out.tsv").wait(300)

    assert Path("out.tsv").read_bytes() == b"a\tb\r\nx\t1\r\ny\t2\r\n"
    assert list(job.records()) == ROWS


@pytest.mark.parametrize("name", ["in.json", "in.csv", "in.parquet", "in.txt"])
def test_a_pointer_of_git_lfs_is_no_input(workspace: Workspace, both: str, name: str) -> None:
    """Whatever its name; the error says what to do."""
    Path(name).write_bytes(POINTER)

    with pytest.raises(InputError, match=r"is a Git LFS pointer.*git lfs pull"):
        workspace.batch(both, name)


@pytest.mark.parametrize("name", ["in.json", "in.csv", "in.parquet"])
def test_a_page_saved_as_data_is_no_input(workspace: Workspace, both: str, name: str) -> None:
    """Such as the sign-in page behind a link."""
    Path(name).write_text("\n<!DOCTYPE html>\n<html><body>Sign in, please</body></html>\n")

    with pytest.raises(InputError, match="is an HTML page"):
        workspace.batch(both, name)
