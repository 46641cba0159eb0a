"""What stands behind the words of a job verb: inputs, outputs, parameters and limits."""

from __future__ import annotations

import argparse
import glob
import json
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from modelop_jupyter.commands.context import Session
from modelop_jupyter.domain.amounts import bytes_of, seconds_of
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import AssetFileError, InputError, nearest

if TYPE_CHECKING:
    from modelop_jupyter.workspace import Stream, Variable

_ADDRESS = re.compile(r"(https?|ftp)://", re.IGNORECASE)


def inputs(
    words: Sequence[str], session: Session, assets: Collection[str] = ()
) -> list[str | Path | Variable | Stream]:
    """Return the inputs that words name.

    Files come first, then globs, the user's variables and the model's own ``assets``; ``-`` is
    standard input, and a word with a scheme an address. Raises :class:`InputError` for a word that
    is none of them.
    """
    return [found for word in words for found in _one_input(word, session, assets)]


def _one_input(
    word: str, session: Session, assets: Collection[str]
) -> Sequence[str | Path | Variable | Stream]:
    if word == "-" or _ADDRESS.match(word):
        from modelop_jupyter.workspace import Stream

        return [Stream.of_standard_input() if word == "-" else Stream.of_address(word)]
    path = Path(word).expanduser()
    if _exists(path):
        return [path]
    if glob.has_magic(word):
        matches = _matching(str(path))
        if not matches:
            raise InputError(word, "no file matches it")
        return [Path(match) for match in matches]
    variables = session.variables()
    if variables is not None and word in variables:
        from modelop_jupyter.workspace import Variable

        return [Variable(word, variables[word])]
    if word in assets:
        return [word]
    raise InputError(word, *_absent(word, path, variables))


def _absent(word: str, path: Path, variables: Mapping[str, Any] | None) -> tuple[str, str | None]:
    is_name = variables is not None and word.isidentifier()
    reason = "no such file and no such variable" if is_name else "no such file"
    folder = path.parent
    names = [p.name for p in folder.iterdir()] if folder.is_dir() else []
    known = [*names, *(name for name in variables or () if not name.startswith("_"))]
    close = nearest(path.name, known)
    if close is None:
        return reason, f"Paths begin in {Path.cwd()}"
    return reason, f"Did you mean {str(path.with_name(close)) if close in names else close!r}?"


def files(word: str) -> list[str]:
    """Return the files a word or pattern names; a word that is no pattern stands as it is."""
    whole = str(Path(word).expanduser())
    if _exists(Path(whole)) or not glob.has_magic(word):
        return [whole]
    matches = [match for match in _matching(whole) if Path(match).is_file()]
    if not matches:
        raise AssetFileError(word, "no file matches it")
    return matches


def _matching(pattern: str) -> list[str]:
    # Path.glob takes no absolute pattern.
    return sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a word too long to be a file's name
        return False


def output(word: str | None, session: Session) -> tuple[str | None, str | None]:
    """Return ``(path, variable)`` of an OUTPUT, at most one of them set.

    In a notebook a plain identifier names a variable; ``./scores`` is how to write a file of that
    name.
    """
    if word is None:
        return None, None
    if session.variables() is not None and word.isidentifier():
        return None, word
    return str(Path(word).expanduser()), None


class OneOrSeveral(argparse.Action):
    """Keep the word of an option, or a list of words where the option is there again."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,  # noqa: ARG002 - what argparse calls it with
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        before = getattr(namespace, self.dest)
        several = before if isinstance(before, list) else [before]
        setattr(namespace, self.dest, values if before is None else [*several, values])


def asset(word: str) -> tuple[str, AssetRole | None]:
    """Return file and role of ``FILE`` or ``FILE=ROLE``; the file as written wins."""
    name, equals, role = word.rpartition("=")
    if not equals or _exists(Path(word).expanduser()):
        return word, None
    return name, AssetRole.parse(role)


def parameter(word: str) -> tuple[str, Any]:
    """Return ``(K, V)`` of ``K=V``: V is a JSON value where it reads as one, else text."""
    key, equals, text = word.partition("=")
    if not equals or not key:
        raise argparse.ArgumentTypeError(f"{word!r} is not K=V, such as threshold=0.5")
    try:
        return key, json.loads(text, parse_constant=_no_constant)
    except ValueError:
        return key, text


def _no_constant(text: str) -> NoReturn:
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
            f"{word!r} is neither a number such as 10 nor a share such as 5%"
        )
    return {"percent" if percent else "count": value}


def count(word: str) -> int:
    """Return a whole number above 0."""
    if not (word.isascii() and word.isdigit() and int(word)):
        raise argparse.ArgumentTypeError(f"{word!r} is not a whole number above 0")
    return int(word)


def seconds(word: str) -> float:
    """Return a time in seconds above 0."""
    try:
        value = float(word)
    except ValueError:
        value = 0.0
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{word!r} is not a time in seconds above 0")
    return value


def size(word: str) -> int:
    """Return the bytes of ``2GB``, ``500 MB``, ``1.5g`` or ``2GiB``; a bare number is bytes."""
    found = bytes_of(word)
    if not found:
        raise argparse.ArgumentTypeError(f"{word!r} is not a size such as 2GB or 500MB")
    return found


def quota(word: str) -> int:
    """Return the bytes that may be taken: a size, or 0."""
    return 0 if word == "0" else size(word)


def age(word: str) -> float:
    """Return the seconds of ``30d``, ``12h``, ``90m``, ``2w`` or ``0``."""
    found = seconds_of(word)
    if found is None:
        raise argparse.ArgumentTypeError(f"{word!r} is not an age such as 30d or 12h")
    return found


def workers(word: str) -> str:
    """Return ``auto`` or a whole number above 0, as text."""
    if word == "auto" or (word.isascii() and word.isdigit() and int(word)):
        return word
    raise argparse.ArgumentTypeError(f"{word!r} is neither a number of workers nor auto")
