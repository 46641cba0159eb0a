"""What mends the failure of a job: the commands, found by what its errors say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path, PurePosixPath

from modelop_jupyter.domain.amounts import size_word
from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobStatus
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.domain.results.error_groups import ErrorGroup
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.jobs.job import Job
from modelop_jupyter.remedies import Command, Remedy
from modelop_jupyter.workspace.home import Home

_GROUPED_ERRORS = 10_000
_SECONDS_MORE = 2
_MEMORY_MORE = 2
_NO_MODULE = re.compile(r"No module named '([\w.]+)'")
_NO_FILE = re.compile(r"No such file or directory: '([^']+)'")
_NO_DEFINITION = re.compile(r"Can't get attribute '(\w+)[\w.]*' on <module '__main__'")
# Exceptions of what the model does not decide itself: another try may go well.
_MAY_PASS = re.compile(
    r"Connection|Timeout|TimedOut|Unavailable|Throttl|RateLimit|HTTP|SSL|Interrupted"
)
# Errors of a job that would be there again, unless something else is changed first.
_LASTING = frozenset(
    "model_error timeout cpu_time record_timeout memory runner_died input input_changed output_columns invalid"
    " missing_extra missing_driver unknown_scheme address access_denied credentials"
    " object_changed".split()
)
_KILLED = "SIGKILL"


def remedies(job: Job, home: Home) -> tuple[Remedy, ...]:
    """Return what mends the failure of an ended job, the most likely first; nothing for a good one."""
    record = job.record
    if not record.status.is_done or record.state.tone == "good":
        return ()
    failure = _Failure(job, record, home)
    found = [
        *_packages(failure),
        *_files(failure),
        *_registration(failure),
        *_limits(failure),
        *_restarts(failure),
        *_records(failure),
    ]
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class _Failure:
    """A failed job with what was read of its errors."""

    job: Job
    record: JobRecord
    home: Home

    @cached_property
    def groups(self) -> tuple[ErrorGroup, ...]:
        return self.job.error_groups(_GROUPED_ERRORS)

    @cached_property
    def messages(self) -> tuple[str, ...]:
        """What the job's own error and the errors of its records say."""
        own = (self.record.error.message,) if self.record.error else ()
        return (*own, *(group.message for group in self.groups))

    @cached_property
    def model(self) -> Model | None:
        """The model as it is now, None where it was removed."""
        try:
            return self.home.registry.get_model(self.record.model)
        except ModelOpError:
            return None

    @cached_property
    def snapshot(self) -> Snapshot:
        return self.home.registry.get_snapshot(self.record.model, self.record.snapshot)

    @property
    def code(self) -> str:
        return self.record.error.code if self.record.error else ""

    def named(self, pattern: re.Pattern[str]) -> list[str]:
        """Return what the messages name, each once."""
        found = (match[1] for text in self.messages for match in pattern.finditer(text))
        return list(dict.fromkeys(found))

    def again(self, verb: str = "rerun", *options: str) -> Command:
        """Return the command that makes a new job of this one."""
        return ("job", verb, self.record.short_id, *options)

    @property
    def run_changed(self) -> Command:
        """The command that runs the job with the model as it is then."""
        return self.again("rerun", "--current")

    @property
    def folders(self) -> Iterator[Path]:
        """Where a file that the model opens may lie: beside the notebook, or beside an input."""
        if self.model is not None and self.model.notebook:
            yield Path(self.model.notebook).parent
        for data in self.record.inputs:
            if not data.is_read_by_ranges and self.job.folder.root not in Path(data.path).parents:
                yield Path(data.path).parent


def _packages(failure: _Failure) -> Iterator[Remedy]:
    """Add the packages, or the files, that bring missing modules."""
    modules = list(dict.fromkeys(name.partition(".")[0] for name in failure.named(_NO_MODULE)))
    if not modules or failure.model is None:
        return
    missing = set(modules)
    for module in modules:
        for added in _added_file(failure, f"{module}.py"):
            missing.discard(module)
            yield added
    if missing and missing & _inferred(failure):
        name = failure.record.model
        infer = ("requirements", name, "--infer", "--write")
        yield Remedy(
            "Add the missing packages to the requirements and run again",
            (infer, failure.run_changed),
        )


def _inferred(failure: _Failure) -> set[str]:
    """Return the modules whose packages the requirements would get."""
    from modelop_jupyter.workspace.requirements import RequirementsApi

    try:
        inferred = RequirementsApi(failure.home).infer(failure.record.model)
    except ModelOpError:
        return set()
    return {line.module or "" for line in inferred.lines if line.state == "added"}


def _files(failure: _Failure) -> Iterator[Remedy]:
    """Add files that the model opens by a relative path, and that lie beside it."""
    if failure.model is not None:
        for name in failure.named(_NO_FILE):
            yield from _added_file(failure, name)


def _added_file(failure: _Failure, name: str) -> Iterator[Remedy]:
    path = PurePosixPath(name.removeprefix("./"))
    is_hidden = any(part.startswith(".") for part in path.parts)
    model = failure.model
    if path.is_absolute() or is_hidden or model is None or model.state.asset(path.as_posix()):
        return
    for folder in failure.folders:
        file = folder / path
        if file.is_file() and file.resolve().is_relative_to(folder.resolve()):
            add = ("asset", "add", model.name, path.as_posix(), "--folder", str(folder))
            yield Remedy(f"Add {path} to the model and run again", (add, failure.run_changed))
            return


def _registration(failure: _Failure) -> Iterator[Remedy]:
    """Register again where a file needs what a notebook defines; run a model that was changed since."""
    model = failure.model
    if model is None:
        return
    if failure.named(_NO_DEFINITION):
        notebook = (model.notebook,) if model.notebook else ()
        yield Remedy("Register again", (("register", model.name, *notebook),))
    elif model.state.digest != failure.snapshot.state.digest:
        yield Remedy(f"Run again with {model.name} as it is now", (failure.run_changed,))


def _limits(failure: _Failure) -> Iterator[Remedy]:
    """Raise the limit that the job or its records went beyond, and go on."""
    limits = failure.record.options.limits
    verb, *more = _continuation(failure)
    if failure.code == "timeout" and limits.seconds:
        words = ("--timeout", f"{limits.seconds * _SECONDS_MORE:g}")
        yield Remedy("Give it more time", (failure.again(verb, *more, *words),))
    if failure.code == "cpu_time" and limits.cpu_seconds:
        words = ("--cpu-time", f"{limits.cpu_seconds * _SECONDS_MORE:g}")
        yield Remedy("Give it more CPU time", (failure.again(verb, *more, *words),))
    if limits.record_seconds and _went_beyond(failure, "record_timeout", "--record-timeout"):
        words = ("--record-timeout", f"{limits.record_seconds * _SECONDS_MORE:g}")
        yield Remedy("Give each record more time", (failure.again(verb, *more, *words),))
    if limits.memory and _went_beyond(failure, "memory", "--memory"):
        words = ("--memory", size_word(limits.memory * _MEMORY_MORE))
        yield Remedy("Give it more memory", (failure.again(verb, *more, *words),))


def _went_beyond(failure: _Failure, code: str, option: str) -> bool:
    return failure.code == code or any(f" {option} allows" in text for text in failure.messages)


def _continuation(failure: _Failure) -> tuple[str, ...]:
    """Return how the job goes on: its failed records alone, from where it stood, or from the start."""
    record = failure.record
    if record.status is JobStatus.COMPLETE and not record.options.other_outputs:
        return "retry", "--failed"
    is_open = record.status is not JobStatus.COMPLETE and record.options.can_resume
    return ("retry",) if is_open else ("rerun",)


def _restarts(failure: _Failure) -> Iterator[Remedy]:
    """Go on with the job, or score its failed records again, where that can end otherwise."""
    record = failure.record
    may_pass = any(_MAY_PASS.search(group.exception or "") for group in failure.groups)
    if record.status is JobStatus.COMPLETE:
        if may_pass and record.kind is JobKind.BATCH and not record.options.other_outputs:
            yield Remedy("Retry the failed records", (failure.again("retry", "--failed"),))
    elif record.status is JobStatus.CANCELLED or _can_end_otherwise(failure):
        yield Remedy("Retry", (failure.again("retry"),))


def _can_end_otherwise(failure: _Failure) -> bool:
    error = failure.record.error
    if error is None or error.code not in _LASTING:
        is_named = error is not None and error.code == "environment_build"
        return not (is_named and error is not None and error.details.get("requirement"))
    if error.code == "runner_died":
        return _KILLED in error.message
    return bool(_MAY_PASS.search(str(error.details.get("exception") or "")))


def _records(failure: _Failure) -> Iterator[Remedy]:
    """Open the first record that the model failed on where its code can be tried."""
    record = failure.record
    if record.kind is not JobKind.BATCH:
        return
    for group in islice((one for one in failure.groups if one.exception), 1):
        place = f"{record.short_id}:{group.first}"
        command = ("run", record.model, "--record", place, "--load")
        yield Remedy(f"Open record {group.first} in the isolated kernel", (command,))
