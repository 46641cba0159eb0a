"""Engines, addresses and nodes that cannot do: one sentence that says which, why and what to do."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobError, JobStatus
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.jobs.protocol import NodeTasks

from ..clusters import DaskCluster, dask_cluster, runners_of
from ..ports import free_port
from ..waiting import wait_until
from .jobs import numbers, register

OWN = importlib.metadata.version("modelop-jupyter")


@pytest.fixture
def impatient(workspace: Workspace) -> Iterator[Workspace]:
    """The same home, where jobs wait one second for a cluster."""
    settings = dataclasses.replace(workspace.settings, engine_wait=1.0)
    with Workspace(settings) as impatient:
        yield impatient


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[DaskCluster]:
    """A scheduler without workers."""
    with dask_cluster(tmp_path_factory.mktemp("cluster"), environments) as cluster:
        yield cluster


def error_of(workspace: Workspace, engine: str, *, model: str | None = None) -> JobError:
    model = model or register(workspace, "return r")
    job = workspace.batch(model, [numbers(3)], engine=engine).wait(300)
    assert job.status is JobStatus.ERROR
    assert job.record.error is not None
    return job.record.error


@pytest.mark.parametrize(
    ("engine", "words"),
    [
        ("dsak", r"there is no engine 'dsak'\. Did you mean dask\?"),
        ("spark://host", r"there is no engine 'spark'\. There are: local, dask"),
        ("dask://", r"the engine 'dask://' has no usable address\. Write dask or dask://HOST:PORT"),
        ("local://here", r"the engine 'local://here' has no usable address\. Write local\."),
        ("dask://me:pa55word@host:1", r"engine dask://\*+@host:1 holds a password\. Leave it out"),
    ],
)
def test_a_name_that_is_no_engine_is_refused_before_a_job_is_made(
    workspace: Workspace, engine: str, words: str
) -> None:
    """Issue 14: with the nearest, or those that there are."""
    model = register(workspace, "return r")

    with pytest.raises(InvalidError, match=words):
        workspace.batch(model, [numbers(3)], engine=engine)
    assert workspace.jobs() == []


def test_an_engine_of_the_settings_that_there_is_not_is_refused(workspace: Workspace) -> None:
    """Issue 14: and where it was named."""
    settings = dataclasses.replace(workspace.settings, engine="dsak")
    with (
        Workspace(settings) as misled,
        pytest.raises(
            InvalidError, match=r"MODELOP_ENGINE: there is no engine 'dsak'\. Did you mean dask\?"
        ),
    ):
        misled.batch(register(misled, "return r"), [numbers(3)])


@pytest.mark.slow
def test_an_address_that_does_not_answer_ends_the_job_within_seconds(workspace: Workspace) -> None:
    """Issue 14: five seconds, and what to do."""
    engine = f"dask://127.0.0.1:{free_port()}"

    error = error_of(workspace, engine)

    assert error.message == (
        f"the engine {engine} cannot be used: no Dask scheduler answers there within 5 s"
    )
    assert error.hint == "Start one with 'dask scheduler', and name the address that it prints"


@pytest.mark.slow
def test_a_cluster_without_workers_is_waited_for_as_long_as_was_asked(
    impatient: Workspace, cluster: DaskCluster
) -> None:
    """Issue 14: MODELOP_ENGINE_WAIT."""
    error = error_of(impatient, cluster.engine)

    assert (
        f"the engine {cluster.engine} cannot be used: its cluster has had no workers for 1 s"
        == (error.message)
    )


@pytest.mark.slow
def test_nodes_that_cannot_run_a_model_are_named(
    impatient: Workspace, cluster: DaskCluster, tmp_path: Path
) -> None:
    """Issue 14: without this package, in another version, or without the model's Python."""
    without = cluster.add_node(python=[sys.executable, *hiding_package(tmp_path)])
    cluster.ready()
    missing = error_of(impatient, cluster.engine)
    without.kill()
    other = cluster.add_node(variables={"PYTHONPATH": str(other_version(tmp_path))})
    cluster.ready()
    differing = error_of(impatient, cluster.engine)
    other.kill()

    remedy = f"Install it in the workers' environment: pip install modelop-jupyter[dask]=={OWN}"
    start = f"the engine {cluster.engine} cannot be used: its worker tcp://127.0.0.1:"
    assert missing.message.startswith(start)
    assert missing.message.endswith(" has no modelop-jupyter")
    assert differing.message.startswith(start)
    assert differing.message.endswith(f"has modelop-jupyter 0.0.1, and this machine has {OWN}")
    assert missing.hint == differing.hint == remedy


@pytest.mark.slow
def test_a_node_that_joins_late_and_cannot_run_a_model_is_left_out(
    workspace: Workspace, cluster: DaskCluster, tmp_path: Path
) -> None:
    """Issue 14: the job says so, and goes on with the others."""
    good = cluster.add_node()
    cluster.ready()
    go = Path("go").absolute()
    body = f"while r['x'] == 1 and not os.path.exists({str(go)!r}): time.sleep(0.01)\nreturn r"
    job = workspace.batch(
        register(workspace, body), [numbers(6000)], engine=cluster.engine, workers=1
    )
    wait_until(lambda: runners_of(job))
    late = cluster.add_node(python=[sys.executable, *hiding_package(tmp_path)])
    wait_until(lambda: "continues without a node: worker tcp://127.0.0.1:" in job.log())
    go.touch()
    job.wait(300)
    good.kill()
    late.kill()

    assert job.status is JobStatus.COMPLETE, job.log()
    assert " has no modelop-jupyter" in job.log()
    assert len(job.folder.require(NodeTasks).tasks) == 1


def hiding_package(folder: Path) -> list[str]:
    """Return the words after ``python`` for one with all our libraries but this package."""
    site = folder / "hidden"
    site.mkdir()
    installed = Path(importlib.metadata.distribution("distributed").locate_file(""))
    for path in installed.iterdir():
        if not path.name.startswith(("modelop_jupyter", "_modelop", "_editable", "__editable")):
            (site / path.name).symlink_to(path)
    code = f"import sys, runpy; sys.path.insert(0, {str(site)!r})"
    code += "; sys.argv.remove('-m'); sys.argv = sys.argv[1:]"
    code += "; runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
    return ["-I", "-S", "-c", code]


def other_version(folder: Path) -> Path:
    """Return a folder with the dist-info of another version, which comes first on the path."""
    info = folder / "other" / "modelop_jupyter-0.0.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: modelop-jupyter\nVersion: 0.0.1\n")
    return info.parent


def test_an_engine_whose_extra_is_missing_is_named(tmp_path: Path) -> None:
    """Issue 14: the extra to install; nothing but ``distributed`` is missing in this process."""
    code = (
        "import sys; sys.modules['distributed'] = None\n"
        "from modelop_jupyter.engines.find import load_engine\n"
        "load_engine('dask').open(None, print)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert "the engine dask needs the extra 'dask'" in run.stderr
    assert "pip install 'modelop-jupyter[dask]'" in run.stderr
