"""What the panel's registration form says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPoints


@dataclass(frozen=True, slots=True)
class RegistrationDraft:
    """The fields of the form; ``files`` are pairs of a path and the label of its role.

    ``frozen`` are the names whose values stand in the module, ``value_files`` those that it loads, each
    with its file.
    """

    name: str
    description: str = ""
    files: tuple[tuple[str, str], ...] = ()
    functions: EntryPoints = field(default_factory=EntryPoints)
    infers: bool = False
    frozen: frozenset[str] = frozenset()
    value_files: Mapping[str, str] = field(default_factory=dict)

    def words(self) -> list[str]:
        """Return the line that the form stands for, but for files, requirements and values."""
        words = ["register", self.name]
        if self.description.strip():
            words += ["--description", self.description.strip()]
        for kind in ENTRY_POINT_KINDS:
            if name := self.functions.get(kind):
                words += [f"--{kind}", name]
        return words
