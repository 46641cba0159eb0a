"""Notebooks as people write them: the captured module does in another process what the cells did."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter.capture import Cell, capture
from modelop_jupyter.capture.ipython_syntax import strip_ipython_syntax

CLASSIFIER = '''
%load_ext modelop_jupyter
%matplotlib inline
import pickle, json
import numpy as np, pandas as pd
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
import warnings; warnings.filterwarnings("ignore")
# ---
data = load_iris(as_frame=True)
df = data.frame
df.head()
# ---
!ls -la
FEATURES = ["sepal length (cm)", "petal length (cm)"]
FEATURES += ["petal width (cm)"]
X_train, X_test, y_train, y_test = train_test_split(df[FEATURES], df.target, random_state=0)
# ---
%%time
clf = LogisticRegression(max_iter=500).fit(X_train, y_train)
model = clf
# ---
with open("model.pkl", "wb") as sink:
    pickle.dump(clf, sink)
print(clf.score(X_test, y_test))
# ---
# How sure is sure?
LEVELS = {"low": 0.5, "high": 0.9}
NAMES = dict(enumerate(("setosa", "versicolor", "virginica")))

def how_sure(p: float) -> str:
    """Say it in a word."""
    return next((name for name, level in sorted(LEVELS.items(), key=lambda i: -i[1]) if p >= level), "none")
# ---
LEVELS["middle"] = 0.7
how_sure(0.8)
# ---
# modelop.schema.0: input.avsc
# modelop.init
def begin():
    global model
    with open("model.pkl", "rb") as source:
        model = pickle.load(source)

# modelop.score
def action(record):
    frame = pd.DataFrame([record])[FEATURES]
    (row,) = model.predict_proba(frame)
    best = int(np.argmax(row))
    yield {"name": NAMES[best], "p": round(float(row[best]), 6), "sure": how_sure(row[best])}
# ---
begin()
results = [list(action(row)) for row in df.head(3).to_dict("records")]
results
# ---
?action
pd.DataFrame(results)
'''

RULES = """
from __future__ import annotations
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import lru_cache
import math as m
# ---
REGISTRY: dict[str, type[Rule]] = {}

def rule(cls):
    REGISTRY[cls.name] = cls
    return cls
# ---
class Rule(ABC):
    name = "?"

    @abstractmethod
    def value(self, record): ...
# ---
@rule
class Long(Rule):
    name = "long"

    def value(self, record):
        return len(record["text"]) > LIMIT

@rule
@dataclass
class Root(Rule):
    name = "root"
    digits: int = 3

    def value(self, record):
        return round(m.sqrt(record["n"]), self.digits)
# ---
LIMIT = 3
junk = [x ** 2 for x in range(10)]
# ---
@lru_cache(maxsize=None)
def rules():
    return tuple(make() for make in (Long, Root))

# modelop.score
def score(record):
    # every rule in turn
    return {r.name: r.value(record) for r in rules()} | {"known": sorted(REGISTRY)}
# ---
%timeit score({"text": "abcd", "n": 2})
LIMIT = 5
"""


def read_notebook_cells(notebook: str) -> list[Cell]:
    return [Cell(n, text.strip("\n")) for n, text in enumerate(notebook.split("# ---\n"), start=1)]


def run_cells(cells: list[Cell]) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": "__main__"}
    for cell in cells:
        exec(compile(strip_ipython_syntax(cell.source).text, f"<{cell.where}>", "exec"), names)
    return names


def run_module(source: str, init: str | None, score: str, records: list[Any]) -> list[Any]:
    Path("model.py").write_text(source, encoding="utf-8")
    script = (
        "import json, sys, types, model\n"
        "init, score, records = json.loads(sys.argv[1])\n"
        "if init: getattr(model, init)()\n"
        "outs = [getattr(model, score)(record) for record in records]\n"
        "print(json.dumps([list(o) if isinstance(o, types.GeneratorType) else [o] for o in outs]))\n"
    )
    arguments = [sys.executable, "-c", script, json.dumps([init, score, records])]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout))


def test_a_fitted_classifier_is_loaded_not_captured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten cells of exploring, one model: only its functions, names and constants are taken."""
    monkeypatch.chdir(tmp_path)
    cells = read_notebook_cells(CLASSIFIER)
    in_notebook = run_cells(cells)

    captured = capture(cells)
    records = in_notebook["df"].tail(5).to_dict("records")
    expected = [list(in_notebook["action"](record)) for record in records]

    assert run_module(captured.source, "begin", "action", records) == expected
    assert captured.used == (1, 3, 6, 7, 8)
    assert not {"train_test_split", "load_iris", "json", "clf"} & set(captured.source.split())


def test_classes_that_register_themselves_are_captured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decorators run while the module is imported, so what they fill must stand before them."""
    monkeypatch.chdir(tmp_path)
    cells = read_notebook_cells(RULES)
    in_notebook = run_cells(cells)

    captured = capture(cells)
    records = [{"text": "abcd", "n": 2}, {"text": "abcdefg", "n": 3}]
    expected = [[in_notebook["score"](record)] for record in records]

    assert run_module(captured.source, None, "score", records) == expected
    assert "junk" not in captured.source


def test_one_tagged_cell_among_dozens_is_enough() -> None:
    """Never every cell (spec 13.1)."""
    noise = [f"frame{n} = read_it({n})\nplot(frame{n})\nstep{n} = {n}" for n in range(60)]
    tagged = "# modelop.score\ndef score(x):\n    return x + step7\n"

    captured = capture([Cell(n, text) for n, text in enumerate([*noise, tagged], start=1)])

    assert captured.used == (8, 61)
    assert captured.source.endswith("step7 = 7\n\n\n" + tagged)
