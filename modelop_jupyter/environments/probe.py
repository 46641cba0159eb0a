"""Look at an environment from inside. Executed there by path, never imported by us.

``python -I probe.py`` reads ``{"names": [...], "site": "<its site-packages>"}`` from stdin and
writes one line to stdout, a mark and a JSON document: version, prefix, path, distributions (name,
version, their top-level modules), modules that belong to none of them, modules of theirs that
cannot be found, and where each of the names was found. Nothing is imported. Whatever a
sitecustomize prints stands on other lines. Standard library only, Python 3.6+.
"""
# Starts in foreign interpreters: without typing and pathlib, whose imports cost more than the rest.
# mypy: allow-untyped-defs, allow-untyped-calls
# ruff: noqa: PTH112, PTH113, PTH118, PTH120, PTH123, PTH208

import importlib.util
import json
import os
import re
import sys

MARK = "modelop-probe "


def main():
    question = json.load(sys.stdin)
    site = question.get("site")
    distributions = [found for folder in sys.path for found in distributions_in(folder)]
    modules = {name for found in distributions for name in found["modules"]}
    places = {name: place(name) for name in question.get("names", ())}
    print(
        "\n"
        + MARK
        + json.dumps(
            {
                "version": ".".join(str(part) for part in sys.version_info[:3]),
                "prefix": sys.prefix,
                "path": sys.path,
                "distributions": distributions,
                "strays": strays(site, distributions) if site else [],
                "broken": sorted(name for name in modules if place(name) is None),
                "places": {name: where for name, where in places.items() if where},
                "stdlib": os.path.dirname(os.__file__),
            }
        )
    )


def distributions_in(folder):
    """Read the distributions of one folder of sys.path without importlib.metadata (3.8+)."""
    try:
        entries = sorted(os.listdir(folder or "."))
    except OSError:
        return []
    found = []
    for entry in entries:
        path = os.path.join(folder, entry)
        if entry.endswith(".dist-info"):
            metadata, record = os.path.join(path, "METADATA"), os.path.join(path, "RECORD")
        elif entry.endswith(".egg-info"):
            metadata = os.path.join(path, "PKG-INFO") if os.path.isdir(path) else path
            record = os.path.join(path, "installed-files.txt")
        else:
            continue
        fields = headers(metadata)
        if "name" in fields:
            found.append(
                {
                    "name": fields["name"],
                    "version": fields.get("version", ""),
                    "folder": folder,
                    "modules": sorted(modules_of(record)),
                    "entries": sorted(entries_of(record) | {entry}),
                }
            )
    return found


def headers(path):
    """Return the name and version of a metadata file."""
    fields = {}  # type: ignore[var-annotated]
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                key, colon, value = line.partition(":")
                if not line.strip():
                    break
                if colon and key.lower() in ("name", "version"):
                    fields.setdefault(key.lower(), value.strip())
    except OSError:
        pass
    return fields


def recorded(path):
    """Yield the installed paths that a RECORD lists."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                name = line.rsplit(",", 2)[0].strip().strip('"')
                if name:
                    yield name.replace("\\", "/")
    except OSError:
        return


def entries_of(record):
    """Return the entries of site-packages that a distribution owns."""
    return {name.split("/", 1)[0] for name in recorded(record) if not name.startswith("..")}


def modules_of(record):
    """Return the importable names at the top of a distribution."""
    names = set()
    for path in recorded(record):
        match = re.match(
            r"([A-Za-z_]\w*)(?:/.*)?(?:\.py|\.so|\.pyd)$|([A-Za-z_]\w*)\.\S+\.(?:so|pyd)$", path
        )
        top = path.split("/", 1)[0]
        if (
            match
            and not top.endswith((".data", ".dist-info", ".libs"))
            and "__pycache__" not in path
        ):
            names.add(match.group(1) or match.group(2))
    return names


def strays(site, distributions):
    """Return what lies in site-packages and belongs to no distribution.

    A folder without a file holds nothing: some wheels leave an empty ``<name>.libs`` behind.
    """
    owned = {entry for found in distributions for entry in found["entries"]}
    unowned = sorted(set(os.listdir(site)) - owned - {"__pycache__"})
    return [entry for entry in unowned if holds_files(os.path.join(site, entry))]


def holds_files(path):
    """Say whether a path is a file or has one below it."""
    return os.path.isfile(path) or any(files for _, _, files in os.walk(path))


def place(name):
    """Return where a module would be imported from, without importing it."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None:
        return None
    if spec.origin and spec.origin not in ("namespace", "built-in", "frozen"):
        return spec.origin
    locations = list(spec.submodule_search_locations or ())
    return locations[0] if locations else "built-in"


if __name__ == "__main__":
    main()
