"""Arguments that several verbs share, and the conversion of command-line words to values.

Functions named ``*_argument`` and ``*_arguments`` add arguments to a verb's parser. The converters
for argparse's ``type=`` raise :class:`argparse.ArgumentTypeError`, which names the word.
"""

from __future__ import annotations

import argparse
import glob
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from modelop_jupyter.commands.context import Session
from modelop_jupyter.commands.verb import Parser
from modelop_jupyter.domain.amounts import bytes_of, seconds_of
from modelop_jupyter.domain.jobs import INPUT_FORMATS
from modelop_jupyter.domain.retries import DEFAULT_COUNT, DEFAULT_EXCEPTIONS, Retries
from modelop_jupyter.domain.retries import MOST as MOST_RETRIES
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import AssetFileError, InputError, InvalidError, nearest

if TYPE_CHECKING:
    from modelop_jupyter.workspace import FileSet, Stream, Variable

AS_OF_METAVAR = "DATE|git|now"
NOTIFY_METAVAR = "URL|desktop"
EXCEPTIONS_METAVAR = "EXCEPTION,…"
LEVEL_METAVAR = "LEVEL"
ENGINE_METAVAR = "local|dask[://ADDRESS]"
OFF = "off"
"""Takes away what was there before."""


def name_argument(
    parser: Parser, *, what: str = "the model, or one snapshot of it: NAME@N or NAME@ALIAS"
) -> None:
    """Add NAME."""
    parser.add_argument("name", metavar="NAME", help=what)


def job_argument(parser: Parser) -> None:
    """Add JOB."""
    parser.add_argument(
        "job", metavar="JOB", help="the job's id, or at least its first four digits"
    )


def install_python_argument(parser: Parser) -> None:
    """Add the switch that has uv install a Python."""
    parser.add_argument(
        "--install-python",
        action="store_true",
        help="have uv install the model's Python if it is not on this machine",
    )


def as_of_argument(parser: Parser) -> None:
    """Add ``--as-of``."""
    parser.add_argument(
        "--as-of",
        metavar=AS_OF_METAVAR,
        help="resolve the requirements as the package index stood at the end of that day, such as"
        " 2024-01-31, or at a time such as 2024-01-31T12:00:00Z; git takes the date of the last commit"
        " of the model's folder, now takes the day back",
    )


def input_arguments(parser: Parser, *, are_optional: bool = False) -> None:
    """Add INPUT… and ``--format``."""
    parser.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="*" if are_optional else "+",
        help="a file, a folder or a glob such as 'part-*.csv' (one input, in the order of names), an"
        " address such as s3://bucket/x.csv, '-' for stdin, a notebook's variable, an asset, or a query:"
        " 'postgresql://host/db?query=SELECT …' or a .sql file with --connection",
    )
    format_argument(parser)
    connection_argument(parser)


def format_argument(parser: Parser) -> None:
    """Add ``--format``."""
    parser.add_argument(
        "--format",
        metavar="FORMAT",
        choices=INPUT_FORMATS,
        help="the format of the input, whatever its name: csv, jsonl, json, text, parquet, avro,"
        " orc or excel",
    )


def connection_argument(parser: Parser) -> None:
    """Add ``--connection``."""
    parser.add_argument(
        "--connection",
        metavar="CONNECTION",
        help="the database of inputs that are .sql files: the name in MODELOP_CONNECTION_<NAME>, an"
        " environment variable with its SQLAlchemy address",
    )


def parameter_argument(parser: Parser) -> None:
    """Add ``--param``."""
    parser.add_argument(
        "--param",
        metavar="K=V",
        type=parameter,
        action="append",
        default=[],
        help="a job parameter; V is a number, text or any JSON value",
    )


def expect_argument(parser: Parser, *, what: str) -> None:
    """Add ``--expect``; ``what`` is its help."""
    parser.add_argument("--expect", metavar="RULE", action="append", default=[], help=what)


def background_argument(parser: Parser) -> None:
    """Add ``--background``."""
    parser.add_argument(
        "--background",
        action="store_true",
        help="return immediately; the job continues in the background",
    )


def job_arguments(parser: Parser) -> None:
    """Add the options of jobs that may take long: parameters, limits and ``--background``."""
    parameter_argument(parser)
    limits_of_the_whole(parser)
    engine_argument(parser)
    notify_argument(parser)
    background_argument(parser)


def schemas_argument(parser: Parser) -> None:
    """Add ``--schemas``."""
    parser.add_argument(
        "--schemas",
        metavar="in|out|both",
        choices=("in", "out", "both"),
        help="check records against the model's schemas",
    )


def limit_arguments(parser: Parser) -> None:
    """Add the limits that a job which is run again can have anew."""
    limits_of_the_whole(parser)
    record_timeout_argument(parser)
    retry_arguments(parser)


def record_timeout_argument(parser: Parser) -> None:
    """Add ``--record-timeout``."""
    parser.add_argument(
        "--record-timeout",
        metavar="S",
        type=seconds,
        help="count a record that takes longer than S seconds as failed, and continue with the next",
    )


def retry_arguments(parser: Parser) -> None:
    """Add ``--retry`` and ``--retry-on``."""
    parser.add_argument(
        "--retry",
        metavar="N",
        type=retry_count,
        help="try a record up to N times again, in its place and after a pause, when it raises an exception"
        f" of --retry-on; without that, {' or '.join(DEFAULT_EXCEPTIONS)}",
    )
    parser.add_argument(
        "--retry-on",
        metavar=EXCEPTIONS_METAVAR,
        type=exception_names,
        help="the exceptions after which a record is tried again: names, module.Name, or a module such as"
        f" requests.exceptions; without --retry, {DEFAULT_COUNT} times",
    )


def limits_of_the_whole(parser: Parser) -> None:
    """Add ``--timeout``, ``--memory`` and ``--cpu-time``."""
    parser.add_argument(
        "--timeout",
        metavar="S",
        type=seconds,
        help="end the job with an ERROR after S seconds; its results until then are kept",
    )
    parser.add_argument(
        "--memory",
        metavar="SIZE",
        type=size,
        help="the memory limit of the model's process and its child processes, such as 2GB or 500MB",
    )
    parser.add_argument(
        "--cpu-time",
        metavar="S",
        type=seconds,
        help="end the job with an ERROR when the model's process and its child processes have taken S"
        " seconds of CPU time; its results until then are kept",
    )


def engine_argument(parser: Parser) -> None:
    """Add ``--engine``."""
    parser.add_argument(
        "--engine",
        metavar=ENGINE_METAVAR,
        help="where to run: this machine, a Dask cluster made for the job, or the one at an address",
    )


def notify_argument(parser: Parser) -> None:
    """Add ``--notify``."""
    parser.add_argument(
        "--notify",
        metavar=NOTIFY_METAVAR,
        help="who is notified when the job has ended: an http address, which gets the job as JSON, or the"
        " desktop of this machine",
    )


def inputs(
    words: Sequence[str], session: Session, assets: Collection[str] = ()
) -> list[str | Path | Variable | Stream | FileSet]:
    """Return the job inputs that words name.

    A word is, in this order: ``-`` for standard input, an address, a file or folder, a glob, a variable
    of the session, or the path of one of the model's ``assets``. Raises :class:`InputError` for a word
    that is none of these.
    """
    return [value for word in words for value in _inputs_of_word(word, session, assets)]


def table_kind(inputs: Sequence[object]) -> str | None:
    """Return the kind of table of the first input that is a variable, None without one."""
    from modelop_jupyter.formats.tables import kind_of
    from modelop_jupyter.workspace import Variable

    given = next((each for each in inputs if isinstance(each, Variable)), None)
    return None if given is None else kind_of(given.value)


def _inputs_of_word(
    word: str, session: Session, assets: Collection[str]
) -> Sequence[str | Path | Variable | Stream | FileSet]:
    from modelop_jupyter.storage import is_address

    if word == "-":
        from modelop_jupyter.workspace import Stream

        return [Stream.of_standard_input()]
    if is_address(word):
        return [word]
    path = Path(word).expanduser()
    if _exists(path):
        return [path]
    if glob.has_magic(word):
        matches = _matching_paths(str(path))
        if not matches:
            raise InputError(word, "no file matches it")
        paths = [Path(match) for match in matches]
        files = [each for each in paths if not each.is_dir()]
        if len(files) < 2:
            return files or paths[:1]
        from modelop_jupyter.workspace import FileSet

        return [FileSet(word, tuple(files))]
    variables = session.variables()
    if variables is not None and word in variables:
        from modelop_jupyter.workspace import Variable

        return [Variable(word, variables[word])]
    if word in assets:
        return [word]
    raise _input_not_found(word, path, variables)


def _input_not_found(word: str, path: Path, variables: Mapping[str, Any] | None) -> InputError:
    is_name = variables is not None and word.isidentifier()
    reason = "no such file and no such variable" if is_name else "no such file"
    folder = path.parent
    siblings = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    known = [*siblings, *(name for name in variables or () if not name.startswith("_"))]
    close = nearest(path.name, known)
    if close is None:
        return InputError(word, reason, f"Relative paths start in {Path.cwd()}")
    suggestion = str(path.with_name(close)) if close in siblings else close
    return InputError(word, reason, f"Did you mean {suggestion!r}?")


def asset_files(word: str) -> list[str]:
    """Return the files that a path or glob names, or the addresses of the objects.

    A path is returned as it is, whether or not the file exists. Raises :class:`AssetFileError` for
    a glob that matches no file.
    """
    from modelop_jupyter.storage import is_address

    if is_address(word):
        return _objects(word)
    path = str(Path(word).expanduser())
    if _exists(Path(path)) or not glob.has_magic(word):
        return [path]
    files = [match for match in _matching_paths(path) if Path(match).is_file()]
    if not files:
        raise AssetFileError(word, "no file matches it")
    return files


def _objects(word: str) -> list[str]:
    """Return the address of an object, or those that a glob matches."""
    from modelop_jupyter.storage import Address, list_objects

    address = Address.parse(word)
    if not address.has_wildcard:
        return [word]
    found = [each.address for each in list_objects(address)]
    if not found:
        raise AssetFileError(address.shown, "no object matches it")
    return found


def _matching_paths(pattern: str) -> list[str]:
    # Path.glob takes no absolute pattern.
    return sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a word too long to be a file's name
        return False


def output(word: str | None, session: Session) -> tuple[str | None, str | None]:
    """Return ``(path, variable)`` of an OUTPUT, at most one of them set.

    In a notebook a plain identifier names a variable; ``./scores`` names a file ``scores``.
    """
    if word is None:
        return None, None
    if session.variables() is not None and word.isidentifier():
        return None, word
    from modelop_jupyter.storage import is_address

    return word if is_address(word) else str(Path(word).expanduser()), None


def asset(word: str) -> tuple[str, AssetRole | None]:
    """Return file and role of ``FILE`` or ``FILE=ROLE``.

    An existing file with ``=`` in its name is taken as a file. Raises :class:`UnknownRoleError`.
    """
    name, equals, role = word.rpartition("=")
    if not equals or _exists(Path(word).expanduser()):
        return word, None
    return name, AssetRole.parse(role)


def parameter(word: str) -> tuple[str, Any]:
    """Return ``(K, V)`` of ``K=V``: V parsed as JSON where it is valid JSON, else as text."""
    key, equals, text = word.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{word!r} is not K=V, such as threshold=0.5")
    try:
        return key, json.loads(text, parse_constant=_reject_constant)
    except ValueError:
        return key, text


def parameter_word(value: Any) -> str:
    """Return a parameter's value as it is typed: text as it is, unless it would be parsed as JSON."""
    if isinstance(value, str):
        try:
            json.loads(value)
        except ValueError:
            return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _reject_constant(text: str) -> NoReturn:
    """Refuse NaN and Infinity, which are no JSON."""
    raise ValueError(text)


def max_errors(word: str) -> Mapping[str, float]:
    """Return ``{"count": N}`` of ``N`` or ``{"percent": P}`` of ``P%``."""
    number, percent, rest = word.partition("%")
    try:
        value = float(number) if percent else int(number)
    except ValueError:
        value = -1
    if rest or not (0 <= value <= 100 if percent else value >= 0):
        raise argparse.ArgumentTypeError(
            f"{word!r} is neither a number such as 10 nor a percentage such as 5%"
        )
    return {"percent" if percent else "count": value}


def retry_count(word: str) -> int:
    """Return how often a record is tried again."""
    if not (word.isascii() and word.isdigit() and 1 <= int(word) <= MOST_RETRIES):
        raise argparse.ArgumentTypeError(f"{word!r} is not a number from 1 to {MOST_RETRIES}")
    return int(word)


def exception_names(word: str) -> tuple[str, ...]:
    """Return the names of exceptions and modules, separated by commas."""
    try:
        asked = Retries.asked(None, word)
    except InvalidError as error:
        raise argparse.ArgumentTypeError(error.message) from None
    return asked.exceptions if asked else ()


def count(word: str) -> int:
    """Return a whole number above 0."""
    if not (word.isascii() and word.isdigit() and int(word)):
        raise argparse.ArgumentTypeError(f"{word!r} is not a whole number above 0")
    return int(word)


def index(word: str) -> int:
    """Return a whole number, 0 or above."""
    if not (word.isascii() and word.isdigit()):
        raise argparse.ArgumentTypeError(f"{word!r} is not a whole number")
    return int(word)


def port(word: str) -> int:
    """Return the number of a TCP port."""
    if not (word.isascii() and word.isdigit() and 0 < int(word) < 65536):
        raise argparse.ArgumentTypeError(f"{word!r} is not a port: a number from 1 to 65535")
    return int(word)


def seconds(word: str) -> float:
    """Return a number of seconds above 0."""
    try:
        value = float(word)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{word!r} is not a number of seconds above 0")
    return value


def size(word: str) -> int:
    """Return the bytes of ``2GB``, ``500 MB``, ``1.5g`` or ``2GiB``; a bare number is bytes."""
    value = bytes_of(word)
    if not value:
        raise argparse.ArgumentTypeError(f"{word!r} is not a size such as 2GB or 500MB")
    return value


def quota(word: str) -> int:
    """Return the bytes of a size, or 0."""
    return 0 if word == "0" else size(word)


def age(word: str) -> float:
    """Return the seconds of ``30d``, ``12h``, ``90m``, ``2w`` or ``0``."""
    value = seconds_of(word)
    if value is None:
        raise argparse.ArgumentTypeError(f"{word!r} is not an age such as 30d or 12h")
    return value


def moment(word: str) -> datetime:
    """Return the time of ``2026-01-31`` or ``2026-01-31T12:00``, in the user's time zone."""
    try:
        return datetime.fromisoformat(word.replace("Z", "+00:00")).astimezone()
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{word!r} is neither a day such as 2026-01-31 nor a time such as 2026-01-31T12:00"
        ) from None


def lifetime(word: str) -> float:
    """Return the seconds of ``2h``, ``90m`` or ``7d``, 0 for ``off``."""
    if word == OFF:
        return 0.0
    value = seconds_of(word)
    if not value:
        raise argparse.ArgumentTypeError(f"{word!r} is not a time such as 2h or 30m")
    return value


def replicas(word: str) -> int | str:
    """Return ``auto`` or a whole number above 0."""
    if word == "auto":
        return word
    if word.isascii() and word.isdigit() and int(word):
        return int(word)
    raise argparse.ArgumentTypeError(f"{word!r} is neither a number of replicas nor 'auto'")


def workers(word: str) -> str:
    """Return ``auto`` or a whole number above 0, as text."""
    if word == "auto" or (word.isascii() and word.isdigit() and int(word)):
        return word
    raise argparse.ArgumentTypeError(f"{word!r} is neither a number of workers nor 'auto'")
