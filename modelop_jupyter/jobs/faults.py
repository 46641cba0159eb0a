"""What a user is told of an error of the model's code, or of a process that died."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from modelop_jupyter.domain.jobs import BROKEN_FOLDER, SUPERVISOR_DIED, Counts
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.pickles import sklearn_version
from modelop_jupyter.domain.renames import advice
from modelop_jupyter.domain.sources import PYTHON_ENDINGS
from modelop_jupyter.engines import describe_exit
from modelop_jupyter.errors import EnvironmentBuildError, ModelOpError
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.position import position

# ModelOp's own packages, which no public index has (spec 6.11).
_PROPRIETARY = frozenset({"modelop", "modelop_sdk"})
_NOT_THERE = (
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

Fault = dict[str, Any]


def of_refusal(error: ModelOpError) -> Fault:
    """Return an error of ours as a job keeps it."""
    fault: Fault = dict(error.to_wire())
    if isinstance(error, EnvironmentBuildError):
        names = ("asset", "line", "requirement", "log", "reason", "remedy")
        fault |= {name: getattr(error, name) for name in names}
    return fault


def of_build(
    error: EnvironmentBuildError, state: ModelState, read: Callable[[str], bytes]
) -> Fault:
    """Return a failed build; one for ModelOp's own packages says where they are imported (6.11)."""
    fault = of_refusal(error)
    name = re.split(r"[^\w-]", error.requirement or "", maxsplit=1)[0].lower().replace("-", "_")
    if name in _PROPRIETARY:
        places = list(_imports_of(name, state, read))
        fault["imports"] = places
        where = ", ".join(f"{place['asset']}, line {place['line']}" for place in places)
        said = f"imported in {where}" if places else "no source of the model imports it"
        fault["message"] = f"{fault['message']} ({said})"
    return fault


def _imports_of(
    name: str, state: ModelState, read: Callable[[str], bytes]
) -> Iterator[dict[str, Any]]:
    from modelop_jupyter.capture import imports_of

    for asset in state.assets:
        if asset.path.lower().endswith(PYTHON_ENDINGS):
            for found in imports_of(read(asset.digest).decode("utf-8-sig", "replace")):
                if found.module == name:
                    yield {"asset": asset.path, "line": found.line}


def of_model(result: Mapping[str, Any], folder: JobFolder | None = None) -> Fault | None:
    """Return the error that ended the model's work, with where it was and a hint where there is one.

    ``folder`` tells what the model's environment holds.
    """
    error = result.get("error")
    if not error:
        return None
    said = error["message"]
    if error["exception"] not in (None, said):
        said = f"{error['exception']}: {said}"
    where = f" in {error['file']}, line {error['line']}" if error.get("file") else ""
    return {
        "code": "model_error",
        **error,
        "message": f"{error['stage']}{where}: {said}",
        "hint": hint_of(error, folder),
    }


def of_death(code: int, folder: JobFolder, *, in_a_row: int = 1) -> Fault:
    """Say how a runner died that left no end marker (spec 13.12)."""
    begun = position(folder)
    text = f"the model's process ended before its work did ({describe_exit(code)})"
    if begun.record is not None:
        text += f", in record {begun.record}"
    if in_a_row > 1:
        text += (
            f"; it was the {in_a_row}th time in a row"
            if in_a_row > 3
            else "; it was not the first time"
        )
    return {
        "code": "runner_died",
        "message": text,
        "hint": _death_hint(code),
        "record": begun.record,
        "console": _console_tail(folder),
    }


def of_passed_over(deaths: Mapping[int, int], counts: Counts, folder: JobFolder) -> Fault:
    """Say in which records a runner died, of a job that went on behind them (spec 13.12).

    ModelOp's runtime would not have: the job is an ERROR, though its other records are scored.
    """
    first, code = next(iter(deaths.items()))
    text = f"the model's process ended in record {first} ({describe_exit(code)})"
    if len(deaths) > 1:
        rest = ", ".join(map(str, list(deaths)[1:_SHOWN]))
        more = len(deaths) - _SHOWN
        text += f", and in {rest}" + (f" and {more} more" if more > 0 else "")
    text += f"; {_of_others(deaths, counts)}, but ModelOp's runtime would have ended there"
    return {
        "code": "runner_died",
        "message": text,
        "hint": _death_hint(code),
        "record": first,
        "records": list(deaths),
        "console": _console_tail(folder),
    }


def _of_others(deaths: Mapping[int, int], counts: Counts) -> str:
    others = counts.records_in - len(deaths)
    if others <= 0:
        return "it was the only record" if len(deaths) == 1 else "there were no others"
    if counts.scored >= others:
        return "all other records were scored"
    return f"of {others} other records, {counts.scored} were scored"


def of_lateness(seconds: float) -> Fault:
    """Say that a job took longer than it may."""
    return {
        "code": "timeout",
        "message": f"stopped after {seconds:g} s, as --timeout asked",
        "hint": "Give it more time with --timeout",
    }


def of_lost_output(part: Path) -> Fault:
    """Say that what was scored is gone, which only the model or somebody else can have removed."""
    return {
        "code": "output_lost",
        "message": f"the output {part} was removed while the job wrote it",
        "hint": "A model may write to its working directory only: '..' is the job's own folder",
    }


def of_changed_input(said: str) -> Fault:
    """Say that an input was changed while it was read, so that nobody knows what was scored."""
    return {
        "code": "input_changed",
        "message": f"{said}: it was changed while the job read it",
        "hint": "Run the job again when nobody writes to its input",
    }


def of_full_disk(folder: JobFolder) -> Fault:
    """Say that the job filled the disk that holds its folder."""
    return {
        "code": "disk_full",
        "message": f"no space is left on the disk of the job's folder {folder.root}",
        "hint": "Free some, or set MODELOP_HOME to another disk; then 'job retry' goes on",
    }


def of_dead_supervisor(short_id: str) -> Fault:
    """Say that nobody watches over the job any more, and that it has no end."""
    return {
        "code": SUPERVISOR_DIED,
        "message": "the process that watched over the job is gone",
        "hint": f"It was killed, or the machine was switched off: 'job retry {short_id}'"
        " goes on where it stood",
    }


def of_broken_folder(short_id: str, reason: str) -> Fault:
    """Say why what a job's folder holds cannot be understood."""
    return {
        "code": BROKEN_FOLDER,
        "message": f"the job's folder cannot be read: {reason}",
        "hint": f"'job retry {short_id}' takes over what can be, 'job rerun {short_id}' starts over,"
        f" 'job remove {short_id}' takes it away",
    }


def of_failed_start(reason: str) -> Fault:
    """Say why no supervisor could be started."""
    return {
        "code": "not_started",
        "message": f"the job could not be started: {reason}",
        "hint": "Submit it anew when that is mended",
    }


def of_slow_record(record: int, seconds: float) -> Fault:
    """Say which record took too long in a job that cannot go on behind it."""
    return {
        "code": "record_timeout",
        "message": f"record {record} took longer than {seconds:g} s, as --record-timeout allows",
        "hint": "Give records more time with --record-timeout",
        "record": record,
    }


def of_memory(record: int | None, said: str) -> Fault:
    """Say that a job took more memory than it may, and in which record if in one."""
    who = "the model" if record is None else f"record {record}"
    return {
        "code": "memory",
        "message": f"{who} {said}",
        "hint": "Give it more with --memory",
        "record": record,
    }


def _death_hint(code: int) -> str | None:
    if code == -signal.SIGKILL:
        return "It was killed from outside, as happens when memory runs out"
    return "Something in the model ends the process, such as os._exit" if code >= 0 else None


def hint_of(error: Mapping[str, Any], folder: JobFolder | None = None) -> str | None:
    """Return what to do about an error of the model, None where nothing is known of it."""
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


def _missing_name(error: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the module and the name in it that an error says are not there."""
    if error["exception"] == "ModuleNotFoundError":
        return str(error.get("module") or ""), ""
    for pattern in _NOT_THERE:
        found = pattern.search(str(error["message"]))
        if found:
            return found["module"], found["name"]
    return None


def _import_hint(error: Mapping[str, Any], folder: JobFolder | None) -> str | None:
    path = str(error.get("module") or "")
    module = path.partition(".")[0]
    if error["exception"] != "ModuleNotFoundError" or not module:
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
    """Return the distribution and version that brings a top module, None where none does."""
    proof = folder.read_if_whole("proof.json") or {}
    places = [Path(each) for each in proof.get("sys_path", ())]
    if not any((place / module).is_dir() for place in places):
        return None
    versions = {name.lower().replace("_", "-"): v for name, v in proof.get("distributions", ())}
    name = _DISTRIBUTIONS.get(module, module).lower().replace("_", "-")
    return f"{name} {versions[name]}" if name in versions else module


def _other_version(path: str, there: str, folder: JobFolder) -> str:
    told = ""
    if path.startswith("sklearn."):
        for file in sorted(folder.work.rglob("*")):
            version = sklearn_version(file) if file.is_file() else None
            if version:
                told = f", {file.name} says with {version}"
                break
    return (
        f"{there} of the model's environment has no module {path!r}: what names it, a pickle as a rule,"
        f" was written with another version{told}. Pin that one in the requirements, or write it anew"
    )


def _console_tail(folder: JobFolder) -> str:
    try:
        data = folder.console.read_bytes()
    except OSError:
        return ""
    return data[-_CONSOLE_TAIL:].decode("utf-8", "replace")
