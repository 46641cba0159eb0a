"""The grammar of a requirements file: bytes to logical lines, and each line to its parts.

What pip accepts today is accepted; what older versions of pip accepted is refused with the reason
and the modern spelling.
"""

from __future__ import annotations

import codecs
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")

# The long name of every option pip allows in such a file, and whether it takes a value.
OPTIONS = {
    "--index-url": True,
    "--extra-index-url": True,
    "--no-index": False,
    "--find-links": True,
    "--trusted-host": True,
    "--no-binary": True,
    "--only-binary": True,
    "--prefer-binary": False,
    "--pre": False,
    "--require-hashes": False,
    "--requirement": True,
    "--constraint": True,
    "--editable": True,
}
_OTHER_NAMES = {
    "-i": "--index-url",
    "--pypi-url": "--index-url",
    "-f": "--find-links",
    "-r": "--requirement",
    "-c": "--constraint",
    "-e": "--editable",
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_COMMENT = re.compile(r"(^|\s+)#.*$")
_HASH_OPTION = re.compile(r"\s--hash(?:=|\s+)(\S+)")
_HASH = re.compile(r"(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})\Z", re.I)
_ARCHIVE = re.compile(r"\.(whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz|tar)\Z", re.I)
_LOCAL = re.compile(r"(\.{1,2}(?:[/\\]|\Z)|[/\\~]|[A-Za-z]:[/\\]|file:)")
_PATH = re.compile(r"(?:file:(?!/))?([^;\[\]]+?)\s*(?:\[([^\]]*)\])?\s*(?:\s;\s*(.+))?\Z")
_DIRECT = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(\[[^\]]*\])?\s*@\s*(\S+)(.*)\Z")
_SCHEME = re.compile(r"(?:(git|hg|svn|bzr)\+)?([a-z][a-z0-9+]*)://", re.I)
_VERSIONLESS = re.compile(r"(===?|[~!<>]=|[<>])\s*([,)]|\Z)")


class UnusableError(ValueError):
    """A line that cannot be used: why, and what to write instead."""

    def __init__(self, reason: str, remedy: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class RequirementParts:
    """The parts of a requirement line; ``name`` is normalised, ``path`` is that of a file as written."""

    text: str
    name: str | None
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str | None = None
    url: str | None = None
    hashes: tuple[str, ...] = ()
    path: str | None = None


def is_archive(path: str) -> bool:
    """Return whether a path is named like a wheel or a source archive."""
    return bool(_ARCHIVE.search(path))


def normalise(name: str) -> str:
    """Return a project's name in its one spelling (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def decode(data: bytes) -> tuple[str | None, bool]:
    """Return the text of a file, None if it is no text, and whether its encoding is certain."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _text(data[len(mark) :], encoding), True
    text = _text(data, "utf-8")
    if text is not None:
        return text, True
    for encoding, zeros in (("utf-16-le", data[1::2]), ("utf-16-be", data[::2])):
        if zeros.count(0) > 0.8 * len(zeros):
            return _text(data, encoding), True
    declared = _CODING.search(b"\n".join(data.split(b"\n", 2)[:2]))
    encoding = declared[1].decode("ascii", "replace") if declared else "cp1252"
    return _text(data, encoding), bool(declared)


def _text(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except (UnicodeError, LookupError, ValueError):
        return None
    return None if _CONTROL.search(text) else text


def logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line that is not empty, joined over ``\\`` as pip does, with its first line number."""
    pieces: list[str] = []
    first = 0
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.rstrip("\r\n")
        is_comment = line.lstrip().startswith("#")
        first = first or number
        if line.rstrip().endswith("\\") and not is_comment:
            pieces.append(line.rstrip()[:-1])
            continue
        pieces.append(" " + line if is_comment else line)
        yield from _without_comment(first, pieces)
        pieces, first = [], 0
    yield from _without_comment(first, pieces)


def _without_comment(number: int, pieces: list[str]) -> Iterator[tuple[int, str]]:
    line = _COMMENT.sub("", "".join(pieces)).strip()
    if line:
        yield number, line


def split_option(text: str) -> tuple[str, str]:
    """Return an option's long name and its value; raises :class:`UnusableError`."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UnusableError("a quotation mark is not closed") from error
    name, equals, value = words[0].partition("=")
    if name[:2] in _OTHER_NAMES and not name.startswith("--") and len(name) > 2:
        name, value, equals = name[:2], words[0][2:], "="
    name = _OTHER_NAMES.get(name, name)
    if name not in OPTIONS:
        raise UnusableError(
            f"the option {name} is not known in a requirements file", "Remove the line"
        )
    value = value if equals else " ".join(words[1:])
    if OPTIONS[name] and not value:
        raise UnusableError(f"the option {name} needs a value")
    return name, value


def split_requirement(line: str) -> RequirementParts:
    """Take one requirement apart; raises :class:`UnusableError` with the reason."""
    hashes = tuple(item.lower() for item in _HASH_OPTION.findall(line))
    bad = [item for item in hashes if not _HASH.match(item)]
    if bad:
        raise UnusableError(
            f"{bad[0][:40]!r} is not a hash", "Write --hash=sha256: and 64 hexadecimal digits"
        )
    text = _HASH_OPTION.sub("", line).strip()
    option = re.search(r"\s(--[a-z-]+)", text)
    if option:
        raise UnusableError(
            f"the option {option[1]} is not supported on a requirement", "Remove it"
        )
    direct = _DIRECT.match(text)
    if direct and "://" not in direct[3] and (is_archive(direct[3]) or _LOCAL.match(direct[3])):
        if re.match(r"file:/", direct[3]):
            raise _built_elsewhere(direct[1], direct[3])
        parts = _file(text, f"{direct[3]}{direct[2] or ''}{direct[4]}", hashes)
        return replace(parts, name=normalise(direct[1]))
    if _LOCAL.match(text) or (_ARCHIVE.search(text.split(";")[0].strip()) and "://" not in text):
        return _file(text, text, hashes)
    if _SCHEME.match(text):
        return _bare_url(text, hashes)
    return _named(text, hashes)


def _local() -> UnusableError:
    return UnusableError(
        "a path on this machine is not part of the model, so nobody else could build it",
        "Add the wheel to the model's assets and write its path there (./wheels/name.whl), publish"
        " it to an index, or give its https:// or git+https:// address",
    )


def _built_elsewhere(name: str, url: str) -> UnusableError:
    """Refuse ``name @ file:///croot/…/work``, as 'pip freeze' writes what conda or somebody built."""
    version = re.search(rf"/{re.escape(name)}-(\d[\w.!+]*?)(?:-|\.tar|\.zip)", url, re.IGNORECASE)
    shown = f"{name}=={version[1]}" if version else f"{name}==VERSION, as 'pip list' tells it"
    return UnusableError(
        "it names a file on the machine where it was installed (a path on this machine is not part of"
        " the model, so nobody else could build it)",
        f"Write {shown}; a wheel of your own goes to the model's assets (./wheels/name.whl), to an"
        " index, or to an https:// address",
    )


def _file(text: str, place: str, hashes: tuple[str, ...]) -> RequirementParts:
    """Split a line that names a file; whether that is an asset is checked by the parser of the file."""
    from packaging.markers import InvalidMarker, Marker

    match = _PATH.match(place)
    path = match[1].replace("\\", "/") if match else ""
    if not match or not is_archive(path) or re.match(r"[/~]|[A-Za-z]:|file:", path):
        raise _local()
    # Both kinds begin with the name: name-1.0-py3-none-any.whl, name-1.0.tar.gz
    file = unquote(path.rsplit("/", 1)[-1])
    name = file.split("-", 1)[0] if file.endswith(".whl") else file.rsplit("-", 1)[0]
    extras = [item.strip() for item in (match[2] or "").split(",") if item.strip()]
    try:
        marker = str(Marker(match[3])) if match[3] else None
    except InvalidMarker as error:
        raise UnusableError("the text after the semicolon is not a marker") from error
    return RequirementParts(
        text,
        normalise(name),
        extras=tuple(sorted(extras)),
        marker=marker,
        hashes=hashes,
        path=unquote(path),
    )


def _bare_url(text: str, hashes: tuple[str, ...]) -> RequirementParts:
    url, _, marker = text.partition(" ;")
    _check_url(url.strip())
    try:
        parts = urlsplit(url.strip())
    except ValueError as error:
        raise UnusableError("this is not a URL") from error
    egg = re.search(r"(?:^|&)egg=([A-Za-z0-9][A-Za-z0-9._-]*)", parts.fragment)
    file = unquote(parts.path.rsplit("/", 1)[-1])
    name = egg[1] if egg else None
    if name is None and file.endswith(".whl"):
        name = file.split("-", 1)[0]
    return RequirementParts(
        text,
        normalise(name) if name else None,
        marker=marker.strip() or None,
        url=url.strip(),
        hashes=hashes,
    )


def _check_url(url: str) -> None:
    scheme = _SCHEME.match(url)
    if not scheme:
        raise _local() if _LOCAL.match(url) else UnusableError("this is not a URL")
    vcs, protocol = (scheme[1] or "").lower(), scheme[2].lower()
    if protocol == "file":
        raise _local()
    if vcs and vcs != "git":
        raise UnusableError(f"{vcs} repositories are not supported", "Use git+https:// or a wheel")


def _named(text: str, hashes: tuple[str, ...]) -> RequirementParts:
    from packaging.requirements import InvalidRequirement, Requirement

    from modelop_jupyter.domain.requirements.advice import never_installable

    # A variable may stand for a version or be part of a URL: "0" is valid in both places.
    plain = VARIABLE.sub("0", text)
    # Some versions of packaging let "name===" pass.
    if _VERSIONLESS.search(plain.partition(";")[0].rstrip()) and "@" not in plain:
        raise UnusableError("this is not a requirement: its version is missing", "Write it")
    try:
        requirement = Requirement(plain)
    except InvalidRequirement as error:
        raise _malformed(text) from error
    if VARIABLE.match(text):
        raise UnusableError("a variable cannot stand for a name", "Write the package's name")
    if never := never_installable(normalise(requirement.name)):
        raise UnusableError(never.why, never.remedy)
    url = None
    if requirement.url:
        url = text.split("@", 1)[1].split(" ;")[0].strip()
        if url.lower().startswith("file:/"):
            raise _built_elsewhere(requirement.name, url)
        if re.fullmatch(r"v?\d[\w.]*", url):
            raise _malformed(text)
        _check_url(url)
    has_variable = plain != text
    return RequirementParts(
        text,
        normalise(requirement.name),
        specifier=_specifier_text(text) if has_variable and not url else str(requirement.specifier),
        extras=tuple(sorted(requirement.extras)),
        marker=str(requirement.marker) if requirement.marker else None,
        url=url,
        hashes=hashes,
    )


def _malformed(text: str) -> UnusableError:
    from modelop_jupyter.domain.requirements.advice import advice_on

    advice = advice_on(text)
    why = f": {advice.why}" if advice.why else ""
    return UnusableError(f"this is not a requirement{why}", advice.remedy)


def _specifier_text(text: str) -> str:
    """Return the specifier as written, for one that holds a variable."""
    return re.sub(r"^[A-Za-z0-9._-]+\s*(\[[^]]*\])?", "", text.split(";")[0]).strip()
