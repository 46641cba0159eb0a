"""Score records in a process of MLflow's: what `export --format mlflow` puts beside the model.

MLflow imports this file as part of a package that holds copies of the runner's files, and calls
``_load_pyfunc`` with the folder of the model:

    config.json     read    {"source", "entry_points": {"init", "score"}}
    job.json        read    the ModelOp job; its text is what ``init`` gets as ``rawJson``
    work/           read    the model's files; each load works in a copy of its own

A model of ModelOp's expects a process of its own: it is the module ``model``, and works in its folder. Calls
are therefore made one after another, and a second model in one process takes that name from the first.
"""

import json
import os
import shutil
import sys
import tempfile
import threading
import warnings

from .encoding import to_json
from .forms import Unwritable
from .functions import GENERATORS, call_init, find_function, score_arity
from .source import import_model, lend_names_to_main

BUSY = threading.RLock()  # the working directory is the whole process's
SLOT = 0


def _load_pyfunc(path, model_config=None):
    return Model(path)


class Model:
    """A model that was imported and had its ``init`` called."""

    def __init__(self, path):
        with open(os.path.join(path, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        self.folder = tempfile.TemporaryDirectory(prefix="modelop-")
        self.work = os.path.join(os.path.realpath(self.folder.name), "work")
        shutil.copytree(os.path.join(path, "work"), self.work)
        points = config["entry_points"]
        sys.modules.pop("model", None)
        lend_names_to_main()
        with BUSY, Within(self.work):
            module = import_model({"work": self.work, "source": os.path.join(self.work, config["source"])})
            if points["init"]:
                call_init(find_function(module, points["init"], "init"), path)
        self.function = find_function(module, points["score"], "score")
        self.arity = score_arity(self.function, "the score function %r" % points["score"])
        self.scored = 0

    def predict(self, model_input):
        """Return what the score function yields for the rows of a DataFrame, a list of records or one record.

        That is one list, as a batch would write it. A record that fails ends it with its number.
        """
        found = []
        with BUSY, Within(self.work), warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)  # spec 13.5
            for number, record in enumerate(records_of(model_input)):
                try:
                    found.extend(self.score(record))
                except Unwritable as error:
                    raise ValueError("record %d: rejected by encoding: %s" % (number, error.message))
                except Exception as error:
                    raise ValueError("record %d: %s: %s" % (number, type(error).__name__, error)) from error
        return found

    def score(self, record):
        self.scored += 1
        result = self.function(*(record, SLOT, self.scored)[: self.arity])
        if isinstance(result, GENERATORS):
            return [plain(each) for each in result]
        return [] if result is None else [plain(result)]


class Within:
    """A working directory for the time of a block."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.before = os.getcwd()
        os.chdir(self.path)

    def __exit__(self, *error):
        os.chdir(self.before)


def records_of(data):
    """Return records as they would be read from JSON; a cell of a frame that is missing is None."""
    if hasattr(data, "columns") and hasattr(data, "to_dict"):
        rows = data.to_dict(orient="records")
        return [plain({name: None if is_missing(cell) else cell for name, cell in row.items()}) for row in rows]
    if hasattr(data, "tolist"):
        data = data.tolist()
    if isinstance(data, (list, tuple)):
        return [plain(each) for each in data]
    return [plain(data)]


def is_missing(cell):
    return (isinstance(cell, float) and cell != cell) or type(cell).__name__ in ("NaTType", "NAType")


def plain(value):
    """Return a value as it is read again from what the runtime writes of it."""
    return json.loads(to_json(value).decode("utf-8"))
