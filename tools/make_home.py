"""Write a home folder with the code of a commit, so that a test can open it with later code.

usage: python tools/make_home.py COMMIT PYTHON

PYTHON is the interpreter of an environment in which that commit is installed. Writes
``tests/data/homes/COMMIT.tar.gz``, a home and its user's folder, and ``COMMIT.json.gz``, what the
commit's command line answers about it (``tests/workspace/stored_homes.py``). Ids and times differ
each time. The models with metrics are locked with pandas, which needs PyPI.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import fastavro

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.workspace import stored_homes as stored  # noqa: E402

# These are of use on one machine only.
_LEFT_OUT = ("environments", "codec", "warm")
_DONE = ("COMPLETE", "ERROR", "CANCELLED")

SCORER = """\
import json
import os
import sys
import time

# modelop.init
def begin(job):
    global factor, gate
    parameters = json.loads(job["rawJson"]).get("jobParameters", {})
    factor, gate = parameters.get("factor", 2), parameters.get("gate")
    print("hello from init")


# modelop.score
def score(record):
    time.sleep(record.get("seconds", 0))
    while gate and record["x"] in (400, 900) and not os.path.exists(gate):
        time.sleep(0.01)
    if record["x"] < 0:
        print("dies")
        sys.stdout.flush()
        os._exit(3)
    yield {"part": record["x"]}
    1 / (record["x"] % 100)
    yield {"y": record["x"] * factor}
"""
CHURN = """\
import json
import pickle

# modelop.init
def begin():
    global weights
    with open("weights.json") as file:
        weights = json.load(file)


# modelop.score
def score(record):
    return {"label": record["label"], "score": record["x"] * weights["x"]}


# modelop.metrics
def metrics(data):
    rate = float(data["label"].mean())
    bars = {"title": "Labels", "type": "bar", "rows": [["0", 1 - rate], ["1", rate]]}
    yield {
        "auc": float(data["x"].mean()),
        "n": len(data),
        "performance": [{"test_name": "AUC", "values": {"auc": float(data["x"].mean())}}],
        "bar_graph": {"title": "Labels", "data": {"data1": [1 - rate, rate]}},
    }


# modelop.train
def train(data):
    with open("outputDir/mean.pkl", "wb") as file:
        pickle.dump(float(data["x"].mean()), file)
    with open("outputDir/report.json", "w") as file:
        json.dump({"rows": len(data)}, file)
"""
SCHEMA = """{"type": "record", "name": "%s", "fields": [
{"name": "label", "type": "int"}, {"name": "%s", "type": "double"}]}
"""
THRESHOLDS = """\
<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" xmlns:camunda="http://camunda.org/schema/1.0/dmn">
<decision id="d" name="Comparator"><decisionTable hitPolicy="COLLECT">
<input label="auc" camunda:inputVariable="auc"><inputExpression typeRef="double"><text/></inputExpression></input>
<output name="passes" typeRef="boolean"/><output name="reason" typeRef="string"/>
<rule><inputEntry><text>&lt; 0.7</text></inputEntry><outputEntry><text>false</text></outputEntry>
<outputEntry><text>"AUC is low"</text></outputEntry></rule>
</decisionTable></decision></definitions>
"""
WHEELED = """\
import demo

# modelop.slot.1: in-use
# modelop.slot.3: in-use

# modelop.score
def score(record):
    yield 1, {"version": demo.VERSION, "x": record["x"]}
    if record["x"] > 1:
        yield 3, {"alert": record["x"]}
"""
MONITOR = """\
import json

# modelop.init
def begin(job):
    global deployed
    deployed = json.loads(job["rawJson"])


# modelop.metrics
def metrics(frame, reference):
    yield {"rows": len(frame), "reference_rows": len(reference), "é": 1.5}
"""
BROKEN = "import demo\n\n# modelop.score\ndef score(record):\n    return record\n"


class Maker:
    """A home and its user's folder in ``base``, filled by one commit's command line.

    ``jobs`` maps a name of each job to its id.
    """

    def __init__(self, base: Path, python: str) -> None:
        self.base, self.python = base, python
        self.project = base / "project"
        self.jobs: dict[str, str] = {}
        self.project.mkdir(parents=True)
        self.variables = stored.variables(base)
        for name in [name for name in self.variables if name.startswith(("PIP_", "UV_"))]:
            del self.variables[name]
        # Locks name the files of the index: that of PyPI is every machine's.
        self.variables["PIP_CONFIG_FILE"] = os.devnull

    def run(self, *words: str, code: int = 0, **options: Any) -> Any:
        """Run a verb and return its document."""
        result = subprocess.run(
            [self.python, "-m", "modelop_jupyter", *words, "--json"],
            cwd=self.project,
            env=self.variables,
            capture_output=True,
            text=True,
            encoding="utf-8",
            **options,
        )
        if result.returncode != code:
            raise SystemExit(f"{words}: {result.returncode}\n{result.stdout}\n{result.stderr}")
        return json.loads(result.stdout)

    def job(self, name: str, *words: str, code: int = 0, **options: Any) -> None:
        """Run a verb that makes a job, and keep the job's id under a name."""
        self.jobs[name] = self.run(*words, code=code, **options)["id"]
        print(name, flush=True)

    def write(self, name: str, content: str | bytes) -> None:
        """Write a file of the user's, with a time that every archive can hold."""
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (1_790_000_000, 1_790_000_000))

    def folder(self, name: str) -> Path:
        """Return the folder of a job."""
        return self.base / "home" / "jobs" / self.jobs[name]


def lines(rows: list[dict[str, Any]]) -> str:
    """Return JSON lines."""
    return "".join(json.dumps(row) + "\n" for row in rows)


def wheel(version: str) -> bytes:
    """Return a wheel of a package with one module."""
    info = f"demo-{version}.dist-info"
    content = {
        "demo.py": f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: demo\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    content[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*content, f"{info}/RECORD"])
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for path, text in content.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return file.getvalue()


def notebook() -> str:
    """Return a notebook with a model in two of its cells."""
    sources = [
        "import json\n\nSCALE = 3\n\ndef scaled(x):\n    return x * SCALE",
        "print('only in the notebook')",
        "# modelop.score\ndef score(record):\n    return json.dumps({'y': scaled(record['x'])})",
    ]
    cells = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def write_inputs(maker: Maker) -> None:
    """Write what the jobs read."""
    rows = [{"label": n % 2, "x": n / 10} for n in range(10)]
    maker.write("numbers.json", lines([{"x": n} for n in range(1, 9)]))
    maker.write(
        "mixed.json", lines([{"x": 1}, {"x": 0}, {"y": 1}, {"x": 100}, {"x": 5}]) + "{bad\n"
    )
    maker.write("numbers.csv", 'x,label\n1,a\n2,é\n3,"b, c"\n')
    maker.write(
        "numbers.jsonl.gz", gzip.compress(lines([{"x": n} for n in range(20)]).encode(), mtime=0)
    )
    maker.write("long.json", lines([{"x": n, "seconds": 0.004} for n in range(1000)]))
    maker.write("deadly.json", lines([{"x": n} for n in (1, 2, -1, 3)]))
    maker.write("typed.json", lines([*rows, {"label": "no", "x": 1.0}]))
    maker.write("good.json", lines(rows[8:]))
    maker.write("poor.json", lines(rows))
    with io.BytesIO() as file:
        fastavro.writer(file, json.loads(SCHEMA % ("row", "x")), rows, sync_marker=bytes(16))
        maker.write("rows.avro", file.getvalue())
    maker.write("slow.json", lines([{"x": 1}, {"x": 2, "seconds": 30}, {"x": 3}]))
    maker.write("train.csv", "label,x\n0,0.1\n1,0.9\n")


def register_folder(maker: Maker) -> None:
    """Register a folder with assets of many roles."""
    files = {
        "model.py": CHURN,
        "requirements.txt": "# what it runs with\npandas\n",
        "input_schema.avsc": SCHEMA % ("input", "x"),
        "output_schema.avsc": SCHEMA % ("output", "score"),
        "limits.dmn": THRESHOLDS,
        "weights.json": '{"x": 2.0}',
        "README.md": "# Churn\n\nWho leaves.\n",
        "metadata.json": '{"name": "churn", "description": "Who leaves"}',
        "required_assets.json": '[{"usage": "INPUT_ASSET", "assetRole": "BASELINE_DATA"}]',
        "data/baseline.csv": "label,x\n0,0.2\n1,0.8\n",
        "data/training.csv": "label,x\n0,0.1\n1,0.9\n",
        "data/comparator.json": '{"label": 1, "x": 0.5}\n',
        "mean.pkl": b"\x80\x04G?\xe0\0\0\0\0\0\0.",
    }
    for name, content in files.items():
        maker.write(f"churn/{name}", content)
    words = ("--description", "Who leaves", "--tag", "demo", "--tag", "é")
    maker.run("register", "churn", "churn", *words)


def register_files(maker: Maker) -> None:
    """Register files, a notebook, a monitor, and a model whose environment cannot be built."""

    def register(name: str, source: str, *assets: str) -> None:
        words = [word for asset in assets for word in ("--asset", asset)]
        maker.run("register", name, source, *words)

    first = "demo-1.0-py3-none-any.whl"
    maker.write("scorer.py", SCORER)
    register("scorer", "scorer.py")
    maker.write("wheeled.py", WHEELED)
    maker.write("requirements.txt", f"./{first}\n")
    maker.write("notes.txt", "an asset whose name gives it no role\n")
    maker.write(first, wheel("1.0"))
    maker.write("demo-2.0-py3-none-any.whl", wheel("2.0"))
    register("wheeled", "wheeled.py", "requirements.txt", first, "notes.txt=Validation report")
    maker.write("noted.ipynb", notebook())
    maker.run("register", "noted", "--notebook", "noted.ipynb", "--tag", "notebook")
    maker.write("monitor.py", MONITOR)
    register("monitor", "monitor.py", "churn/data/comparator.json=Comparator data")
    maker.write("broken.py", BROKEN)
    maker.write("libs.txt", "demo==3.0\n")
    register("broken", "broken.py", "libs.txt=Required libraries", first)
    maker.run("register", "gone", "scorer.py", "--description", "It was removed")


def run_batches(maker: Maker) -> None:
    """Run jobs of every end that is quick: whole, rejected, failed, died, not built, retried."""
    job = maker.job
    job("scored", "batch", "scorer", "numbers.json", "-o", "scores.json", "--param", "factor=3")
    job("rerun", "job", "rerun", maker.jobs["scored"])
    job("failed", "batch", "scorer", "mixed.json", code=1)
    job("failed_again", "job", "retry", maker.jobs["failed"], "--failed", code=1)
    job("stopped", "batch", "scorer", "mixed.json", "--max-errors", "1", code=1)
    job("died", "batch", "scorer", "deadly.json", code=1)
    job("csv", "batch", "scorer", "numbers.csv", "-o", "scores.csv", code=1)
    job(
        "zipped",
        "batch",
        "scorer",
        "numbers.jsonl.gz",
        "-o",
        "scores.json.gz",
        "--limit",
        "15",
        code=1,
    )
    job("piped", "batch", "scorer", "-", "--format", "jsonl", input='{"x": 7}\n')
    job("several", "batch", "scorer", "numbers.json", "good.json", "--workers", "2")
    job("workers", "batch", "scorer", "mixed.json", "--workers", "2", code=1)
    job("avro", "batch", "scorer", "rows.avro", code=1)
    job("slow_record", "batch", "scorer", "slow.json", "--record-timeout", "1", code=1)
    job("noted", "batch", "noted", "numbers.json", "--limit", "3")
    job("rejected", "batch", "churn", "typed.json", "--schemas", "both", "-o", "churn.json", code=1)
    job("unbuilt", "batch", "broken", "numbers.json", code=4)
    job("of_gone", "batch", "gone", "numbers.json")
    job("wheeled_first", "batch", "wheeled", "numbers.json", "-o", "w1.json", "-o", "alerts.json")
    maker.run("asset", "remove", "wheeled", "demo-1.0-py3-none-any.whl")
    maker.run("asset", "add", "wheeled", "demo-2.0-py3-none-any.whl")
    maker.write("requirements.txt", "./demo-2.0-py3-none-any.whl\n")
    maker.run("asset", "add", "wheeled", "requirements.txt")
    job("wheeled_second", "batch", "wheeled", "numbers.json", "-o", "w2.json", "-o", "alerts2.json")
    maker.run("asset", "role", "wheeled", "notes.txt", "Model documentation")
    maker.run("remove", "gone")


def run_metrics(maker: Maker) -> None:
    """Measure, train and compare with a reference; one measurement is of a job that is no more."""
    maker.run("metrics", "churn", "good.json", "--expect", "n == 2")
    # Its supervisor is at work a moment longer.
    while not (maker.base / "home" / "measurements").exists():
        maker.run("job", "gc", "--older", "0")
    maker.run("snapshot", "churn", "-m", "before the audit")
    job = maker.job
    job("metrics_passed", "metrics", "churn", "good.json", "--expect", "auc >= 0.8", "-o", "m.json")
    maker.write("churn/weights.json", '{"x": 3.0}')
    maker.run("register", "churn", "churn")
    maker.run("snapshot", "churn", "-m", "äfter")
    against = ("--expect", "auc >= ref - 0.01", "--against", maker.jobs["metrics_passed"])
    job("metrics_failed", "metrics", "churn", "poor.json", *against, code=1)
    job("trained", "train", "churn", "train.csv", "--param", "depth=6")
    job("monitored", "metrics", "monitor", "good.json", "poor.json", "--reference", "churn@1")
    maker.run("job", "pin", maker.jobs["metrics_passed"])


def run_long(maker: Maker, name: str, *options: str, folders: int = 0) -> None:
    """Submit a job that stops at a record until there is a file `gate`; wait for its checkpoint."""
    gate = ("--param", f"gate={maker.project / 'gate'}")
    words = ("batch", "scorer", "long.json", "-o", f"{name}.json", *gate, *options, "--background")
    maker.job(name, *words)
    folder = maker.folder(name)
    places = [folder / "workers" / str(n) for n in range(folders)] or [folder]
    deadline = time.monotonic() + 60
    while not all((place / "checkpoint.json").exists() for place in places):
        if time.monotonic() > deadline:
            raise SystemExit(f"{name} has no checkpoint: {list(folder.rglob('*'))}")
        time.sleep(0.02)


def end_long(maker: Maker, name: str, wanted: str) -> None:
    """Wait for the end of a job, which must have the wanted status."""
    while (status := maker.run("job", "show", maker.jobs[name])["status"]) not in _DONE:
        time.sleep(0.1)
    if status != wanted:
        raise SystemExit(f"{name} is {status}")
    # Its supervisor is at work a moment longer.
    time.sleep(2)


def run_interrupted(maker: Maker) -> None:
    """Cancel a job of two workers, and let one end by its time; one of them is retried at once."""
    run_long(maker, "cancelled", "--workers", "2", folders=2)
    maker.run("job", "cancel", maker.jobs["cancelled"])
    end_long(maker, "cancelled", "CANCELLED")
    run_long(maker, "timed_out", "--timeout", "8")
    end_long(maker, "timed_out", "ERROR")
    run_long(maker, "stopped_once")
    maker.run("job", "cancel", maker.jobs["stopped_once"])
    end_long(maker, "stopped_once", "CANCELLED")
    maker.write("gate", "")
    maker.job("gone_on", "job", "retry", maker.jobs["stopped_once"], code=1)
    (maker.project / "gate").unlink()


def export(maker: Maker) -> None:
    """Write one snapshot in each format."""
    (maker.project / "exports").mkdir()
    for target, format in stored.EXPORTS.items():
        maker.run("export", "wheeled@1", f"exports/{target}", "--format", format)


def pack(maker: Maker, target: Path) -> None:
    """Write the archive, with BASE for the path of the folder and no path of this machine's Python."""
    for name in _LEFT_OUT:
        shutil.rmtree(maker.base / "home" / name, ignore_errors=True)
    prefix = subprocess.check_output(
        [maker.python, "-c", "import sys; print(sys.base_prefix)"], text=True
    ).strip()
    for old, new in ((str(maker.base), stored.BASE), (prefix, "/opt/python")):
        stored.replace_in_files(maker.base, old, new)
        stored.replace_in_registry(maker.base / "home" / "registry.db", old, new)
    with closing(sqlite3.connect(maker.base / "home" / "registry.db")) as connection:
        connection.execute("vacuum")

    def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
        member.uid = member.gid = 0
        member.uname = member.gname = ""
        return member

    with (
        target.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name in ("home", "project"):
            archive.add(maker.base / name, name, filter=plain)


def answers(name: str, maker: Maker) -> dict[str, Any]:
    """Return what the commit says of the home that was packed, opened at another place."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder).resolve()
        stored.unpack(name, base)
        return stored.answers(maker.python, base, stored.questions(maker.jobs))


def repaired(name: str, maker: Maker) -> dict[str, Any]:
    """Return what the commit says of that home when it has made the registry anew."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder).resolve()
        stored.unpack(name, base)
        return stored.repaired(maker.python, base, maker.jobs)


def written(document: dict[str, Any]) -> str:
    """Return a document as JSON with a line for each answer, so that a change is seen."""
    parts = []
    for title, answers in document.items():
        rows = (
            f" {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in answers.items()
        )
        parts.append(f"{json.dumps(title)}: {{\n" + ",\n".join(rows) + "\n}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> None:
    """Make the archive and the answers."""
    name, python = sys.argv[1:]
    stored.STORED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        maker = Maker(Path(folder).resolve() / "before", python)
        write_inputs(maker)
        register_folder(maker)
        register_files(maker)
        run_metrics(maker)
        run_batches(maker)
        run_interrupted(maker)
        export(maker)
        pack(maker, stored.STORED / f"{name}.tar.gz")
        document = {
            "jobs": maker.jobs,
            "answers": answers(name, maker),
            "repaired": repaired(name, maker),
        }
    content = gzip.compress(written(document).encode(), mtime=0)
    (stored.STORED / f"{name}.json.gz").write_bytes(content)


if __name__ == "__main__":
    main()
