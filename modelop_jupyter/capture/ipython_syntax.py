"""Remove IPython syntax from the text of a cell, so that Python remains.

Lines keep their numbers: a magic becomes an empty line, ``pass`` inside a block, and ``name = ...``
where it assigns. What was removed is recorded, because a model cannot depend on it.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field

from modelop_jupyter.domain.source_code.logical_lines import split_lines

# Cell magics that run their body as Python in the notebook's own namespace.
_PYTHON_BODIES = frozenset({"%%time", "%%capture", "%%prun", "%%debug"})

# Magics whose body is not Python: no functions are expected there.
_OTHER_LANGUAGES = frozenset(
    """%%! %%bash %%sh %%script %%cmd %%html %%HTML %%javascript %%js %%latex %%markdown %%svg %%SVG
    %%perl %%ruby %%sx %%system %%writefile %%file %%sql %%R %%julia""".split()
)
# ``%time X = ...`` binds X in the notebook, though it is not Python.
_TIMED = re.compile(
    r"%(?:time|prun|memit|lprun|mprun)\s+(?P<target>[A-Za-z_][\w.,\[\]'\" ()*]*?)\s*=(?!=)"
)
_LINE = re.compile(r"(?P<indent>\s*)(?:%{1,2}[A-Za-z_]|!|\?{1,2}[\w%*]|[/,;]\S)")
_HELP = re.compile(r"(?P<indent>\s*)[%\w.*\[\]'\"]+\?{1,2}\s*(?:#.*)?\Z")
_ASSIGN = re.compile(r"(?P<indent>\s*)(?P<target>[\w.,\[\]'\" ()*]+?)\s*=\s*(?:%[A-Za-z_]|!)")
_STRING_OR_MARK = re.compile(r"'''|\"\"\"|'|\"|#|[()\[\]{}]|\\.")


@dataclass(frozen=True)
class PythonText:
    """A cell's text as Python, and by line number the IPython syntax that was removed."""

    text: str
    magics: dict[int, str] = field(default_factory=dict)

    @property
    def skipped_magic(self) -> str | None:
        """The cell magic whose body was skipped although it may be Python, else None."""
        magic = next(iter(self.magics.values()), "")
        magic_name = magic.split()[0] if magic.startswith("%%") and not self.text.strip() else ""
        return (
            magic_name
            if magic_name and magic_name not in _OTHER_LANGUAGES and magic_name != "%%modelop"
            else None
        )


def strip_ipython_syntax(source: str) -> PythonText:
    """Remove IPython syntax from a cell; the body of a cell magic for another language, too."""
    lines = split_lines(source)
    magics: dict[int, str] = {}
    for index, line in enumerate(lines):
        if line.startswith("%%"):
            words = line.split()
            if words[0] not in _PYTHON_BODIES and words[:2] != ["%%modelop", "model"]:
                return PythonText("\n" * (len(lines) - 1), {index + 1: line})
            lines[index] = ""
        elif line.strip():
            break
    lines = _dedented(lines)
    if not parses("\n".join(lines)):
        lines = _without_magics(lines, magics)
    return PythonText("\n".join(lines), magics)


def parses(text: str) -> bool:
    """Return whether a text is valid Python."""
    try:
        parse(text)
    except SyntaxError:
        return False
    return True


def parse(text: str) -> ast.Module:
    """Parse Python without warnings; every problem is raised as SyntaxError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(str(error) or "too deeply nested") from error


def _dedented(lines: list[str]) -> list[str]:
    """Remove the first line's indentation from all, as IPython does with an indented cell."""
    first = next((line for line in lines if line.strip()), "")
    indent = first[: len(first) - len(first.lstrip())]
    return [line.removeprefix(indent) for line in lines] if indent else lines


def _without_magics(lines: list[str], magics: dict[int, str]) -> list[str]:
    python_lines: list[str] = []
    depth, quote, is_continued, in_magic = 0, "", False, False
    for number, line in enumerate(lines, start=1):
        if in_magic:
            python_lines.append("")
            in_magic = line.endswith("\\")
            continue
        replacement = None if depth or quote or is_continued else _replacement(line)
        if replacement is not None:
            magics[number] = line.strip()
            python_lines.append(replacement)
            in_magic = line.endswith("\\")
            continue
        python_lines.append(line)
        depth, quote = _advance(line, depth, quote)
        is_continued = line.endswith("\\") and not quote
    return python_lines


def _replacement(line: str) -> str | None:
    if (match := _TIMED.match(line)) and parses(f"{match['target']} = ..."):
        return f"{match['target']} = ..."
    if match := _ASSIGN.match(line):
        return f"{match['indent']}{match['target']} = ..."
    if match := _LINE.match(line) or _HELP.match(line):
        return f"{match['indent']}pass" if match["indent"] else ""
    return None


def _advance(line: str, depth: int, quote: str) -> tuple[int, str]:
    """Return the depth of brackets and the open triple quote after a line."""
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
