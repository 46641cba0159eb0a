"""Functions that nobody calls by name: told to a dispatcher, a dict or a class that the model has."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from modelop_jupyter.capture import Captured

Take = Callable[..., Captured]
Run = Callable[..., object]

HOOK = "HOOKS = {}\ndef hook(name):\n    def tell(f):\n        HOOKS[name] = f\n        return f\n    return tell"
DISPATCH = "from functools import singledispatch\n@singledispatch\ndef f(x): return 'other'"
DATA = "import pandas as pd\ndf = pd.read_csv('x')"


def score(expression: str) -> str:
    return f"# modelop.score\ndef score(x):\n    return {expression}\n"


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([DISPATCH, "@f.register\ndef _(x: int): return 'int'", "@f.register(str)\ndef _(x): return 'str'", score("[f(1), f(''), f(None)]")], ["int", "str", "other"]),
        ([DISPATCH, score("f(1)"), "f.register(int, lambda x: 'lambda')"], "lambda"),
        ([DISPATCH, "def g(x): return 'g'", "f.register(int)(g)", score("f(1)")], "g"),
        ([DISPATCH, "@f.register(int)\nclass G:\n    def __init__(self, x): self.x = x", score("f(7).x")], 7),
        ([HOOK, "@hook('a')\ndef a(x): return x", "@hook('b')\ndef _(x): return K", "K = 3", score("[HOOKS['a'](1), HOOKS['b'](1)]")], [1, 3]),
        ([HOOK, "def a(x): return x", "hook('a')(a)", score("HOOKS['a'](4)")], 4),
        (["H = {}\ndef register(name, f): H[name] = f", "def a(): return 1", "register('a', a)\nregister('b', lambda: 2)", score("[H['a'](), H['b']()]")], [1, 2]),
        (["H = []\ndef add(f):\n    H.append(f)\n    return f", "@add\ndef a(): return 1", score("[h() for h in H]")], [1]),
        (["H = []\ndef put(f): H.append(f)\ndef add(f):\n    put(f)\n    return f", "@add\ndef a(): return 1", score("[h() for h in H]")], [1]),
        (["H = []\ndef add(kind, f): H.append(f)\nfrom functools import partial\nadd_x = partial(add, 'x')\nadd_y = lambda f: H.append(f) or f\nadd_z = add_y", "@add_x\ndef a(): return 1", "@add_y\ndef b(): return 2", "@add_z\ndef c(): return 3", score("[h() for h in H]")], [1, 2, 3]),
        (["H = []\ndef add(f):\n    H.append(f)\n    return len(H)\ndef a(): return 1\ndef b(): return 2", "for each in (a, b):\n    add(each)", "n = add(lambda: 3)", score("[h() for h in H]")], [1, 2, 3]),
        (["H = {}\ndef on(k):\n    return lambda f: H.update({k: f}) or f", "@on('x')\ndef a(): return 1", score("H['x']()")], 1),
        (["H = {}\ndef option(k, v): H[k] = v", "option('limit', 3)", score("H['limit']")], 3),
        (["class R:\n    def __init__(self): self.all = {}\n    def add(self, name):\n        def tell(f):\n            self.all[name] = f\n            return f\n        return tell\nr = R()", "@r.add('a')\ndef a(): return 5", score("r.all['a']()")], 5),
        (["class Hook:\n    all = []\n    def __init__(self, f): Hook.all.append(f)", "@Hook\ndef a(): return 6", score("Hook.all[0]()")], 6),
        (["class Hook:\n    all = []\n    def __init__(self, name): self.name = name\n    def __call__(self, f):\n        Hook.all.append(f)\n        return f", "@Hook('x')\ndef a(): return 6", score("Hook.all[0]()")], 6),
        (["class A: pass", "def f(self): return 8", "setattr(A, 'f', f)", score("A().f()")], 8),
        (["class A: pass", "def f(self): return 8", "A.f = f", score("A().f()")], 8),
        (["class A: pass", "vars_of = 1\nA.g = property(lambda self: 9)", score("A().g")], 9),
        (["class A: pass\ndef add_to(cls):\n    def tell(f):\n        setattr(cls, f.__name__, f)\n        return f\n    return tell", "@add_to(A)\ndef f(self): return 10", score("A().f()")], 10),
        (["class A: pass\ndef extend(cls, f): setattr(cls, 'f', f)", "extend(A, lambda self: 11)", score("A().f()")], 11),
        (["class Base:\n    all = []\n    def __init_subclass__(cls): Base.all.append(cls)", "class One(Base): pass", score("[c.__name__ for c in Base.all]")], ["One"]),
        (["class Meta(type):\n    all = []\n    def __init__(cls, *a): Meta.all.append(cls.__name__)\nclass Base(metaclass=Meta): pass", "class One(Base): pass", score("[Base.__name__, *Meta.all]")], ["Base", "Base", "One"]),
        (["class Base: pass", "class One(Base): pass", score("[c.__name__ for c in Base.__subclasses__()]")], ["One"]),
        (["from abc import ABC\nclass A(ABC): pass", "class B: pass", "A.register(B)", "OF = B", score("isinstance(OF(), A)")], True),
        (["X = [3, 1]\nimport heapq", "heapq.heappush(X, 0)", score("X[0]")], 0),
        (["X = {}", "dict.update(X, a=1)", score("X")], {"a": 1}),
        (["X = {'a': 1, 'b': 2}", "del X['a']", score("X")], {"b": 2}),
        (["class A: pass", "vars(A)\nA.__doc__ = 'told'", score("A.__doc__")], "told"),
        ([DISPATCH.replace("def f", "def score").replace("@single", "# modelop.score\n@single"), "@score.register\ndef _(x: type(None)): return 'none'"], "none"),
        (["import codecs", "codecs.register_error('told', lambda e: ('!', e.end))", score("codecs.encode('é', 'ascii', 'told')")], b"!"),
    ],
)  # fmt: skip
def test_what_is_told_to_something_of_the_model_belongs_to_it(
    run: Run, cells: list[str], expected: object
) -> None:
    """In the order of the cells, by whatever way it is told."""
    assert run(*cells) == expected


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("@f.register\ndef _(x: int): return df", "cell 3, line 1 is left out, as it reads 'df', which is data made in cell 1, line 2"),
        ("f.register(int, df.pick)", "cell 3, line 1 is left out, as it is made from 'df'"),
        ("f.limit = len(df)", "cell 3, line 1 is left out, as it is made from 'df'"),
        ("setattr(f, 'limit', df.shape)", "cell 3, line 1 is left out, as it is made from 'df'"),
        ("def g(x): return h(x)\ndef h(x): return df\nf.register(int, g)", "cell 3, line 3 is left out, as it reads 'df'"),
        ("@f.register\ndef _(x: int): return nowhere", "cell 3, line 1 is left out, as it reads 'nowhere', which no cell defines"),
    ],
)  # fmt: skip
def test_what_reads_data_stays_behind_and_is_named(take: Take, told: str, said: str) -> None:
    """The model can do without; one line says what it lacks."""
    captured = take(DATA, DISPATCH, told, score("f(x)"))

    assert len(captured.warnings) == 1
    assert captured.warnings[0].startswith(said)
    assert "df" not in captured.source


def test_one_that_reads_data_leaves_the_others(run: Run) -> None:
    """Each is looked at by itself."""
    cells = [DATA, HOOK, "@hook('a')\ndef a(x): return 1", "HOOKS['b'] = df.mean()"]

    assert run(*cells, score("sorted(HOOKS)")) == ["a"]


@pytest.mark.parametrize(
    "other",
    [
        "@hook('c')\ndef c(x): return 1",
        "import functools\n@functools.lru_cache\ndef c(x): return 1",
        "def timed(f): return f\n@timed\ndef c(x): return 1",
        "print(score(1))\nscore(2)",
        "for each in [1, 2]:\n    print(score(each))",
        "LOG = []\ndef log(x): LOG.append(x)\nlog(3)",
    ],
)
def test_what_is_told_to_nothing_of_the_model_is_not_taken(take: Take, other: str) -> None:
    """A decorator that registers nothing, a registry of others, and a trial of the model are not its own."""
    model = "SEEN = []\n# modelop.score\ndef score(x):\n    SEEN.append(x)\n    return len(SEEN)\n"
    captured = take(HOOK, model, other)

    assert captured.used == (2,)
    assert captured.warnings == ()
