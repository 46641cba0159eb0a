"""Jobs from submission to their end, in real environments with the real runner."""

from __future__ import annotations

import hashlib
import json
import os
import signal
from pathlib import Path

import pandas
import psutil
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import Counts, JobResult, JobStatus
from modelop_jupyter.errors import InputError, InvalidError
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.start import SupervisorProcess
from modelop_jupyter.workspace import Variable

from ..waiting import wait_until

pytestmark = pytest.mark.slow

SLEEPER = """\
import subprocess, sys, time

# modelop.score
def score(record):
    if record["x"] == 1:
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        print("child", child.pid, flush=True)
        time.sleep(600)
    return record
"""
DYING = "import os\n# modelop.score\ndef score(r):\n    print('last words')\n    os._exit(3)\n"


def write_records(*xs: object) -> str:
    Path("in.json").write_text("".join(json.dumps({"x": x}) + "\n" for x in xs))
    return "in.json"


def register(workspace: Workspace, text: str) -> str:
    Path("code.py").write_text(text)
    return workspace.register("m", "code.py").model.name


def running_with_child(workspace: Workspace) -> tuple[Job, int]:
    """Start a job that hangs in its second record, and return it with its grandchild."""
    job = workspace.batch(register(workspace, SLEEPER), [write_records(0, 1, 2)])
    wait_until(lambda: job.console().endswith("\n"))
    return job, int(job.console().split()[-1])


def is_alive(pid: int) -> bool:
    """Say whether a process runs; what has ended may still have an entry until its parent looks."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_batch_scores_each_record_once(workspace: Workspace, model: str) -> None:
    """One line in, one yield out, in order (spec 13.6, 13.10)."""
    job = workspace.batch(model, [write_records(1, 2)], output="out.json").wait(300)

    assert (job.status, job.result) == (JobStatus.COMPLETE, JobResult.SUCCESS)
    assert job.counts == Counts(records_in=2, scored=2, records_out=2)
    assert list(job.records()) == [{"y": 2}, {"y": 4}]
    assert Path("out.json").read_text() == '{"y":2}\n{"y":4}\n'


def test_bad_records_are_counted_and_told(workspace: Workspace, model: str) -> None:
    """The job goes on and ends COMPLETE / FAILURE; the counts add up (spec 13.11)."""
    Path("in.json").write_text('{"x": 1}\nnot json\n{"y": 1}\n{"x": 3}\n')

    job = workspace.batch(model, ["in.json"]).wait(300)

    assert (job.status, job.result) == (JobStatus.COMPLETE, JobResult.FAILURE)
    assert job.counts == Counts(records_in=4, scored=2, rejected=1, failed=1, records_out=2)
    assert [(error.index, error.stage) for error in job.errors()] == [
        (1, "input encoding"),
        (2, "model"),
    ]
    assert "not json" not in job.log()


@pytest.mark.parametrize(
    "value",
    [pandas.DataFrame({"x": [1, 2]}), [{"x": 1}, {"x": 2}]],
    ids=["DataFrame", "list"],
)
def test_a_variable_is_an_input(workspace: Workspace, model: str, value: object) -> None:
    """Rows of a frame and items of a list are records."""
    job = workspace.batch(model, [Variable("frame", value)]).wait(300)

    assert job.to_frame()["y"].tolist() == [2, 4]


def test_csv_goes_in_and_out(workspace: Workspace, model: str) -> None:
    """The output's format is that of its name (spec 2.3)."""
    Path("in.csv").write_text("x\n1\n2\n")

    job = workspace.batch(model, ["in.csv"], output="out.csv").wait(300)

    assert job.counts.records_out == 2
    assert pandas.read_csv("out.csv")["y"].tolist() == [2, 4]


def test_a_job_points_at_what_it_ran(workspace: Workspace, model: str) -> None:
    """A snapshot is taken when the state has changed, and only then."""
    refs = []
    for text in ("# 1\n", "# 1\n", "# 2\n"):
        Path("double.py").write_text(text + "# modelop.score\ndef f(r): return r\n")
        workspace.register(model, "double.py")
        refs.append(workspace.batch(model, [write_records(1)]).wait(300).record.snapshot_ref)

    assert refs == ["double@1", "double@1", "double@2"]


def test_an_older_snapshot_still_runs(workspace: Workspace, model: str) -> None:
    """Changing the model does not touch it (spec 8.2)."""
    workspace.snapshot(model)
    Path("double.py").write_text("# modelop.score\ndef f(r): return {'other': 1}\n")
    workspace.register(model, "double.py")

    job = workspace.batch("double@1", [write_records(1)]).wait(300)

    assert list(job.records()) == [{"y": 2}]


def test_cancelling_ends_everything_it_started(workspace: Workspace) -> None:
    """Grandchildren with sessions of their own included."""
    job, child = running_with_child(workspace)

    job.cancel()
    wait_until(lambda: not is_alive(child))

    assert job.status is JobStatus.CANCELLED
    assert job.counts.scored == 1
    assert job.output is not None
    assert job.output.name == "partial-output.json"


def test_a_job_goes_on_when_nobody_watches(workspace: Workspace, model: str) -> None:
    """Another workspace, as in another process, sees it and its end."""
    job = workspace.batch(model, [write_records(1)])
    with Workspace(workspace.settings) as other:
        found = other.job(job.id[:8]).wait(300)

        assert found.status is JobStatus.COMPLETE
        assert other.jobs()[0].status is JobStatus.COMPLETE


def test_a_dead_supervisor_is_noticed(workspace: Workspace) -> None:
    """The registry never shows a job as running that is not."""
    job, child = running_with_child(workspace)
    supervisor = job.folder.read(SupervisorProcess)
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    wait_until(lambda: job.status.is_done)
    wait_until(lambda: not is_alive(child))

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert job.record.error.code == "supervisor_died"


def test_a_model_that_ends_the_process_is_an_error(workspace: Workspace) -> None:
    """With the exit code, the record and the end of the console (spec 13.12)."""
    job = workspace.batch(register(workspace, DYING), [write_records(1, 2)]).wait(300)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert "exit code 3" in job.record.error.message
    assert "record 0" in job.record.error.message
    assert "last words" in job.record.error.details["console"]


def test_a_job_out_of_time_is_ended(workspace: Workspace) -> None:
    """--timeout, with what there is kept."""
    job = workspace.batch(register(workspace, SLEEPER), [write_records(0, 1)], timeout=30)
    job.wait(300)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert job.record.error.code == "timeout"
    assert job.counts.scored == 1


def test_an_error_in_init_scores_nothing(workspace: Workspace) -> None:
    """ERROR, with the model's own frames (spec 13.4)."""
    text = "# modelop.init\ndef begin():\n    1 / 0\n# modelop.score\ndef score(r):\n    return r\n"

    job = workspace.batch(register(workspace, text), [write_records(1)]).wait(300)

    assert (job.status, job.counts) == (JobStatus.ERROR, Counts())
    assert job.record.error is not None
    assert "ZeroDivisionError" in job.record.error.message
    assert "line 3" in job.record.error.details["traceback"]
    assert job.output is None


def test_an_environment_that_cannot_be_built_is_an_error_before_the_start(
    workspace: Workspace, model: str
) -> None:
    """Which line of which asset, why, and what would solve it (spec 13.17)."""
    Path("requirements.txt").write_text("six\nno-such-package-of-anybody==1.0\n")
    workspace.asset_add(model, "requirements.txt")

    job = workspace.batch(model, [write_records(1)]).wait(300)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert job.record.error.code == "environment_build"
    assert "requirements.txt, line 2" in job.record.error.message
    assert job.record.error.hint


@pytest.mark.parametrize(
    "end", ["yield record", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
)
def test_what_a_model_has_started_ends_with_its_job(workspace: Workspace, end: str) -> None:
    """Whether the runner came to its end or was killed, as when memory runs out."""
    text = (
        "import subprocess\n# modelop.score\ndef score(record):\n"
        "    child = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        f"    print(child.pid, flush=True)\n    {end}\n"
    )

    job = workspace.batch(register(workspace, text), [write_records(1)]).wait(300)
    child = int(job.console().split()[0])

    wait_until(lambda: not is_alive(child))


def test_metrics_sees_all_records_at_once(workspace: Workspace) -> None:
    """One DataFrame per input; pandas is there without being asked for (spec 13.13, 13.14)."""
    text = (
        "# modelop.metrics\ndef metrics(a, b):\n"
        "    yield {'a': len(a), 'b': float(b.x.mean()), 'kind': type(a).__name__}\n"
    )
    Path("a.json").write_text('[{"x": 1},\n {"x": 2}]')
    Path("b.csv").write_text("x\n1\n4\n")

    job = workspace.metrics(register(workspace, text), ["a.json", "b.csv"]).wait(300)

    assert job.metrics == {"a": 2, "b": 2.5, "kind": "DataFrame"}
    assert job.messages[-1].endswith("Records in/out: 0/1")


@pytest.mark.parametrize("name", ["df", "in.parquet", "in.feather"])
def test_typed_inputs_reach_metrics_with_their_types(workspace: Workspace, name: str) -> None:
    """What read_json would guess of them is for JSON files (spec 13.19)."""
    text = (
        "# modelop.metrics\ndef metrics(a):\n"
        "    yield {'types': a.dtypes.astype(str).tolist()[2:], 'values': a.astype(str).values.tolist()}\n"
    )
    frame = pandas.DataFrame(
        {
            "zip": ["01234"],
            "big": ["12345678901234567890"],
            "sold_at": [1700000000],
            "when": pandas.to_datetime(["2024-01-02"]).as_unit("ns"),
        }
    )
    frame.to_parquet("in.parquet")
    frame.to_feather("in.feather")
    given = {"df": Variable("df", frame)}.get(name, name)

    job = workspace.metrics(register(workspace, text), [given]).wait(300)

    assert job.metrics == {
        "types": ["int64", "datetime64[ns]"],
        "values": [["01234", "12345678901234567890", "1700000000", "2024-01-02"]],
    }


def test_bad_submissions_record_no_job(workspace: Workspace, model: str) -> None:
    """Each is one sentence; no folder stays."""
    Path("empty.json").write_text("\n")
    write_records(1)

    with pytest.raises(InputError, match="holds no records"):
        workspace.batch(model, ["empty.json"])
    with pytest.raises(InputError, match="no such file"):
        workspace.batch(model, ["missing.json"])
    with pytest.raises(InvalidError, match="no metrics function"):
        workspace.metrics(model, ["in.json"])
    with pytest.raises(InvalidError, match="does not exist"):
        workspace.batch(model, ["in.json"], output="nowhere/out.json")
    assert workspace.snapshots(model) == []
    with pytest.raises(InvalidError, match="no input schema"):
        workspace.batch(model, ["in.json"], schemas="in")
    with pytest.raises(InvalidError, match="which it would overwrite"):
        workspace.batch(model, ["in.json"], output=Path("in.json").absolute())

    assert workspace.jobs() == []
    assert list(workspace.settings.jobs.iterdir()) == []


@pytest.mark.parametrize(
    "inputs",
    [
        "in.json",
        Path("in.json"),
        pandas.DataFrame({"x": [1]}),
        [pandas.DataFrame({"x": [1]})],
        [{"x": 1}],
        [[{"x": 1}]],
    ],
    ids=["path", "Path", "frame", "frames", "records", "lists"],
)
def test_one_input_need_not_stand_in_a_list(
    workspace: Workspace, model: str, inputs: object
) -> None:
    """As a cell takes a variable of the notebook, so does the Python API."""
    write_records(1)

    assert list(workspace.batch(model, inputs).wait(300).records()) == [{"y": 2}]


def test_a_test_file_among_the_assets_is_an_input(workspace: Workspace, model: str) -> None:
    """Where no file of that name lies at hand."""
    write_records(3)
    workspace.asset_add(model, "in.json")
    Path("in.json").unlink()

    assert list(workspace.batch(model, ["in.json"]).wait(300).records()) == [{"y": 6}]


def test_following_tells_of_the_console_and_the_end(workspace: Workspace) -> None:
    """Every printed character arrives once, in order."""
    text = "# modelop.score\ndef score(r):\n    print('é', r['x'])\n    return r\n"
    job = workspace.batch(register(workspace, text), [write_records(1, 2, 3)])

    updates = list(job.follow())

    assert updates[-1].phase == "done"
    assert "".join(update.console for update in updates) == "é 1\né 2\né 3\n"
    assert updates[-1].counts.records_in == 3


def test_the_job_document_has_modelops_keys(workspace: Workspace, model: str) -> None:
    """The key set of a finished job (spec 2.9)."""
    job = workspace.batch(model, [write_records(1)], parameters={"a": 1}).wait(300)

    document = workspace.job_document(job.id)

    assert document["jobType"] == "MODEL_BATCH_JOB"
    assert (document["jobStatus"], document["jobResult"]) == ("COMPLETE", "SUCCESS")
    assert document["jobParameters"] == {"a": 1}
    assert document["model"]["storedModel"]["modelMetaData"]["name"] == model
    assert document["jobEndTime"] > document["jobWaitTime"]


def test_init_reads_the_job(workspace: Workspace) -> None:
    """rawJson is the text of the job, with the model's schemas (spec 1.6, 13.4)."""
    text = (
        "import json\n# modelop.init\ndef begin(init_param):\n    global name\n"
        "    job = json.loads(init_param['rawJson'])\n"
        "    assert init_param['job'] == job\n"
        "    meta = job['model']['storedModel']['modelMetaData']\n"
        "    name = meta['inputSchema'][0]['schemaDefinition']['fields'][0]['name']\n"
        "# modelop.score\ndef score(r):\n    return name\n"
    )
    Path("input_schema.avsc").write_text(
        json.dumps({"type": "record", "name": "r", "fields": [{"name": "x", "type": "int"}]})
    )
    register(workspace, text)
    workspace.asset_add("m", "input_schema.avsc")

    job = workspace.batch("m", [write_records(1, "text")], schemas="in").wait(300)

    assert list(job.records()) == ["x"]
    assert [error.stage for error in job.errors()] == ["input schema"]


def test_a_monitor_gets_the_model_under_test_and_its_files(workspace: Workspace) -> None:
    """``referenceModel`` in rawJson, and its file under the name asked for (spec 1.6, 5.5)."""
    wanted = {"usage": "ADDITIONAL_ASSET", "name": r".*_parameters\.json", "filename": "given.json"}
    Path("tested_parameters.json").write_text('{"from": "tested"}')
    Path("own_parameters.json").write_text('{"from": "monitor"}')
    Path("required_assets.json").write_text(json.dumps([wanted]))
    Path("tested.py").write_text("# modelop.score\ndef score(r):\n    return r\n")
    Path("monitor.py").write_text(
        "import json\n# modelop.init\ndef init(job):\n    global name\n"
        "    reference = json.loads(job['rawJson'])['referenceModel']\n"
        "    name = reference['storedModel']['modelMetaData']['name']\n"
        "# modelop.metrics\ndef metrics(df):\n"
        "    return {'name': name, **json.load(open('given.json'))}\n"
    )
    workspace.register("tested", "tested.py", assets=["tested_parameters.json"])
    own = ["own_parameters.json", "required_assets.json"]
    workspace.register("monitor", "monitor.py", assets=own)

    job = workspace.metrics("monitor", [write_records(1)], reference="tested").wait(300)

    assert job.metrics == {"name": "tested", "from": "tested"}


@pytest.mark.parametrize(
    ("module", "hint"), [("sklearn", "requirements.txt"), ("modelop", "ModelOp's own package")]
)
def test_a_library_that_is_missing_is_named_with_line_and_remedy(
    workspace: Workspace, module: str, hint: str
) -> None:
    """What is missing, where it is imported, what to do (spec 6.11, 13.4)."""
    text = f"import json\nimport {module}\n# modelop.score\ndef score(r):\n    return r\n"

    job = workspace.batch(register(workspace, text), [write_records(1)]).wait(300)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert f"code.py, line 2: ModuleNotFoundError: No module named '{module}'" in (
        job.record.error.message
    )
    assert hint in job.record.error.hint


def test_an_output_that_cannot_be_delivered_is_kept_by_the_job(workspace: Workspace) -> None:
    """A full or vanished folder ends the job clearly, and loses nothing."""
    Path("results").mkdir()
    text = (
        "import os\n# modelop.score\ndef score(r):\n"
        f"    os.rmdir({str(Path('results').absolute())!r})\n    return r\n"
    )

    job = workspace.batch(
        register(workspace, text), [write_records(1)], output="results/out.json"
    ).wait(300)

    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    assert job.record.error.code == "output"
    assert list(job.records()) == [{"x": 1}]


@pytest.mark.parametrize("name", ["out.parquet", "out.feather", "out.avro"])
def test_tables_go_out_and_in_again(workspace: Workspace, model: str, name: str) -> None:
    """Decision 8: the host converts what the environment cannot read or write itself."""
    workspace.batch(model, [write_records(1, 2)], output=name).wait(300)
    again = register(workspace, "# modelop.score\ndef score(r):\n    return r['y']\n")

    job = workspace.batch(again, [name]).wait(300)

    assert list(job.records()) == [2, 4]


SLOTS = (
    "# modelop.slot.3: in-use\n# modelop.score\n"
    "def score(r):\n    yield r\n    yield (3, {'alert': r['x']})\n    yield (1, {'x': 0})\n"
)


def test_several_outputs_take_the_slots_in_order(workspace: Workspace) -> None:
    """A file each, in the format of its name; the second is not the first one's (spec 13.18)."""
    write_records(0, 1)
    Path("more").mkdir()

    job = workspace.batch(register(workspace, SLOTS), "in.json", output=["a.json", "more/a.json"])
    job.wait(300)

    assert Path("a.json").read_text() == '{"x":0}\n{"x":0}\n{"x":1}\n{"x":0}\n'
    assert Path("more/a.json").read_text() == '{"alert":0}\n{"alert":1}\n'
    assert job.outputs == {1: Path("a.json").absolute(), 3: Path("more/a.json").absolute()}
    assert list(job.records(3)) == [{"alert": 0}, {"alert": 1}]
    assert job.counts.records_out == 6


def test_one_output_takes_the_records_of_all_slots(workspace: Workspace) -> None:
    """In the order in which they come (spec 13.18)."""
    write_records(0)

    job = workspace.batch(register(workspace, SLOTS), "in.json").wait(300)

    assert list(job.records()) == [{"x": 0}, {"alert": 0}, {"x": 0}]


@pytest.mark.parametrize(
    ("outputs", "said"),
    [
        (["a.json", "b.json", "c.json"], "the slots up to 5, and the model's last one is 3"),
        (["a.json", "a.json"], "is given twice"),
    ],
)
def test_outputs_that_fit_no_slots_are_refused(
    workspace: Workspace, outputs: list[str], said: str
) -> None:
    """Before anything runs (spec 13.18)."""
    write_records(0)

    with pytest.raises(InvalidError, match=said):
        workspace.batch(register(workspace, SLOTS), "in.json", output=outputs)


def test_the_digest_of_each_input_is_on_record_and_in_the_document(
    workspace: Workspace, model: str
) -> None:
    """That of a small one at once, that of a large one soon after the end."""
    large, small = b'{"x": 1, "text": "%s"}\n' % (b"." * (2 << 20)), b'{"x": 1}\n'
    Path("large.json").write_bytes(large)
    Path("small.json").write_bytes(small)
    known = [f"sha256:{hashlib.sha256(data).hexdigest()}" for data in (large, small)]
    jobs = [workspace.batch(model, [name]).wait(300) for name in ("large.json", "small.json")]
    wait_until(lambda: workspace.job(jobs[0].id).record.inputs[0].digest is not None)
    documents = [workspace.job_document(job.id) for job in jobs]

    assert [workspace.job(job.id).record.inputs[0].digest for job in jobs] == known
    assert [
        f"sha256:{document['inputData'][0]['contentHash']['hexString']}" for document in documents
    ] == known
