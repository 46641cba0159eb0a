"""A screen of our own for a tool that tells how far it is to nobody but a terminal.

uv draws a bar with the bytes of every download; to a pipe it says only when a large one begins.
Where there are no pseudo-terminals (Windows), there is no screen, and the pipe has to do.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterator

_COLUMNS, _ROWS = 1000, 200
_CONTROLS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
# Frames end with the cursor at their beginning, with a line moved to, or with blanks to the edge.
_FRAME_ENDS = re.compile(r"\r\n|[\r\n]|\x1b\[\d*[ABK]| {200,}")
_DRAWN = re.compile(r"[█░]{8}|^[\w.-]+ +-{8,} +[\d.]+ ?\w+/[\d.]+ ?\w+$|[⠀-⣿](?: |$)")


class Screen:
    """Both ends of a pseudo-terminal: the tool writes to ``end``, we read."""

    def __init__(self, reading: int, end: int) -> None:
        self.end = end
        self._reading = reading

    def close(self) -> None:
        """Close both ends, as no tool was started."""
        os.close(self.end)
        os.close(self._reading)

    def lines(self) -> Iterator[str]:
        """Give our hold of the tool's end up, and yield what is written until nobody holds it."""
        os.close(self.end)
        return self._read()

    def _read(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        rest = ""
        data = b" "
        while data:
            try:
                data = os.read(self._reading, 1 << 16)
            except OSError:
                # Linux says EIO where there is nobody left who could write.
                data = b""
            *pieces, rest = _FRAME_ENDS.split(rest + decoder.decode(data, not data))
            if not data:
                os.close(self._reading)
                pieces.append(rest)
            yield from (f"{clean}\n" for piece in pieces if (clean := _clean(piece)))


def open_screen() -> Screen | None:
    """Open a screen, wide enough that nothing is wrapped; None where there can be none."""
    if sys.platform == "win32":
        return None
    import fcntl
    import pty
    import struct
    import termios

    try:
        reading, end = pty.openpty()
    except OSError:
        return None
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", _ROWS, _COLUMNS, 0, 0))
    return Screen(reading, end)


def is_drawn(line: str) -> bool:
    """Say whether a line is a passing picture of progress and no sentence."""
    return bool(_DRAWN.search(line))


def _clean(piece: str) -> str:
    return _CONTROLS.sub("", piece).rstrip()
