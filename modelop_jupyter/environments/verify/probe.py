"""Report what an environment's interpreter sees. Executed there by path, never imported by us.

``python -I probe.py`` reads ``{"names": [...], "site": "<its site-packages>"}`` from stdin and
writes one line to stdout, a mark and a JSON object: ``version``, ``path``,
``distributions`` (with name, version, top-level modules), ``unowned`` entries of site-packages,
``broken`` modules of distributions that cannot be found, ``origins`` of those of the names that can,
``stdlib``. Nothing is imported. What a sitecustomize prints is on other lines. Standard library
only, Python 3.6+.
"""
# Without typing and pathlib, whose imports cost more than the rest.
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
    distributions = [item for folder in sys.path for item in distributions_in(folder)]
    modules = {name for item in distributions for name in item["modules"]}
    origins = {name: origin(name) for name in question.get("names", ())}
    print(
        "\n"
        + MARK
        + json.dumps(
            {
                "version": ".".join(str(part) for part in sys.version_info[:3]),
                "path": sys.path,
                "distributions": distributions,
                "unowned": unowned(site, distributions) if site else [],
                "broken": sorted(name for name in modules if origin(name) is None),
                "origins": {name: path for name, path in origins.items() if path},
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
    distributions = []
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
            distributions.append(
                {
                    "name": fields["name"],
                    "version": fields.get("version", ""),
                    "folder": folder,
                    "modules": sorted(modules_of(record)),
                    "entries": sorted(entries_of(record) | {entry}),
                }
            )
    return distributions


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


def unowned(site, distributions):
    """Return the entries of site-packages that belong to no distribution.

    Folders without files do not count: some wheels leave an empty ``<name>.libs`` behind.
    """
    owned = {entry for item in distributions for entry in item["entries"]}
    others = sorted(set(os.listdir(site)) - owned - {"__pycache__"})
    return [entry for entry in others if holds_files(os.path.join(site, entry))]


def holds_files(path):
    """Say whether a path is a file, or a folder with a file below it."""
    return os.path.isfile(path) or any(files for _, _, files in os.walk(path))


def origin(name):
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
