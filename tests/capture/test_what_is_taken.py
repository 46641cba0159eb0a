"""What a tagged function needs is found by names, whatever form its source has (spec 13.1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from modelop_jupyter.capture import Captured

Take = Callable[..., Captured]
Run = Callable[..., object]


def score(expression: str) -> str:
    return f"# modelop.score\ndef score(x):\n    return {expression}\n"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["A, (B, *C) = 1, (2, 3, 4)\nD = E = 5", score("A + B + D + sum(C)")], 15),
        (["W = ['a']\nW += ['b']", "W += ['c']", score("W")], ["a", "b", "c"]),
        (["C = {}\nC['a'] = 1", "C['b'] = 2\nprint('x')", score("C")], {"a": 1, "b": 2}),
        (["T = {}", "for k in 'ab':\n    T[k] = ord(k)", score("T")], {"a": 97, "b": 98}),
        (["for k in 'ab':\n    LAST = k", score("LAST")], "b"),
        (["X = 1\nif X > 3:\n    X = 9", score("X")], 1),
        (["import sys\nif sys:\n    def f(): return 3\nelse:\n    def f(): return 2", score("f()")], 3),
        (["try:\n    import nothing_here as js\nexcept ImportError:\n    import json as js", score("js.dumps(1)")], "1"),
        (["import warnings\nwith warnings.catch_warnings():\n    import math as m", score("m.floor(1.5)")], 1),
        (["if (n := 10) > 5:\n    M = n", score("M + n")], 20),
        (["K = ['a']\nT = {k: [c for c in k] for k in K}", score("T")], {"a": ["a"]}),
        (["B = 2", "def build(n):\n    return [B * i for i in range(n)]", "T = build(3)", score("T")], [0, 2, 4]),
        (["def a(): return b()\ndef b(): return K", "K = 3", "V = a()", score("V")], 3),
        (["x0 = 5\ny = x0 + 1\nx0 = 10", score("(x0, y)")], (10, 6)),
        (["L = 1\nclass A:\n    L = L\n    def f(self): return N", "N = 9", score("(A.L, A().f())")], (1, 9)),
        (["class Base:\n    k = 1", "class Kind(Base):\n    pass", score("Kind.k")], 1),
        (["Q = 4", score("(lambda y: [Q for _ in y])('ab')")], [4, 4]),
        (["A = 1\nF = '>3'", score("f'{A:{F}} {A!r}'")], "  1 1"),
        (["R = 7", "# modelop.score\ndef score(x):\n    match x:\n        case None: return R\n"], 7),
        (["LIMIT = 3", "# modelop.score\ndef score(x, limit=LIMIT):\n    return limit\n"], 3),
        (["import functools\ndef deco(f):\n    @functools.wraps(f)\n    def g(*a): return [f(*a)]\n    return g", "# modelop.score\n@deco\ndef score(x):\n    return 1\n"], [1]),
        (["from typing import Optional", "# modelop.score\ndef score(x: Optional[int]) -> 'Missing':\n    y: AlsoMissing = 3\n    return y\n"], 3),
        (["from collections import namedtuple\nP = namedtuple('P', 'a b')\nO = P(0, 1)", score("O.b")], 1),
        (["from dataclasses import dataclass, field\n@dataclass\nclass P:\n    a: list = field(default_factory=list)\nD = P([3])", score("D.a")], [3]),
        (["from enum import Enum\nclass C(Enum):\n    A = 1", score("C.A.value")], 1),
        (["import re\nP = re.compile('a+')", score("bool(P.match('aa'))")], True),
        (["import logging\nlog = logging.getLogger(__name__)\nlog.setLevel(10)\nlog.info('x')", score("(log.name, log.level)")], ("model", 10)),
        (["from functools import partial\ndef f(a, b): return a + b\ng = partial(f, 1)\nH = g(2)", score("g(2) + H")], 6),
        (["sq = lambda v: v * E\nE = 2\nL = sq(4)", score("sq(1) + L")], 10),
        (["from decimal import Decimal as D\nfrom datetime import timedelta\nT = D('1.5') * timedelta(days=2).days", score("float(T)")], 3.0),
        (["from math import *", score("floor(2.5)")], 2),
        (["import xml.dom\nimport xml.etree.ElementTree", score("xml.etree.ElementTree.fromstring('<a/>').tag")], "a"),
        (["import os; A = 1; B = 2  # both", score("A + B")], 3),
        (["é = 'ü'; ö = é", score("ö")], "ü"),
        (["def setup():\n    global T\n    T = {1: 2}", "setup()", score("T")], {1: 2}),
        (["T = {}\ndef fill(t, v):\n    t['v'] = v", "fill(T, 3)", score("T")], {"v": 3}),
        (["class M:\n    def __init__(self): self.w = 0\n    def set(self, v): self.w = v\nm = M()", "m.set(4)", score("m.w")], 4),
        (["def h(): return 1", "B = h()", score("h() + B"), "def h(): return 5"], 10),
        (["A = 1", "B = A + 1", score("A + B"), "A = 1"], 3),
        (["# modelop.score\nasync def score(x):\n    return 1\n", "# modelop.score\ndef score(x):\n    return 2\n"], 2),
        (["counter = 0", "# modelop.score\ndef score(x):\n    global counter\n    counter += 1\n    return counter\n"], 1),
        (["__all__ = ['a']\nN = __name__", score("N")], "model"),
    ],
)  # fmt: skip
def test_the_module_computes_what_the_notebook_did(
    run: Run, cells: list[str], expected: object
) -> None:
    """Constants, helpers, classes and imports are taken in an order that imports cleanly."""
    assert run(*cells) == expected


@pytest.mark.parametrize(
    "before",
    [
        "model = None",
        "import pickle\nmodel = pickle.load(open('model.pkl', 'rb'))",
        "from sklearn.linear_model import LinearRegression\nmodel = LinearRegression().fit(X, y)",
        "print('nothing')",
    ],
)
def test_what_init_makes_is_not_looked_for_in_the_cells(run: Run, before: str) -> None:
    """A global that init assigns is there when score runs, whatever the notebook held."""
    init = (
        "# modelop.init\ndef init():\n    load()\n\ndef load():\n    global model\n    model = 3\n"
    )

    assert run(before, init, score("model"), "init()\nscore(1)") == 3


def test_nothing_else_is_taken(take: Take) -> None:
    """Only tagged cells and what they need, never every cell (spec 13.1)."""
    captured = take(
        "import os, json\nimport pandas as pd",
        "df = pd.read_csv('x.csv')\ndf.head()",
        "USED = 1\nUNUSED = 2",
        "def unused():\n    return df",
        score("json.dumps(USED)") + "\nprint(score(1))",
        "if __name__ == '__main__':\n    print(undefined)",
    )

    assert captured.source == (
        '"""Captured from a notebook: the functions of the model and all that they need."""\n\n'
        "import json\n\nUSED = 1\n\n\n" + score("json.dumps(USED)")
    )
    assert captured.used == (1, 3, 5)


def test_comments_are_kept(take: Take) -> None:
    """Those directly above, behind, inside and at the end of a block; tags directly above their def."""
    source = (
        "# About the limit.\nLIMIT = 3  # of all\n\n\n"
        "# Helps.\ndef helper(x):\n    # inside\n    return LIMIT\n    # at the end\n\n\n"
        "# modelop.score\n# Scores.\ndef score(x):\n    return helper(x)\n"
    )

    assert take("# a heading\n\n" + source).source.endswith('"""\n\n' + source)


def test_the_layout_is_that_of_a_module(take: Take) -> None:
    """Slot tags, imports without doubles, helpers, then the entry points."""
    captured = take(
        "# modelop.schema.0: input.avsc",
        "from __future__ import annotations\nimport math, os",
        "# modelop.metrics\ndef metrics(df):\n    return math.e\n",
        "import math\nTABLE = []\nTABLE.append(1)",
        "# fastscore.recordsets.0: true\n# modelop.score\ndef score(x):\n    return TABLE, math.pi\n",
    )

    assert captured.source == (
        '"""Captured from a notebook: the functions of the model and all that they need."""\n\n'
        "# modelop.schema.0: input.avsc\n# modelop.recordsets.0: true\n\n"
        "from __future__ import annotations\n\n"
        "import math\n\n"
        "TABLE = []\nTABLE.append(1)\n\n\n"
        "# modelop.metrics\ndef metrics(df):\n    return math.e\n\n\n"
        "# modelop.score\ndef score(x):\n    return TABLE, math.pi\n"
    )


def test_the_same_notebook_gives_the_same_bytes(take: Take) -> None:
    """Registering again changes nothing, also when cells were run again in another order."""
    cells = ["A = 1", "def helper(): return A", score("helper()")]

    assert take(*cells).source == take(*cells, cells[0], cells[1]).source


def test_settings_beside_a_tagged_function_are_taken(take: Take) -> None:
    """A filter or seed in the model's own cell is part of it; one of an exploring cell is not."""
    captured = take(
        "import random, warnings\nrandom.seed(1)",
        "warnings.filterwarnings('ignore')\n" + score("random.random()"),
    )

    assert "warnings.filterwarnings('ignore')" in captured.source
    assert "random.seed" not in captured.source


def test_a_star_import_is_named_as_a_guess(take: Take) -> None:
    """What it defines cannot be known from the text."""
    captured = take("from math import *", score("sqrt(x)"))

    assert captured.warnings == (
        "'sqrt' is defined in no cell: from math import * is assumed to define it",
    )


def test_a_name_of_an_older_version_of_a_cell_is_taken_with_a_warning() -> None:
    """It is alive in the session, though its text is gone from the notebook."""
    from modelop_jupyter.capture import Cell, capture

    cells = [Cell(1, "A = 1", "a"), Cell(2, "B = 2", "a"), Cell(3, score("A"), "b")]

    captured = capture(cells)

    assert "A = 1" in captured.source
    assert captured.warnings[0].startswith("'A' comes from an older version of cell 1")
