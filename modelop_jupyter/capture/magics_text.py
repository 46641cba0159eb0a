"""IPython's own syntax in the text of a cell, taken out so that Python remains.

Lines keep their numbers: a magic becomes an empty line, inside a block ``pass``, and where it
assigns, ``name = ...``; what stood there is remembered, because a model cannot depend on it.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field

from modelop_jupyter.domain.logical_lines import split_lines

# Cell magics that run their body as Python in the notebook's own namespace.
_PYTHON_BODIES = frozenset({"%%time", "%%capture", "%%prun", "%%debug"})

# Magics whose body is no Python: nobody looks for functions there.
_OTHER_LANGUAGES = frozenset(
    """%%! %%bash %%sh %%script %%cmd %%html %%HTML %%javascript %%js %%latex %%markdown %%svg %%SVG
    %%perl %%ruby %%sx %%system %%writefile %%file %%sql %%R %%julia""".split()
)
# ``%time X = ...`` binds X in the notebook, in a way that the text does not tell.
_TIMED = re.compile(
    r"%(?:time|prun|memit|lprun|mprun)\s+(?P<target>[A-Za-z_][\w.,\[\]'\" ()*]*?)\s*=(?!=)"
)
_LINE = re.compile(r"(?P<indent>\s*)%(?:time|prun|memit|mprun|lprun)\s+(?P<rest>[^-\s].*)")
_LINE = re.compile(r"(?P<indent>\s*)(?:%{1,2}[A-Za-z_]|!|\?{1,2}[\w%*]|[/,;]\S)")
_HELP = re.compile(r"(?P<indent>\s*)[%\w.*\[\]'\"]+\?{1,2}\s*(?:#.*)?\Z")
_ASSIGN = re.compile(r"(?P<indent>\s*)(?P<target>[\w.,\[\]'\" ()*]+?)\s*=\s*(?:%[A-Za-z_]|!)")
_STRING_OR_MARK = re.compile(r"'''|\"\"\"|'|\"|#|[()\[\]{}]|\\.")


@dataclass(frozen=True)
class PlainCell:
    """A cell's text as Python, and by line the IPython syntax that was taken out."""

    text: str
    magics: dict[int, str] = field(default_factory=dict)

    @property
    def unread(self) -> str | None:
        """The cell magic whose body was left out although it may well be Python."""
        magic = next(iter(self.magics.values()), "")
        word = magic.split()[0] if magic.startswith("%%") and not self.text.strip() else ""
        return word if word and word not in _OTHER_LANGUAGES and word != "%%modelop" else None


def plain_cell(source: str) -> PlainCell:
    """Take the IPython syntax out of a cell; a cell magic with a body that is not Python leaves nothing."""
    lines = split_lines(source)
    magics: dict[int, str] = {}
    for index, line in enumerate(lines):
        if line.startswith("%%"):
            words = line.split()
            if words[0] not in _PYTHON_BODIES and words[:2] != ["%%modelop", "model"]:
                return PlainCell("\n" * (len(lines) - 1), {index + 1: line})
            lines[index] = ""
        elif line.strip():
            break
    lines = _dedented(lines)
    if not parses("\n".join(lines)):
        lines = _without_magics(lines, magics)
    return PlainCell("\n".join(lines), magics)


def parses(text: str) -> bool:
    """Say whether this is Python."""
    try:
        parse(text)
    except SyntaxError:
        return False
    return True


def parse(text: str) -> ast.Module:
    """Parse Python quietly; whatever hinders it is a SyntaxError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(str(error) or "too deeply nested") from error


def _dedented(lines: list[str]) -> list[str]:
    """Take the first line's indentation off all, as IPython does with a cell that is indented."""
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    return [line.removeprefix(indent) for line in lines] if indent else lines


def _without_magics(lines: list[str], magics: dict[int, str]) -> list[str]:
    kept: list[str] = []
    depth, quote, joined, in_magic = 0, "", False, False
    for number, line in enumerate(lines, start=1):
        if in_magic:
            kept.append("")
            in_magic = line.endswith("\\")
            continue
        replacement = None if depth or quote or joined else _replacement(line)
        if replacement is not None:
            magics[number] = line.strip()
            kept.append(replacement)
            in_magic = line.endswith("\\")
            continue
        kept.append(line)
        depth, quote = _advance(line, depth, quote)
        joined = line.endswith("\\") and not quote
    return kept


def _replacement(line: str) -> str | None:
    if (match := _TIMED.match(line)) and parses(f"{match['target']} = ..."):
        return f"{match['target']} = ..."
    if match := _ASSIGN.match(line):
        return f"{match['indent']}{match['target']} = ..."
    if match := _LINE.match(line) or _HELP.match(line):
        return f"{match['indent']}pass" if match["indent"] else ""
    return None


def _advance(line: str, depth: int, quote: str) -> tuple[int, str]:
    """Return the bracket depth and the open triple quote after a line."""
    position = 0
    while match := _STRING_OR_MARK.search(line, position):
        mark, position = match[0], match.end()
        if quote:
            quote = "" if mark == quote else quote
        elif mark == "#":
            break
        elif mark[0] in "'\"":
            quote = mark
        elif mark in "([{":
            depth += 1
        elif mark in ")]}":
            depth = max(0, depth - 1)
        if quote and len(quote) == 1:
            closing = re.compile(rf"(?:[^\\{quote}]|\\.)*{quote}").match(line, position)
            position = closing.end() if closing else len(line)
            quote = ""
    return depth, quote
