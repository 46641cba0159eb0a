"""Stage a job folder by hand and run the runner in it, as the supervisor does."""

from __future__ import annotations

import importlib.util
import json
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from ..waiting import PATIENCE

RUNNER = Path(__file__).parents[2] / "modelop_jupyter" / "runner" / "main.py"
FORMATS = {".csv": "csv", ".tsv": "csv", ".txt": "text", ".xml": "text", ".frame": "frame"}


def load_parts(*names: str) -> list[ModuleType]:
    """Load files of the runner as it does itself, for tests of them alone."""
    spec = importlib.util.spec_from_file_location("modelop_runner", RUNNER)
    assert spec and spec.loader
    main = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(main)
    parts: list[ModuleType] = main.load(*names)
    return parts


@dataclass
class Ran:
    """What a run left in its job folder."""

    folder: Path
    returncode: int
    output_name: str

    def _lines(self, name: str) -> list[dict[str, Any]]:
        path = self.folder / name
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return [json.loads(line) for line in text.split("\n") if line]

    @property
    def result(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "result.json").read_text("utf-8"))
        return found

    @property
    def has_end(self) -> bool:
        return (self.folder / "result.json").exists()

    @property
    def ended(self) -> tuple[str, str]:
        return self.result["status"], self.result["result"]

    @property
    def counts(self) -> tuple[int, ...]:
        """records in, scored, rejected, failed, records out"""
        names = ("records_in", "scored", "rejected", "failed", "records_out")
        return tuple(self.result["counts"][name] for name in names)

    @property
    def events(self) -> list[dict[str, Any]]:
        return self._lines("events.jsonl")

    @property
    def told(self) -> dict[str, Any]:
        """The last event of progress."""
        return [event for event in self.events if event["event"] == "progress"][-1]

    @property
    def log(self) -> list[str]:
        return [f"[{e['level']}] {e['text']}" for e in self.events if e["event"] == "log"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        return self._lines("errors.jsonl")

    @property
    def output(self) -> str:
        path = self.folder / "outputs" / f"{self.output_name}.part"
        return path.read_bytes().decode("utf-8")

    @property
    def records(self) -> list[Any]:
        return [json.loads(line) for line in self.output.split("\n") if line]

    @property
    def console(self) -> str:
        return (self.folder / "console.log").read_text("utf-8", "replace")

    @property
    def begun(self) -> tuple[int, int]:
        """number of the input, index of the record begun last"""
        return self.progress[0], self.progress[1]

    @property
    def progress(self) -> tuple[int, int, int]:
        """number of the input, index of the record begun last, whether it was not done yet"""
        number, index, inside = memoryview((self.folder / "progress.bin").read_bytes()).cast("q")
        return number, index, inside


@dataclass
class Stage:
    """A folder in which jobs are staged and run with one interpreter."""

    root: Path
    python: str
    number: int = field(default=0)

    def __call__(self, source: str | bytes | Path, *args: Any, **options: Any) -> Ran:
        process, ran = self.start(source, *args, **options)
        ran.returncode = process.wait(timeout=PATIENCE)
        return ran

    def start(
        self,
        source: str | bytes | Path,
        inputs: Sequence[str | bytes | Path] | str | bytes | Path = (),
        *,
        kind: str = "batch",
        name: str = "code.py",
        names: Sequence[str] = (),
        formats: Sequence[str] = (),
        output: str | None = None,
        entry: Mapping[str, str | None] | None = None,
        slots: Mapping[str, Mapping[str, Any]] | None = None,
        assets: Mapping[str, str | bytes] | None = None,
        check: str = "",
        parameters: Mapping[str, Any] | None = None,
        max_errors: Mapping[str, Any] | None = None,
        limit: int | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> tuple[subprocess.Popen[bytes], Ran]:
        """Write the job folder and start the runner.

        Inputs are texts, bytes or paths, called ``names``; ``name`` is the source's path in the
        working directory. A path as source is a folder, the model's assets; ``more`` goes into the
        request.
        """
        self.number += 1
        folder = self.root / f"job{self.number}"
        work = folder / "work"
        if isinstance(source, Path):
            shutil.copytree(source, work)
        else:
            (work / name).parent.mkdir(parents=True)
            (work / name).write_bytes(source if isinstance(source, bytes) else source.encode())
        for asset, content in (assets or {}).items():
            (work / asset).parent.mkdir(parents=True, exist_ok=True)
            (work / asset).write_bytes(content if isinstance(content, bytes) else content.encode())
        staged = []
        given = [inputs] if isinstance(inputs, str | bytes | Path) else list(inputs)
        for number, data in enumerate(given):
            called = names[number] if number < len(names) else f"input{number}.json"
            path = data if isinstance(data, Path) else folder / "inputs" / called
            if not isinstance(data, Path):
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(data.encode() if isinstance(data, str) else data)
            else:
                called = data.name
            kind_of = FORMATS.get(Path(called.removesuffix(".gz")).suffix, "json")
            staged.append(
                {
                    "name": called,
                    "path": str(path),
                    "format": formats[number] if number < len(formats) else kind_of,
                    "gzip": called.endswith(".gz"),
                    "slot": 2 * number,
                }
            )
        called = output or ("test_result.json" if kind == "metrics" else "out.json")
        functions = {"init": None, "score": "score", "metrics": "metrics", "train": "train"}
        request = {
            "protocol": 1,
            "job": "0b6c2c1e-0000-4000-8000-000000000000",
            "kind": kind,
            "work": "work",
            "source": name,
            "entry_points": {**functions, **(entry or {})},
            "slots": slots or {"0": {}, "1": {}},
            "inputs": staged,
            "output": {
                "name": called,
                "path": f"outputs/{called}.part",
                "format": "csv" if called.endswith(".csv") else "json",
            },
            "check_schemas": {"input": check in ("in", "both"), "output": check in ("out", "both")},
            "parameters": dict(parameters or {}),
            "max_errors": max_errors,
            "limit": limit,
            **(more or {}),
        }
        (folder / "request.json").write_text(json.dumps(request), "utf-8")
        job = {"jobParameters": dict(parameters or {}), "model": {"storedModel": {}}}
        (folder / "job.json").write_text(json.dumps(job), "utf-8")
        return self._launch(folder), Ran(folder, -1, called)

    def again(self, ran: Ran, **changes: Any) -> Ran:
        """Start the runner once more in a folder, with changes of its request."""
        path = ran.folder / "request.json"
        if changes:
            path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **changes}), "utf-8")
        return Ran(ran.folder, self._launch(ran.folder).wait(timeout=PATIENCE), ran.output_name)

    def _launch(self, folder: Path) -> subprocess.Popen[bytes]:
        with (folder / "console.log").open("ab") as console:
            return subprocess.Popen(
                [self.python, "-I", "-u", "-X", "utf8", str(RUNNER), str(folder)],
                cwd=folder / "work",
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                start_new_session=True,
                env={"PATH": "/usr/bin:/bin", "LANG": "C"},
            )


def terminate(process: subprocess.Popen[bytes]) -> int:
    """Stop a runner as a cancelled job is stopped."""
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=PATIENCE)
