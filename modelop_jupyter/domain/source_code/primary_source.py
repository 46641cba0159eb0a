"""Parse Python sources, and choose the primary one among the files of a folder (spec 13.1)."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping

from modelop_jupyter.domain.source_code.smart_tags import entry_points, scan
from modelop_jupyter.errors import InvalidError, TagError

PYTHON_ENDINGS = (".py", ".py3")


def primary_source(texts: Mapping[str, str], chosen: str | None = None) -> str | None:
    """Return the path of the primary source among Python sources, None where no file qualifies.

    The only file with function tags; else the only one with ``begin`` or ``action``; else the only
    one there is. Several that qualify are an :class:`InvalidError` that names ``--source``.
    """
    if chosen is not None:
        if chosen not in texts:
            raise InvalidError(
                f"--source {chosen} is not a Python source of this folder",
                "It has: " + (", ".join(sorted(texts)) or "none"),
            )
        return chosen
    tagged = [path for path, text in texts.items() if scan(text).functions]
    if len(tagged) > 1:
        raise InvalidError(
            "several files hold smart tags: " + ", ".join(sorted(tagged)),
            f"Name the primary source, such as --source {sorted(tagged)[0]}",
        )
    if tagged:
        return tagged[0]
    named = [path for path, text in texts.items() if _has_default_names(text)]
    if len(named) == 1:
        return named[0]
    return next(iter(texts)) if len(texts) == 1 else None


def _has_default_names(text: str) -> bool:
    try:
        points = entry_points(text)
    except TagError:
        return False
    return bool(points.score)


def parse_source(text: str) -> ast.Module | None:
    """Return the syntax tree of a source, None for one that this Python cannot read.

    Its warnings are not shown.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
