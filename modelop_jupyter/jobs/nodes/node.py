"""Run one task on a node: environment, files, runner, and what they leave.

A node has a home of its own (``MODELOP_HOME`` of its worker, or the same as everyone's where they
share a disk). Environments and blobs in it serve all tasks; a task's folder is removed when it has
ended, but for one that was stopped: the next attempt on this node goes on from its checkpoint.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from modelop_jupyter import files
from modelop_jupyter.accelerators import codec, fork_servers
from modelop_jupyter.domain.chunks import ByteRange
from modelop_jupyter.domain.environments import Environment, PackageSource, Proof
from modelop_jupyter.domain.jobs import JobError, JobKind
from modelop_jupyter.domain.models import Snapshot
from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.engines.base import Task, TaskResult
from modelop_jupyter.environments.wheel_store import WheelStore
from modelop_jupyter.errors import (
    EnvironmentBuildError,
    InvalidError,
    ModelOpError,
    StorageError,
)
from modelop_jupyter.formats.cuts import cut_of, record_cut
from modelop_jupyter.jobs import job_errors, staging
from modelop_jupyter.jobs.cleanup import task_folders, trimming
from modelop_jupyter.jobs.conversion import as_converted
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.input_files import open_input
from modelop_jupyter.jobs.nodes.messages import (
    BLOB,
    ERRORS,
    OUTPUT,
    PRINTED,
    RESUMED,
    TRAINED,
    WHEEL,
    NodeInput,
    NodeOutcome,
    NodeReport,
    NodeTask,
    TaskStatus,
    decode,
    encode,
    own_platform,
    own_release,
)
from modelop_jupyter.jobs.nodes.node_environment import LackingWheelsError, NodeEnvironment
from modelop_jupyter.jobs.protocol import (
    CodecOffer,
    Conversion,
    ConversionEnd,
    Conversions,
    LoadedModules,
    ObservedEnvironment,
    RequestFile,
    RequestInput,
    RunnerRequest,
    StoredOutput,
    line_of,
)
from modelop_jupyter.jobs.request import converted_path, write_request
from modelop_jupyter.jobs.sharding import stored_outputs
from modelop_jupyter.jobs.supervision.proof import compare
from modelop_jupyter.jobs.supervision.runner_group import RunnerGroup, StopReason
from modelop_jupyter.jobs.supervision.runner_supervisor import RunnerSupervisor
from modelop_jupyter.registry.opening import open_blobs
from modelop_jupyter.settings import Settings
from modelop_jupyter.storage import BLOCK_SIZE

Report = Callable[[str], None]
_REPORT_SECONDS = 0.5
_LOCK_SECONDS = 1.0
_HOUR = 3600.0
# A node serves others when the job is over; a laptop's own forks wait longer for the next job.
_IDLE_SECONDS = 20.0


def run_task(task: Task, report: Report, is_cancelled: Callable[[], bool]) -> TaskResult:
    """Run a task where this is called; never raises for what the task did.

    ``report`` takes the text of a :class:`NodeReport`; the result's document is a
    :class:`NodeOutcome`.
    """
    try:
        message = decode(NodeTask, task.document)
        refusal = _refusal(message)
        if refusal is not None:
            return _ended(TaskStatus.REFUSED, error=refusal)
        return _NodeRun(message, task, report, is_cancelled).run()
    except EnvironmentBuildError as error:
        refused = job_errors.of_refusal(error)
        text = f"on node {socket.gethostname()}, {refused.message}"
        return _ended(TaskStatus.FAILED, error=dataclasses.replace(refused, message=text))
    except StorageError as error:
        refused = job_errors.of_refusal(error)
        text = f"on node {socket.gethostname()}: {refused.message}"
        return _ended(TaskStatus.FAILED, error=dataclasses.replace(refused, message=text))
    except ModelOpError as error:
        return _ended(TaskStatus.FAILED, error=job_errors.of_refusal(error))
    except OSError as error:
        where = f"node {socket.gethostname()}"
        return _ended(TaskStatus.FAILED, error=JobError("os", f"{where} cannot run it: {error}"))


def _refusal(task: NodeTask) -> JobError | None:
    """Return why this node cannot run a job of that supervisor, None where it can."""
    host = socket.gethostname()
    if task.release != own_release():
        return JobError(
            "node_release",
            f"node {host} has modelop-jupyter {own_release()}, and this job needs {task.release}",
            f"Install it there: pip install modelop-jupyter=={task.release}",
        )
    if task.platform != own_platform():
        return JobError(
            "node_platform",
            f"node {host} is {own_platform()}, and the model's lock is for {task.platform}",
            "Use nodes of that platform, or submit the job from a machine like them",
        )
    try:
        _ = Settings.from_environment().quota_of_environments
    except InvalidError as error:
        return JobError("node_settings", f"on node {host}, {error.message}", error.hint)
    return None


class _CancelledError(BaseException):
    """Nobody waits for a task any more; a build that is interrupted kills what it has started."""


class _NodeRun:
    """One task while it runs."""

    def __init__(
        self, task: NodeTask, sent: Task, report: Report, is_cancelled: Callable[[], bool]
    ) -> None:
        self._task = task
        self._files = sent.files
        self._report = report
        self._is_cancelled = is_cancelled
        self._settings = Settings.from_environment()
        self._blobs = open_blobs(self._settings)
        name = task.plan.id if task.chunk is None else f"{task.plan.id}-{task.chunk.id}"
        self._tasks = self._settings.tasks
        self._folder = JobFolder(self._tasks / name)
        self._packages_from = PackageSource.CACHE
        self._events = self._console = 0
        self._reported = 0.0

    def run(self) -> TaskResult:
        self._store_files()
        missing = tuple(digest for digest in self._digests() if not self._has(digest))
        lacks_input = any(not _is_there(data) for data in self._task.inputs)
        if missing or lacks_input:
            return _ended(TaskStatus.MISSING, missing=missing, lacks_input=lacks_input)
        files.make_private(self._tasks)
        _remove_leftovers(self._tasks, int(time.time() // _HOUR))
        with self._alone() as is_alone:
            if not is_alone:
                return _ended(TaskStatus.CANCELLED)
            return self._run_alone()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[bool]:
        """Wait until an earlier attempt at this task has ended here; yields False if it is cancelled."""
        lock = FileLock(task_folders.lock_file(self._folder.root))
        while True:
            try:
                lock.acquire(timeout=_LOCK_SECONDS)
                break
            except Timeout:
                if self._is_cancelled():
                    yield False
                    return
        # The file stays: who waits for it would otherwise have a lock that no other sees.
        try:
            yield True
        finally:
            lock.release()

    def _run_alone(self) -> TaskResult:
        snapshot = self._task.plan.snapshot
        try:
            own = NodeEnvironment(self._settings, snapshot, self._blobs, progress=self._show)
            with own.in_use(self._folder.root.name):
                environment = own.ensure()
                self._packages_from = own.packages_from
                result = self._run_in(environment)
        except _CancelledError:
            return _ended(TaskStatus.CANCELLED)
        except LackingWheelsError as lacking:
            reason = JobError("environment_build", lacking.reason)
            return _ended(TaskStatus.MISSING, wheels=lacking.digests, error=reason)
        own.keep_quota()
        return result

    def _run_in(self, environment: Environment) -> TaskResult:
        warm = fork_servers.runner_folder(
            self._settings, self._task.plan.snapshot, environment.python
        )
        self._stage(learns=warm is not None and fork_servers.wants_modules(warm))
        self._report(encode(NodeReport(begins=True)))
        supervisor = RunnerSupervisor(
            self._folder,
            python=environment.python,
            mark=self._mark,
            limits=self._task.plan.limits,
            can_resume=self._task.plan.can_resume,
            log=self._folder.log,
            warm=warm,
        )
        if self._watch(supervisor) is StopReason.CANCELLED or self._is_cancelled():
            return _ended(TaskStatus.CANCELLED)
        self._forward()
        result = self._outcome(supervisor, environment)
        self._make_next_faster(environment)
        shutil.rmtree(self._folder.root, ignore_errors=True)
        return result

    def _watch(self, supervisor: RunnerSupervisor) -> StopReason | None:
        """Run the runner to its end, or until the task is cancelled."""
        group = RunnerGroup(
            self._folder,
            [supervisor],
            # The time that the whole job may take is its supervisor's to watch.
            dataclasses.replace(self._task.plan.limits, seconds=None),
            mark=self._mark,
            look=self._look,
        )
        try:
            return group.watch()
        except BaseException:
            group.kill()
            raise

    def _outcome(self, supervisor: RunnerSupervisor, environment: Environment) -> TaskResult:
        converted, error = self._folder.read_if_whole(ConversionEnd), supervisor.error
        if error is not None and converted is not None and converted.error is not None:
            text = f"on node {socket.gethostname()}: {error.message}"
            error = dataclasses.replace(error, message=text)
        stored = self._store(supervisor)
        return _ended(
            TaskStatus.DONE if error is None else TaskStatus.FAILED,
            error=error,
            converted=converted,
            result=supervisor.result,
            skipped={str(index): reason for index, reason in supervisor.skipped.items()},
            proof=self._proof(environment),
            packages_from=self._packages_from,
            stored=stored,
            files=self._left(without_output=stored is not None),
        )

    def _store(self, supervisor: RunnerSupervisor) -> StoredOutput | None:
        """Upload the output where it is to be an object, with this node's own credentials."""
        result, address = supervisor.result, self._task.store_at
        if supervisor.error is not None or result is None or result.is_error or address is None:
            return None
        output = self._task.request.output
        path = self._folder.outputs / f"{output.name}.part"
        return stored_outputs.put(path, address, format=output.format)

    @property
    def _mark(self) -> str:
        chunk = self._task.chunk
        return self._task.plan.id if chunk is None else f"{self._task.plan.id}/{chunk.id}"

    def _snapshots(self) -> list[Snapshot]:
        plan = self._task.plan
        return [plan.snapshot, *([plan.reference] if plan.reference else [])]

    def _digests(self) -> Iterator[str]:
        """Yield what this node has to hold of the model, and of the one under test."""
        for snapshot in self._snapshots():
            yield from (asset.digest for asset in snapshot.state.assets)
        if self._task.plan.snapshot.lock:
            yield self._task.plan.snapshot.lock

    def _has(self, digest: str) -> bool:
        """Say whether a blob is here, or can be had from where a team keeps them."""
        with contextlib.suppress(ModelOpError):
            return self._blobs.fetch(digest).exists()
        return False

    def _store_files(self) -> None:
        """Keep what was sent of the model and its environment for other tasks."""
        wheels = WheelStore(self._settings.environments)
        for name, data in self._files.items():
            if name.startswith(BLOB):
                self._blobs.put(data)
            elif name.startswith(WHEEL):
                wheels.put(data)

    def _show(self, _step: object) -> None:
        """Report while the environment is built, and end that where nobody waits for it."""
        if self._look():
            raise _CancelledError

    def _stage(self, *, learns: bool) -> None:
        """Fill the task's folder, or take the one that an earlier attempt on this node has left."""
        folder, task = self._folder, self._task
        earlier = folder.read_if_whole(RunnerRequest) if task.plan.can_resume else None
        can_go_on = earlier is not None
        # What ended the runner there would do so again.
        skipped = {**(earlier.skipped if earlier else {}), **task.skipped}
        if folder.root.exists() and not can_go_on:
            shutil.rmtree(folder.root)
        if not folder.root.exists():
            folder.create()
            others = [snapshot.state for snapshot in self._snapshots()[1:]]
            staging.lay_out(folder.work, task.plan.snapshot.state, self._blobs, others=others)
            trimming.record_staged_files(folder)
            files.write_text(folder.root / "job.json", task.job_document, durable=False)
            if task.checkpoint is not None:
                folder.write(task.checkpoint)
            for name, data in self._files.items():
                if name.startswith(RESUMED):
                    files.write_bytes(folder.root / name.removeprefix(RESUMED), data)
        self._events = folder.events_file.stat().st_size if folder.events_file.exists() else 0
        self._console = folder.console_size()
        library = codec.offer(self._settings)
        inputs, conversions = self._inputs()
        if conversions:
            folder.write(Conversions(conversions))
        write_request(
            folder,
            dataclasses.replace(
                task.request,
                work=str(folder.work),
                inputs=inputs,
                range=None if conversions else self._range(),
                max_errors=task.request.max_errors if task.chunk is None else None,
                skipped=skipped,
                resume=task.request.resume or can_go_on or task.checkpoint is not None,
                codec=CodecOffer(codec.NAME, str(library)) if library else None,
                learn=learns,
            ),
            # A task is begun anew where its folder is damaged.
            durable=False,
        )

    def _inputs(self) -> tuple[tuple[RequestInput, ...], tuple[Conversion, ...]]:
        """Return the inputs of the request with the paths that they have here, and what makes them."""
        task, conversions = self._task, []

        def place(number: int, data: RequestInput) -> RequestInput:
            found = task.inputs[number]
            path = self._place(number, found, data)
            is_zipped = data.gzip and not found.is_unzipped
            data = dataclasses.replace(data, path=str(path), gzip=is_zipped, remote=None)
            if not record_cut(data.format):
                return data
            target = converted_path(self._folder.root, number)
            data, conversion = as_converted(data, self._range(), target)
            conversions.append(conversion)
            return data

        if task.chunk is not None:
            data = place(0, task.request.inputs[0].each_file[task.chunk.file])
            return (data,), tuple(conversions)
        inputs: list[RequestInput] = []
        numbers = count()
        for data in task.request.inputs:
            files = [place(next(numbers), file) for file in data.each_file]
            inputs.append(files[0] if data.files is None else _with_files(data, files))
        return tuple(inputs), tuple(conversions)

    def _range(self) -> ByteRange | None:
        chunk = self._task.chunk
        if chunk is None:
            return None
        # The text that was sent begins where the chunk begins.
        is_unzipped = self._task.inputs[0].is_unzipped
        return dataclasses.replace(chunk.range, member=None) if is_unzipped else chunk.range

    def _place(self, number: int, found: NodeInput, data: RequestInput) -> Path:
        """Return the path of a file, made of the pieces that were sent where it is not here.

        The pieces stand where they stand in the whole, so that offsets mean the same; what is
        between them takes no room.
        """
        if not found.pieces and found.remote is None:
            return Path(found.path)
        path = self._folder.inputs / str(number)
        with files.open_private(path, "wb") as file:
            if found.remote is not None:
                self._fetch(found.remote, data, file)
            for piece in found.pieces:
                file.seek(piece.offset)
                file.write(self._files[piece.name])
            if not found.is_unzipped:
                file.truncate(found.size)
        return path

    def _fetch(self, state: ObjectState, data: RequestInput, file: BinaryIO) -> None:
        """Read what the chunk needs of an object, or all, to the same places of a file."""
        with open_input(dataclasses.replace(data, remote=state)) as source:
            part, cut = self._range(), cut_of(data.format, delimiter=data.delimiter)
            needed: Sequence[ByteRange] = [ByteRange(0, state.size or 0)]
            if part is not None and cut is not None:
                needed = cut.needed(source, part)
            for place in needed:
                source.seek(place.start)
                file.seek(place.start)
                left = place.end - place.start
                while left > 0 and (block := source.read(min(left, BLOCK_SIZE))):
                    file.write(block)
                    left -= len(block)

    def _look(self) -> bool:
        """Report what is new, not too often; returns whether the task is to stop."""
        now = time.monotonic()
        if now - self._reported >= _REPORT_SECONDS:
            self._reported = now
            self._forward()
        return self._is_cancelled()

    def _forward(self) -> None:
        lines: list[str] = []
        with contextlib.suppress(FileNotFoundError), self._folder.events_file.open("rb") as file:
            file.seek(self._events)
            for line in file:
                if not line.endswith(b"\n"):
                    break
                self._events += len(line)
                lines.append(line.decode("utf-8", "replace"))
        console = b""
        with contextlib.suppress(FileNotFoundError), self._folder.console.open("rb") as file:
            file.seek(self._console)
            console = file.read()
            self._console += len(console)
        if lines or console:
            text = console.decode("utf-8", "surrogateescape")
            self._report(encode(NodeReport(tuple(lines), text)))

    def _proof(self, environment: Environment) -> Proof | None:
        seen = self._folder.read_if_whole(ObservedEnvironment)
        return None if seen is None else compare(seen, environment)

    def _left(self, *, without_output: bool) -> dict[str, bytes]:
        """Return what goes back: outputs, bad records, and what a train function has written."""
        folder = self._folder
        left: dict[str, bytes] = {}
        for path in () if without_output else folder.outputs.iterdir():
            left[f"{OUTPUT}{path.name}"] = path.read_bytes()
        if folder.errors_file.exists():
            left[ERRORS] = folder.errors_file.read_bytes()
        if printed := b"".join(map(line_of, folder.printed())):
            left[PRINTED] = printed
        if self._task.plan.kind is JobKind.TRAIN:
            written = folder.work / "outputDir"
            for path in written.rglob("*"):
                if path.is_file() and not path.is_symlink():
                    left[f"{TRAINED}{path.relative_to(written).as_posix()}"] = path.read_bytes()
        return left

    def _make_next_faster(self, environment: Environment) -> None:
        loaded = self._folder.read_if_whole(LoadedModules)
        if loaded is not None:
            fork_servers.start_for_runners(
                self._settings,
                self._task.plan.snapshot,
                environment.python,
                loaded.modules,
                self._blobs.read,
                idle=_IDLE_SECONDS,
            )


@lru_cache(maxsize=1)
def _remove_leftovers(tasks: Path, hour: int) -> None:  # noqa: ARG001 - what makes it another call
    """Remove what killed workers have left, once an hour: each task leaves a lock to look at."""
    for leftover in task_folders.leftovers(tasks):
        leftover.remove()


def _is_there(data: NodeInput) -> bool:
    """Say whether an input is here: sent in pieces, or a file of that path, size and time."""
    if data.pieces or data.remote is not None:
        return True
    try:
        status = Path(data.path).stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (data.size, data.modified)


def _with_files(data: RequestInput, placed: Sequence[RequestInput]) -> RequestInput:
    """Return an input of several files with what was made of each."""
    named = (
        RequestFile(file.file or "", file.path, gzip=file.gzip, remote=None) for file in placed
    )
    return dataclasses.replace(data, format=placed[0].format, files=tuple(named))


def _ended(
    status: TaskStatus, *, files: dict[str, bytes] | None = None, **facts: object
) -> TaskResult:
    outcome = NodeOutcome(status, socket.gethostname(), **facts)  # type: ignore[arg-type]
    return TaskResult(encode(outcome), files or {})
