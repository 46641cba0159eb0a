"""What a running Python says about itself: its packages, and the tables among the user's variables.

The text of this file is sent to kernels whose Python may be old, and need not have this package: it
needs nothing but the standard library of Python 3.8. Nothing of the user's is called or changed.
"""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Mapping
from typing import Any

SAMPLE_RECORDS = 5
_MOST_TABLES = 5
_MOST_COLUMNS = 200
_MOST_CHARACTERS = 200_000
_NAMESPACE_DEPTH = 4


def tables(namespace: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the first records of the data frames of a namespace, the last one first."""
    found: list[dict[str, Any]] = []
    for name, value in reversed(list(namespace.items())):
        if len(found) == _MOST_TABLES:
            break
        records = None if name.startswith("_") else _first_records(value)
        if records:
            found.append({"name": name, "records": records})
    return found


def _first_records(value: Any) -> list[dict[str, Any]] | None:
    """Return the first records of a data frame in memory; None for anything else."""
    kind = type(value)
    # A data frame of dask or pyspark would be computed.
    if kind.__name__ != "DataFrame" or kind.__module__.split(".")[0] not in ("pandas", "polars"):
        return None
    try:
        if kind.__module__.startswith("pandas"):
            head = value.iloc[:SAMPLE_RECORDS, :_MOST_COLUMNS]
            text = head.to_json(orient="records", date_format="iso")
        else:
            head = value[:SAMPLE_RECORDS, :_MOST_COLUMNS]
            text = json.dumps(head.to_dicts(), default=str, allow_nan=False)
    except Exception:  # noqa: BLE001 - columns may hold whatever the user has put there
        return None
    if len(text) > _MOST_CHARACTERS:
        return None
    records: list[dict[str, Any]] = json.loads(text)
    return records


def python() -> dict[str, Any]:
    """Return the interpreter, its version, and the packages that it finds."""
    from importlib import metadata

    packages: list[dict[str, Any]] = []
    seen: set[str] = set()
    for distribution in metadata.distributions():
        try:
            package = _package(distribution)
        except Exception:  # noqa: BLE001, S112 - what is left of a package that was removed
            continue
        # The first one on the path is what an import takes.
        if package["name"].lower() not in seen:
            seen.add(package["name"].lower())
            packages.append(package)
    _add_paths(packages)
    return {
        "executable": sys.executable or "",
        "version": platform.python_version(),
        "packages": [{k: v for k, v in each.items() if k != "files"} for each in packages],
    }


def _package(distribution: Any) -> dict[str, Any]:
    name, version = distribution.metadata["Name"], distribution.version
    if not name or not version:
        raise ValueError("no name or version")
    files = _files(distribution)
    requires = [text for text in distribution.requires or () if "extra ==" not in text]
    return {
        "name": name,
        "version": version,
        "modules": sorted(_modules(distribution, files)),
        "requires": requires,
        "origin": distribution.read_text("direct_url.json") or "",
        "installer": (distribution.read_text("INSTALLER") or "").strip(),
        "files": files,
    }


def _files(distribution: Any) -> list[str]:
    record = distribution.read_text("RECORD")
    if record is None:
        return [file.as_posix() for file in distribution.files or ()]
    # Reading its rows as CSV, as `files` does, takes ten times as long.
    return [line.split(",", 1)[0] for line in record.splitlines()]


def _modules(distribution: Any, files: list[str]) -> set[str]:
    """Return what a package provides at the top level."""
    declared = (distribution.read_text("top_level.txt") or "").split()
    if declared:
        return set(declared)
    first = {file.split("/")[0] for file in files if file.endswith((".py", ".so", ".pyd"))}
    return {name.split(".")[0] for name in first if not name.startswith(".")}


def _add_paths(packages: list[dict[str, Any]]) -> None:
    """Add to packages that share a module what they hold below it, so that they can be told apart."""
    holders: dict[str, int] = {}
    for package in packages:
        for module in package["modules"]:
            holders[module] = holders.get(module, 0) + 1
    for package in packages:
        shared = {module for module in package["modules"] if holders[module] > 1}
        paths = set()
        for file in package["files"] if shared else ():
            parts = file.split("/")
            if parts[0] in shared and file.endswith((".py", ".so", ".pyd")):
                parts[-1] = parts[-1].split(".")[0]
                paths.add("/".join(parts[:_NAMESPACE_DEPTH]))
        package["paths"] = sorted(paths)


class Answer:
    """An answer that a frontend gets as JSON when it asks for the value of an expression."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def _repr_json_(self) -> Any:
        return self.value
