"""Where a job's outputs go: names and paths of the user, checked before anything runs."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from modelop_jupyter import files
from modelop_jupyter.domain.chunks import Chunk
from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.domain.source_code.smart_tags import SmartTags
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.formats import FORMATS, JSON_LINES, Format, format_for
from modelop_jupyter.formats.compression import compression_named, ending_of
from modelop_jupyter.formats.sql.address import Query
from modelop_jupyter.jobs.sharding import stored_outputs
from modelop_jupyter.storage import Address, is_address, require_writable
from modelop_jupyter.workspace.job_request import (
    FileSet,
    Input,
    JobRequest,
    PathBelow,
    RemoteFiles,
    Stream,
    Target,
    Variable,
    shortened,
)

# What stands before or behind an output's name while it is not complete: ``partial-``, ``.part.whole``.
_AFFIX = len(".part.whole")
_DEFAULT_NAMES = {
    JobKind.BATCH: "output.json",
    JobKind.METRICS: "test_result.json",
    JobKind.TRAIN: "output.json",
}
# What cannot be written, by the ending of the name.
_FOREIGN_ENDINGS = {
    **dict.fromkeys((".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"), "a spreadsheet"),
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), "a pickle"),
    **dict.fromkeys((".h5", ".hdf5", ".hdf"), "an HDF5 file"),
    **dict.fromkeys((".npy", ".npz"), "a numpy file"),
    **dict.fromkeys((".db", ".sqlite", ".sqlite3"), "a database"),
    **dict.fromkeys((".zip", ".tar", ".tgz", ".7z"), "an archive"),
    **dict.fromkeys((".pdf", ".doc", ".docx", ".png", ".jpg", ".html", ".htm"), "a document"),
    **dict.fromkeys((".orc", ".sas7bdat", ".sav", ".dta", ".rds"), "a file of that kind"),
    **dict.fromkeys((".yaml", ".yml", ".xml", ".toml"), "a file of that kind"),
}


def output_targets(request: JobRequest, tags: SmartTags) -> list[OutputTarget]:
    """Return the output, or those of slots 1, 3, 5 and so on if there are several (spec 13.18).

    Raises :class:`InvalidError` for what cannot be written.
    """
    asked = request.output
    if isinstance(asked, (str, Path, PathBelow)) or asked is None:
        return [_target(asked, request)]
    if len(asked) < 2:
        return [_target(asked[0] if asked else None, request)]
    last = max([1, *(slot.number for slot in tags.slots if not slot.is_input)])
    wanted = 2 * len(asked) - 1
    if wanted > last:
        raise InvalidError(
            f"{len(asked)} outputs take the slots up to {wanted}, and the model's last one is {last}",
            f"Give fewer outputs, or declare the slot in the source: # modelop.slot.{wanted}: in-use",
        )
    if wanted < last:
        raise InvalidError(
            f"the model has output slots up to {last}, and {len(asked)} outputs are given",
            f"Give one for all records, or {(last + 1) // 2} for the slots 1, 3 and so on",
        )
    targets: list[OutputTarget] = []
    for slot, output in zip(range(1, wanted + 1, 2), asked, strict=True):
        target = replace(_target(output, request), slot=slot)
        if target.target is not None and target.target in [other.target for other in targets]:
            raise InvalidError(
                f"output {output} is given twice", "Give each slot a file of its own"
            )
        if target.name in [other.name for other in targets]:
            target = replace(target, name=f"slot-{slot}-{target.name}")
        targets.append(target)
    return targets


def _target(asked: Target, request: JobRequest) -> OutputTarget:
    if asked is None:
        name = _DEFAULT_NAMES[request.kind]
        return OutputTarget(name, format_for(name).name)
    if isinstance(asked, str) and is_address(asked):
        return _remote_target(Address.parse(asked), request)
    within = None
    output: str | Path
    if isinstance(asked, PathBelow):
        output, within = asked.path, str(asked.below)
    else:
        output = asked
    path = Path(output).expanduser().absolute()
    try:
        return _checked_target(path, request, output, within)
    except (OSError, ValueError) as error:
        # A name that is too long, or in a folder that may not be entered.
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise InvalidError(
            f"output {shortened(output)} cannot be written: {reason}",
            "Give the output another name",
        ) from None


def _remote_target(address: Address, request: JobRequest) -> OutputTarget:
    """Return the target of an address; a prefix gets an object with the name of the local output."""
    if address.holds_credentials:
        raise InvalidError(
            f"output {address.shown} holds credentials, which a job keeps nowhere",
            f"Leave them out: {address.scheme}:// takes them from your usual files and variables",
        )
    prefix = None
    if address.is_prefix:
        prefix = f"{address.text.rstrip('/')}/"
        address = address.child(_name_below(address, request.kind))
        require_own_objects(prefix, stored_outputs.objects_at(prefix))
    format = _writable_format(address.name, request.kind)
    target = OutputTarget(address.name, format.name, prefix or address.text)
    if any(
        isinstance(given, ObjectState) and given.address == address.text for given in request.inputs
    ):
        raise InvalidError(
            f"output {address} is the job's input, which it would overwrite",
            "Give the output another name",
        )
    require_writable(address)
    return target


def _name_below(prefix: Address, kind: JobKind) -> str:
    """Return the name of a single object below a prefix; ``scores.csv/`` asks for CSV."""
    name, ending = PurePosixPath(_DEFAULT_NAMES[kind]), PurePosixPath(prefix.key.rstrip("/"))
    is_known = format_for(ending.name) is not JSON_LINES
    count = 1 if compression_named(ending.name) is None else 2
    suffixes = "".join(ending.suffixes[-count:])
    return f"{name.stem}{suffixes}" if is_known else str(name)


def settled(output: OutputTarget, *, is_cut: bool) -> OutputTarget:
    """Return where an output goes now that it is known whether its job is cut into chunks.

    Below a prefix each chunk has an object of its own where the runner writes what is to be in it;
    else there is one object.
    """
    is_written = FORMATS[output.format].runner_format in ("json", "csv")
    if output.prefix is None or (is_cut and is_written and compression_named(output.name) is None):
        return output
    return replace(output, target=output.prefix + output.name)


def require_own_objects(prefix: str, names: Iterable[str], chunks: Sequence[Chunk] = ()) -> None:
    """Raise :class:`InvalidError` for a prefix with objects that are not of a job with these chunks."""
    foreign = stored_outputs.foreign_to(chunks, names)
    if foreign:
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        raise InvalidError(
            f"output {prefix} holds another job's output: {', '.join(foreign[:3])}{more}",
            "Choose a prefix of its own for each job, or remove what is there",
        )


def _checked_target(
    path: Path, request: JobRequest, output: str | Path, within: str | None
) -> OutputTarget:
    if any(_is_same_file(given, path) for given in request.inputs):
        raise InvalidError(
            f"output {output} is the job's input, which it would overwrite",
            "Give the output another name",
        )
    if path.is_dir():
        raise InvalidError(f"output {output} is a folder", "Name a file in it")
    try:
        real = files.real_target(path)
    except OSError as error:
        raise InvalidError(
            f"output {output}: {error.strerror or error}",
            "Name a file, or a pipe that something reads",
        ) from None
    if not path.parent.is_dir():
        raise InvalidError(
            f"output {output}: the folder {path.parent} does not exist",
            "Make it first, or choose another folder",
        )
    if not os.access(real if real.is_fifo() else real.parent, os.W_OK):
        raise InvalidError(
            f"output {output}: the folder {path.parent} is not writable",
            "Choose another folder",
        )
    _require_possible_name(path)
    format = _writable_format(path.name, request.kind)
    # Paths like /dev/stdout mean another file in the process that writes.
    is_of_process = path.parts[1:2] in (("dev",), ("proc",))
    return OutputTarget(path.name, format.name, str(real if is_of_process else path), within)


def _writable_format(name: str, kind: JobKind) -> Format:
    """Return the format that an output's name asks for; raises where it cannot be written."""
    format = format_for(name)
    _require_writable_format(name, kind, format.name)
    if format.name == "text":
        format = JSON_LINES
    format.require()
    compression = compression_named(name)
    if compression is not None:
        compression.require()
        if format.runner_format is None:
            raise InvalidError(
                f"output {name}: {format.name} files are compressed within themselves",
                f"Name it {name[: -len(compression.ending)]}",
            )
    return format


def _require_writable_format(name: str, kind: JobKind, format: str) -> None:
    """Refuse names whose ending promises what would not be in the file."""
    ending = ending_of(name)
    if ending in _FOREIGN_ENDINGS:
        raise InvalidError(
            f"output {name}: {_FOREIGN_ENDINGS[ending]} cannot be written",
            "Choose a name ending in .json, .csv, .tsv, .parquet, .feather or .avro",
        )
    if kind is JobKind.METRICS and format not in ("json", "text"):
        raise InvalidError(
            f"output {name}: a metrics result is one JSON document, not {format}",
            "Choose a name ending in .json",
        )


def _require_possible_name(path: Path) -> None:
    """Raise :class:`OSError` for a name that no file can have, there or in the job's folder.

    There it has a prefix or an ending while it is not complete.
    """
    with contextlib.suppress(FileNotFoundError):
        path.stat()
    longest = os.pathconf(path.parent, "PC_NAME_MAX") if hasattr(os, "pathconf") else 255
    if len(os.fsencode(path.name)) > longest - _AFFIX:
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG))


def _is_same_file(given: Input, path: Path) -> bool:
    """Return whether an input is the file at a path."""
    if isinstance(given, (Variable, Stream, ObjectState, RemoteFiles, Query)):
        return False
    if isinstance(given, FileSet):
        return any(_is_same_file(file, path) for file in given.paths)
    source = given.path if isinstance(given, PathBelow) else Path(given).expanduser()
    try:
        return source.exists() and path.exists() and source.samefile(path)
    except (OSError, ValueError):
        # An input or output that cannot be looked at is refused where it is used.
        return False
