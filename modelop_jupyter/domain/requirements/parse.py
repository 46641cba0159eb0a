"""Parse all requirement files of a model together, following ``-r`` and ``-c`` from asset to asset.

Parsing never raises, whatever the bytes: what cannot be used becomes a :class:`Problem` with its
asset and line. ``${VAR}`` stays unexpanded, so that no credential enters a value.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from modelop_jupyter.domain.requirements import (
    IndexOptions,
    Problem,
    RequirementLine,
    Requirements,
)
from modelop_jupyter.domain.requirements.advice import foreign_format
from modelop_jupyter.domain.requirements.line import (
    UnusableError,
    decode,
    logical_lines,
    split_option,
    split_requirement,
)
from modelop_jupyter.errors import nearest
from modelop_jupyter.masking import has_literal_secret, mask


def parse_requirements(
    files: Mapping[str, bytes],
    holders: Sequence[str],
    *,
    archives: Mapping[str, str] | None = None,
) -> Requirements:
    """Parse all holders of the role together, following ``-r`` and ``-c`` from asset to asset.

    ``archives`` maps the paths of the assets that are wheels or sdists to their digests.
    """
    archives = archives or {}
    parser = _Parser(files, frozenset(archives))
    for holder in holders:
        parser.read(holder, constraint=False, trail=())
    return Requirements(
        tuple(dict.fromkeys(parser.lines)),
        tuple(dict.fromkeys(parser.constraints)),
        parser.options,
        tuple(dict.fromkeys(parser.problems)),
        tuple(sorted((path, archives[path]) for path in parser.needed)),
        tuple(dict.fromkeys(parser.secrets)),
    )


class _Parser:
    """Collects lines, options and problems of all files."""

    def __init__(self, files: Mapping[str, bytes], archives: frozenset[str]) -> None:
        self.files = files
        self.archives = archives
        self.needed: set[str] = set()
        self.secrets: list[str] = []
        self.lines: list[RequirementLine] = []
        self.constraints: list[RequirementLine] = []
        self.options = IndexOptions()
        self.problems: list[Problem] = []

    def read(self, asset: str, *, constraint: bool, trail: tuple[str, ...]) -> None:
        data = self.files.get(asset)
        if data is None:
            missing = Problem(asset, None, "", "this asset is missing", "Add it to the model")
            self.problems.append(missing)
            return
        text, is_sure = decode(data)
        before = len(self.problems)
        if text is not None and (foreign := foreign_format(text)):
            # One sentence for the whole instead of one for each row.
            self.problems.append(Problem(asset, None, "", foreign.why, foreign.remedy))
            return
        for number, line in logical_lines(text or ""):
            if has_literal_secret(line):
                self.secrets.append(f"{asset}, line {number}")
            try:
                self._line(asset, number, line, constraint=constraint, trail=(*trail, asset))
            except UnusableError as error:
                shown = mask(line)
                shown = shown if len(shown) <= 100 else shown[:97] + "..."
                remedy = mask(error.remedy) if error.remedy else None
                self.problems.append(Problem(asset, number, shown, mask(error.reason), remedy))
        if text is None or (not is_sure and len(self.problems) > before):
            # Neither UTF-8 nor requirements: one sentence for the asset instead of one per line.
            self.problems[before:] = [_not_text(asset)]

    def _line(
        self, asset: str, number: int, text: str, *, constraint: bool, trail: tuple[str, ...]
    ) -> None:
        if not text.startswith("-") or text.startswith("- "):
            parts = split_requirement(text)
            line = RequirementLine(
                asset,
                number,
                parts.text,
                parts.name,
                parts.specifier,
                parts.extras,
                parts.marker,
                parts.url,
                parts.hashes,
                self._asset(asset, parts.path) if parts.path else None,
            )
            (self.constraints if constraint else self.lines).append(line)
            return
        name, value = split_option(text)
        if name == "--editable":
            raise _editable(value)
        if name in ("--requirement", "--constraint"):
            is_constraint = constraint or name == "--constraint"
            self._include(asset, value, constraint=is_constraint, trail=trail)
            return
        if name == "--find-links" and not (
            "://" in value or value.startswith(("file:", "${", "~")) or _is_absolute(value)
        ):
            links = (*self.options.asset_links, self._folder(asset, value))
            self.options = replace(self.options, asset_links=tuple(dict.fromkeys(links)))
            return
        self.options = self.options.with_option(name, value)

    def _asset(self, asset: str, path: str) -> str:
        """Return the path of a wheel or sdist, given relative to the requirements file or to the root."""
        for folder in (posixpath.dirname(asset), ""):
            target = posixpath.normpath(posixpath.join(folder, path))
            if target in self.archives:
                self.needed.add(target)
                return target
        close = nearest(posixpath.normpath(path), self.archives)
        raise UnusableError(
            f"there is no asset {posixpath.normpath(path)!r}",
            f"Did you mean ./{close}?" if close else "Add the file to the model's assets",
        )

    def _folder(self, asset: str, value: str) -> str:
        """Return the folder of a ``--find-links``, given relative to the requirements file or to the root."""
        for start in (posixpath.dirname(asset), ""):
            joined = posixpath.normpath(posixpath.join(start, value.replace("\\", "/")))
            folder = "" if joined == "." else joined
            inside = {path for path in self.archives if posixpath.dirname(path) == folder}
            if inside:
                self.needed |= inside
                return folder
        raise UnusableError(
            f"no asset of the model is a wheel in {value}",
            "Add the wheels to its assets, or write the whole path of a folder, or a URL",
        )

    def _include(self, asset: str, value: str, *, constraint: bool, trail: tuple[str, ...]) -> None:
        if "://" in value:
            raise UnusableError(
                "a file included from the network would change under the model",
                "Save it as an asset and name that",
            )
        folder = posixpath.dirname(asset)
        target = posixpath.normpath(posixpath.join(folder, value.replace("\\", "/")))
        if target in trail:
            raise UnusableError(f"{target} includes itself", "Remove the line")
        if target not in self.files:
            raise UnusableError(f"there is no asset {target!r}", "Add it to the model's assets")
        self.read(target, constraint=constraint, trail=trail)


def _is_absolute(path: str) -> bool:
    return path.startswith(("/", "\\")) or bool(re.match(r"[A-Za-z]:[/\\]", path))


def _editable(value: str) -> UnusableError:
    if re.match(r"(git\+|https?://|ssh://)", value) or re.search(r"@\s*(git\+|https?://)", value):
        egg = re.search(r"[#&]egg=([A-Za-z0-9][\w.-]*)", value)
        plain = value.partition("#")[0]
        return UnusableError(
            "an editable install is for working on a package, and a model only uses it",
            f"Remove -e: write {f'{egg[1]} @ {plain}' if egg else value}",
        )
    return UnusableError(
        "an editable install points outside the model, so nobody else could build it",
        "Publish the package to an index, or give its git+https:// address",
    )


def _not_text(asset: str) -> Problem:
    return Problem(
        asset,
        None,
        "",
        "this is not text, so it holds no requirements",
        "Write one requirement per line in UTF-8, or give the asset another role",
    )
