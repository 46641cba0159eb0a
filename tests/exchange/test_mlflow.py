"""The format ``mlflow``: a folder that MLflow loads, and that scores as a batch does."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import uv

from modelop_jupyter import Workspace
from modelop_jupyter.errors import InvalidError
from tests.waiting import PATIENCE

SOURCE = """\
import json
import warnings

import numbers_of

# modelop.init
def begin(job):
    global factor
    with open("data/factor.json") as file:
        factor = json.load(file)
    assert json.loads(job["rawJson"])["model"]["storedModel"]["modelMetaData"]["name"] == "m"


# modelop.score
def score(record, slot, sequence):
    if record["x"] is None:
        return None
    if record["x"] == 13:
        warnings.warn("unlucky")
    yield {"y": record["x"] * factor, "at": [slot, sequence], "packed": open("inner.txt").read()}
    if record["x"] == 7:
        yield {"nan": numbers_of.NAN}
"""

LOAD = """\
import json, os, sys
sys.path.insert(0, sys.argv[1] + "/code")
from modelop_runner.pyfunc import _load_pyfunc
before = os.getcwd()
model = _load_pyfunc(sys.argv[1] + "/modelop")
found = []
for data in json.loads(sys.argv[2]):
    try:
        found.append(model.predict(data))
    except ValueError as error:
        found.append(str(error))
print(json.dumps([found, os.getcwd() == before]))
"""

WITH_MLFLOW = """\
import sys
import mlflow.pyfunc
import pandas as pd
model = mlflow.pyfunc.load_model(sys.argv[1])
print(model.predict(pd.DataFrame({"x": [1, 2.5, None], "z": ["a", "b", "c"]})))
print(model.predict([{"x": 3}]))
print(model.metadata.metadata["modelop_snapshot"])
"""


@pytest.fixture
def exported(workspace: Workspace) -> Path:
    """The export of a model with a helper, a file it opens, and an archive that is unpacked."""
    Path("data").mkdir()
    Path("data/factor.json").write_text("2")
    Path("numbers_of.py").write_text("NAN = float('nan')\n")
    Path("m.py").write_text(SOURCE)
    with zipfile.ZipFile("packed.zip", "w") as archive:
        archive.writestr("inner.txt", "inside")
    workspace.register("m", "m.py", assets=["data/factor.json", "numbers_of.py", "packed.zip"])
    workspace.export("m", "out", format="mlflow")
    return Path("out").absolute()


def test_records_are_scored_as_in_a_batch(exported: Path, tmp_path: Path) -> None:
    """Arity, init's job, the model's files, warnings and encoding; the caller's folder stays its own."""
    given = [[{"x": 1}, {"x": None}, {"x": 2}], {"x": 3}, [{"x": 1}, {"x": 13}], [{"x": 7}], [{}]]
    done = subprocess.run(
        [sys.executable, "-c", LOAD, exported, json.dumps(given)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=PATIENCE,
    )
    (good, one, warned, odd, failed), is_at_home = json.loads(done.stdout)

    assert done.stderr == ""
    assert good == [
        {"y": 2, "at": [0, 1], "packed": "inside"},
        {"y": 4, "at": [0, 3], "packed": "inside"},
    ]
    assert one == [{"y": 6, "at": [0, 4], "packed": "inside"}]
    assert warned == "record 1: UserWarning: unlucky"
    assert odd == "record 0: rejected by encoding: nan is NaN, which is not JSON"
    assert failed == "record 0: KeyError: 'x'"
    assert is_at_home


def test_it_says_what_it_is(workspace: Workspace, exported: Path) -> None:
    """The snapshot that it is, taken as for a job; the same one is the same folder."""
    again = workspace.export("m@1", "out", format="mlflow")

    assert again.was_there
    assert again.notes == ("it is m@1; mlflow.pyfunc.load_model loads the folder",)
    assert 'modelop_snapshot: "m@1"' in (exported / "MLmodel").read_text()
    assert (exported / "requirements.txt").read_text() == "mlflow\n"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("# modelop.metrics\ndef f(d):\n    yield {}\n", "m has no score function, which"),
        (
            "# modelop.recordsets.0: true\n# modelop.score\ndef f(d):\n    yield d\n",
            "m takes record sets, and an MLflow model is given records",
        ),
    ],
)
def test_what_pyfunc_cannot_do_is_refused(workspace: Workspace, source: str, sentence: str) -> None:
    """Before a snapshot is taken."""
    Path("m.py").write_text(source)
    workspace.register("m", "m.py")
    with pytest.raises(InvalidError, match=sentence):
        workspace.export("m", "out", format="mlflow")

    assert workspace.snapshots("m") == []


@pytest.mark.slow
def test_mlflow_loads_and_scores_it(workspace: Workspace, exported: Path, tmp_path: Path) -> None:
    """MLflow itself, in an environment of its own; a missing cell of a DataFrame is None."""
    Path("requirements.txt").write_text("six==1.16.0\n")
    workspace.asset_add("m", "requirements.txt")
    workspace.env_build("m")
    workspace.export("m", "locked", format="mlflow")
    tool, python = uv.find_uv_bin(), tmp_path / "mlflow" / "bin" / "python"
    for command in (
        [tool, "venv", "--python", sys.executable, tmp_path / "mlflow"],
        [tool, "pip", "install", "--python", python, "mlflow-skinny", "pandas"],
    ):
        subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    done = subprocess.run(
        [python, "-c", WITH_MLFLOW, Path("locked").absolute()],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        timeout=PATIENCE,
    )

    assert done.stdout.splitlines() == [
        "[{'y': 2.0, 'at': [0, 1], 'packed': 'inside'}, {'y': 5.0, 'at': [0, 2], 'packed': 'inside'}]",
        "[{'y': 6, 'at': [0, 4], 'packed': 'inside'}]",
        "m@2",
    ]
    assert Path("locked/requirements.txt").read_text() == "six==1.16.0\nmlflow\n"
    assert "required: six==1.16.0" in done.stderr
