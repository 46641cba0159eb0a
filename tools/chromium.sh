#!/bin/sh
# Print the path of a Chromium for the browser tests; install Debian's where there is none.
set -eu

find_chromium() {
    for candidate in ${CHROMIUM_PATH:-chromium chromium-browser google-chrome google-chrome-stable}; do
        if command -v "$candidate"; then
            return
        fi
    done
    return 1
}

if ! find_chromium; then
    if [ -n "${CHROMIUM_PATH:-}" ]; then
        printf 'error: CHROMIUM_PATH=%s cannot be run.\n' "$CHROMIUM_PATH" >&2
        exit 1
    fi
    printf 'No Chromium or Chrome found; installing chromium from Debian ...\n' >&2
    sh tools/apt-install.sh chromium
    find_chromium
fi
