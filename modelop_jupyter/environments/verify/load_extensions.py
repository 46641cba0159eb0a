"""Import the extension modules of one package. Executed in the environment by path, never imported.

``python -I load_extensions.py`` reads ``[[module, path], ...]`` from stdin. It writes lines of a mark
and a JSON object to stdout: ``{"trying": module}`` before each module, ``{"module": ..., "error": ...}``
for one that cannot be imported, and ``{"done": true}``. That another package is missing is no fault
of a module's build. Standard library only, Python 3.6+.
"""
# mypy: allow-untyped-defs, allow-untyped-calls

import importlib
import importlib.util
import json
import sys

MARK = "modelop-compiled "


def main():
    for name, path in json.load(sys.stdin):
        write(trying=name)
        error = error_of(name, path)
        if error:
            write(module=name, error=error)
    write(done=True)


def write(**message):
    sys.stdout.write("\n" + MARK + json.dumps(message) + "\n")
    sys.stdout.flush()


def error_of(name, path):
    """Return why a module cannot be imported, None where it can or another package is missing.

    It is tried by itself first, as its package may import much that has nothing to do with it, and
    then by its package: some modules need what their package imports first.
    """
    try:
        load(name, path)
        return None
    except Exception as error:  # noqa: BLE001 - whatever foreign code raises
        text = describe(error)
    try:
        importlib.import_module(name)
    except Exception:  # noqa: BLE001 - whatever foreign code raises
        return text
    return None


def load(name, path):
    """Execute an extension module without importing its package."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def describe(error):
    if isinstance(error, ModuleNotFoundError):
        return None
    return "{}: {}".format(type(error).__name__, " ".join(str(error).split()))


if __name__ == "__main__":
    main()
