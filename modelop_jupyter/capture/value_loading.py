"""The lines with which a module loads the value of a name from a file beside it."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import PurePosixPath

# The file lies in the working directory of a job, as all assets of a model do.
VALUE_PATH = r"^[^\W\d]\w*(-\d+)?\.(json|npy|parquet|csv|pkl)$"
_PATH_IMPORT = ("pathlib", "Path", "Path")
# What is imported, as module, name in it and the name that it gets here; and the expression.
_LINES: dict[str, tuple[tuple[tuple[str, str | None, str], ...], str]] = {
    ".json": (
        (("json", None, "json"), _PATH_IMPORT),
        '{json}.loads({Path}("{path}").read_text(encoding="utf-8"))',
    ),
    ".npy": ((("numpy", None, "np"),), '{np}.load("{path}")'),
    ".parquet": (
        (("pandas", None, "pd"), ("pyarrow.parquet", None, "pq")),
        '{pd}.DataFrame({pq}.read_table("{path}").to_pandas())',
    ),
    ".csv": (
        (("pandas", None, "pd"),),
        '{pd}.read_csv("{path}")',
    ),
    ".pkl": (
        (("pickle", None, "pickle"), _PATH_IMPORT),
        '{pickle}.loads({Path}("{path}").read_bytes())',
    ),
}


def is_value_path(path: str) -> bool:
    """Return whether a path is one that a value may have: a name and an ending, in no folder."""
    return re.fullmatch(VALUE_PATH, path) is not None and "\n" not in path


def loading_lines(path: str, is_free: Callable[[str, str], bool]) -> tuple[tuple[str, ...], str]:
    """Return the imports that loading a file needs, and the expression that gives its value.

    ``is_free(name, imported)`` says whether a name may stand for what is imported.
    """
    imports, expression = _LINES[PurePosixPath(path).suffix]
    lines, names = [], {}
    for module, member, usual in imports:
        dotted = f"{module}.{member}" if member else module
        name = usual if is_free(usual, dotted) else f"_{usual}"
        names[usual] = name
        if member:
            lines.append(f"from {module} import {member}" + (f" as {name}" * (name != member)))
        else:
            lines.append(f"import {module}" + (f" as {name}" * (name != module)))
    return tuple(lines), expression.format(path=path, **names)


def loaded_path(expression: ast.expr) -> str | None:
    """Return the file that an expression of :func:`loading_lines` loads; None for any other."""
    paths = [
        part.value
        for part in ast.walk(expression)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
        if is_value_path(part.value)
    ]
    return paths[0] if len(paths) == 1 and isinstance(expression, ast.Call) else None
