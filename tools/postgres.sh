#!/bin/sh
# Print the folder of PostgreSQL's programs for the tests; install Debian's where there is none.
set -eu

find_postgres() {
    for folder in ${POSTGRES_BIN:-/usr/lib/postgresql/*/bin /usr/pgsql-*/bin "$(dirname "$(command -v initdb || echo /nowhere/initdb)")"}; do
        if [ -x "$folder/initdb" ] && [ -x "$folder/postgres" ] && [ -x "$folder/pg_ctl" ]; then
            printf '%s\n' "$folder"
            return
        fi
    done
    return 1
}

if ! find_postgres; then
    if [ -n "${POSTGRES_BIN:-}" ]; then
        printf 'error: POSTGRES_BIN=%s holds no PostgreSQL.\n' "$POSTGRES_BIN" >&2
        exit 1
    fi
    printf 'No PostgreSQL found; installing postgresql from Debian ...\n' >&2
    sh tools/apt-install.sh postgresql
    find_postgres
fi
