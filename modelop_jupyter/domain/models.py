"""Models, their changing state, and their immutable snapshots."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Literal

from modelop_jupyter.domain.aliases import alias_word, is_alias_word
from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.origins import SourceOrigin
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.wire import OPTIONAL
from modelop_jupyter.errors import InvalidError, InvalidNameError, nearest

EntryPointKind = Literal["init", "score", "metrics", "train"]
ENTRY_POINT_KINDS: tuple[EntryPointKind, ...] = ("init", "score", "metrics", "train")

_LONGEST_TYPO = 2
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}\Z")


@dataclass(frozen=True, slots=True)
class EntryPoints:
    """The functions of the source that ModelOp Center calls; None where there is none."""

    init: str | None = None
    score: str | None = None
    metrics: str | None = None
    train: str | None = None

    def get(self, kind: EntryPointKind) -> str | None:
        """Return the function's name for one kind of call."""
        name: str | None = getattr(self, kind)
        return name

    @property
    def has_job(self) -> bool:
        """Whether there is a function that a job can call."""
        return any((self.score, self.metrics, self.train))

    def merged(self, chosen: EntryPoints) -> EntryPoints:
        """Return the entry points with those that the user chose in place of the tagged ones (spec 1.1)."""
        return EntryPoints(
            **{kind: chosen.get(kind) or self.get(kind) for kind in ENTRY_POINT_KINDS}
        )


@dataclass(frozen=True, slots=True)
class ModelState:
    """The content of a model at one time; equal content has an equal digest.

    ``assets`` includes the source files. ``python`` is what the user asked for (``3.8`` or a path),
    None for the notebook's own Python. ``as_of`` is the day or time as of which its requirements are
    resolved (``2024-01-31``), None for today's index.
    """

    assets: tuple[Asset, ...] = ()
    primary_source: str | None = None
    entry_points: EntryPoints = field(default_factory=EntryPoints)
    python: str | None = None
    as_of: str | None = field(default=None, metadata=OPTIONAL)

    @property
    def digest(self) -> str:
        """The name of this content, ``sha256:<hex>``; independent of the assets' order."""
        content = asdict(self)
        for asset in content["assets"]:
            del asset["remote"]
        if self.as_of is None:
            # A state from before there was such a day has the digest that it had then.
            del content["as_of"]
        content["assets"] = sorted(content["assets"], key=lambda asset: str(asset["path"]))
        text = json.dumps(content, sort_keys=True, default=str)
        return "sha256:" + hashlib.sha256(text.encode()).hexdigest()

    def asset(self, path: str) -> Asset | None:
        """Return the asset at a path, or the only one with that base name."""
        for asset in self.assets:
            if asset.path == path:
                return asset
        named = [asset for asset in self.assets if asset.name == path]
        return named[0] if len(named) == 1 else None

    def with_role(self, role: AssetRole) -> tuple[Asset, ...]:
        """Return the assets that hold a role, in the order of their paths."""
        return tuple(
            sorted((a for a in self.assets if a.role is role), key=lambda asset: asset.path)
        )


@dataclass(frozen=True, slots=True)
class Model:
    """The named thing in the registry; ``lock`` is the digest of its state's lock, once resolved.

    ``notebook`` is the file that its source was captured from, empty if there was none; ``origin`` is
    where its state came from. ``meta`` is the user's own JSON about it. ``created_by`` and
    ``modified_by`` are users, None where a release before had not recorded them.
    """

    id: str
    name: str
    state: ModelState
    created: datetime
    modified: datetime
    description: str = ""
    tags: tuple[str, ...] = ()
    lock: str | None = None
    notebook: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict, metadata=OPTIONAL)
    created_by: str | None = field(default=None, metadata=OPTIONAL)
    modified_by: str | None = field(default=None, metadata=OPTIONAL)
    origin: SourceOrigin | None = field(default=None, metadata=OPTIONAL)

    def holder_of(self, digest: str) -> str | None:
        """Return the asset that has these bytes, for a message; None where none has."""
        return _holder_of(self.name, self.state, self.lock, digest)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One immutable state of a model, ``NAME@N``; ``lock`` is the digest of its lock, once resolved.

    ``aliases`` are the words that stand for it, filled in lists only: they move, a snapshot does not.
    """

    id: str
    model: str
    number: int
    name: str
    state: ModelState
    created: datetime
    lock: str | None = None
    created_by: str | None = field(default=None, metadata=OPTIONAL)
    origin: SourceOrigin | None = field(default=None, metadata=OPTIONAL)
    aliases: tuple[str, ...] = field(default=(), metadata=OPTIONAL)

    @property
    def ref(self) -> str:
        """The reference that users write."""
        return f"{self.model}@{self.number}"

    def holder_of(self, digest: str) -> str | None:
        """Return the asset that has these bytes, for a message; None where none has."""
        return _holder_of(self.model, self.state, self.lock, digest)


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A model, or one snapshot of it, as a user writes it: ``NAME``, ``NAME@N`` or ``NAME@ALIAS``."""

    name: str
    number: int | None = None
    alias: str | None = None

    @classmethod
    def parse(cls, text: str) -> ModelRef:
        """Read a reference; raises :class:`InvalidError` for something else after ``@``."""
        name, at, rest = text.partition("@")
        if not at:
            return cls(name)
        if rest.isascii() and rest.isdigit() and int(rest) > 0:
            return cls(name, int(rest))
        if is_alias_word(rest):
            return cls(name, alias=alias_word(rest))
        raise InvalidError(
            f"{text!r} does not name a snapshot",
            "Write NAME@N with a number, such as churn@2, or NAME@ALIAS",
        )

    def __str__(self) -> str:
        what = self.alias or self.number
        return self.name if what is None else f"{self.name}@{what}"


def _holder_of(name: str, state: ModelState, lock: str | None, digest: str) -> str | None:
    for asset in state.assets:
        if asset.digest == digest:
            return f"{name}, {asset.path}"
    return f"the lock of {name}" if digest == lock else None


def check_name(name: str) -> str:
    """Return the name if it can name a model; raises :class:`InvalidNameError` with a suggestion."""
    if _NAME.match(name):
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    suggestion = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-._")[:128] or "my-model"
    raise InvalidNameError(name, suggestion)


def similar_name(name: str, names: Iterable[str]) -> str | None:
    """Return the model that may be meant by a name that none has; None where no name is that close.

    Names that differ in their numbers only (``churn-1``, ``churn-2``), or where one continues the
    other (``churn``, ``churn-monthly``), are different models.
    """
    known = list(names)
    if name in known:
        return None
    plain = re.sub(r"\d+", "", name.casefold())
    others = [
        other
        for other in known
        if (folded := other.casefold()) == name.casefold()
        or (re.sub(r"\d+", "", folded) != plain and not _is_longer_form(folded, name.casefold()))
    ]
    return nearest(name, others)


def _is_longer_form(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    rest = long[len(short) :]
    return long.startswith(short) and (len(rest) > _LONGEST_TYPO or not rest[:1].isalnum())


def nearest_function(name: str, functions: list[str]) -> str:
    """Return a hint that names the function closest to a mistyped one."""
    close = nearest(name, functions)
    return f"Did you mean {close!r}?" if close else "Defined are: " + ", ".join(functions)
