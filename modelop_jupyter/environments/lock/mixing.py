"""A lock with some of its packages taken from another one, without resolving anything."""

from __future__ import annotations

from collections.abc import Collection

from modelop_jupyter.domain.environments import Lock
from modelop_jupyter.domain.requirements import Requirements
from modelop_jupyter.environments.lock import pylock


def mixed(base: Lock, other: Lock, names: Collection[str]) -> Lock:
    """Return a lock with the packages of ``base``, but those of some ``names`` as ``other`` has them.

    A name that ``other`` lacks is left out. The packages may contradict each other: that is for an
    experiment to find out.
    """
    ours = {entry["name"]: entry for entry in pylock.load(base.text)["packages"]}
    theirs = {entry["name"]: entry for entry in pylock.load(other.text)["packages"]}
    packages = {name: entry for name, entry in ours.items() if name not in names}
    packages.update({name: theirs[name] for name in names if name in theirs})
    document = {**pylock.EMPTY, "packages": list(packages.values())}
    text = pylock.canonical(document, base.interpreter, Requirements())
    return pylock.lock_of(text, base.interpreter)
