"""Memory stays bounded whatever the input's size, and the model sees nothing of the runner (issue 5)."""

from __future__ import annotations

import gzip
import json
import subprocess
from pathlib import Path

import pytest

import modelop_jupyter

from .harness import Stage

# The most that the process itself has taken, in kB; `ru_maxrss` counts what its parent took, too.
PEAK = """
import re
def peak():
    with open("/proc/self/status") as file:
        return int(re.search(r"VmHWM:\\s+(\\d+)", file.read()).group(1))
"""
SOURCE = f"""
{PEAK}
def score(r):
    if r["n"] in (2000, 199_999):
        yield peak()
"""
PROOF = Path(modelop_jupyter.__file__).parent / "runner/proof.py"
MEGABYTES = 20
SEEN = """
import gc, sys
def score(r):
    try:
        import journal
    except ImportError:
        journal = None
    yield {
        "imported": journal is not None,
        "modules": [name for name in sys.modules if "modelop_runner" in name],
        "folders": [path for path in sys.path if path.endswith("modelop_jupyter/runner")],
        "cached": [path for path in sys.path_importer_cache if path.endswith("modelop_jupyter/runner")],
    }
"""


@pytest.mark.parametrize("name", ["in.json", "in.json.gz"])
def test_memory_does_not_grow_with_the_input(stage: Stage, tmp_path: Path, name: str) -> None:
    """Streaming: 200,000 records of 200 bytes take no more memory than the first of them."""
    record = json.dumps({"n": 0, "text": "x" * 180})
    data = "".join(f'{{"n": {n}{record[7:]}\n' for n in range(200_000)).encode()
    path = tmp_path / name
    path.write_bytes(gzip.compress(data, 1) if name.endswith(".gz") else data)
    ran = stage(SOURCE, path)
    early, late = ran.records

    assert ran.counts == (200_000, 200_000, 0, 0, 2)
    assert late - early < MEGABYTES * 1024


def test_the_model_neither_imports_nor_sees_files_of_the_runner(any_stage: Stage) -> None:
    """They have a name of their own that is forgotten."""
    ran = any_stage(SEEN, "1\n")

    assert ran.records == [{"imported": False, "modules": [], "folders": [], "cached": []}]


def test_files_of_a_model_do_not_shadow_those_of_the_runner(any_stage: Stage) -> None:
    """A model may have files of any name."""
    names = [
        "journal",
        "json_lines",
        "batch",
        "errors",
        "accelerators",
        "schema",
        "_modelop_runner",
    ]
    assets = {f"{name}.py": f"NAME = {name!r}" for name in names}
    source = (
        f"import {', '.join(names)}\ndef score(r): yield [{', '.join(f'{n}.NAME' for n in names)}]"
    )
    ran = any_stage(source, "1\n", assets=assets)

    assert ran.records == [names]


def test_the_proof_tells_what_the_process_runs_with(any_stage: Stage) -> None:
    """It is there before the model's source is imported."""
    ran = any_stage(
        "import json\nproof = json.load(open('../proof.json'))\ndef score(r): yield proof", "1\n"
    )
    proof = ran.records[0]

    assert proof["isolated"] is True
    assert proof["executable"] == any_stage.python
    assert any_stage.python.startswith(proof["prefix"])
    assert all(len(pair) == 2 for pair in proof["distributions"])
    assert not [name for names in proof["loose"].values() for name in names if "-info" in name]


def test_packages_of_an_old_pip_are_seen(any_stage: Stage, tmp_path: Path) -> None:
    """Its `.egg-info` has the Python's version in its name, and may be a file."""
    (tmp_path / "some_name-1.0-py3.6.egg-info").mkdir()
    (tmp_path / "other-2.0.1.egg-info").write_text("")
    (tmp_path / "new-3.0.dist-info").mkdir()
    code = "import json, runpy, sys; found = runpy.run_path(sys.argv[1]); print(json.dumps(found['distributions']([sys.argv[2]])))"
    said = subprocess.run(
        [any_stage.python, "-I", "-c", code, PROOF, tmp_path], stdout=subprocess.PIPE, check=True
    )

    assert json.loads(said.stdout) == [["new", "3.0"], ["other", "2.0.1"], ["some_name", "1.0"]]
