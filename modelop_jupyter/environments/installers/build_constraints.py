"""Constraints for builds from source: a package is built against the versions of its lock.

A C extension that was compiled against a newer numpy than it runs with cannot be imported. Where a
build requires another version than is locked, it gets that one.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

from modelop_jupyter.environments.lock.pylock import Pin, pins_of

# uv's cache tells builds apart by their variables, not by the packages they were built against.
_VARIABLE = "MODELOP_BUILT_AGAINST"
_UNRESOLVED = re.compile(r"Failed to resolve requirements from.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class BuildConstraints:
    """The pins for the builds of ``sources``; ``compiled`` are those of packages with compiled code."""

    sources: tuple[str, ...]
    pins: tuple[str, ...]
    compiled: tuple[str, ...]

    def lines(self) -> list[str]:
        return list(self.pins)

    def without_refused(self, messages: str) -> BuildConstraints | None:
        """Return these without the pins that a failed build refused.

        None where the build failed for another reason.
        """
        unresolved = _UNRESOLVED.search(messages)
        refused = {
            pin
            for pin in self.pins
            if f"(constraint) {pin}\n" in messages
            or (
                unresolved
                and re.search(rf"(?<![\w.-]){re.escape(pin)}(?![\w.+-]*\w)", unresolved[0])
            )
        }
        if not refused:
            return None
        return replace(
            self,
            pins=tuple(pin for pin in self.pins if pin not in refused),
            compiled=tuple(pin for pin in self.compiled if pin not in refused),
        )

    def uv_configuration(self) -> str:
        """Return settings by which uv's cache keeps builds against other compiled packages apart."""
        key = hashlib.sha256("\n".join(self.compiled).encode()).hexdigest()[:16]
        lines = [f'{name} = {{ {_VARIABLE} = "{key}" }}' for name in self.sources]
        return "\n".join(["[extra-build-variables]", *lines])


def constraints_of(text: str) -> BuildConstraints:
    """Return the constraints for the source packages of a lock."""
    pins = list(pins_of(text))
    indexed = [pin for pin in pins if pin.version and not (pin.vcs or pin.archive)]
    return BuildConstraints(
        tuple(pin.name for pin in pins if pin.is_source),
        tuple(f"{pin.name}=={pin.version}" for pin in indexed),
        tuple(f"{pin.name}=={pin.version}" for pin in indexed if not _is_pure(pin)),
    )


def _is_pure(pin: Pin) -> bool:
    """Say whether a package has a wheel for any platform, so nothing to compile against."""
    return any("-none-any.whl" in Path(str(file.url or file.path)).name for file in pin.files)
