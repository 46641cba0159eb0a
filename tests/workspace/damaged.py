"""Job folders as full disks, crashes and people leave them: a home to damage, and what then speaks."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from modelop_jupyter import Workspace, files
from modelop_jupyter.commands.context import Context, ShellSession
from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.submit import SubmittedJob
from modelop_jupyter.display import text
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.engines import end_tree
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.jobs.start import SupervisorProcess
from modelop_jupyter.server.context import ServerContext
from modelop_jupyter.server.file_root import FileRoot
from modelop_jupyter.server.rest.dispatch import RawRequest, dispatch
from modelop_jupyter.server.rest.resource import Resource
from modelop_jupyter.server.routes import resources
from modelop_jupyter.settings import Settings

from ..waiting import PATIENCE
from .jobs import numbers, when_checkpointed

SCORING = """\
import time
# modelop.score
def score(r):
    time.sleep(r.get("s", 0))
    yield {"part": r["x"]}
    1 / ((r["x"] + 1) % 10)
    yield {"y": r["x"]}
"""
MEASURING = """\
# modelop.metrics
def metrics(frame):
    yield {"rows": len(frame), "half": 0.5}
"""
SECONDS = 0.004
RECORDS = 1000


@dataclass(frozen=True)
class Prepared:
    """A home with ended jobs, kept aside to be laid out anew for every case."""

    home: Path
    kept: Path
    jobs: dict[str, str]

    def lay_out(self) -> None:
        """Put the home back as it was."""
        shutil.rmtree(self.home, ignore_errors=True)
        shutil.copytree(self.kept, self.home, symlinks=True)

    @property
    def settings(self) -> Settings:
        return Settings(self.home, f"sqlite:///{self.home / 'registry.db'}")

    def folder(self, kind: str) -> JobFolder:
        return JobFolder(self.home / "jobs" / self.jobs[kind])


def prepare(folder: Path, environments: Path) -> Prepared:
    """Run the jobs whose folders are damaged then; the working directory is where their files are."""
    home = folder / "home"
    home.mkdir()
    (home / "environments").symlink_to(environments)
    Path("score.py").write_text(SCORING)
    Path("measure.py").write_text(MEASURING)
    Path("slow.json").write_text("".join(f'{{"x": {n}, "s": {SECONDS}}}\n' for n in range(RECORDS)))
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        workspace.register("m", "score.py")
        workspace.register("k", "measure.py")
        jobs = {
            "finished": workspace.batch("m", [[{"x": n} for n in range(60)]]).wait(300),
            "shared": workspace.batch("m", [numbers(700)], workers=2).wait(300),
            "metrics": workspace.metrics("k", [numbers(30, name="few.json")]).wait(300),
            "early": killed(workspace.batch("m", ["slow.json"]), workers=0),
            "early_shared": killed(workspace.batch("m", ["slow.json"], workers=2), workers=2),
            "other": workspace.batch("m", [numbers(60, name="more.json")]).wait(300),
        }
        for job in jobs.values():
            wait_for_supervisor(job)
    kept = folder / "kept"
    shutil.copytree(home, kept, symlinks=True)
    return Prepared(home, kept, {kind: job.id for kind, job in jobs.items()})


def wait_for_supervisor(job: Job) -> None:
    """Wait until nobody writes to a job's folder any more."""
    supervisor = job.folder.require(SupervisorProcess)
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(supervisor.pid).wait(PATIENCE)


def killed(job: Job, *, workers: int) -> Job:
    """End a running job as when the machine is switched off, once it has something to go on with."""
    when_checkpointed(job, workers=workers)
    supervisor = job.folder.read(SupervisorProcess)
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    end_tree(job.id, at_once=True)
    assert job.wait(300).status is JobStatus.ERROR
    return job


def _deleted(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


def _truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: max(1, path.stat().st_size // 2 - 3)])


def _torn(path: Path) -> None:
    """Cut a piece out of the middle, as where two writes met on a full disk."""
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[: middle - 5] + data[middle + 5 :])


def _other(path: Path) -> None:
    path.write_bytes(b'[1, {"event": 5}]\n{"event": "progress"}\n{}\n')


def _mistyped(path: Path) -> None:
    """Keep the keys and give each a value of another type."""
    lines = path.read_text().splitlines()
    path.write_text("".join(json.dumps(_turned(json.loads(line))) + "\n" for line in lines))


def _turned(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: [item] if not isinstance(item, dict) else 5 for key, item in value.items()}
    return {"value": value}


def _replaced(path: Path) -> None:
    """Put a folder where there was a file, or a file where there was a folder."""
    is_folder = path.is_dir()
    _deleted(path)
    path.write_bytes(b"x") if is_folder else path.mkdir()


DAMAGES: dict[str, Callable[[Path], None]] = {
    "deleted": _deleted,
    "truncated": _truncated,
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(b"\x00\xff{{[garbage\n\n" * 40 + b"\xfe"),
    "torn": _torn,
    "other": _other,
    "mistyped": _mistyped,
    "replaced": _replaced,
}

LOOKS = [
    "",
    "jobs",
    "models",
    "show m",
    "job show {job}",
    "job log {job}",
    "job errors {job}",
    "job errors {job} --group --json",
]
# What cannot be told, or begun, without a file may be refused.
ASKS = ["history k rows", "job export {job}", "compare {job} {other}", "job cancel {job}"]
BEGINNINGS = ["job retry {job}", "job retry --failed {job}", "job rerun {job}"]
REFUSALS = {"job_damaged", "job_failed", "conflict", "input", "metric_not_found"}
GETS = ["", "document", "metrics", "views", "records", "errors", "errors/groups", "log"]


def complaints(prepared: Prepared, kind: str) -> dict[str, str]:
    """Return which verbs and resources have no answer, or one that is no sentence of ours."""
    names = {"job": prepared.jobs[kind], "other": prepared.jobs["other"]}
    found: dict[str, str] = {}
    with contextlib.closing(Context(ShellSession())) as context:
        for words in [*LOOKS, *ASKS, *BEGINNINGS]:
            allowed = REFUSALS if words not in LOOKS else set()
            with _held_at_start() if words in BEGINNINGS else contextlib.nullcontext():
                said = _said(context, words.format(**names).split())
            _judge(found, words, said, allowed | ({"home"} if words in BEGINNINGS else set()))
    context = ServerContext(prepared.settings, FileRoot(prepared.home))
    with contextlib.closing(context):
        for path in ["jobs", *(f"jobs/{{job}}/{each}".rstrip("/") for each in GETS)]:
            said = _served(context, path, names["job"])
            _judge(found, f"GET {path}", said, REFUSALS if path.count("/") > 1 else set())
    return found


def _judge(found: dict[str, str], words: str, said: str | ModelOpError, allowed: set[str]) -> None:
    if isinstance(said, ModelOpError) and said.code not in allowed:
        found[words] = f"{said.code}: {said}"
    elif isinstance(said, str) and said.startswith("!"):
        found[words] = said


def _said(context: Context, words: list[str]) -> str | ModelOpError:
    words = [word for word in words if word != "--json"]
    try:
        verb, args = parse(words, program="modelop")
        value = verb.run(context, args)
        return "begun" if isinstance(value, SubmittedJob) else text(value, program="modelop")
    except ModelOpError as error:
        return error
    except Exception as error:  # noqa: BLE001 - what a user would see a traceback of
        return f"!{type(error).__name__}: {error}"


@cache
def _resources() -> dict[str, Resource]:
    return {each.path: each for each in resources("/")}


class _ToldError(ModelOpError):
    """A problem that the server answered with."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(document["message"])
        self.code = document["code"]


def _served(context: ServerContext, path: str, job: str) -> str | ModelOpError:
    resource = _resources()[f"/{path}"]
    raw = RawRequest({"job": job} if "{job}" in path else {}, {}, b"", "")
    try:
        response = dispatch(resource, resource.operations["get"], raw, context)
    except Exception as error:  # noqa: BLE001 - what would be a 500
        return f"!{type(error).__name__}: {error}"
    return "" if response.status < 300 else _ToldError(json.loads(response.body))


@contextlib.contextmanager
def _held_at_start() -> Iterator[None]:
    """Have the disk be full when all of a new job is there but its start."""
    files._renames.clear()
    os.environ[files.FAULT_VARIABLE] = "start.json:1:full"
    try:
        yield
    finally:
        del os.environ[files.FAULT_VARIABLE]
