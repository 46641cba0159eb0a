#!/bin/sh
# Make the virtual environment FOLDER with this project in it, and what the demo or all tests need.
#   usage: sh tools/set-up.sh FOLDER demo|test        (PYTHON=... chooses the interpreter)
# Needs a Python >= 3.10 and a package index that pip knows of; nothing is fetched from elsewhere.
set -eu

venv=$1
case "${OS:-}" in Windows_NT) bin="$venv/Scripts" ;; *) bin="$venv/bin" ;; esac
say() { printf '%s\n' "$*" >&2; }
is_good() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.10 python3.14 python}; do
        if is_good "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    if [ -n "${PYTHON:-}" ]; then
        say "error: PYTHON=$PYTHON is no Python 3.10 or newer."
    else
        say "error: no Python 3.10 or newer found. Install one, or name it: make PYTHON=/path/to/python3"
    fi
    return 1
}

# Debian ships Python without ensurepip and pip, each a package of its own. Four ways, the plainest first.
make_venv() {
    rm -rf "$venv"
    if "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        "$python" -m venv "$venv"
    elif "$python" -m pip --version >/dev/null 2>&1 &&
        "$python" -m venv --without-pip "$venv" >/dev/null 2>&1 &&
        "$python" -m pip --quiet --python "$bin/python" install pip; then
        :
    elif "$python" -m virtualenv --quiet --python "$python" "$venv" >/dev/null 2>&1; then
        :
    else
        package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
        say "$python has no venv module; installing Debian's $package ..."
        sh tools/apt-install.sh "$package"
        rm -rf "$venv"
        "$python" -m venv "$venv"
    fi
}

if ! is_good "$bin/python" || ! "$bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    started=$(date +%s)
    printf '%s' "Making $venv with $("$python" --version) ($python) ... "
    make_venv
    echo "$(($(date +%s) - started)) s"
fi
exec "$bin/python" tools/install.py "$2"
