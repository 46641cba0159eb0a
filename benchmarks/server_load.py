"""Measure what the server's lists answer to many clients at once, and the memory that it takes.

    python benchmarks/server_load.py [--clients 50] [--seconds 10] [--models 1000] [--jobs 10000]
                                     [--minutes 0] [--running]

A Jupyter server of its own serves a home with many models, jobs and environments on the loopback
address. The clients live in one other process; each keeps its connection and asks again as soon as
it has its answer, so many requests at the most and for so many seconds. Every list is asked for by
one client and by all; then all ask for all lists in turns, undisturbed and while another process
writes to the registry every tenth of a second. ``--minutes`` repeats the last for that long and
prints what memory the server takes; without it, for as long as the others. ``--running`` adds a job
that goes on meanwhile, as the home of somebody at work has one.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import psutil
from first_paint import NOW, fill, state

from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobResult, JobStatus
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import PhaseEvent, SupervisorProcess
from modelop_jupyter.registry import Draft
from modelop_jupyter.settings import Settings
from modelop_jupyter.workspace import Workspace

LISTS = ("models?limit=50", "jobs?limit=50", "overview", "environments", "changes")
ENVIRONMENTS = 10
MOST_REQUESTS = 1_000_000
TOKEN = "a-token"
WRITES_EVERY = 0.1
SAMPLES = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--models", type=int, default=1_000)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--running", action="store_true")
    parser.add_argument("--ask", help=argparse.SUPPRESS)
    parser.add_argument("--write", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.ask:
        print(json.dumps(asyncio.run(ask(given.ask.split(), given.clients, given.seconds))))
    elif given.write:
        write(Path(given.write), given.seconds)
    else:
        measure(given)


def measure(given: argparse.Namespace) -> None:
    """Fill a home, start a server, and print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        with Workspace(settings_of(home)) as workspace:
            fill(workspace, given.models, given.jobs)
            build(workspace)
            if given.running:
                run_one(workspace)
        with serving(Path(folder), home) as (url, process):
            kind = "one of them running" if given.running else "all of them done"
            print(
                f"{given.models} models, {given.jobs} jobs, {kind}, {ENVIRONMENTS} environments;"
                f" {given.seconds:g} s each\n"
            )
            print("| what | clients | requests/s | median ms | p99 ms | failed | of one client |")
            print("|---|---:|---:|---:|---:|---:|---:|")
            for each in LISTS:
                alone = line(f"{name(each)}, one client", url, [each], 1, given.seconds / 2)
                line(name(each), url, [each], given.clients, given.seconds, alone)
            alone = line("all in turns, one client", url, LISTS, 1, given.seconds / 2)
            line("all in turns", url, LISTS, given.clients, given.seconds, alone)
            with writing(home, given.seconds):
                line("all, while others write", url, LISTS, given.clients, given.seconds, alone)
            watch(url, process, home, given)


def settings_of(home: Path) -> Settings:
    return Settings(home, f"sqlite:///{home / 'registry.db'}")


def build(workspace: Workspace) -> None:
    """Build an environment, and put copies of it beside it under other names."""
    made = Path(workspace.env_build("model-0000").path)
    for number in range(1, ENVIRONMENTS):
        marker = json.loads((made / "environment.json").read_text())
        marker["fingerprint"] = f"{number:04x}{marker['fingerprint'][4:]}"
        copy = made.with_name(marker["fingerprint"])
        shutil.copytree(made, copy, symlinks=True)
        (copy / "environment.json").chmod(0o600)
        (copy / "environment.json").write_text(json.dumps(marker))


def run_one(workspace: Workspace) -> None:
    """Put a job on record that goes on for ever, watched over by this process."""
    began = psutil.Process().create_time()
    job = JobRecord(
        "ffffffff-0000-4000-8000-000000000000", JobKind.BATCH, "model-0000", 1, JobStatus.RUNNING,
        JobResult.UNKNOWN, datetime.now(timezone.utc),
    )  # fmt: skip
    folder = JobFolder(workspace.settings.jobs / job.id)
    folder.create()
    folder.write(SupervisorProcess(os.getpid(), began))
    folder.append(PhaseEvent(time.time(), "running"))
    workspace.registry.add_job(job)


@contextmanager
def serving(folder: Path, home: Path) -> Iterator[tuple[str, psutil.Process]]:
    """Run a Jupyter server until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "root").mkdir()
    arguments = [
        "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
        f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder / 'root'}",
        "--ServerApp.jpserver_extensions={'modelop_jupyter': True}",
        f"--ModelOpExtension.home={home}", "--ServerApp.log_level=ERROR",
    ]  # fmt: skip
    places = {
        f"JUPYTER_{each}_DIR": str(folder / each.lower()) for each in ("CONFIG", "DATA", "RUNTIME")
    }
    with (folder / "log").open("wb") as log:
        process = psutil.Popen(
            [sys.executable, "-m", "jupyter_server", *arguments],
            env={**os.environ, **places},
            stdout=log,
            stderr=log,
        )
        try:
            url = f"http://127.0.0.1:{port}/modelop-jupyter/"
            wait_for(url)
            yield url, process
        finally:
            process.terminate()
            process.wait(30)


def wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            asked = Request(f"{url}roles", headers={"Authorization": f"token {TOKEN}"})
            urlopen(asked, timeout=10).close()
            return
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def name(path: str) -> str:
    return path.partition("?")[0]


def line(
    title: str, url: str, paths: Any, clients: int, seconds: float, alone: float | None = None
) -> float:
    """Let clients ask, print one row and return the median."""
    found = asked(url, paths, clients, seconds)
    cuts = statistics.quantiles(found["ms"], n=100)
    ratio = "" if alone is None else f"{cuts[49] / alone:.1f}"
    print(
        f"| {title} | {clients} | {len(found['ms']) / found['seconds']:.0f} | {cuts[49]:.1f}"
        f" | {cuts[98]:.1f} | {found['failed']} | {ratio} |",
        flush=True,
    )
    return cuts[49]


def asked(url: str, paths: Any, clients: int, seconds: float) -> dict[str, Any]:
    """Run the clients in a process of their own."""
    done = subprocess.run(
        [
            sys.executable, __file__, "--ask", " ".join(f"{url}{path}" for path in paths),
            "--clients", str(clients), "--seconds", str(seconds),
        ],
        stdout=subprocess.PIPE, check=True, timeout=seconds + 120,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@contextmanager
def writing(home: Path, seconds: float) -> Iterator[None]:
    """Have another process write to the registry until the block ends."""
    arguments = [sys.executable, __file__, "--write", str(home), "--seconds", str(seconds + 60)]
    process = subprocess.Popen(arguments)
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def write(home: Path, seconds: float) -> None:
    """Describe a model anew again and again."""
    with Workspace(settings_of(home)) as workspace:
        made = state(0, workspace)
        until = time.monotonic() + seconds
        number = 0
        while time.monotonic() < until:
            number += 1
            draft = Draft(made, description=f"{number}")
            workspace.registry.change_model("model-0000", lambda _, draft=draft: draft, now=NOW)
            time.sleep(WRITES_EVERY)


def watch(url: str, process: psutil.Process, home: Path, given: argparse.Namespace) -> None:
    """Print what memory the server takes while all ask and another process writes."""
    seconds = given.minutes * 60 or given.seconds
    before, taken, requests, failed = memory_of(process), [], 0, 0
    with writing(home, seconds):
        for _ in range(SAMPLES):
            found = asked(url, LISTS, given.clients, seconds / SAMPLES)
            requests += len(found["ms"])
            failed += found["failed"]
            taken.append(memory_of(process))
    print(f"\n{requests} requests in {seconds / 60:.1f} minutes, {failed} failed\n")
    print("| memory of the server, MB | before | a tenth | half | the end | most |")
    print("|---|---:|---:|---:|---:|---:|")
    shown = (before, taken[0], taken[SAMPLES // 2 - 1], taken[-1], max(taken))
    print("| resident | " + " | ".join(f"{each:.0f}" for each in shown) + " |")


def memory_of(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 1e6


async def ask(urls: list[str], clients: int, seconds: float) -> dict[str, Any]:
    """Ask as so many clients; return milliseconds of each answer, and how many were none."""
    milliseconds: list[float] = []
    failed = 0
    begun = time.perf_counter()
    until = begun + seconds

    async def one(number: int) -> None:
        nonlocal failed
        host, port = urls[0].split("/")[2].split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        # Each begins with another list, so that they are not all asked for at once.
        for url in cycle([*islice(urls, number % len(urls), None), *urls[: number % len(urls)]]):
            start = time.perf_counter()
            if start > until or len(milliseconds) > MOST_REQUESTS:
                break
            path = url.split("/", 3)[3]
            head = f"GET /{path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: token {TOKEN}\r\n\r\n"
            writer.write(head.encode())
            status = await answer(reader)
            failed += status != 200
            milliseconds.append((time.perf_counter() - start) * 1000)
        writer.close()

    await asyncio.gather(*map(one, range(clients)))
    return {"ms": milliseconds, "failed": failed, "seconds": time.perf_counter() - begun}


async def answer(reader: asyncio.StreamReader) -> int:
    """Read one answer and return its status."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    lengths = [each for each in head.split("\r\n") if each.startswith("content-length:")]
    await reader.readexactly(int(lengths[0].partition(":")[2]))
    return int(head.split(" ", 2)[1])


if __name__ == "__main__":
    main()
