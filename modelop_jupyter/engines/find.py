"""Find the engine that a user named: ``local``, ``dask``, ``dask://ADDRESS``, or one that was installed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from modelop_jupyter.engines.base import Engine
from modelop_jupyter.errors import EngineError, InvalidError, nearest
from modelop_jupyter.masking import mask, secrets_of

if TYPE_CHECKING:
    from importlib.metadata import EntryPoints

LOCAL = "local"
GROUP = "modelop_jupyter.engines"


@dataclass(frozen=True, slots=True)
class EngineAddress:
    """An engine's name and the address of its cluster; None for one that is made for the job."""

    name: str
    address: str | None = None

    def __str__(self) -> str:
        return self.name if self.address is None else f"{self.name}://{self.address}"

    @property
    def is_local(self) -> bool:
        return self.name == LOCAL


def engine_names() -> tuple[str, ...]:
    """Return the names of the engines that are there, ``local`` first."""
    return (LOCAL, *sorted(entry.name for entry in _entries()))


def parse_engine(text: str) -> EngineAddress:
    """Return what ``NAME`` or ``NAME://ADDRESS`` means.

    Raises :class:`InvalidError` for an unknown name, and for a password, which a job would keep.
    """
    name, mark, address = text.strip().partition("://")
    # Looking for the others reads files of every installed package.
    if name == LOCAL and not mark:
        return EngineAddress(LOCAL)
    known = engine_names()
    if name not in known:
        similar = nearest(name, known)
        raise InvalidError(
            f"there is no engine {name!r}",
            f"Did you mean {similar}?" if similar else f"There are: {', '.join(known)}",
        )
    if mark and (name == LOCAL or not address.strip("/")):
        remedy = "Write local" if name == LOCAL else f"Write {name} or {name}://HOST:PORT"
        raise InvalidError(f"the engine {text!r} has no usable address", remedy)
    if secrets_of(text):
        raise InvalidError(
            f"the address of the engine {mask(text)} holds a password",
            f"Leave it out: what a cluster asks for belongs into the configuration of {name}",
        )
    return EngineAddress(name, address.rstrip("/") if mark else None)


def load_engine(name: str) -> Engine:
    """Return an engine by its name; raises :class:`EngineError` where it cannot be loaded."""
    entry = next((entry for entry in _entries() if entry.name == name), None)
    if entry is None:
        raise EngineError(name, "it is not installed", "Install the package that brings it")
    try:
        return cast("Engine", entry.load()())
    except ImportError as error:
        raise EngineError(name, f"it cannot be loaded ({error})", "Install it again") from None


def _entries() -> EntryPoints:
    from importlib.metadata import entry_points

    return entry_points(group=GROUP)
