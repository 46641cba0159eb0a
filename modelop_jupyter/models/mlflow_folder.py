"""A folder that MLflow wrote as a model: its ``MLmodel`` says how Python loads it.

Its files become assets, and a source is written that loads the model and calls ``predict`` for each
record. A folder that ``export --format mlflow`` wrote is the model again that it was made of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from modelop_jupyter.domain.assets import asset_path
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.domain.requirements.parse import parse_requirements
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.sentences import listed
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.models.mlflow_signature import Signature
from modelop_jupyter.models.mlflow_source import Loader, source_of
from modelop_jupyter.models.registration_source import (
    RegistrationSource,
    StoredFile,
    choose_entry_points,
)
from modelop_jupyter.registry.blobs import BlobStore

DESCRIPTION = "MLmodel"
SOURCE = "mlflow_model.py"
REQUIREMENTS = "requirements.txt"
EXAMPLE_RECORDS = "test_records.jsonl"
_LARGEST = 1 << 20
_PYTHON = re.compile(r"(?:python\s*[=~>]*\s*)?(\d+\.\d+)(?:\.\d+)?(?:\.\*)?\Z")
_PICKLES = (".pkl", ".pickle", ".joblib")


@dataclass(frozen=True, slots=True)
class MlflowModel:
    """What an ``MLmodel`` says of a model; ``python_function`` is that flavour's part of it."""

    flavours: tuple[str, ...]
    python_function: Mapping[str, Any]
    sklearn: Mapping[str, Any]
    signature: Signature
    example: Mapping[str, Any]
    metadata: Mapping[str, Any]

    def path(self, key: str) -> str | None:
        """Return a path that the flavour names, None where it names none; raises :class:`InvalidError`."""
        value = self.python_function.get(key)
        return asset_path(value) if isinstance(value, str) and value else None

    def environment_file(self, key: str, usual: str) -> str:
        """Return the file of an environment: ``conda`` or ``virtualenv``."""
        named = self.python_function.get("env")
        value = named.get(key) if isinstance(named, dict) else named if key == "conda" else None
        return asset_path(value) if isinstance(value, str) and value else usual


def is_mlflow_model(root: Path) -> bool:
    """Say whether a folder is a model as MLflow writes one."""
    return (root / DESCRIPTION).is_file()


def from_mlflow(
    root: Path, files: tuple[StoredFile, ...], chosen: EntryPoints, blobs: BlobStore
) -> RegistrationSource:
    """Make a model of the files of an MLflow model; raises :class:`InvalidError` for one that Python cannot call."""
    digests = {file.path: file.digest for file in files}
    model = read_description(blobs.read(digests[DESCRIPTION]), root)
    if own := _own_export(model, files, blobs):
        return own
    made = _Made(root, model, digests, blobs)
    text = source_of(made.loader(), model.signature)
    points, odd = choose_entry_points(text, SOURCE, chosen)
    written = {SOURCE: text.encode(), **made.other_files()}
    return RegistrationSource(
        files=(
            *(file for file in files if file.path not in written),
            *(StoredFile(path, blobs.put(data), len(data)) for path, data in written.items()),
        ),
        primary=SOURCE,
        entry_points=points,
        text=text,
        is_written=True,
        roles=made.roles(written),
        is_whole=True,
        python=made.python(),
        warnings=(*odd, *made.warnings()),
        notes=(f"Written from {DESCRIPTION}: {listed(sorted(written))}.",),
    )


def read_description(data: bytes, root: Path) -> MlflowModel:
    """Read an ``MLmodel``; raises :class:`InvalidError` for one without the flavour ``python_function``."""
    try:
        if len(data) > _LARGEST:
            raise ValueError("it is too long")
        document = yaml.safe_load(data.decode("utf-8-sig"))
        flavours = document["flavors"]
        names = tuple(sorted(map(str, flavours)))
        function = flavours.get("python_function")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, yaml.YAMLError):
        raise InvalidError(
            f"{root / DESCRIPTION} is not a description that MLflow wrote",
            "Register a folder that log_model or save_model wrote",
        ) from None
    if not isinstance(function, dict) or not isinstance(function.get("loader_module"), str):
        raise InvalidError(
            f"{root} is an MLflow model that Python cannot call: it has the"
            f" {'flavour' if len(names) == 1 else 'flavours'} {listed(names) or 'none'}, and not"
            " python_function",
            "Save it with a flavour of MLflow for Python",
        )
    sklearn = flavours.get("sklearn")
    return MlflowModel(
        names,
        function,
        sklearn if isinstance(sklearn, dict) else {},
        Signature.parse(
            document.get("signature"), has_hints=bool(document.get("is_signature_from_type_hint"))
        ),
        _mapping(document.get("saved_input_example_info")),
        _mapping(document.get("metadata")),
    )


def require_no_model_below(
    root: Path, files: tuple[StoredFile, ...], sources: Iterator[str]
) -> None:
    """Raise :class:`InvalidError` for a folder that is no model itself, and holds one of MLflow's."""
    models = sorted(
        str(PurePosixPath(file.path).parent)
        for file in files
        if PurePosixPath(file.path).name == DESCRIPTION
    )
    if models and all(any(path.startswith(f"{model}/") for model in models) for path in sources):
        raise InvalidError(
            f"{root} holds no {DESCRIPTION}: the MLflow"
            f" {'model is in a folder' if len(models) == 1 else 'models are in folders'} below it",
            f"Register {root / models[-1]}",
        )


@dataclass(frozen=True, slots=True)
class _Made:
    """What is made of the files of an MLflow model."""

    root: Path
    model: MlflowModel
    digests: Mapping[str, str]
    blobs: BlobStore

    def loader(self) -> Loader:
        """Return how the source loads the model: through MLflow where the requirements have it."""
        model, module = self.model, str(self.model.python_function["loader_module"])
        if not module.startswith("mlflow."):
            return Loader(module, data=model.path("data") or ".", code=model.path("code"))
        if self._has_mlflow():
            return Loader("mlflow.pyfunc")
        pickled, kind = self._pickle(), model.sklearn.get("serialization_format", "pickle")
        if module == "mlflow.sklearn" and pickled and kind in ("pickle", "cloudpickle"):
            function = str(model.python_function.get("predict_fn") or "predict")
            return Loader("pickle", data=pickled, function=function, code=model.path("code"))
        raise InvalidError(
            f"{self.root} is loaded by {module}, and its {REQUIREMENTS} does not name mlflow",
            f"Add a line 'mlflow' to {self.root / REQUIREMENTS}",
        )

    def other_files(self) -> dict[str, bytes]:
        """Return the schemas, requirements and test records that no file of the folder holds as such."""
        made = {path: _json(schema) for path, schema in self.model.signature.schemas().items()}
        if REQUIREMENTS not in self.digests and (lines := self._conda_lines()):
            made[REQUIREMENTS] = "".join(f"{line}\n" for line in lines).encode()
        if records := self._example_records():
            made[EXAMPLE_RECORDS] = "".join(
                json.dumps(record, ensure_ascii=False) + "\n" for record in records
            ).encode()
        return made

    def roles(self, written: Mapping[str, bytes]) -> dict[str, AssetRole]:
        """Return the roles that names do not tell: ``.yaml`` is a source, and ``.json`` test data, by name."""
        model, metadata = self.model, AssetRole.MODEL_METADATA
        described = {
            DESCRIPTION,
            model.environment_file("conda", "conda.yaml"),
            model.environment_file("virtualenv", "python_env.yaml"),
        }
        example = model.example.get("artifact_path"), model.example.get("serving_input_path")
        roles = dict.fromkeys(described, metadata)
        roles |= dict.fromkeys(
            [path for path in example if isinstance(path, str)], AssetRole.MODEL_DOCUMENTATION
        )
        weights = (model.path(key) for key in ("model_path", "data", "python_model", "model_data"))
        for path in filter(None, weights):
            below = (known for known in self.digests if known.startswith(f"{path}/"))
            names = [path] if path in self.digests else below
            roles |= dict.fromkeys(
                (name for name in names if not name.endswith(".py")), AssetRole.WEIGHTS_FILE
            )
        if EXAMPLE_RECORDS in written:
            roles[EXAMPLE_RECORDS] = AssetRole.TEST_DATA
        return roles

    def python(self) -> str | None:
        """Return the Python, such as ``3.11``, that the folder was written for."""
        environment = self._yaml(self.model.environment_file("virtualenv", "python_env.yaml"))
        texts = [environment.get("python"), *self._conda_dependencies()]
        texts.append(self.model.python_function.get("python_version"))
        matches = (_PYTHON.match(str(text).strip()) for text in texts if text is not None)
        return next((match[1] for match in matches if match), None)

    def warnings(self) -> Iterator[str]:
        """Warn of pickles, which run code; of what no schema says; and of packages that nothing names."""
        pickles = sorted(path for path in self.digests if path.endswith(_PICKLES))
        if pickles:
            yield (
                f"{listed(pickles)} can run any code when the model is loaded: register only"
                " folders of people whom you trust"
            )
        yield from self.model.signature.warnings()
        if REQUIREMENTS not in self.digests and not self._conda_lines():
            yield f"the folder has no {REQUIREMENTS}: add one with the packages of the model"

    def _has_mlflow(self) -> bool:
        data = self._bytes(REQUIREMENTS)
        if data is None:
            data = "\n".join(self._conda_lines()).encode()
        named = parse_requirements({REQUIREMENTS: data}, [REQUIREMENTS]).names
        return bool({"mlflow", "mlflow-skinny"} & named)

    def _pickle(self) -> str | None:
        named = self.model.path("model_path") or self.model.sklearn.get("pickled_model")
        return named if isinstance(named, str) and named in self.digests else None

    def _conda_dependencies(self) -> list[Any]:
        document = self._yaml(self.model.environment_file("conda", "conda.yaml"))
        lines = document.get("dependencies")
        return lines if isinstance(lines, list) else []

    def _conda_lines(self) -> list[str]:
        """Return what pip installs of a conda environment; conda's own packages have other names."""
        parts = [item.get("pip") for item in self._conda_dependencies() if isinstance(item, dict)]
        return [str(line) for part in parts if isinstance(part, list) for line in part]

    def _example_records(self) -> list[Any]:
        """Return the rows of the input example, none where it is not a table of rows."""
        path, kind = self.model.example.get("artifact_path"), self.model.example.get("type")
        data = self._bytes(path) if isinstance(path, str) else None
        if data is None or kind not in ("dataframe", "json_object"):
            return []
        try:
            example = json.loads(data.decode("utf-8-sig"))
        except ValueError:
            return []
        if kind == "dataframe" and isinstance(example, dict):
            columns, rows = example.get("columns"), example.get("data")
            if not (isinstance(columns, list) and isinstance(rows, list)):
                return []
            return [dict(zip(columns, row, strict=False)) for row in rows]
        return example if isinstance(example, list) else []

    def _bytes(self, path: str) -> bytes | None:
        return self.blobs.read(self.digests[path]) if path in self.digests else None

    def _yaml(self, path: str) -> Mapping[str, Any]:
        data = self._bytes(path)
        if data is None or len(data) > _LARGEST:
            return {}
        try:
            return _mapping(yaml.safe_load(data.decode("utf-8-sig")))
        except (ValueError, RecursionError, yaml.YAMLError):
            return {}


def _own_export(
    model: MlflowModel, files: tuple[StoredFile, ...], blobs: BlobStore
) -> RegistrationSource | None:
    """Return the model that an export of the format ``mlflow`` was made of, None for another folder.

    The export says which files are the model's, with their roles: archives are unpacked beside them.
    """
    data = model.path("data")
    digests = {file.path: file.digest for file in files}
    if "modelop_digest" not in model.metadata or not {
        f"{data}/config.json",
        f"{data}/job.json",
    } <= {*digests}:
        return None
    try:
        config = json.loads(blobs.read(digests[f"{data}/config.json"]).decode())
        job = json.loads(blobs.read(digests[f"{data}/job.json"]).decode())
        stored = job["model"]["storedModel"]
        roles = {
            asset_path(asset["name"]): AssetRole.parse(asset["assetRole"])
            for asset in stored["modelAssets"]
        }
        primary = asset_path(config["source"])
        functions = next(
            asset for asset in stored["modelAssets"] if asset["name"] == config["source"]
        )
        points = EntryPoints(
            init=config["entry_points"]["init"],
            score=config["entry_points"]["score"],
            metrics=functions.get("metricsFunction"),
            train=functions.get("trainFunction"),
        )
        folder = "/".join((str(data), "work", ""))
        kept = {
            path: replace(file, path=path)
            for file in files
            if (path := file.path.removeprefix(folder)) in roles and path != file.path
        }
        text = blobs.read(kept[primary].digest).decode("utf-8-sig", "replace")
        description, tags = stored["modelMetaData"]["description"], stored["modelMetaData"]["tags"]
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration, InvalidError):
        return None
    version = _PYTHON.match(str(model.python_function.get("python_version")))
    return RegistrationSource(
        files=tuple(kept.values()),
        primary=primary,
        entry_points=points,
        text=text,
        roles=roles,
        is_whole=True,
        description=description,
        tags=tuple(tags),
        python=version[1] if version else None,
        notes=(f"It is what was exported as {model.metadata.get('modelop_snapshot')}.",),
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
