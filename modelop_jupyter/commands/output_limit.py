"""The limit on how much of a model's console output is shown while its job runs.

The job's log has all of it.
"""

from __future__ import annotations

_LINES = 20
# A longer line fills several on the screen.
_WIDTH = 120


class OutputLimit:
    """Passes on the first ``lines`` lines of console output, counted as wrapped at 120 characters."""

    def __init__(self, lines: int = _LINES) -> None:
        self._remaining = lines
        self._omitted = 0

    def is_reached(self) -> bool:
        """Return whether further output is left out."""
        return self._remaining <= 0

    def take(self, text: str) -> str:
        """Return the part of ``text`` that is within the limit; its last line may be cut."""
        lines: list[str] = []
        for line in text.splitlines(keepends=True):
            if self.is_reached():
                self._omitted += line.endswith("\n")
                continue
            height = max(1, -(-len(line.rstrip("\r\n")) // _WIDTH))
            if height > self._remaining:
                line = line[: self._remaining * _WIDTH] + "…\n"
            lines.append(line)
            self._remaining -= height
        return "".join(lines)

    def rest(self, command: str | None) -> str:
        """Return a line that says how much was left out; ``command`` shows all of it, where one does."""
        where = f"in the log: {command}" if command else "lines"
        return f"… and {self._omitted:,} more {where}\n" if self._omitted else ""
