"""Two snapshots side by side, or a model as it is now: what differs, and in one sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.comparisons import Aspect
from modelop_jupyter.domain.requirement_reports import VersionChange
from modelop_jupyter.domain.sentences import listed

NOT_LOCKED = "not locked yet"


@dataclass(frozen=True, slots=True)
class AssetChange:
    """A file that is another one, or that only one side has; primary sources are one file.

    ``text`` is the unified diff of a small text that has changed.
    """

    path: str
    before: Asset | None
    after: Asset | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ModelDiff:
    """What `diff` tells; ``changes`` are lines to read, ``packages`` those of both locks that differ."""

    before: str
    after: str
    sentence: str
    aspects: tuple[Aspect, ...]
    changes: tuple[str, ...] = ()
    assets: tuple[AssetChange, ...] = ()
    packages: tuple[VersionChange, ...] = ()

    @property
    def is_equal(self) -> bool:
        return all(each.is_same for each in self.aspects)


def sentence_of(before: str, after: str, aspects: Sequence[Aspect]) -> str:
    """Say in one sentence in what the two differ; what only one side knows is no difference."""
    others = [each for each in aspects if not each.is_same]
    unknown = [each for each in others if NOT_LOCKED in each.values]
    differing = [each.what for each in others if each not in unknown]
    told = f"{before} and {after} differ in {listed(differing)}; all else is the same"
    if not differing:
        told = f"Nothing differs: {before} and {after} are the same"
    if not unknown:
        return f"{told}."
    open_one = after if unknown[0].values[1] == NOT_LOCKED else before
    return f"{told}. Of the {unknown[0].what} it is not known: {open_one} is {NOT_LOCKED}."
