"""The requirements of a model: what all its requirement files together ask for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from modelop_jupyter.domain.requirements.line import VARIABLE, normalise
from modelop_jupyter.masking import mask

__all__ = [
    "IndexOptions",
    "Problem",
    "RequirementLine",
    "Requirements",
    "expand",
    "normalise",
]

_PLURAL = {"--extra-index-url": "extra_index_urls", "--trusted-host": "trusted_hosts"}


@dataclass(frozen=True, slots=True)
class Problem:
    """A line, or with ``line`` None a whole asset, that cannot be used; why, and what to write instead."""

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
    def shown(self) -> str:
        """The requirement as it may be shown: without credentials."""
        return mask(self.text)

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

    ``archives`` are the wheels and sdists among the assets that may be needed, with their digests;
    ``secrets`` says where a password is written out.
    """

    lines: tuple[RequirementLine, ...] = ()
    constraints: tuple[RequirementLine, ...] = ()
    options: IndexOptions = field(default_factory=IndexOptions)
    problems: tuple[Problem, ...] = ()
    archives: tuple[tuple[str, str], ...] = ()
    secrets: tuple[str, ...] = ()

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
    return VARIABLE.sub(lambda match: environ.get(match[1]) or match[0], text)
