"""A folder that MLflow wrote, as a model: what is written for it, and what it scores."""

from __future__ import annotations

import json
import pickle
import shutil
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas
import pytest
from sklearn.linear_model import LogisticRegression

from modelop_jupyter import Workspace
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.models.mlflow_signature import Signature
from modelop_jupyter.models.mlflow_source import Loader, source_of

DATA = Path(__file__).parents[1] / "data" / "mlflow"
RECORDS = [{"age": 20, "income": 1.5}, {"age": 65, "income": 9}]


@pytest.fixture
def table() -> Path:
    """A classifier that scikit-learn's flavour saved, in a folder ``model``."""
    folder = Path("model").absolute()
    shutil.copytree(DATA / "table", folder)
    features = pandas.DataFrame({"age": [20, 30, 60, 70], "income": [1.5, 2.5, 6.0, 7.5]})
    fitted = LogisticRegression().fit(features, [0, 0, 1, 1])
    (folder / "model.pkl").write_bytes(pickle.dumps(fitted))
    return folder


def without_mlflow(folder: Path) -> Path:
    path = folder / "requirements.txt"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.startswith("mlflow")))
    return folder


def scored(source: str, folder: Path, records: list[Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """Call the functions of a written source in its folder, as a job does."""
    module = ModuleType("model")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    exec(source, vars(module))
    module.load()
    return [list(module.predict(record)) for record in records]


def test_files_get_roles_and_schemas(workspace: Workspace, table: Path) -> None:
    """Python, requirements, weights, and the signature as schemas; a pickle is warned of."""
    registration = workspace.register("m", table)
    state = workspace.show("m").model.state
    roles = {asset.path: asset.role for asset in state.assets}
    schemas = workspace.schemas.show("m")

    assert state.python == "3.11"
    assert (state.entry_points.init, state.entry_points.score) == ("load", "predict")
    assert roles["requirements.txt"] is AssetRole.REQUIRED_LIBRARIES
    assert roles["model.pkl"] is AssetRole.WEIGHTS_FILE
    assert roles["python_env.yaml"] is AssetRole.MODEL_METADATA
    assert roles["test_records.jsonl"] is AssetRole.TEST_DATA
    assert [field["type"] for field in schemas["0"]["fields"]] == ["long", "double"]
    assert schemas["1"] == "long"
    assert registration.warnings[0].startswith(
        "model.pkl can run any code when the model is loaded"
    )
    assert "mlflow.pyfunc.load_model" in (registration.source or "")


def test_without_mlflow_the_pickle_is_loaded(
    workspace: Workspace, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The requirements decide; a whole number is a float where the signature says so."""
    source = workspace.register("m", without_mlflow(table)).source or ""

    assert "mlflow." not in source
    assert scored(source, table, RECORDS, monkeypatch) == [[0], [1]]


def test_a_loader_of_the_folder_is_called(
    workspace: Workspace, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module in its ``code`` needs no MLflow; each row of a table is a record."""
    (table / "code").mkdir()
    (table / "code" / "twice.py").write_text(
        "class Twice:\n    def predict(self, table):\n        return table * 2\n\n\n"
        "def _load_pyfunc(path):\n    return Twice()\n"
    )
    described = (table / "MLmodel").read_text()
    described = described.replace(
        "loader_module: mlflow.sklearn", "loader_module: twice\n    code: code"
    )
    (table / "MLmodel").write_text(described)
    source = workspace.register("m", table).source or ""

    assert scored(source, table, RECORDS[1:], monkeypatch) == [[{"age": 130, "income": 18.0}]]


def test_an_own_export_is_the_model_again(workspace: Workspace) -> None:
    """Source, functions, files and roles, so that a job gives what it gave."""
    Path("m.py").write_text("# modelop.score\ndef f(record, slot, number):\n    yield number\n")
    Path("notes.txt").write_text("of mine")
    before = workspace.register("m", "m.py", assets=[("notes.txt", "README_FILE")], tags=["a"])
    workspace.export("m", "out", format="mlflow")
    after = workspace.register("again", "out")

    assert after.model.state.assets == before.model.state.assets
    assert after.model.state.entry_points == before.model.state.entry_points
    assert after.model.tags == ("a",)
    assert after.notes[0] == "It is what was exported as m@1."


def test_conda_says_what_no_other_file_does(workspace: Workspace, table: Path) -> None:
    """Its packages of pip become the requirements, its Python the model's."""
    (table / "requirements.txt").unlink()
    (table / "python_env.yaml").unlink()
    workspace.register("m", table)
    state = workspace.show("m").model.state
    made = next(asset for asset in state.assets if asset.path == "requirements.txt")

    assert state.python == "3.11"
    assert "cloudpickle==3.1.3\n" in workspace.blobs.read(made.digest).decode()


@pytest.mark.parametrize(
    ("column", "schema"),
    [
        ({"type": "array", "items": {"type": "float"}}, {"type": "array", "items": "float"}),
        ({"type": "map", "values": {"type": "string"}}, {"type": "map", "values": "string"}),
        (
            {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 28, 28]}},
            {"type": "array", "items": {"type": "array", "items": "float"}},
        ),
        (
            {"type": "object", "properties": {"a": {"type": "long", "required": False}}},
            {
                "type": "record",
                "name": "input",
                "fields": [
                    {
                        "name": "a",
                        "type": ["null", "long"],
                        "default": None,
                        "scoringOptional": True,
                    }
                ],
            },
        ),
        ({"type": "datetime"}, None),
        ({"type": "tensor", "tensor-spec": {"dtype": "uint64", "shape": [-1]}}, None),
    ],
)
def test_a_signature_becomes_a_schema_where_it_is_exact(column: Any, schema: Any) -> None:
    """What JSON writes otherwise has none, and a warning says so."""
    signature = Signature.parse({"inputs": json.dumps([column])}, has_hints=False)

    assert signature.schemas().get("input_schema.avsc") == schema
    assert bool([*signature.warnings()]) is (schema is None)


def test_tensors_are_given_as_arrays() -> None:
    """One row of each, with the type of the signature."""
    columns = [{"name": "x", "type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1]}}]
    signature = Signature.parse({"inputs": json.dumps(columns)}, has_hints=False)

    assert 'predictor.predict({"x": numpy.asarray([record["x"]], dtype="float32")})' in source_of(
        Loader("mlflow.pyfunc"), signature
    )


DAMAGES = [
    ("- not\n- a model\n", "is not a description that MLflow wrote"),
    ("flavors: {python_function: [", "is not a description that MLflow wrote"),
    (
        "flavors:\n  crate:\n    version: 0.4.0\n",
        "is an MLflow model that Python cannot call: it has the flavour crate, and not python_function",
    ),
    (
        "flavors:\n  python_function:\n    loader_module: mlflow.xgboost\n",
        "is loaded by mlflow.xgboost, and its requirements.txt does not name mlflow",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), DAMAGES)
def test_what_python_cannot_call_is_refused(
    workspace: Workspace, table: Path, text: str, sentence: str
) -> None:
    """In one sentence, and nothing is registered."""
    (without_mlflow(table) / "MLmodel").write_text(text)
    with pytest.raises(InvalidError, match=sentence):
        workspace.register("m", table)

    assert workspace.models() == []


def test_the_folder_of_a_run_names_its_model(workspace: Workspace, table: Path) -> None:
    """``mlruns/…`` holds the model somewhere below it."""
    Path("run/artifacts").mkdir(parents=True)
    shutil.move(table, "run/artifacts/model")
    with pytest.raises(
        InvalidError, match=r"run holds no MLmodel: .* Register run/artifacts/model"
    ):
        workspace.register("m", "run")


@pytest.mark.slow
def test_mlflow_scores_record_by_record(workspace: Workspace) -> None:
    """The model from code, in an environment with MLflow: a list of one text each time."""
    shutil.copytree(DATA / "text", "text")
    Path("text/requirements.txt").write_text("mlflow-skinny\npandas\n")
    Path("texts.json").write_text('"a"\n"bc"\n')
    workspace.register("m", "text", python=f"{sys.version_info[0]}.{sys.version_info[1]}")
    job = workspace.batch("m", "texts.json", schemas="both").wait()

    assert list(job.records()) == ["A", "BC"]
