"""Run the scripts of benchmarks/, put their tables into its README, and the figures into the documentation.

usage: python tools/bench.py [NAME ... | --table]

A script's tables stand in benchmarks/README.md between ``<!-- NAME -->`` and ``<!-- /NAME -->``. The
table of docs/explanation/figures.md is made of them all, also where only some scripts were run; ``--table`` runs none.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
RESULTS = ROOT / "benchmarks" / "README.md"
FIGURES_PAGE = ROOT / "docs" / "explanation" / "figures.md"
# Minutes a round: a run of its own, against the same loops once more.
PEERS = {"peers": ("overhead", ["--peers", "--rounds", "1"])}
MEDIANS, UNABLE = "medians", "could not be run here"
_VALUES = ("requests/s", "median s", "median ms", "median", "seconds", "on disk", "peak MB")


@dataclass(frozen=True, slots=True)
class Figure:
    """A row of our table: a row of a script's, what we call it, and the row it is measured against.

    ``ratio`` names the column that has it, the last one by default; or it is that of the medians.
    ``against`` is what we call the other row, where that is not its own name.
    """

    script: str
    row: str
    said: str
    base: str
    ratio: str = ""
    against: str = ""


FIGURES = (
    Figure("load_ext", "`%load_ext modelop_jupyter`", "`%load_ext modelop_jupyter` in a live kernel", "`%load_ext autoreload`"),
    Figure("command_line", "`modelop jobs`", "`modelop jobs` in a terminal, seconds of a processor", "`import sqlalchemy`"),
    Figure("batch_latency", "`%modelop batch`, again", "a batch of ten records, Enter to last output", "bare runner", against="a bare Python that does the same ten records"),
    Figure("batch_latency", "`%modelop batch`, again, `MODELOP_WARM=off`", "a batch of ten records, no process kept warm", "bare runner", against="a bare Python that does the same ten records"),
    Figure("batch_latency", "`%modelop batch`, first of a kernel", "a batch of ten records, the first of a kernel", "bare runner", against="a bare Python that does the same ten records"),
    Figure("overhead", "ours, one worker", "a batch of a million records, the whole job", "(a) plain loop, json", "of (a)", "the loop with `json` by hand"),
    Figure("overhead", "ours, one worker", "a batch of a million records", "(b) plain loop, orjson", "of (b)", "the loop with orjson"),
    Figure("overhead", "ours, two workers", "a batch of a million records by two workers", "(b) plain loop, orjson", "of (b)", "the loop with orjson"),
    Figure("csv_workers", "two workers", "rows of CSV by two workers", "one worker"),
    Figure("parquet_workers", "two workers, six row groups", "rows of Parquet by two workers", "one worker"),
    Figure("object_ranges", "Parquet: `--engine dask://…`, two nodes, by ranges", "Parquet in S3 by two nodes of an engine, by ranges", "Parquet: download, then two workers", against="a plain download, then two workers"),
    Figure("overhead", "ours, two workers", "a batch of a million records by two workers", "(b) by two processes, half of the lines each", MEDIANS, "that loop by two processes, half of the lines each"),
    Figure("engines", "`--engine dask://…`, two nodes", "a batch of ten million records on a Dask cluster of two", "two workers", against="two workers of one machine"),
    Figure("engines", "`--engine dask://…`, two nodes, first chunk", "a small batch on that cluster, until its first chunk is done", "two workers, first chunk", against="the same by two workers"),
    Figure("engines", "`--engine dask://…`, two nodes", "the batch of ten million records on Dask", "Dask bag, the same cluster", MEDIANS, "a Dask bag of the same function"),
    Figure("peers", "ours, one worker", "a batch of a million records", "(c) `mlflow models predict`", MEDIANS, "`mlflow models predict`"),
    Figure("peers", "ours, two workers", "a batch of a million records by two workers", "(d) Dask bag, processes", MEDIANS, "Dask bag"),
    Figure("peers", "ours, two workers", "a batch of a million records by two workers", "(d) Ray Data", MEDIANS, "Ray Data"),
    Figure("memory", "5 GB", "memory of a batch of 5 GB, all its processes", "1,000 records", against="of a thousand records"),
    Figure("memory", "5 GB, gzip", "memory of the same batch, compressed", "1,000 records", against="of a thousand records"),
    Figure("metrics_readers", "whole numbers and words: ours", "a million JSON lines into a metrics function's DataFrame", "whole numbers and words: pandas.read_json, engine pyarrow", MEDIANS, "`pandas.read_json` by pyarrow, the fastest that gives the same frame"),
    Figure("metrics_readers", "with fractions: ours", "a million JSON lines with fractions", "with fractions: pandas.read_json", against="`pandas.read_json`, the only one that gives the same frame"),
    Figure("environments", "ours, from requirements to a checked environment", "environment with pandas and scikit-learn, packages cached, resolved, built and checked", "`uv venv` and `uv pip install` by hand"),
    Figure("environments", "ours, from a known lock", "that environment from a known lock", "`uv venv` and `uv pip install` by hand"),
    Figure("environments_many", "ours, from known locks: 8", "eight different ones at once, from known locks", "ours, from known locks: 1", against="one of them"),
    Figure("environments_many", "as built", "disk for the tenth environment that shares all but one package", "full copy"),
    Figure("environments", "ours, finding an existing environment", "an environment that exists, until it is ready", "starting the python of an existing environment", against="starting its python"),
    Figure("mlflow_predict", "`modelop batch`, environment not there", "an environment and a batch in it, the first time", "`mlflow models predict --env-manager uv`, which builds each time", against="`mlflow models predict --env-manager uv`, each time"),
    Figure("mlflow_predict", "`modelop batch`, again", "the same batch again", "`mlflow models predict --env-manager uv`, which builds each time", against="`mlflow models predict --env-manager uv`, each time"),
    Figure("kernels", "started", "an isolated kernel, start to first result", "plain ipykernel"),
    Figure("deployments", "function, 1 connection: `deploy`", "a trivial function, deployed, 1 connection", "function, 1 connection: `mlflow models serve`", "of MLflow", "`mlflow models serve`"),
    Figure("deployments", "function, 1 connection: `deploy`", "a trivial function, deployed, 1 connection", "function, 1 connection: bare application", "of the bare application", "starlette on uvicorn that calls it in its own process"),
    Figure("deployments", "function, 32 connections: `deploy`", "a trivial function, deployed, 32 connections", "function, 32 connections: `mlflow models serve`", "of MLflow", "`mlflow models serve`"),
    Figure("deployments", "function, 32 connections: `deploy`", "a trivial function, deployed, 32 connections", "function, 32 connections: bare application", "of the bare application", "starlette on uvicorn that calls it in its own process"),
    Figure("deployments", "classifier, 1 connection: `deploy`", "a scikit-learn classifier, deployed, 1 connection", "classifier, 1 connection: `mlflow models serve`", "of MLflow", "`mlflow models serve`"),
    Figure("deployments", "classifier, 1 connection: `deploy`", "a scikit-learn classifier, deployed, 1 connection", "classifier, 1 connection: bare application", "of the bare application", "starlette on uvicorn that calls it in its own process"),
    Figure("deployments", "classifier, 32 connections: `deploy`", "a scikit-learn classifier, deployed, 32 connections", "classifier, 32 connections: `mlflow models serve`", "of MLflow", "`mlflow models serve`"),
    Figure("deployments", "classifier, 32 connections: `deploy`", "a scikit-learn classifier, deployed, 32 connections", "classifier, 32 connections: bare application", "of the bare application", "starlette on uvicorn that calls it in its own process"),
    Figure("deployments", "function: `deploy`, from the end of `init` on", "from the end of a model's `init` to its first answer", "function: bare application, until the first answer", MEDIANS, "starting that bare application"),
    Figure("search", "all of it", "a search among 2,000 models by five conditions, milliseconds of a processor", "sqlite3", against="a scan of the models by sqlite3 for one word"),
    Figure("registry", "register a new model", "recording a new model in a registry of 100,000", "sqlite3", against="the bare insert by sqlite3"),
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Run the scripts in the order of their names; 1 when one of them failed."""
    runs = {
        path.stem: (path.stem, []) for path in sorted((ROOT / "benchmarks").glob("*.py"))
    } | PEERS
    failed = []
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, {platform.system()}\n")
    for name, (script, options) in runs.items():
        if arguments and name not in arguments:
            continue
        print(f"## {name}\n", flush=True)
        done = subprocess.run(
            [sys.executable, ROOT / "benchmarks" / f"{script}.py", *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        print(done.stdout, flush=True)
        if done.returncode:
            failed.append(name)
        else:
            put(RESULTS, name, done.stdout.strip())
    put(FIGURES_PAGE, "figures", table())
    if failed:
        print("error: failed: " + ", ".join(failed), file=sys.stderr)
    return 1 if failed else 0


def put(path: Path, name: str, text: str) -> None:
    """Put a text between the marks of a name."""
    whole = path.read_text(encoding="utf-8")
    begin, end = f"<!-- {name} -->\n\n", f"\n\n<!-- /{name} -->"
    start = whole.index(begin) + len(begin)
    path.write_text(whole[:start] + text + whole[whole.index(end, start) :], encoding="utf-8")


def table() -> str:
    """Return our table, as the scripts' tables have it."""
    results = RESULTS.read_text(encoding="utf-8")
    lines = ["| what | measured | against, in the same run | ratio |", "|---|---|---|---|"]
    for figure in FIGURES:
        block = re.search(f"<!-- {figure.script} -->\n(.*?)\n<!-- /", results, re.DOTALL)
        rows = rows_of(block[1] if block else "")
        row = rows.get(figure.row, {})
        if not any(name in row for name in _VALUES):
            continue
        base = rows.get(figure.base, {"median ms": row.get("sqlite3 median", UNABLE)})
        if UNABLE in (*row.values(), *base.values()):
            continue
        lines.append(
            f"| {figure.said} | {shown(row)} | {figure.against or figure.base}: {shown(base, spread=False)}"
            f" | {ratio_of(figure, row, base)} |"
        )
    return "\n".join(lines)


def ratio_of(figure: Figure, row: dict[str, str], base: dict[str, str]) -> str:
    if figure.ratio == MEDIANS:
        return f"{float(shown(row).split()[0]) / float(shown(base).split()[0]):.2f}"
    return row[figure.ratio] if figure.ratio else list(row.values())[-1]


def rows_of(text: str) -> dict[str, dict[str, str]]:
    """Return the rows of all tables in a text by their first cell, cells by their column's name."""
    found: dict[str, dict[str, str]] = {}
    names: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            names = []
        elif not names:
            names = cells
        elif not set(line) <= set("|-: "):
            found[cells[0]] = dict(zip(names, cells, strict=False))
    return found


def shown(row: dict[str, str], *, spread: bool = True) -> str:
    """Return what was measured with its unit, and in which range."""
    name = next(each for each in row if each in _VALUES)
    unit = name.partition(" ")[2] if name != "on disk" else ""
    if name == "requests/s":
        unit = name
    if name == "seconds":
        unit = "s"
    value = f"{row[name]} {unit}".strip()
    return (
        f"{value} ({row['min']} to {row['max']})"
        if spread and row.get("min") != row.get("max")
        else value
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
