"""Inputs and outputs at addresses: jobs that read from an S3 server and write to it."""

from __future__ import annotations

import base64
import json
import os
import signal
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.commands.arguments import asset_files, inputs, output
from modelop_jupyter.commands.context import ShellSession
from modelop_jupyter.domain.assets import digest_of
from modelop_jupyter.domain.jobs import JobResult, JobStatus
from modelop_jupyter.engines import end_tree
from modelop_jupyter.errors import (
    ConflictError,
    InputError,
    InvalidError,
    ObjectChangedError,
    ObjectNotFoundError,
)
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.start import SupervisorProcess
from modelop_jupyter.storage import stat
from modelop_jupyter.workspace import remote_inputs
from modelop_jupyter.workspace.job_request import RemoteFiles
from tests.compressed import PACK, UNPACK
from tests.object_store import ObjectStore

from .jobs import halting, register, when_checkpointed, when_supervisors_are_gone

pytestmark = pytest.mark.slow

RECORDS = b"".join(b'{"x": %d}\n' % number for number in range(300))
DOUBLE = "yield {'y': r['x'] * 2}"
DOUBLED = [{"y": 2 * number} for number in range(300)]


def rows(content: bytes) -> list[object]:
    """Return the records of JSON lines."""
    return [json.loads(line) for line in content.splitlines()]


def test_an_object_is_scored_into_an_object(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """The job keeps what it read, by address and ETag, and no copy of it."""
    model = register(workspace, DOUBLE)
    address = object_store.put(bucket, "in.json", RECORDS)
    job = workspace.batch(model, address, output=f"s3://{bucket}/out/scores.json").wait()
    [data] = job.record.inputs

    assert job.status is JobStatus.COMPLETE, job.log()
    assert rows(object_store.get(bucket, "out/scores.json")) == DOUBLED
    assert job.record.output == f"s3://{bucket}/out/scores.json"
    assert list(job.records()) == DOUBLED
    assert (data.name, data.size) == (address, len(RECORDS))
    assert data.remotes == (stat(address),)
    assert list(job.folder.inputs.iterdir()) == []


@pytest.mark.parametrize("word", ["s3://{bucket}/in/c-*.json", "s3://{bucket}/in/"])
def test_several_objects_are_one_input_in_the_order_of_their_names(
    workspace: Workspace, object_store: ObjectStore, bucket: str, word: str
) -> None:
    """Of a prefix, what a folder on disk would give: no marks of other tools, nothing below."""
    model = register(workspace, DOUBLE)
    for place, name in enumerate(
        ("c-2.json", "c-1.json", "_SUCCESS", "below/c-3.json", "c-0.json")
    ):
        object_store.put(bucket, f"in/{name}", b'{"x": %d}\n' % place if place < 4 else b"")
    [given] = inputs([word.format(bucket=bucket)], ShellSession())
    job = workspace.batch(model, given).wait()
    [data] = job.record.inputs
    again = workspace.job_rerun(job.id).wait()

    assert job.status is JobStatus.COMPLETE, job.log()
    assert list(job.records()) == [{"y": 2}, {"y": 0}]
    assert data.files == ("c-1.json", "c-2.json")
    assert [one.address for one in data.remotes] == [
        f"s3://{bucket}/in/{name}" for name in ("c-1.json", "c-2.json")
    ]
    assert list(job.folder.inputs.iterdir()) == []
    assert list(again.records()) == [{"y": 2}, {"y": 0}]


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        (["a/x.json", "b/x.json"], ["a/x.json", "b/x.json"]),
        (["a", "a/b"], ["0-a", "1-b"]),
        (["a/../x.json", "b/x.json"], ["0-x.json", "1-x.json"]),
    ],
)
def test_bad_records_of_several_objects_name_these(
    workspace: Workspace, object_store: ObjectStore, bucket: str, keys: list[str], names: list[str]
) -> None:
    """Issue 14: as where nodes read them; by a number where no files can have such names."""
    model = register(workspace, DOUBLE)
    for key in keys:
        object_store.put(bucket, f"in/{key}", b'{"x": 1}\nno JSON\n')
    given = RemoteFiles("all", tuple(stat(f"s3://{bucket}/in/{key}") for key in keys))
    job = workspace.batch(model, given, format="json").wait()

    assert job.status is JobStatus.COMPLETE, job.log()
    assert [error.file for error in job.errors()] == names
    assert list(job.folder.inputs.iterdir()) == []


def test_compressed_objects_are_one_input_and_the_output_is_compressed(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """By a wildcard, each as its first bytes say."""
    model = register(workspace, DOUBLE)
    object_store.put(bucket, "in/1.json.zst", PACK[".zst"](RECORDS))
    object_store.put(bucket, "in/2.json.xz", PACK[".xz"](RECORDS))
    [given] = inputs([f"s3://{bucket}/in/*.json.*"], ShellSession())
    job = workspace.batch(model, given, output=f"s3://{bucket}/out/scores.json.zst").wait()
    stored = object_store.get(bucket, "out/scores.json.zst")

    assert job.status is JobStatus.COMPLETE, job.log()
    assert rows(UNPACK[".zst"](stored)) == DOUBLED + DOUBLED


def test_a_metrics_function_gets_each_object_of_a_glob(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """As it does with files."""
    Path("m.py").write_text(
        "# modelop.metrics\ndef metrics(a, b):\n    yield {'rows': [len(a), len(b)]}"
    )
    workspace.register("m", "m.py")
    object_store.put(bucket, "a.json", b'{"x": 1}\n{"x": 2}\n')
    object_store.put(bucket, "b.json", b'{"x": 1}\n')
    job = workspace.metrics("m", f"s3://{bucket}/*.json").wait()

    assert len(job.record.inputs) == 2, job.log()


def test_a_prefix_gets_the_output_by_its_usual_name(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """A second job does not write among the first one's objects."""
    model = register(workspace, DOUBLE)
    address = object_store.put(bucket, "in.json", b'{"x": 1}\n')
    prefix, _ = output(f"s3://{bucket}/scores/", ShellSession())
    workspace.batch(model, address, output=prefix).wait()

    with pytest.raises(InvalidError) as caught:
        workspace.batch(model, address, output=prefix)

    assert object_store.keys(bucket) == ["in.json", "scores/output.json"]
    assert f"s3://{bucket}/scores/ holds another job's output: output.json" in str(caught.value)


def test_an_output_that_cannot_be_uploaded_is_kept_and_uploaded_by_a_retry(
    workspace: Workspace, object_store: ObjectStore, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was computed is not lost for a missing permission."""
    model = register(workspace, DOUBLE)
    address = object_store.put(bucket, "in.json", RECORDS)
    target = f"s3://{bucket}/scores.json"
    with (
        object_store.permissions("s3:GetObject", "s3:ListBucket") as variables,
        monkeypatch.context() as patch,
    ):
        for name, value in variables.items():
            patch.setenv(name, value)
        job = workspace.batch(model, address, output=target).wait()
    error = job.record.error
    kept = job.output
    keys = object_store.keys(bucket)
    again = workspace.job_retry(job.id).wait()

    assert (job.status, job.result) == (JobStatus.ERROR, JobResult.FAILURE)
    assert error is not None
    assert "lack the permission 's3:PutObject'" in error.message
    assert f"'job retry {job.record.short_id}' uploads it again" in str(error.hint)
    assert kept is not None and rows(kept.read_bytes()) == DOUBLED
    assert keys == ["in.json"]
    assert again.status is JobStatus.COMPLETE, again.log()
    assert rows(object_store.get(bucket, "scores.json")) == DOUBLED


def killed(job: Job) -> Job:
    """End a job as when the machine is switched off."""
    supervisor = when_checkpointed(job).folder.read(SupervisorProcess)
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    end_tree(job.id, at_once=True)
    return job.wait()


def test_a_retry_goes_on_with_the_same_object_only(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """A killed job leaves no copy; what is fetched again is what it had read, or it is refused."""
    before, go = halting(after=200)
    model = register(workspace, f"halt()\n{DOUBLE}", before=before)
    address = object_store.put(bucket, "in.json", RECORDS)
    job = killed(workspace.batch(model, address))
    go.touch()
    copies = list(job.folder.inputs.iterdir())
    again = workspace.job_retry(job.id).wait()
    object_store.put(bucket, "in.json", RECORDS.replace(b'"x": 0}', b'"x": 9}'))

    with pytest.raises(ConflictError) as caught:
        workspace.job_retry(job.id)

    assert copies == []
    assert "resumes job" in again.log()
    assert list(again.records()) == DOUBLED
    assert f"{address} has changed: its ETag was" in str(caught.value)
    assert caught.value.remedies[0].commands == (("job", "rerun", job.record.short_id),)


def test_an_object_that_changes_before_it_is_read_is_refused(
    object_store: ObjectStore, bucket: str, tmp_path: Path
) -> None:
    """Between the moment it was found and that of reading."""
    address = object_store.put(bucket, "in.json", b'{"x": 1}\n')
    [found] = remote_inputs.expanded([address])
    object_store.put(bucket, "in.json", b'{"x": 2}\n')

    with pytest.raises(ObjectChangedError):
        remote_inputs.fetch(found, tmp_path / "in.json")  # type: ignore[arg-type]


@pytest.fixture
def web_server(tmp_path: Path) -> Iterator[str]:
    """A web server that knows no ranges, and asks for the name and password ann:s3cret below /private."""
    folder = tmp_path / "site"
    (folder / "private").mkdir(parents=True)

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(folder))

        def send_head(self) -> Any:
            wanted = "Basic " + base64.b64encode(b"ann:s3cret").decode()
            if "/private/" in self.path and self.headers["Authorization"] != wanted:
                self.send_error(401)
                return None
            return super().send_head()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_web_server_without_ranges_is_read_from_its_beginning(
    web_server: str, tmp_path: Path
) -> None:
    """Also what is larger than the blocks in which others are read."""
    content = os.urandom(20 << 20)
    (tmp_path / "site" / "in.bin").write_bytes(content)
    [state] = remote_inputs.expanded([f"http://{web_server}/in.bin"])
    remote_inputs.fetch(state, tmp_path / "copy.bin")  # type: ignore[arg-type]

    assert (tmp_path / "copy.bin").read_bytes() == content


def test_what_an_address_with_a_password_gives_is_read_once_and_kept(
    workspace: Workspace, model: str, web_server: str, tmp_path: Path
) -> None:
    """The job cannot open it again, so that no file of it needs the password."""
    (tmp_path / "site" / "private" / "in.json").write_text('{"x": 1}\n')
    job = workspace.batch(model, f"http://ann:s3cret@{web_server}/private/in.json").wait()
    when_supervisors_are_gone(workspace)
    [data] = job.record.inputs
    texts = [path.read_bytes() for path in job.folder.root.rglob("*") if path.is_file()]

    assert list(job.records()) == [{"y": 2}], job.log()
    assert (data.name, data.remotes) == ("in.json", ())
    assert Path(data.path).is_file()
    assert not any(b"s3cret" in text for text in texts)


def test_a_model_sees_no_credentials(
    workspace: Workspace,
    object_store: ObjectStore,
    bucket: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Neither in its own environment nor in that of a process of its job; nor does any file hold them."""
    model = register(
        workspace,
        "import pathlib\n"
        "ours = [p for p in pathlib.Path('/proc').glob('[0-9]*') if holds(p / 'cmdline', r['job'])]\n"
        "found = [p for p in ours if holds(p / 'environ', 'AWS_SECRET')]\n"
        "yield {'names': sorted(os.environ), 'ours': len(ours), 'found': len(found)}",
        before="""
def holds(path, text):
    try:
        return text.encode() in path.read_bytes()
    except OSError:
        return False
""",
    )
    secret = "s3cret-c4n4ry"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    # Jobs of other tests may run at the same time.
    record = json.dumps({"job": str(workspace.settings.jobs)}).encode()
    address = object_store.put(bucket, "in.json", record + b"\n")
    job = workspace.batch(model, address, output=f"s3://{bucket}/out.json").wait()
    when_supervisors_are_gone(workspace)
    [seen] = job.records()
    texts = [path.read_bytes() for path in job.folder.root.rglob("*") if path.is_file()]

    assert job.status is JobStatus.COMPLETE, job.log()
    assert not [name for name in seen["names"] if name.startswith("AWS_")]
    assert seen["ours"] > 1  # supervisor and runner
    assert seen["found"] == 0
    assert not any(secret.encode() in text for text in texts)


@pytest.mark.parametrize(
    ("key", "content", "error", "sentence"),
    [
        ("none.json", None, ObjectNotFoundError, "none.json does not exist"),
        ("none-*.json", None, InputError, "no object matches it"),
        ("x.json", b"a,b\n1,2\n3,4\n", InputError, "is CSV, not JSON lines"),
        ("x.parquet", b"1" * (2 << 20), InputError, "is not the parquet file its name says"),
    ],
)
def test_what_cannot_be_an_input_is_refused_before_a_job_starts(
    workspace: Workspace,
    model: str,
    object_store: ObjectStore,
    bucket: str,
    key: str,
    content: bytes | None,
    error: type[Exception],
    sentence: str,
) -> None:
    """By its first bytes, or as it is not there."""
    if content is not None:
        object_store.put(bucket, key, content)

    with pytest.raises(error) as caught:
        workspace.batch(model, f"s3://{bucket}/{key}")

    assert sentence in str(caught.value)
    assert workspace.jobs() == []


@pytest.mark.parametrize(
    ("target", "error", "sentence"),
    [
        ("s3://no-such-bucket/x.json", ObjectNotFoundError, "no bucket named 'no-such-bucket'"),
        ("s3://{bucket}/x.pkl", InvalidError, "a pickle cannot be written"),
        ("s3://{bucket}/in.json", InvalidError, "is the job's input"),
        ("https://h/x.json", InvalidError, "outputs at http:// and https:// are not supported"),
        ("sftp://u:s3cret@h/x.json", InvalidError, "sftp://****@h/x.json holds credentials"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_a_job_starts(
    workspace: Workspace,
    model: str,
    object_store: ObjectStore,
    bucket: str,
    target: str,
    error: type[Exception],
    sentence: str,
) -> None:
    """As far as it can be known then."""
    address = object_store.put(bucket, "in.json", b'{"x": 1}\n')

    with pytest.raises(error) as caught:
        workspace.batch(model, address, output=target.format(bucket=bucket))

    assert sentence in str(caught.value)


def test_an_asset_from_an_address_is_kept_by_its_digest_and_fetched_where_it_is_missing(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """As in another home of the same registry; an object with other bytes is refused."""
    model = register(workspace, "yield {'weights': open('weights.txt').read()}")
    address = object_store.put(bucket, "models/weights.txt", b"0.25")
    workspace.asset_add(model, address)
    asset = next(one for one in workspace.asset_list(model) if one.name == "weights.txt")
    stored = workspace.blobs.path(asset.digest)
    stored.unlink()
    job = workspace.batch(model, [{"x": 1}]).wait()
    stored.unlink()
    object_store.put(bucket, "models/weights.txt", b"0.50")

    with pytest.raises(ObjectChangedError) as caught:
        workspace.batch(model, [{"x": 1}])

    assert asset.remote is not None
    assert (asset.digest, asset.remote.address) == (digest_of(b"0.25"), address)
    assert list(job.records()) == [{"weights": "0.25"}]
    assert f"{address} has changed since it was added as the asset weights.txt" in str(caught.value)
    assert not stored.exists()


def test_the_same_bytes_are_the_same_asset_wherever_they_come_from(
    workspace: Workspace, object_store: ObjectStore, bucket: str
) -> None:
    """A glob of objects adds each; what is known already makes no new snapshot."""
    model = register(workspace, DOUBLE)
    Path("a.txt").write_text("1")
    workspace.asset_add(model, "a.txt")
    before = workspace.snapshot(model).number
    object_store.put(bucket, "a.txt", b"1")
    names = asset_files(f"s3://{bucket}/*.txt")
    workspace.asset_add(model, *names)

    assert names == [f"s3://{bucket}/a.txt"]
    assert workspace.snapshot(model).number == before


def test_several_objects_are_not_read_with_a_password_of_their_address(
    workspace: Workspace, model: str
) -> None:
    """Issue 14: it is kept nowhere, so that each object could not be opened by itself."""
    with pytest.raises(InvalidError, match=r"sftp://\*+@h/\*\.json holds credentials") as caught:
        workspace.batch(model, "sftp://u:s3cret@h/*.json")

    assert "s3cret" not in str(caught.value)
    assert workspace.jobs() == []
