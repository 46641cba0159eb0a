"""A PostgreSQL server of the tests' own: on a socket in a temporary folder, gone when they end."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

_USER = "nobody"  # PostgreSQL refuses to run as root
_QUICK = "-c fsync=off -c listen_addresses='' -c max_connections=60 -c lc_messages=C"


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    folder: Path
    numbers: Iterator[int]

    def new(self) -> str:
        """Make an empty database and return its URL."""
        name = f"registry{next(self.numbers)}"
        self._run(f"create database {name}")
        return f"postgresql+psycopg://modelop@/{name}?host={self.folder}"

    def require_password(self, user: str) -> None:
        """Ask a user for a password from now on; the others need none."""
        rules = self.folder / "data" / "pg_hba.conf"
        rules.write_text(f"local all {user} scram-sha-256\n{rules.read_text()}")
        before = self._run("select pg_conf_load_time()")
        self._run("select pg_reload_conf()")
        while self._run("select pg_conf_load_time()") == before:
            time.sleep(0.01)

    def _run(self, statement: str) -> object:
        import psycopg

        with psycopg.connect(
            host=str(self.folder), user="modelop", dbname="postgres", autocommit=True
        ) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchone() if cursor.description else None


def programs() -> Path | None:
    """Return the folder of PostgreSQL's programs: what tools/postgres.sh found, or the newest there is."""
    chosen = os.environ.get("POSTGRES_BIN")
    if chosen:
        return Path(chosen)
    found = [*sorted(Path("/usr/lib/postgresql").glob("*/bin")), shutil.which("initdb")]
    folders = [
        Path(each) if isinstance(each, Path) else Path(each).parent for each in found if each
    ]
    return next((each for each in reversed(folders) if (each / "pg_ctl").exists()), None)


@contextlib.contextmanager
def running(programs: Path) -> Iterator[Postgres]:
    """Start a server, and stop it when the block ends."""
    # Not in pytest's folder: the server's user may not look there, and a socket's path is short.
    folder = Path(tempfile.mkdtemp(prefix="modelop-pg-"))
    is_root = os.geteuid() == 0
    if is_root:
        shutil.chown(folder, _USER)
        folder.chmod(0o755)

    def call(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(programs / program), "-D", str(folder / "data"), *arguments],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
            user=_USER if is_root else None,
            extra_groups=[] if is_root else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    try:
        call("initdb", "-A", "trust", "-U", "modelop", "-E", "UTF8", "--no-sync")
        call("pg_ctl", "-w", "-l", str(folder / "log"), "-o", f"{_QUICK} -k {folder}", "start")
        try:
            yield Postgres(folder, count(1))
        finally:
            call("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
