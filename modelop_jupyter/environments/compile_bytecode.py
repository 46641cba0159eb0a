"""Compile an environment's modules to bytecode in the background. Executed by path, never imported by us.

``python -I -S compile_bytecode.py <environment> <its site-packages>``, with the environment's own
interpreter. It forks, goes on at the lowest priority without a parent to wait for it, and stops when
the environment is removed. Standard library only, Python 3.6+.
"""
# mypy: allow-untyped-defs, allow-untyped-calls
# ruff: noqa: PTH110, PTH118, PTH123

import os
import sys

MARKER, NOTE = "environment.json", "bytecode.txt"
# More than half of the modules of pandas and scikit-learn, and no model imports them.
LEFT_OUT = ("__pycache__", "tests", "test")


def main(environment, site):
    if hasattr(os, "nice"):
        os.nice(19)
    if hasattr(os, "fork") and os.fork():
        os._exit(0)
    import compileall

    # All paths are relative: a folder that was renamed to be removed is not made again.
    os.chdir(environment)
    for folder, folders, files in os.walk(os.path.relpath(site)):
        folders[:] = sorted(name for name in folders if name not in LEFT_OUT)
        if not os.path.exists(os.path.join(environment, MARKER)):
            return
        for name in sorted(files):
            where = os.path.join(environment, folder)
            compileall.compile_file(os.path.join(folder, name), ddir=where, quiet=2)
    with open(NOTE, "w", encoding="utf-8") as note:
        note.write("done\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
