"""Find where the rows of CSV begin, as the runner tells rows apart (``runner/csv_reader.py``).

The runner splits a file at ``\\n`` and reads a row from the beginning of a line: only a quote at the
beginning of a cell opens a quoted one, which may go on over line ends. A row that fails - a closing
quote before something else than a delimiter, a ``\\r`` within a line, a quote open to the end of
the file - costs its first line alone, and the next line begins a row.

So each line begins a row, or it stands within a quoted cell of a row that ends well. Reading on from
a line as if it stood within quotes therefore proves a border where that fails, which it does at the
next quoted cell of almost any file: at ``"a"``, the quote that opens it is taken for one that closes,
and ``a`` may not follow. A file without quotes is searched to its end. Where both readings go on
well, rows are read one after the other from the last border that is certain.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import BinaryIO

_BOM = b"\xef\xbb\xbf"
_BLOCK = 1 << 18
# How far behind the wanted place a border is looked for, before rows are read from the last one.
_WINDOW = 1 << 18
_QUOTE, _LF, _CR, _NUL = b'"\n\r\0'
_LINE_END = re.compile(rb"\r*\n?")


class _State(Enum):
    """Where in a row a byte stands, or how reading it ended."""

    CELL_START = auto()
    PLAIN_CELL = auto()
    IN_QUOTES = auto()
    QUOTE_IN_QUOTES = auto()
    RETURN = auto()
    ENDED = auto()
    FAILED = auto()


class CsvRows:
    """The rows of a CSV file; ``begin`` is where the first one begins.

    A block of the file is in memory at a time. ``_failed`` are places from the first to the last of
    which every line fails that is read as if it stood within quotes: no file is searched over and
    over.
    """

    def __init__(self, file: BinaryIO, size: int, delimiter: str) -> None:
        self._file = file
        self._size = size
        self._delimiter = ord(delimiter)
        mark = re.escape(delimiter.encode())
        plain = rb'[^"\0\r\n%s][^\r\n%s]*' % (mark, mark)
        cell = rb'(?:"[^"]*(?:""[^"]*)*"|%s|)' % plain
        row = rb"%s(?:%s%s)*\r?\n" % (cell, mark, cell)
        blanks = rb"[%s]*" % b" \t\v\f".replace(delimiter.encode(), b"")
        self._row = re.compile(row)
        self._rows = re.compile(rb"(?:%s)+" % row)
        self._end_of_cell = re.compile(rb"[\r\n%s]" % mark)
        self._blanks = re.compile(blanks)
        self._blank_lines = re.compile(rb"^%s\r*\n" % blanks, re.MULTILINE)
        self._blank_or_row = re.compile(rb"(%s\r*\n)|%s" % (blanks, row))
        # From a quote within quotes on: doubled ones, and cells up to the next one that is quoted.
        self._quoted = re.compile(rb'(?:"(?:"|%s(?:(?:%s)?%s)*")[^"]*)*' % (mark, plain, mark))
        self._start, self._block = 0, b""
        self._failed = (0, -1)
        self._load(0)
        self.begin = len(_BOM) if self._block.startswith(_BOM) else 0

    @staticmethod
    def can_find(delimiter: str) -> bool:
        """Return whether rows can be found by single bytes; NUL characters are taken out of them."""
        return delimiter.isascii() and delimiter != "\0"

    def proven_border(self, target: int) -> int | None:
        """Return a border at or behind a place, None where there is no proof of one nearby."""
        line = self._next_line(target)
        if line >= self._size:
            return self._size
        limit = line + _WINDOW
        while line < min(limit, self._size):
            end = self._end_in_quotes(line)
            if end is None:
                return line
            # Whether the line begins a row or stands within one, a row ends there.
            if self._row_after(line) == end:
                return end
            line = end
        return None

    def next_border(self, border: int, target: int) -> int:
        """Return the first border at or behind a place; ``border`` is one before it."""
        while border < target:
            border = (
                self._skip_lines_without_quotes(border, target)
                or self._skip_flawless_rows(border, target)
                or self._row_after(border)
            )
        return border

    def end_of_failure(self, border: int) -> int:
        """Return behind which byte it is certain how a row fails that is open at a border.

        It is the border itself where such a row fails at the end of the file.
        """
        if border < self._size and self._end_in_quotes(border) is None:
            place = self._failed[1]
            return place + 1 if place < self._size else border
        return border

    def end_of_header(self) -> int:
        """Return where the first row ends that is not blank."""
        border = self.begin
        while border < self._size:
            row, border = border, self._row_after(border)
            if not self._is_blank(row, border):
                break
        return border

    def count(self, border: int, end: int) -> int:
        """Return the number of rows between two borders, without blank ones."""
        count = 0
        while border < end:
            following = self._skip_lines_without_quotes(border, end)
            if following is not None:
                index = self._load(border)
                lines = self._block[index : following - self._start]
                count += lines.count(b"\n") - len(self._blank_lines.findall(lines))
            elif (following := self._skip_flawless_rows(border, end)) is not None:
                index = self._load(border)
                rows = self._blank_or_row.finditer(self._block, index, following - self._start)
                count += sum(row.lastindex is None for row in rows)
            else:
                following = self._row_after(border)
                count += not self._is_blank(border, following)
            border = following
        return count

    def _skip_flawless_rows(self, border: int, limit: int) -> int | None:
        """Return a border up to a limit behind rows without a flaw, None where there are none."""
        place = self._load(border)
        rows = self._rows.match(self._block, place, max(place, limit - self._start))
        return None if rows is None else self._start + rows.end()

    def _skip_lines_without_quotes(self, border: int, limit: int) -> int | None:
        """Return a border up to a limit behind lines without quotes; such a line is a row."""
        place = self._load(border)
        end = min(len(self._block), limit - self._start)
        quote = self._block.find(b'"', place, end)
        line_end = self._block.rfind(b"\n", place, end if quote < 0 else quote)
        return None if line_end < 0 else self._start + line_end + 1

    def _row_after(self, border: int) -> int:
        """Return where the row ends that begins at a border; one that fails is a line."""
        index = self._load(border)
        row = self._row.match(self._block, index)
        if row is not None:
            return self._start + row.end()
        state, place = self._read(border, _State.CELL_START, to_line=True)
        if state is _State.IN_QUOTES:
            end = self._end_in_quotes(place)
            return place if end is None else end
        # An error ends a row within its first line.
        return place if state is _State.ENDED else self._next_line(place + 1)

    def _end_in_quotes(self, line: int) -> int | None:
        """Return where a row ends that stands within quotes at a line; None where it fails."""
        first, last = self._failed
        if first <= line <= last:
            return None
        state, place = self._read(line, _State.IN_QUOTES, stop=first if line < first else None)
        if state is _State.ENDED:
            return place
        if state is _State.IN_QUOTES:
            place = last
        if place > last or place - line > last - first:
            self._failed = (line, place)
        return None

    def _read(
        self, place: int, state: _State, *, to_line: bool = False, stop: int | None = None
    ) -> tuple[_State, int]:
        """Read on from a place; return ENDED with the row's end, or FAILED with the place of the error.

        ``IN_QUOTES`` is returned with the next line that begins within quotes (``to_line``), or
        with ``stop``, the beginning of a line.
        """
        while True:
            index = self._load(place)
            block = self._block
            if index == len(block):
                is_open = state is _State.IN_QUOTES
                return (_State.FAILED if is_open else _State.ENDED), self._size
            if state is _State.IN_QUOTES:
                end = len(block) if stop is None else min(len(block), stop - self._start)
                quote = self._end_of_quotes(index, end)
                line_end = block.find(b"\n", index, quote) if to_line else -1
                if line_end >= 0:
                    return state, self._start + line_end + 1
                place = self._start + quote
                if place == stop:
                    return state, place
                if quote < end:
                    state, place = _State.QUOTE_IN_QUOTES, place + 1
                continue
            if state is _State.PLAIN_CELL:
                found = self._end_of_cell.search(block, index)
                if found is None:
                    place = self._start + len(block)
                    continue
                place, byte = self._start + found.start(), block[found.start()]
            else:
                byte = block[index]
            state = self._after(state, byte)
            if state is _State.FAILED:
                return state, place
            place += 1
            if state is _State.ENDED:
                return state, place

    def _after(self, state: _State, byte: int) -> _State:
        """Return the state behind a byte outside of quotes."""
        if byte == _LF:
            return _State.ENDED
        if byte == _CR:
            return _State.RETURN
        # The runner takes NUL characters out before it reads a row.
        if byte == _NUL:
            return state
        if state is _State.RETURN:
            return _State.FAILED
        if byte == self._delimiter:
            return _State.CELL_START
        if byte == _QUOTE and state in (_State.CELL_START, _State.QUOTE_IN_QUOTES):
            return _State.IN_QUOTES
        return _State.FAILED if state is _State.QUOTE_IN_QUOTES else _State.PLAIN_CELL

    def _is_blank(self, row: int, following: int) -> bool:
        """Return whether a row is no record: nothing but blanks, and no delimiter."""
        place = row
        for pattern in (self._blanks, _LINE_END):
            is_cut = True
            while is_cut and place < following:
                index = self._load(place)
                found = pattern.match(self._block, index)
                end = 0 if found is None else found.end()
                place, is_cut = self._start + end, end == len(self._block)
        return place == following

    def _next_line(self, target: int) -> int:
        """Return where the first line at or behind a place begins."""
        place = target - 1
        if place < 0:
            return 0
        while (index := self._load(place)) < len(self._block):
            line_end = self._block.find(b"\n", index)
            if line_end >= 0:
                return self._start + line_end + 1
            place = self._start + len(self._block)
        return self._size

    def _load(self, place: int) -> int:
        """Have a place of the file in memory; return its index in the block, whose end is the file's."""
        if not self._start <= place < self._start + len(self._block):
            self._file.seek(place)
            self._start = place
            self._block = self._file.read(max(0, min(_BLOCK, self._size - place)))
        return place - self._start

    def _end_of_quotes(self, index: int, end: int) -> int:
        """Return where in the block the quote stands at which quotes end, or ``end``."""
        quote = self._block.find(b'"', index, end)
        if quote < 0:
            return end
        found = self._quoted.match(self._block, quote, end)
        return quote if found is None else found.end()
