"""Whether a source writes files: told by its calls, so it errs on the safe side."""

from __future__ import annotations

import ast

_METHODS = frozenset(
    (
        "write_text write_bytes to_csv to_parquet to_pickle to_excel to_feather to_hdf to_sql dump"
        " savefig savetxt savez save save_model unlink rename rmtree remove copyfile move mkdir makedirs"
    ).split()
)
_MODULES = frozenset({"sqlite3", "shelve", "dbm"})
_WRITING = frozenset("wax+")


def first_write(tree: ast.Module) -> tuple[int, str] | None:
    """Return line and words of the first call that writes to a file, None where none seems to."""
    calls = sorted(
        (node for node in ast.walk(tree) if isinstance(node, ast.Call)),
        key=lambda node: node.lineno,
    )
    for call in calls:
        name = _name(call.func)
        if name == "open" and not _writes(call):
            continue
        if (
            name == "open"
            or (name in _METHODS and _is_about_files(call))
            or _opens_a_database(call)
        ):
            return call.lineno, f"{ast.unparse(call.func)}()"
    return None


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Name):
        return function.id
    return function.attr if isinstance(function, ast.Attribute) else ""


def _is_about_files(call: ast.Call) -> bool:
    """``list.remove(x)`` and ``to_csv()`` without a path touch no file; they cannot all be told apart."""
    function = call.func
    if not isinstance(function, ast.Attribute):
        return True
    owner = ast.unparse(function.value).partition(".")[0]
    if function.attr in ("remove", "rename", "move", "save", "dump", "unlink"):
        modules = ("os", "shutil", "joblib", "pickle", "json", "numpy", "np", "torch", "yaml")
        return owner in modules or "Path" in owner
    return bool(call.args or call.keywords) or function.attr in ("mkdir", "makedirs")


def _writes(call: ast.Call) -> bool:
    """Say whether an ``open`` is for writing; a mode that is no constant may be."""
    values = [*call.args, *(each.value for each in call.keywords if each.arg == "mode")]
    is_method = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value) != "io"
    modes = values[0:1] if is_method and len(call.args) < 2 else values[1:2]
    modes += [each.value for each in call.keywords if each.arg == "mode"]
    return any(
        bool(_WRITING & set(mode.value))
        if isinstance(mode, ast.Constant) and isinstance(mode.value, str)
        else not isinstance(mode, ast.Constant)
        for mode in modes
        if not _is_path(mode)
    )


def _is_path(mode: ast.expr) -> bool:
    """Say whether what stands in a mode's place is a file's name, as in ``gzip.open(name)``."""
    return (
        isinstance(mode, ast.Constant)
        and isinstance(mode.value, str)
        and not set(mode.value) <= set("rwabxt+U")
    )


def _opens_a_database(call: ast.Call) -> bool:
    return ast.unparse(call.func).partition(".")[0] in _MODULES
