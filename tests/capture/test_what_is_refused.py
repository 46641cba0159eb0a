"""A name that is data, or that nothing defines, is an error that says where and what to do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.capture import Captured, Cell, capture
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.errors import InvalidError, ModelOpError, UnresolvedNameError

Take = Callable[..., Captured]
USE_IT = "# modelop.score\ndef score(x):\n    y = x\n    return it, y\n"


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (["import pandas as pd\nit = pd.read_csv('x')"], "data made in cell 1, line 2: it = pd.read_csv('x')"),
        (["import pandas as pd\nit = pd.DataFrame({'a': [1]})"], "data made in cell 1, line 2"),
        (["import pandas as pd\ndf = pd.read_csv('x')", "it = list(df.columns)"], "made from 'df' in cell 2, line 1, and 'df' is data made in cell 1, line 2"),
        (["import pickle\nit = pickle.load(open('m', 'rb'))"], "data made in cell 1, line 2"),
        (["from sklearn.svm import SVC\nit = SVC()\nit.fit([1], [2])"], "data made in cell 1, line 2"),
        (["from sklearn.model_selection import train_test_split\nit, b = train_test_split([1])"], "data made in cell 1"),
        (["with open('x') as f:\n    it = f.read()"], "data made in cell 1, line 2"),
        (["from pathlib import Path\nit = Path('x').read_text()"], "data made in cell 1, line 2"),
        (["import pandas as pd\ndef load():\n    return pd.read_csv('x')", "it = load()"], "data made in cell 2, line 1"),
        (["it = []", "import pandas as pd\nfor row in pd.read_csv('x'):\n    it.append(row)"], "data made in cell 2, line 2"),
        (["class M:\n    def fit(self, d): self.w = d\nit = M()\nit.fit([1])"], "data made in cell 1, line 4"),
        (["class M:\n    def __init__(self): self.w = open('x').read()\nit = M()"], "data made in cell 1, line 3"),
        (["async def f(): return 1\nit = await f()"], "data made in cell 1, line 2"),
        (["it = 1\ndel it"], "deleted in cell 1, line 2"),
        (["if __name__ == '__main__':\n    it = 1"], "which the runtime never enters"),
        (["it = !ls"], "made by IPython syntax in cell 1, line 1: it = !ls"),
        (["it = %timeit -o 1"], "made by IPython syntax in cell 1"),
        (["%time it = sum([1])"], "made by IPython syntax in cell 1, line 1: %time it = sum([1])"),
        (["%%heat\ndef it(x): return x"], "in cell 1, which begins with %%heat: its body is not read as Python"),
        (["def broken(:\n    pass\nit = 1"], "in cell 1, which is not valid Python"),
        (["%%bash\nit=1"], "defined in no executed cell"),
        ([], "defined in no executed cell"),
    ],
)  # fmt: skip
def test_a_name_that_is_data_is_refused(take: Take, cells: list[str], found: str) -> None:
    """Data work is never swallowed into the module; the error names cell, line, name and remedy."""
    with pytest.raises(UnresolvedNameError) as caught:
        take(*cells, USE_IT)

    assert caught.value.message.startswith(f"cell {len(cells) + 1}, line 4: 'it' is needed")
    assert found in caught.value.message
    assert "(return it, y)" in caught.value.message
    assert "Save it as an asset and load it in init" in (caught.value.hint or "")


def test_a_function_that_sets_the_name_is_to_be_init(take: Take) -> None:
    """What was called by hand in the notebook must be called by the job."""
    with pytest.raises(UnresolvedNameError) as caught:
        take("def load():\n    global it\n    it = open('x').read()", "load()", USE_IT)

    assert "load sets it: use load as init (--init load" in (caught.value.hint or "")


def test_what_the_session_knows_of_a_name_is_said(take: Take) -> None:
    """The live namespace knows more than the text."""
    with pytest.raises(UnresolvedNameError, match="'it' is needed by the model but is a DataFrame"):
        take(USE_IT, describe=lambda name: "a DataFrame")


def test_a_name_of_ipython_is_refused(take: Take) -> None:
    """The runtime has no IPython."""
    with pytest.raises(UnresolvedNameError, match="is a name of IPython"):
        take("# modelop.score\ndef score(x):\n    display(x)\n")


def test_a_function_of_an_incomplete_notebook_file_may_name_what_is_nowhere(take: Take) -> None:
    """ModelOp Center takes such a notebook too; data is refused all the same."""
    captured = take(USE_IT, is_lenient=True)

    assert captured.warnings == ("cell 1, line 4: 'it' is defined in no cell",)
    with pytest.raises(UnresolvedNameError):
        take("it = open('x')", USE_IT, is_lenient=True)


@pytest.mark.parametrize(
    "cells",
    [
        ["# modelop.score\ndef score(x):\n    !ls\n    return 1"],
        [
            "def helper():\n    if 1:\n        %time x = 3",
            "# modelop.score\ndef score(x):\n    helper()",
        ],
    ],
)
def test_ipython_syntax_in_what_is_needed_is_refused(take: Take, cells: list[str]) -> None:
    """A magic elsewhere is passed over; here the runtime would stumble over it."""
    with pytest.raises(InvalidError, match=r"cell 1, line 3: .* IPython syntax"):
        take(*cells)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([], "no function in the executed cells has a tag"),
        (["x = 1"], "no function in the executed cells has a tag"),
        (["# modelop.scores\ndef f(x): pass"], "form is '# modelop.score'"),
        (["# modelop.score\ndef f(:\n    pass"], "cell 1, line 2: the cell has a tag but is not valid Python"),
        (["%%heat\n# modelop.score\ndef f(x): pass"], "cell 1 begins with %%heat, so the tag in it is not read"),
        (["x = 1\n# modelop.score\ny = 2"], "cell 1, line 2: the tag modelop.score has no function under it"),
    ],
)  # fmt: skip
def test_no_function_is_refused(take: Take, cells: list[str], message: str) -> None:
    """It is said what was not found, and what to write."""
    with pytest.raises(InvalidError) as caught:
        take(*cells)

    assert message in caught.value.message


def test_an_unknown_chosen_function_is_refused_with_the_nearest(take: Take) -> None:
    """The user mistyped it."""
    with pytest.raises(InvalidError, match=r"--score scor: no executed cell .* 'score'"):
        take("it = 1", USE_IT, chosen=EntryPoints(score="scor"))


def test_values_that_depend_on_one_another_without_end_are_refused(take: Take) -> None:
    """No notebook is like that, but nothing crashes."""
    with pytest.raises(ModelOpError):
        take("".join(f"x{i} = x{i + 1}\n" for i in range(1500)) + "it = x0", USE_IT)


LINES = st.sampled_from(
    "# modelop.score|# modelop.init|def f(x):|    return g, h|    global g|g = f(1)|g = 1|g += h"
    "|h = g|del g|from math import *|import os.path, g|class h(g):|%time g = 1|!ls|g = !ls|@g"
    "|@g('a')|@g.f|setattr(h, 'a', g)|del h['a']|g.register(h)|g(h)(f)|class g(h, metaclass=f): pass"
    "|f?|if g:|else:|try:|except g as h:|    pass|g['a'] = h|h.append(g)|'''|x = [|]|\\|"
    "|# modelop.schema.0: a|for g in h:|with g as h:|from __future__ import annotations".split("|")
)


@given(st.lists(st.lists(LINES, max_size=6), max_size=5), st.sets(st.integers(1, 5)))
def test_any_cells_are_captured_or_refused(cells: list[list[str]], whole: set[int]) -> None:
    """Whatever stands in them, a front door gets a module or one of our errors."""
    notebook = [Cell(n, "\n".join(lines)) for n, lines in enumerate(cells, start=1)]

    try:
        captured = capture(notebook, whole=frozenset(whole))
    except ModelOpError:
        return

    compile(captured.source, "model.py", "exec", dont_inherit=True)


@given(st.lists(st.text(), max_size=3))
def test_any_text_in_cells_is_refused(texts: list[str]) -> None:
    """No text at all crashes the capture."""
    with pytest.raises(ModelOpError):
        capture([Cell(n, text) for n, text in enumerate(texts, start=1)])
