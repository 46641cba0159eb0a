"""What all requirement files of a model ask for together: lines, options, problems.

Reading never raises, whatever the bytes: what cannot be used becomes a :class:`Problem` with the
asset and line it stands on. ``${VAR}`` stays unexpanded, so that no credential enters a value.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from modelop_jupyter.domain.requirement_lines import (
    VARIABLE,
    UnusableError,
    decode,
    logical_lines,
    normalise,
    split_option,
    split_requirement,
)
from modelop_jupyter.errors import nearest

__all__ = [
    "IndexOptions",
    "Problem",
    "RequirementLine",
    "Requirements",
    "expand",
    "normalise",
    "parse_requirements",
]

_PLURAL = {"--extra-index-url": "extra_index_urls", "--trusted-host": "trusted_hosts"}
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


@dataclass(frozen=True, slots=True)
class Problem:
    """A line (or a whole asset) that cannot be used, why, and what to write instead."""

    asset: str
    line: int | None
    text: str
    reason: str
    remedy: str | None = None

    def __str__(self) -> str:
        where = f"{self.asset}, line {self.line}" if self.line else self.asset
        what = f": {self.text}" if self.text else ""
        return f"{where}{what}: {self.reason}" + (f". {self.remedy}" if self.remedy else "")


@dataclass(frozen=True, slots=True)
class RequirementLine:
    """One requirement; ``name`` is normalised, None where a URL hides it.

    ``text`` is the requirement without comment, hashes and continuation marks, its variables
    unexpanded. ``line`` is the first of its lines. ``path`` is that of an asset: a wheel or sdist.
    """

    asset: str
    line: int
    text: str
    name: str | None
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str | None = None
    url: str | None = None
    hashes: tuple[str, ...] = ()
    path: str | None = None

    @property
    def where(self) -> str:
        return f"{self.asset}, line {self.line}" if self.line else self.asset

    @property
    def meaning(self) -> str:
        """The requirement in one spelling: equal meanings resolve alike."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        place = f"asset:{self.path}" if self.path else self.url
        body = f" @ {place}" if place else self.specifier
        marker = f"; {self.marker}" if self.marker else ""
        return f"{self.name or ''}{extras}{body}{marker} {' '.join(sorted(self.hashes))}".strip()


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """The options of requirement files: where packages come from and which are taken.

    ``asset_links`` are folders of the model's assets that ``--find-links`` names, ``""`` their root.
    """

    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    no_index: bool = False
    find_links: tuple[str, ...] = ()
    asset_links: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    only_binary: tuple[str, ...] = ()
    prefer_binary: bool = False
    pre: bool = False
    require_hashes: bool = False

    def with_option(self, name: str, value: str) -> IndexOptions:
        """Return these with one more option, the way pip accumulates them over the lines."""
        key = _PLURAL.get(name, name[2:].replace("-", "_"))
        old = getattr(self, key)
        new: Any = value
        if isinstance(old, bool):
            new = True
        elif isinstance(old, tuple):
            parts = value.split(",") if key in ("no_binary", "only_binary") else [value]
            new = (*old, *(part.strip() for part in parts if part.strip()))
        return replace(self, **{key: new})


@dataclass(frozen=True, slots=True)
class Requirements:
    """What all holders of the role ask for together.

    ``archives`` are the wheels and sdists among the assets that may be needed, with their digests.
    """

    lines: tuple[RequirementLine, ...] = ()
    constraints: tuple[RequirementLine, ...] = ()
    options: IndexOptions = field(default_factory=IndexOptions)
    problems: tuple[Problem, ...] = ()
    archives: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The normalised names asked for."""
        return frozenset(line.name for line in self.lines if line.name)

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that lines and options refer to."""
        texts = [line.text for line in (*self.lines, *self.constraints)]
        texts += [self.options.index_url or "", *self.options.extra_index_urls]
        texts += [*self.options.find_links, *self.options.trusted_hosts]
        return tuple(sorted({name for text in texts for name in VARIABLE.findall(text)}))

    @property
    def meaning(self) -> str:
        """All of it in one spelling, without comments, order and layout."""
        options = {name: getattr(self.options, name) for name in IndexOptions.__dataclass_fields__}
        parts = {
            "lines": sorted({line.meaning for line in self.lines}),
            "constraints": sorted({line.meaning for line in self.constraints}),
            "options": options,
            **({"archives": self.archives} if self.archives else {}),
        }
        return json.dumps(parts, sort_keys=True)

    def of(self, name: str) -> tuple[RequirementLine, ...]:
        """Return the lines, constraints last, that name a package."""
        key = normalise(name)
        return tuple(line for line in (*self.lines, *self.constraints) if line.name == key)


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Put values in the place of ``${VAR}``, as pip does; an unset variable stays as written."""
    return VARIABLE.sub(lambda found: environ.get(found[1]) or found[0], text)


def parse_requirements(
    files: Mapping[str, bytes],
    holders: Sequence[str],
    *,
    archives: Mapping[str, str] | None = None,
) -> Requirements:
    """Read all holders together, following ``-r`` and ``-c`` from asset to asset.

    ``archives`` maps the paths of the assets that are wheels or sdists to their digests.
    """
    archives = archives or {}
    reader = _Reader(files, frozenset(archives))
    for holder in holders:
        reader.read(holder, constraint=False, trail=())
    return Requirements(
        tuple(dict.fromkeys(reader.lines)),
        tuple(dict.fromkeys(reader.constraints)),
        reader.options,
        tuple(dict.fromkeys(reader.problems)),
        tuple(sorted((path, archives[path]) for path in reader.needed)),
    )


class _Reader:
    """Collects what one reading of all holders finds."""

    def __init__(self, files: Mapping[str, bytes], archives: frozenset[str]) -> None:
        self.files = files
        self.archives = archives
        self.needed: set[str] = set()
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
        for number, line in logical_lines(text or ""):
            try:
                self._line(asset, number, line, constraint=constraint, trail=(*trail, asset))
            except UnusableError as error:
                shown = _CREDENTIALS.sub("****@", line)
                shown = shown if len(shown) <= 100 else shown[:97] + "..."
                self.problems.append(Problem(asset, number, shown, error.reason, error.remedy))
        if text is None or (not is_sure and len(self.problems) > before):
            # Neither UTF-8 nor requirements: one sentence for the asset instead of one per line.
            self.problems[before:] = [_not_text(asset)]

    def _line(
        self, asset: str, number: int, text: str, *, constraint: bool, trail: tuple[str, ...]
    ) -> None:
        if not text.startswith("-"):
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
            raise UnusableError(
                "an editable install points outside the model, so nobody else could build it",
                "Publish the package to an index, or give its git+https:// address",
            )
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
        """Return the archive that a path means: beside the requirements, or from the assets' root."""
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
        """Return the folder of assets that ``--find-links`` means, from the same two places."""
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


def _not_text(asset: str) -> Problem:
    return Problem(
        asset,
        None,
        "",
        "this is not text, so it holds no requirements",
        "Write one requirement per line in UTF-8, or give the asset another role",
    )
