"""A failure as one block of text for a ticket: what was run, where, what went wrong. Secrets are masked."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.domain.amounts import size_word
from modelop_jupyter.domain.jobs import JobError, JobRecord
from modelop_jupyter.domain.models import ModelRef
from modelop_jupyter.domain.reports import FailureReport
from modelop_jupyter.errors import EnvironmentNotFoundError
from modelop_jupyter.masking import MASK, Masker, is_secret_name

if TYPE_CHECKING:
    from modelop_jupyter.domain.environments import BuildFailure, Environment
    from modelop_jupyter.domain.results.error_groups import ErrorGroup
    from modelop_jupyter.jobs.job import Job
    from modelop_jupyter.workspace.home import Home

_LOG_LINES = 40
_GROUPS = 5
_GROUPED_ERRORS = 10_000
_LABEL_WIDTH = 13


def job_report(job: Job, home: Home) -> FailureReport:
    """Return all about a job that helps somebody else to find out why it failed.

    No record of its input is in it, unless an error's own message quotes one.
    """
    record = job.record
    environment = _environment_of(record, home)
    error = record.error
    facts = [
        ("ran", _line_of(record)),
        ("job", f"{record.id}, {record.state.text} ({record.status.value} {record.result.value})"),
        ("model", record.snapshot_ref),
        *_machine(),
        ("environment", _described(environment, record)),
        ("records", _counted(record)),
        *(_of_error(error) if error else ()),
        ("advice", job.hint or ""),
    ]
    groups = job.error_groups(_GROUPED_ERRORS)
    first = next((each for each in job.errors(_GROUPS) if each.traceback), None)
    details = error.details if error else {}
    sections = [
        ("traceback", str(details.get("traceback") or "")),
        ("what the resolver or installer said", _reason(error)),
        ("bad records", "\n".join(map(_group_line, groups[:_GROUPS]))),
        (
            f"traceback of record {first.index}" if first else "",
            (first.traceback or "") if first else "",
        ),
        ("end of the build log", _end_of_file(details.get("log"))),
        ("packages", _packages(environment)),
        ("end of the log", _end(job.log())),
    ]
    masker = Masker(_addresses(record))
    return FailureReport(f"job {record.short_id}", masker(_text("A job failed", facts, sections)))


def environment_report(ref: str, home: Home) -> FailureReport:
    """Return all about an environment that helps somebody else to find out why it was not built."""
    view = home.environments.view(ref, home.owner(ref))
    failure = view.failure
    facts = [
        ("ran", shlex.join(["modelop", "env", "build", ref])),
        ("model", str(ModelRef.parse(ref))),
        *_machine(),
        (
            "environment",
            f"{view.state}, for Python {view.interpreter.version}"
            if view.interpreter
            else view.state,
        ),
        *(_of_failure(failure) if failure else ()),
    ]
    locked = (f"{each.name}=={each.version}" for each in view.packages)
    sections = [
        ("what the resolver or installer said", failure.reason if failure else ""),
        ("locked packages", ", ".join(locked)),
        ("end of the build log", _end_of_file(failure.log if failure else None)),
    ]
    text = _text("An environment could not be built", facts, sections)
    return FailureReport(f"environment of {ref}", Masker()(text))


def _text(title: str, facts: Iterable[tuple[str, str]], sections: Iterable[tuple[str, str]]) -> str:
    lines = [f"{title} in modelop-jupyter"]
    lines += (f"{label:<{_LABEL_WIDTH}}{value}" for label, value in facts if value)
    for heading, text in sections:
        if text.strip():
            lines += ["", f"{heading}:", *(f"  {line}".rstrip() for line in text.splitlines())]
    return "\n".join(lines)


def _machine() -> Iterator[tuple[str, str]]:
    """Yield the versions of this package, of Python and of the system."""
    from importlib.metadata import version

    yield "modelop", version("modelop-jupyter")
    yield "python", f"{platform.python_version()} ({platform.python_implementation()})"
    yield "system", platform.platform()


def _of_error(error: JobError) -> Iterator[tuple[str, str]]:
    yield "error", f"{error.code}: {error.message}" if error.code else error.message
    yield "hint", error.hint or ""


def _of_failure(failure: BuildFailure) -> Iterator[tuple[str, str]]:
    yield "error", f"environment_build: {failure.message}"
    yield "hint", failure.remedy or ""
    place = [failure.asset or "", f"line {failure.line}" if failure.line else ""]
    yield "where", ", ".join(filter(None, [*place, failure.requirement or ""]))
    yield "when", failure.moment.isoformat(timespec="seconds")


def _reason(error: JobError | None) -> str:
    """Return what kept an environment from being built, where that was the error."""
    if error is None or "requirement" not in error.details:
        return ""
    return str(error.details.get("reason") or "")


def _line_of(record: JobRecord) -> str:
    """Return the line that submits such a job, without what it has of a secret."""
    options = record.options
    words = ["modelop", record.kind.value, record.snapshot_ref]
    words += (given.name for given in record.inputs)
    for key, value in record.parameters.items():
        words += ["--param", f"{key}={MASK if is_secret_name(key) else value}"]
    limits, most = options.limits, options.limits.max_errors or {}
    percent, count = most.get("percent"), most.get("count")
    given = {
        "-o": options.output.target if options.output else None,
        "--schemas": options.schemas,
        "--max-errors": f"{percent:g}%" if percent is not None else count,
        "--limit": limits.records,
        "--timeout": limits.seconds,
        "--record-timeout": limits.record_seconds,
        "--memory": limits.memory and size_word(limits.memory),
        "--cpu-time": limits.cpu_seconds,
        "--workers": options.workers.wanted,
        "--reference": options.reference,
        "--engine": options.engine,
        "--notify": options.notify,
    }
    for name, value in given.items():
        if value is not None:
            words += [name, f"{value:g}" if isinstance(value, float) else str(value)]
    words += limits.retries.words if limits.retries else ()
    return shlex.join(words)


def _counted(record: JobRecord) -> str:
    counts = record.counts
    return (
        f"{counts.records_in} in, {counts.scored} scored, {counts.rejected} rejected,"
        f" {counts.failed} failed, {counts.records_out} out"
    )


def _environment_of(record: JobRecord, home: Home) -> Environment | None:
    if record.environment is None:
        return None
    from modelop_jupyter.environments import EnvironmentManager

    try:
        return EnvironmentManager(home.settings.environments).get(record.environment)
    except EnvironmentNotFoundError:
        return None


def _described(environment: Environment | None, record: JobRecord) -> str:
    if environment is None:
        return f"{record.environment[:12]}, removed since" if record.environment else "none"
    return f"{environment.fingerprint[:12]}, Python {environment.interpreter.version}"


def _packages(environment: Environment | None) -> str:
    packages = environment.packages if environment else ()
    return ", ".join(f"{each.name}=={each.version}" for each in packages)


def _group_line(group: ErrorGroup) -> str:
    place = f" at {group.file}, line {group.line}" if group.file else ""
    exception = f"{group.exception}: " if group.exception else ""
    return f"{group.count} in {group.stage}{place}: {exception}{group.message}"


def _end(text: str) -> str:
    return "\n".join(text.splitlines()[-_LOG_LINES:])


def _end_of_file(path: object) -> str:
    if not path:
        return ""
    try:
        return _end(Path(str(path)).read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""


def _addresses(record: JobRecord) -> Iterator[str]:
    """Yield the addresses that may hold a secret."""
    yield from (given.name for given in record.inputs if "://" in given.name)
    target = record.options.output.target if record.options.output else None
    if target and "://" in target:
        yield target
