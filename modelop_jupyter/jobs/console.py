"""What a model prints, as lines: one that is written over again and again comes once, at its end."""

from __future__ import annotations

from pathlib import Path

_TAIL = 1 << 16


class Console:
    """Reads a growing console; :attr:`tail` is the line that is not finished yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._data = b""

    def skip(self, lines: int) -> None:
        """Begin with the last lines of what is there."""
        try:
            size = self._path.stat().st_size
            with self._path.open("rb") as file:
                file.seek(max(0, size - _TAIL))
                data = file.read()
        except OSError:
            return
        kept = b"".join(data.splitlines(keepends=True)[-lines:]) if lines else b""
        self._offset = size - len(kept)

    def read(self) -> bool:
        """Take in what is new; say whether there was anything."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return False
        self._offset += len(data)
        self._data += data
        return bool(data)

    def take(self, *, is_last: bool = False) -> str:
        """Hand over the finished lines, at the end also the one that never was."""
        cut = len(self._data) if is_last else self._data.rfind(b"\n") + 1
        text, self._data = self._data[:cut], _last_state(self._data[cut:])
        lines = text.split(b"\n")
        return "\n".join(_seen(line) for line in lines)

    @property
    def tail(self) -> str:
        """The unfinished line as it looks now; a character may be half there."""
        return _last_state(self._data).rstrip(b"\r").decode("utf-8", "ignore")


def _last_state(data: bytes) -> bytes:
    """Return an unfinished line without what was written over: it must not grow without end."""
    return data[data.rstrip(b"\r").rfind(b"\r") + 1 :]


def _seen(line: bytes) -> str:
    """Return what a terminal would show of a line, but for a shorter text over a longer one."""
    return _last_state(line).rstrip(b"\r").decode("utf-8", "replace")
