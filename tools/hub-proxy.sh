#!/bin/sh
# Print the path of JupyterHub's proxy, configurable-http-proxy, for the tests; install npm's where there is none.
set -eu

cache=${XDG_CACHE_HOME:-$HOME/.cache}/modelop-jupyter-tests/hub-proxy
# Node.js and npm are those of the tests' own environment, where it is there.
PATH=$(cd "$(dirname "$0")/.." && pwd)/.venv/bin:$PATH

find_proxy() {
    for candidate in ${HUB_PROXY:-configurable-http-proxy "$cache/node_modules/.bin/configurable-http-proxy"}; do
        if command -v "$candidate"; then
            return
        fi
    done
    return 1
}

if ! find_proxy; then
    if [ -n "${HUB_PROXY:-}" ]; then
        printf 'error: HUB_PROXY=%s cannot be run.\n' "$HUB_PROXY" >&2
        exit 1
    fi
    printf 'No configurable-http-proxy found; installing it from npm ...\n' >&2
    mkdir -p "$cache"
    npm install --prefix "$cache" --no-save --no-audit --no-fund 'configurable-http-proxy@5' >/dev/null
    find_proxy
fi
