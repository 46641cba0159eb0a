"""Home folders written by earlier commits: unpack one, and run the command line on it.

For a commit, ``tests/data/homes`` holds an archive of a home and of the folder that its user worked
in, and a packed JSON file with the answers of that commit's command line. ``tools/make_home.py`` makes both.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

STORED = Path(__file__).parents[1] / "data" / "homes"
# In the archive and the answers, this is the path of the folder that holds `home` and `project`.
BASE = "/stored-home"

# What `export wheeled@1` wrote into `project/exports`, and its --format.
EXPORTS = {
    "wheeled.zip": "modelop",
    "wheeled-folder": "modelop",
    "wheeled-git": "git",
    "wheeled-mlflow": "mlflow",
}

_DRIVER = """\
import contextlib, io, json, sys
from modelop_jupyter.cli import main

answers = []
for words in json.load(sys.stdin):
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
        code = main([*words, "--json"])
    answers.append([code, json.loads(output.getvalue())])
print(json.dumps(answers))
"""

_MODELS = ("churn", "scorer", "wheeled", "noted", "monitor", "broken")
_SNAPSHOTS = ("churn@1", "churn@2", "scorer@1", "wheeled@1", "wheeled@2", "noted@1")
# Verbs that only read. A name in braces is that of a job in tools/make_home.py.
QUESTIONS: tuple[str, ...] = (
    "models",
    "jobs --all",
    "jobs --model churn",
    "jobs --running",
    "jobs --limit 3",
    "env list",
    "kernel list",
    "show gone",
    "show nobody",
    "show churn@9",
    "job show ffffffff",
    *(
        f"{verb} {name}"
        for name in (*_MODELS, *_SNAPSHOTS)
        for verb in ("show", "asset list", "schema show", "requirements")
    ),
    *(f"snapshots {name}" for name in (*_MODELS, "gone")),
    "diff churn@1 churn@2",
    "diff churn@2 churn",
    "diff wheeled@1 wheeled@2",
    "diff scorer noted",
    "history churn auc",
    "history churn n",
    "history churn@2 auc",
    "history monitor rows",
    "history churn absent",
    "compare {metrics_passed} {metrics_failed}",
    "compare {scored} {rerun}",
    "compare {scored} {rejected} {csv}",
    "compare {wheeled_first} {wheeled_second}",
    "schema infer scorer numbers.csv",
    "schema infer churn good.json",
)
# For every job.
JOB_QUESTIONS: tuple[str, ...] = (
    "job show {}",
    "job log {}",
    "job errors {}",
    "job errors {} --records",
    "job errors {} --group",
    "job export {}",
)


def unpack(name: str, base: Path) -> None:
    """Unpack a stored home into ``base``, as ``base/home`` and ``base/project``, and correct its paths.

    Job folders and the registry hold absolute paths. The archive has BASE in them in place of the
    folder where it was made; it is replaced by ``base``, as if the home had been written there.
    """
    with tarfile.open(STORED / f"{name}.tar.gz") as archive:
        archive.extraction_filter = getattr(tarfile, "fully_trusted_filter", None)
        archive.extractall(base)
    replace_in_files(base, BASE, str(base))
    replace_in_registry(base / "home" / "registry.db", BASE, str(base))


def replace_in_files(base: Path, old: str, new: str) -> None:
    """Replace a text in all files of ``base/home`` but blobs and the registry; their times stay."""
    for path in sorted((base / "home").rglob("*")):
        is_blob = path.relative_to(base).parts[1] == "blobs"
        if path.is_symlink() or not path.is_file() or is_blob or path.name == "registry.db":
            continue
        content, state = path.read_bytes(), path.stat()
        if old.encode() in content:
            path.write_bytes(content.replace(old.encode(), new.encode()))
            os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def replace_in_registry(database: Path, old: str, new: str) -> None:
    """Replace a text in every column of every table of an SQLite registry."""
    with closing(sqlite3.connect(database)) as connection, connection:
        tables = connection.execute("select name from sqlite_master where type = 'table'")
        for (table,) in tables.fetchall():
            for column in connection.execute(f"pragma table_info({table})").fetchall():
                connection.execute(
                    f'update {table} set "{column[1]}" = replace("{column[1]}", ?, ?)'
                    f' where instr("{column[1]}", ?)',
                    (old, new, old),
                )


def variables(base: Path, *, home: str = "home") -> dict[str, str]:
    """Return the environment of a process that uses an unpacked home, or another one beside it."""
    kept = {name: value for name, value in os.environ.items() if name != "MODELOP_REGISTRY_URL"}
    return {
        **kept,
        "MODELOP_HOME": str(base / home),
        "MODELOP_PREPARE": "off",
        "MODELOP_WARM": "off",
        "TERM": "dumb",
        "TZ": "UTC",
    }


def questions(jobs: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the words of each command line, with the ids of ``jobs``, by its text with their names."""
    texts = [
        *QUESTIONS,
        *(question.format(f"{{{name}}}") for name in jobs for question in JOB_QUESTIONS),
    ]
    return {text: text.format(**jobs).split() for text in texts}


def answers(
    python: str, base: Path, asked: Mapping[str, Sequence[str]], *, home: str = "home"
) -> dict[str, Any]:
    """Run command lines in one process; return the exit code and JSON document of each.

    ``base`` is replaced by BASE in the documents. ``asked`` has the words by any name.
    """
    result = subprocess.run(
        [python, "-c", _DRIVER],
        cwd=base / "project",
        env=variables(base, home=home),
        input=json.dumps(list(asked.values())),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
    )
    if result.returncode:
        raise AssertionError(result.stderr)
    given = json.loads(result.stdout.replace(str(base), BASE))
    return dict(zip(asked, given, strict=True))


def repaired(python: str, base: Path, jobs: Mapping[str, str]) -> dict[str, Any]:
    """Remove the registry of an unpacked home, run `repair`, and return its answer and the jobs."""
    for path in (base / "home").glob("registry.db*"):
        path.unlink()
    asked = {"repair": ["repair"], "jobs": ["jobs", "--all"]}
    asked.update({f"job show {{{name}}}": ["job", "show", job] for name, job in jobs.items()})
    return answers(python, base, asked)
