"""The errors of jobs: message and hint for each way in which a job can fail."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.jobs import BROKEN_FOLDER, SUPERVISOR_DIED, Counts, JobError
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.source_code.primary_source import PYTHON_ENDINGS
from modelop_jupyter.engines import describe_exit
from modelop_jupyter.errors import EnvironmentBuildError, ModelOpError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import ModelError, ObservedEnvironment
from modelop_jupyter.masking import mask

# ModelOp's own packages, which no public index has (spec 6.11).
_PROPRIETARY = frozenset({"modelop", "modelop_sdk"})
_MISSING_NAME = (
    re.compile(r"cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'"),
    re.compile(r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'"),
    re.compile(r"Can't get attribute '(?P<name>\w+)[\w.]*' on <module '(?P<module>[\w.]+)'"),
)
_DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "cv2": "opencv-python",
    "PIL": "pillow",
    "yaml": "pyyaml",
}
_CONSOLE_TAIL = 2_000
_SHOWN = 10


def of_refusal(error: ModelOpError) -> JobError:
    """Return an error of this package as a job keeps it."""
    details: dict[str, Any] = {}
    if isinstance(error, EnvironmentBuildError):
        names = ("asset", "line", "requirement", "log", "reason", "remedy")
        details = {name: getattr(error, name) for name in names}
    return JobError(
        error.code, mask(error.message), mask(error.hint) if error.hint else None, details
    )


def of_build(
    error: EnvironmentBuildError, state: ModelState, read: Callable[[str], bytes]
) -> JobError:
    """Return a failed build; for ModelOp's own packages, where they are imported (spec 6.11)."""
    refusal = of_refusal(error)
    name = re.split(r"[^\w-]", error.requirement or "", maxsplit=1)[0].lower().replace("-", "_")
    if name not in _PROPRIETARY:
        return refusal
    places = list(_imports_of(name, state, read))
    where = ", ".join(f"{place['asset']}, line {place['line']}" for place in places)
    remark = f"imported in {where}" if places else "no source of the model imports it"
    return replace(
        refusal,
        message=f"{refusal.message} ({remark})",
        details={**refusal.details, "imports": places},
    )


def _imports_of(
    name: str, state: ModelState, read: Callable[[str], bytes]
) -> Iterator[dict[str, Any]]:
    from modelop_jupyter.capture import imports_of

    for asset in state.assets:
        if asset.path.lower().endswith(PYTHON_ENDINGS):
            for imported in imports_of(read(asset.digest).decode("utf-8-sig", "replace")):
                if imported.module == name:
                    yield {"asset": asset.path, "line": imported.line}


def of_model(error: ModelError | None, folder: JobFolder | None = None) -> JobError | None:
    """Return the error that ended the model's work, with its place and a hint where there is one.

    ``folder`` tells what the model's environment holds.
    """
    if error is None:
        return None
    text, more = error.message, error.details
    if error.exception not in (None, text):
        text = f"{error.exception}: {text}"
    where = f" in {more['file']}, line {more.get('line')}" if more.get("file") else ""
    return JobError(
        "model_error",
        f"{error.stage}{where}: {text}",
        hint_of(error, folder),
        {"stage": error.stage, "exception": error.exception, **more},
    )


def of_death(code: int, folder: JobFolder, *, in_a_row: int = 1) -> JobError:
    """Return the error of a runner that died without an end marker (spec 13.12)."""
    position = folder.position()
    text = f"the model's process ended before its work did ({describe_exit(code)})"
    if position.record is not None:
        text += f", in record {position.record}"
    if in_a_row > 1:
        text += (
            f"; it was the {in_a_row}th time in a row"
            if in_a_row > 3
            else "; it was not the first time"
        )
    return JobError(
        "runner_died",
        text,
        _death_hint(code),
        {"record": position.record, "console": console_tail(folder)},
    )


def of_skipped(deaths: Mapping[int, int], counts: Counts, folder: JobFolder) -> JobError:
    """Return the error of a job that skipped the records in which its runner died (spec 13.12).

    ``deaths`` are exit codes by record. ModelOp's runtime would have ended at the first: the job is
    an ERROR, though its other records are scored.
    """
    first, code = next(iter(deaths.items()))
    text = f"the model's process ended in record {first} ({describe_exit(code)})"
    if len(deaths) > 1:
        rest = ", ".join(map(str, list(deaths)[1:_SHOWN]))
        more = len(deaths) - _SHOWN
        text += f", and in {rest}" + (f" and {more} more" if more > 0 else "")
    text += f"; {_of_others(deaths, counts)}, but ModelOp's runtime would have ended there"
    return JobError(
        "runner_died",
        text,
        _death_hint(code),
        {"record": first, "records": list(deaths), "console": console_tail(folder)},
    )


def _of_others(deaths: Mapping[int, int], counts: Counts) -> str:
    others = counts.records_in - len(deaths)
    if others <= 0:
        return "it was the only record" if len(deaths) == 1 else "there were no others"
    if counts.scored >= others:
        return "all other records were scored"
    return f"of {others} other records, {counts.scored} were scored"


def of_lateness(seconds: float) -> JobError:
    """Return the error of a job that took longer than ``--timeout``."""
    return JobError(
        "timeout",
        f"stopped after {seconds:g} s, as --timeout asked",
    )


def of_cpu_time(used: float, allowed: float) -> JobError:
    """Return the error of a job whose model took more CPU time than ``--cpu-time`` allows."""
    return JobError(
        "cpu_time",
        f"stopped after {used:.1f} s of CPU time, of which --cpu-time allows {allowed:g} s",
    )


def of_lost_output(part: Path | str) -> JobError:
    """Return the error of a job whose output was removed by the model or another program."""
    return JobError(
        "output_lost",
        f"the output {part} was removed while the job wrote it",
        "A model may write to its working directory only: '..' is the job's own folder",
    )


def of_changed_input(change: str) -> JobError:
    """Return the error of a job whose input was changed while it was read."""
    return JobError(
        "input_changed",
        f"{change}: it was changed while the job read it",
        "Run the job again when nobody writes to its input",
    )


def of_full_disk(folder: JobFolder) -> JobError:
    """Return the error of a job that filled the disk of its folder."""
    return JobError(
        "disk_full",
        f"no space is left on the disk of the job's folder {folder.root}",
        "Free some, or set MODELOP_HOME to another disk; then a retry goes on",
    )


def of_dead_supervisor() -> JobError:
    """Return the error of a job whose supervisor is gone without writing an end."""
    return JobError(
        SUPERVISOR_DIED,
        "the process that supervised the job has ended without a result",
        "It was killed, or the machine was switched off; a retry goes on where it stood",
    )


def of_broken_folder(reason: str) -> JobError:
    """Return the error of a job whose folder cannot be read."""
    return JobError(
        BROKEN_FOLDER,
        f"the job's folder cannot be read: {reason}",
        "A retry keeps what can be read; to run it again starts over",
    )


def of_failed_start(reason: str) -> JobError:
    """Return the error of a job whose supervisor could not be started."""
    return JobError(
        "not_started",
        f"the job could not be started: {reason}",
        "Fix the cause, then submit the job again",
    )


def of_slow_record(record: int, seconds: float) -> JobError:
    """Return the error of a record that took too long, in a job that cannot skip it."""
    return JobError(
        "record_timeout",
        f"record {record} took longer than {seconds:g} s, as --record-timeout allows",
        details={"record": record},
    )


def of_memory(record: int | None, text: str) -> JobError:
    """Return the error of a job that took more memory than ``--memory`` allows."""
    subject = "the model" if record is None else f"record {record}"
    return JobError(
        "memory",
        f"{subject} {text}",
        details={"record": record},
    )


def _death_hint(code: int) -> str | None:
    if code == -signal.SIGKILL:
        return "It was killed from outside, as happens when memory runs out"
    return "Something in the model ends the process, such as os._exit" if code >= 0 else None


def hint_of(error: ModelError, folder: JobFolder | None = None) -> str | None:
    """Return what to do about an error of the model, None where nothing is known of it."""
    from modelop_jupyter.domain.source_code.renamed_names import advice

    missing = _missing_name(error)
    if missing is None:
        return None
    module, name = missing
    if module == "__main__":
        return (
            f"A file was written by a notebook or script that defines {name!r}: register again in that"
            f" notebook together with the file, or define {name!r} in the model's source"
        )
    return advice(f"{module}.{name}".rstrip(".")) or _import_hint(error, folder)


def _missing_name(error: ModelError) -> tuple[str, str] | None:
    """Return the module and the name in it that are missing, None for another error."""
    if error.exception == "ModuleNotFoundError":
        return str(error.details.get("module") or ""), ""
    for pattern in _MISSING_NAME:
        match = pattern.search(error.message)
        if match:
            return match["module"], match["name"]
    return None


def _import_hint(error: ModelError, folder: JobFolder | None) -> str | None:
    path = str(error.details.get("module") or "")
    module = path.partition(".")[0]
    if error.exception != "ModuleNotFoundError" or not module:
        return None
    if module in _PROPRIETARY:
        return (
            f"{module!r} is ModelOp's own package, which PyPI does not have: name an index that has it in"
            " requirements.txt (--extra-index-url URL), or take the import out"
        )
    if path != module and folder is not None:
        there = _library(module, folder)
        if there is not None:
            return _other_version(path, there, folder)
    return (
        f"The model's environment has no {module!r}: add its package to requirements.txt and register"
        " again, or add the file if it is your own"
    )


def _library(module: str, folder: JobFolder) -> str | None:
    """Return name and version of the distribution with a top module, None where it is not installed."""
    observed = folder.read_if_whole(ObservedEnvironment)
    if observed is None or not any(Path(path, module).is_dir() for path in observed.sys_path):
        return None
    versions = {name.lower().replace("_", "-"): v for name, v in observed.distributions}
    name = _DISTRIBUTIONS.get(module, module).lower().replace("_", "-")
    return f"{name} {versions[name]}" if name in versions else module


def _other_version(path: str, there: str, folder: JobFolder) -> str:
    from modelop_jupyter.domain.source_code.pickles import sklearn_version

    written = ""
    if path.startswith("sklearn."):
        for file in sorted(folder.work.rglob("*")):
            version = sklearn_version(file) if file.is_file() else None
            if version:
                written = f", {file.name} says with {version}"
                break
    return (
        f"{there} of the model's environment has no module {path!r}: what names it, a pickle as a rule,"
        f" was written with another version{written}. Pin that version in the requirements, or write the file again"
    )


def console_tail(folder: JobFolder) -> str:
    """Return the end of what the model printed, empty where it printed nothing."""
    try:
        data = folder.console.read_bytes()
    except OSError:
        return ""
    return data[-_CONSOLE_TAIL:].decode("utf-8", "replace")
