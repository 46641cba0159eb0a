"""Some lines of a job's log: those with a text, or of a level and above."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from modelop_jupyter.errors import InvalidError

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_INFO, _ERROR = LEVELS.index("INFO"), LEVELS.index("ERROR")

_LINE = re.compile(r"\d{4}/\d+/\d+ \d\d:\d\d:\d\d \[(\w+)\] (MODEL-CONSOLE: )?")
# As Python's logging writes them, wherever the format has them, and as warnings are shown.
_NAMED = re.compile(r"\b(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b|\b[A-Za-z]*Warning: ")
_NAMED_WITHIN = 100
_TRACEBACK = "Traceback (most recent call last):"
# ModelOp logs these of a failed record as [info]; its next line is the exception (spec 2.4).
_FAILED_RECORD = "An error occured when processing the model:"


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines of a log to show; ``least`` is a place in :data:`LEVELS`, None for all levels."""

    pattern: re.Pattern[str] | None = None
    least: int | None = None

    @classmethod
    def asked(cls, grep: str | None, level: str | None) -> LogFilter:
        """Return the filter for a text or ``/regex/``, and the name of a level.

        A text is found in any case. Raises :class:`InvalidError`.
        """
        return cls(_pattern_of(grep) if grep else None, _place_of(level) if level else None)

    def of(self, entries: Iterable[str]) -> Iterator[str]:
        """Yield the entries of a log with their lines that pass."""
        if self.pattern is None and self.least is None:
            yield from entries
            return
        is_failure = False
        for entry in entries:
            begins = _FAILED_RECORD in entry.partition("\n")[0]
            least = _ERROR if begins or is_failure else 0
            lines = [
                line for line, level in _with_levels(entry) if self._passes(line, max(level, least))
            ]
            is_failure = begins
            if lines:
                yield "\n".join(lines)

    def _passes(self, line: str, level: int) -> bool:
        is_grave = self.least is None or level >= self.least
        return is_grave and (self.pattern is None or self.pattern.search(line) is not None)


def _pattern_of(grep: str) -> re.Pattern[str]:
    is_regex = len(grep) > 2 and grep.startswith("/") and grep.endswith("/")
    if not is_regex:
        return re.compile(re.escape(grep), re.IGNORECASE)
    try:
        return re.compile(grep[1:-1])
    except re.error as error:
        raise InvalidError(
            f"{grep} is not a regular expression: {error.msg}",
            "Leave out the slashes to find the text as it is",
        ) from None


def _place_of(level: str) -> int:
    try:
        return LEVELS.index(level.upper())
    except ValueError:
        raise InvalidError(f"{level!r} is not a level", f"Levels are {', '.join(LEVELS)}") from None


def _with_levels(entry: str) -> Iterator[tuple[str, int]]:
    """Yield the lines of an entry with their levels.

    A line of the model's that names none is INFO, but for a traceback and what is indented: these
    belong to the line before.
    """
    level, is_traceback = _INFO, False
    for line in entry.split("\n"):
        match = _LINE.match(line)
        text = line[match.end() :] if match else line
        named = _NAMED.search(text, 0, _NAMED_WITHIN)
        if match and not match[2]:
            level = LEVELS.index(match[1].upper())
        elif text.startswith(_TRACEBACK):
            is_traceback, level = True, max(level, _ERROR)
        elif is_traceback or text[:1] in (" ", "\t"):
            # The line of the exception is the last one.
            is_traceback = is_traceback and text[:1] in (" ", "\t")
        elif named:
            level = LEVELS.index(named[1]) if named[1] else LEVELS.index("WARNING")
        else:
            level = _INFO
        yield line, level
