"""How much of what a model prints is shown beside its running job; the log has all of it."""

from __future__ import annotations

_LINES = 200
# A longer line fills several on the screen: 200 lines of 1,200 characters were 34,000 pixels high.
_WIDTH = 120


class Echo:
    """Lets the first lines of a growing output through, counted as a screen would break them.

    A line that is too long for what is left is cut.
    """

    def __init__(self, lines: int = _LINES) -> None:
        self._left = lines

    def is_full(self) -> bool:
        """Say whether the rest is left out."""
        return self._left <= 0

    def let_through(self, text: str) -> str:
        """Return what of a piece of output is to be shown, nothing once it is full."""
        shown: list[str] = []
        for line in text.splitlines(keepends=True):
            if self.is_full():
                break
            height = max(1, -(-len(line.rstrip("\r\n")) // _WIDTH))
            if height > self._left:
                line = line[: self._left * _WIDTH] + "…\n"
            shown.append(line)
            self._left -= height
        return "".join(shown)
