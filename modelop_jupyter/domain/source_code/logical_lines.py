"""Logical lines of Python text: start, first words, and which lines are comments.

Text that ``tokenize`` refuses (syntax of another version, another language, an image called
``model.py``) is read by physical lines instead.
"""

from __future__ import annotations

import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

_SKIPPED = frozenset(
    (tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
)
_WORD = re.compile(r"\w+|[^\s\w]")


@dataclass(frozen=True, slots=True)
class LogicalLine:
    """A statement or the head of a block; ``is_inner`` when it lies in a class or function."""

    number: int
    column: int
    words: tuple[str, ...]
    is_inner: bool = False

    @property
    def defines(self) -> str | None:
        """The name of the function whose ``def`` this is."""
        words = self.words[1:] if self.words[0] == "async" else self.words
        if len(words) > 1 and words[0] == "def" and words[1].isidentifier():
            return words[1]
        return None


@dataclass(frozen=True, slots=True)
class LogicalLines:
    """The logical lines of a text, and the numbers of the lines that are comments."""

    lines: list[LogicalLine]
    comments: frozenset[int]


def split_lines(source: str) -> list[str]:
    """Split at the three line endings Python knows, and at no other; a BOM is dropped."""
    text = source.removeprefix("\ufeff").removeprefix("ï»¿")
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def read_logical_lines(source: str) -> LogicalLines:
    """Read the logical lines of any text."""
    physical = split_lines(source)
    if "\0" in source:
        # No Python, and long to tokenize: an image under a source's name.
        return _rough(physical)
    try:
        return _tokenized("\n".join(physical))
    except (tokenize.TokenError, SyntaxError, ValueError):
        return _rough(physical)


def _tokenized(text: str) -> LogicalLines:
    lines: list[LogicalLine] = []
    comments: set[int] = set()
    words: list[str] = []
    start = (0, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for token in tokens:
        if token.type == tokenize.COMMENT:
            if token.line[: token.start[1]].strip() == "":
                comments.add(token.start[0])
        elif token.type not in _SKIPPED:
            if not words:
                start = token.start
            words.append(token.string)
        elif token.type == tokenize.NEWLINE and words:
            lines.append(LogicalLine(*start, tuple(words[:3])))
            words = []
    if words:
        lines.append(LogicalLine(*start, tuple(words[:3])))
    return LogicalLines(list(_nested(lines)), frozenset(comments))


def _rough(physical: list[str]) -> LogicalLines:
    lines: list[LogicalLine] = []
    comments: set[int] = set()
    depth = 0
    for number, line in enumerate(physical, start=1):
        text = line.lstrip()
        if depth > 0:
            depth += _open_brackets(text)
        elif text.startswith("#"):
            comments.add(number)
        elif words := _WORD.findall(text[:200])[:3]:
            lines.append(LogicalLine(number, len(line) - len(text), tuple(words)))
            # Only a decorator's brackets matter here, and only they are likely to be balanced.
            depth = _open_brackets(text) if text.startswith("@") else 0
    return LogicalLines(list(_nested(lines)), frozenset(comments))


def _open_brackets(text: str) -> int:
    return sum(map(text.count, "([{")) - sum(map(text.count, ")]}"))


def _nested(lines: list[LogicalLine]) -> Iterator[LogicalLine]:
    """Mark the lines that lie in the block of a class or a function."""
    blocks: list[tuple[int, bool]] = []
    for line in lines:
        while blocks and blocks[-1][0] >= line.column:
            blocks.pop()
        is_inner = any(encloses for _, encloses in blocks)
        blocks.append((line.column, line.words[0] == "class" or line.defines is not None))
        yield LogicalLine(line.number, line.column, line.words, is_inner)
