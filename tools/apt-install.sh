#!/bin/sh
# Install Debian packages, as root or through a sudo that asks for no password.
#   usage: sh tools/apt-install.sh PACKAGE...
set -eu

if ! command -v apt-get >/dev/null 2>&1; then
    printf 'error: please install %s; there is no apt-get here to do it with.\n' "$*" >&2
    exit 1
elif [ "$(id -u)" = 0 ]; then
    root=
elif sudo -n true >/dev/null 2>&1; then
    root="sudo -n"
else
    printf 'error: please install %s: sudo apt-get install %s\n' "$*" "$*" >&2
    exit 1
fi

install() { $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$@" </dev/null; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A machine whose package lists are fresh is spared the update.
if ! install "$@" >"$log" 2>&1; then
    if ! { $root apt-get update -qq </dev/null && install "$@"; } >"$log" 2>&1; then
        cat "$log" >&2
        printf 'error: apt-get could not install %s (its words are above).\n' "$*" >&2
        exit 1
    fi
fi
