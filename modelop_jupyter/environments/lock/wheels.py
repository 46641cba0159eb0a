"""Which wheel of each package of a lock its interpreter takes, so that it can be sent to another machine."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from modelop_jupyter.domain.environments import Interpreter, Lock
from modelop_jupyter.environments.lock.pylock import Pin, pins_of

if TYPE_CHECKING:
    from packaging.tags import Tag

_NEWEST_GLIBC = 100


@dataclass(frozen=True, slots=True)
class LockedWheel:
    """A wheel that a lock names, its digest, and its address."""

    package: str
    digest: str
    url: str

    @property
    def file(self) -> str:
        """The name of the file, which says what the wheel is for."""
        return unquote(urlsplit(self.url).path.rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class LockedWheels:
    """The wheels that a lock's interpreter takes, and the packages that have ``none``.

    Wheels and sources among a model's assets are neither: they go with the model.
    """

    wheels: tuple[LockedWheel, ...] = ()
    none: tuple[str, ...] = ()


def wheels_of(lock: Lock, *, among: Collection[str] | None = None) -> LockedWheels:
    """Return the wheels of a lock; one without a SHA-256 does not count, as it could not be verified.

    With ``among``, only those with one of these digests count.
    """
    ranks = {tag: rank for rank, tag in enumerate(_tags_of(lock.interpreter))}
    wheels: list[LockedWheel] = []
    none: list[str] = []
    for pin in pins_of(lock.text):
        if any(file.path for file in pin.files):
            continue
        wanted = [one for one in _wheels(pin) if among is None or one.digest in among]
        ranked = [(rank, wheel) for wheel in wanted if (rank := _rank(wheel, ranks)) >= 0]
        if ranked:
            wheels.append(min(ranked, key=lambda pair: pair[0])[1])
        else:
            none.append(pin.name)
    return LockedWheels(tuple(wheels), tuple(none))


def _wheels(pin: Pin) -> list[LockedWheel]:
    return [
        LockedWheel(pin.name, f"sha256:{file.hashes['sha256']}", file.url)
        for file in pin.files
        if file.url and "sha256" in file.hashes
    ]


def _rank(wheel: LockedWheel, ranks: dict[Tag, int]) -> int:
    """Return how well a wheel fits, 0 for best; -1 for what does not, and for what is no wheel."""
    return min((ranks[tag] for tag in tags_of_wheel(wheel.file) if tag in ranks), default=-1)


def tags_of_wheel(file: str) -> Collection[Tag]:
    """Return what the name of a wheel says that it is for; nothing for a file that is no wheel."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    # A lock may come from anywhere, and this becomes the name of a file.
    if "/" in file or "\\" in file:
        return ()
    try:
        return parse_wheel_filename(file)[3]
    except InvalidWheelFilename:
        return ()


def tags_of_runtime(interpreter: Interpreter) -> Collection[Tag]:
    """Return the tags of wheels that a Python of this version takes on Linux (x86-64).

    Which C library the runtime has is not known, so a wheel for any glibc counts.
    """
    older = [f"manylinux{name}_x86_64" for name in ("2014", "2010", "1")]
    newer = [f"manylinux_2_{minor}_x86_64" for minor in range(5, _NEWEST_GLIBC)]
    return frozenset(_tags_of(interpreter, [*newer, *older, "linux_x86_64"]))


def _tags_of(interpreter: Interpreter, platforms: Sequence[str] | None = None) -> list[Tag]:
    """Return the tags of wheels that a Python takes, by default on this machine, the best first."""
    from packaging import tags

    version = tuple(int(part) for part in interpreter.minor.split("."))
    platforms = list(platforms or tags.platform_tags())
    if interpreter.implementation != "cpython":
        return list(tags.compatible_tags(version, platforms=platforms))
    name = f"cp{interpreter.minor.replace('.', '')}"
    return [
        *tags.cpython_tags(version, platforms=platforms),
        *tags.compatible_tags(version, name, platforms),
    ]
