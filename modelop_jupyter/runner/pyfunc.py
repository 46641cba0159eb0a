"""Score records in a process of MLflow's: what `export --format mlflow` puts beside the model.

MLflow imports this file as part of a package that holds copies of the runner's files, and calls
``_load_pyfunc`` with the folder of the model:

    config.json     read    {"source", "entry_points": {"init", "score"}}
    job.json        read    the ModelOp job; its text is what ``init`` gets as ``rawJson``
    work/           read    the model's files; each load works in a copy of its own

A model of ModelOp's expects a process of its own: it is the module ``model``, and works in its
folder. Calls are therefore made one after another, and a second model in one process takes that
name from the first.
"""

import json
import os
import shutil
import sys
import tempfile
import threading
import warnings

from .functions import GENERATORS, call_init, find_function, score_arity
from .json_writer import UnwritableError, to_json
from .source import import_model, lend_names_to_main

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

BUSY = threading.RLock()  # the working directory is the whole process's
SLOT = 0


def _load_pyfunc(
    path: str,
    model_config: "dict[str, Any] | None" = None,  # noqa: ARG001
) -> "PyfuncModel":
    return PyfuncModel(path)


class PyfuncModel:
    """A model that was imported and had its ``init`` called."""

    def __init__(self, path: str) -> None:
        with open(os.path.join(path, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        self.folder = tempfile.TemporaryDirectory(prefix="modelop-")
        self.work = os.path.join(os.path.realpath(self.folder.name), "work")
        shutil.copytree(os.path.join(path, "work"), self.work)
        entry_points = config["entry_points"]
        sys.modules.pop("model", None)
        lend_names_to_main()
        with BUSY, WorkingDirectory(self.work):
            module = import_model(os.path.join(self.work, config["source"]), self.work)
            if entry_points["init"]:
                call_init(find_function(module, entry_points["init"], "init"), path)
        name = entry_points["score"]
        self.function = find_function(module, name, "score")
        self.arity = score_arity(self.function, f"the score function {name!r}")
        self.scored = 0

    def predict(self, model_input: "Any") -> "list[Any]":
        """Return what the score function yields for the rows of a DataFrame, a list of records or
        one.

        That is one list, as a batch would write it. Raises ValueError, with the record's number,
        for a record that fails.
        """
        results: list[Any] = []
        with BUSY, WorkingDirectory(self.work), warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # spec 13.5
            for number, record in enumerate(records_of(model_input)):
                try:
                    results.extend(self.score(record))
                except UnwritableError as error:
                    message = f"record {number}: rejected by encoding: {error.message}"
                    raise ValueError(message) from error
                except Exception as error:
                    message = f"record {number}: {type(error).__name__}: {error}"
                    raise ValueError(message) from error
        return results

    def score(self, record: "Any") -> "list[Any]":
        self.scored += 1
        result = self.function(*(record, SLOT, self.scored)[: self.arity])
        if isinstance(result, GENERATORS):
            return [through_json(value) for value in result]
        return [] if result is None else [through_json(result)]


class WorkingDirectory:
    """Another working directory for the time of a block."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __enter__(self) -> None:
        self.before = os.getcwd()
        os.chdir(self.path)

    def __exit__(self, *error: object) -> None:
        os.chdir(self.before)


def records_of(data: "Any") -> "list[Any]":
    """Return records as they would be read from JSON; a missing cell of a frame is None."""
    if hasattr(data, "columns") and hasattr(data, "to_dict"):
        rows = data.to_dict(orient="records")
        return [
            through_json({name: None if is_missing(cell) else cell for name, cell in row.items()})
            for row in rows
        ]
    if hasattr(data, "tolist"):
        data = data.tolist()
    if isinstance(data, (list, tuple)):
        return [through_json(record) for record in data]
    return [through_json(data)]


def is_missing(cell: "Any") -> bool:
    is_nan = isinstance(cell, float) and cell != cell
    return is_nan or type(cell).__name__ in ("NaTType", "NAType")


def through_json(value: "Any") -> "Any":
    """Return a value as it is read again from what the runtime writes of it."""
    return json.loads(to_json(value).decode("utf-8"))
