#!/bin/sh
# Print the path of wrk for the benchmark of deployments; install Debian's where there is none.
set -eu

find_wrk() { command -v "${WRK_PATH:-wrk}"; }

if ! find_wrk; then
    if [ -n "${WRK_PATH:-}" ]; then
        printf 'error: WRK_PATH=%s cannot be run.\n' "$WRK_PATH" >&2
        exit 1
    fi
    printf 'No wrk found; installing wrk from Debian ...\n' >&2
    sh tools/apt-install.sh wrk
    find_wrk
fi
