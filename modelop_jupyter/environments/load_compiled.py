"""Load the compiled modules of a package that was built here. Executed in the environment by path.

``python -I load_compiled.py`` reads ``[[module, path], ...]`` from stdin and writes a mark and a JSON
line before each module and one for each that cannot be loaded. What a module lacks of other packages
is no fault of its build. Standard library only, Python 3.6+.
"""
# mypy: allow-untyped-defs, allow-untyped-calls

import importlib
import importlib.util
import json
import sys

MARK = "modelop-compiled "


def main():
    for name, path in json.load(sys.stdin):
        tell(trying=name)
        said = fault_of(name, path)
        if said:
            tell(module=name, said=said)
    tell(done=True)


def tell(**words):
    sys.stdout.write("\n" + MARK + json.dumps(words) + "\n")
    sys.stdout.flush()


def fault_of(name, path):
    """Return why a compiled module cannot be loaded, None where it can or misses another package.

    By itself first: its package may import much that has nothing to do with it. What needs its
    package's own imports before it is tried with them.
    """
    try:
        load(name, path)
        return None
    except Exception as error:  # noqa: BLE001 - whatever foreign code raises
        said = describe(error)
    try:
        importlib.import_module(name)
    except Exception:  # noqa: BLE001
        return said
    return None


def load(name, path):
    """Execute a compiled module without the package that it lies in."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader
    spec.loader.exec_module(importlib.util.module_from_spec(spec))


def describe(error):
    if isinstance(error, ModuleNotFoundError):
        return None
    return "{}: {}".format(type(error).__name__, " ".join(str(error).split()))


if __name__ == "__main__":
    main()
