"""What a source package is built against: the versions of the lock, not the newest there are.

A C extension that was compiled against a newer numpy than it finds cannot be imported. What a build
asks for in another version than is locked gets that one: the build is told more than the model.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

from modelop_jupyter.environments.pylock import Pin, pins_of

# uv keeps what it has built by the variables of its build, not by what it was built against.
_VARIABLE = "MODELOP_BUILT_AGAINST"
_UNRESOLVED = re.compile(r"Failed to resolve requirements from.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class BuildConstraints:
    """The versions for the builds of ``sources``; without a source there is nothing to say."""

    sources: tuple[str, ...]
    pins: tuple[str, ...]
    compiled: tuple[str, ...]

    def lines(self) -> list[str]:
        return list(self.pins)

    def without(self, said: str) -> BuildConstraints | None:
        """Return these without the versions that a failed build could not do with.

        None where the failure was about something else.
        """
        unresolved = _UNRESOLVED.search(said)
        refused = {
            pin
            for pin in self.pins
            if f"(constraint) {pin}\n" in said
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
        """Return the settings that keep builds against other compiled packages apart in uv's cache."""
        key = hashlib.sha256("\n".join(self.compiled).encode()).hexdigest()[:16]
        lines = [f'{name} = {{ {_VARIABLE} = "{key}" }}' for name in self.sources]
        return "\n".join(["[extra-build-variables]", *lines])


def constraints_of(text: str) -> BuildConstraints:
    """Return the constraints for the source packages of a lock."""
    pins = list(pins_of(text))
    known = [pin for pin in pins if pin.version and not (pin.vcs or pin.archive)]
    return BuildConstraints(
        tuple(pin.name for pin in pins if pin.is_source),
        tuple(f"{pin.name}=={pin.version}" for pin in known),
        tuple(f"{pin.name}=={pin.version}" for pin in known if not _is_pure(pin)),
    )


def _is_pure(pin: Pin) -> bool:
    """Say whether a package holds nothing that could be compiled against."""
    return any("-none-any.whl" in Path(str(f.get("url") or f.get("path"))).name for f in pin.files)
