"""Values of the session stand in the module where the code that made them cannot be taken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelop_jupyter.capture import Captured, Cell, LiveValue, capture, select_model_cells
from modelop_jupyter.capture.freezing import frozen_lines, keep_frozen_lines
from modelop_jupyter.capture.literals import literal_or_reason, read_literal
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.errors import InvalidError, UnresolvedNameError

Freeze = Callable[..., Captured]
FRAME = "import pandas as pd\nX = pd.DataFrame({'b': [2.0, 4.0], 'a': [1.0, 3.0]})"
USE_IT = "# modelop.score\ndef score(record):\n    return it"


def run_cells(*sources: str) -> dict[str, Any]:
    """Run cells, and return their variables."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for source in sources:
        exec(source, names)
    return names


def read_from(names: dict[str, Any]) -> Callable[[str], LiveValue]:
    def read(name: str) -> LiveValue:
        return LiveValue(**literal_or_reason(names.get(name, object())))

    return read


@pytest.fixture
def freeze() -> Freeze:
    """Run cells and capture them with all values that may be frozen."""

    def frozen(*sources: str, **options: Any) -> Captured:
        cells = [Cell(n, text) for n, text in enumerate(sources, start=1)]
        options = {"frozen": None, "read": read_from(run_cells(*sources)), **options}
        return capture(cells, **options)

    return frozen


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        ([FRAME, "it = list(X.columns)"], "it = ['b', 'a']  # the value of cell 2 when it ran: list(X.columns)"),
        ([FRAME, "it = float(X['a'].quantile(.5))"], "it = 2.0  # the value of cell 2 when it ran: float(X['a'].quantile(.5))"),
        ([FRAME, "it = X.mean().to_dict()"], "it = {'b': 3.0, 'a': 2.0}  # the value of cell 2 when it ran: X.mean().to_dict()"),
        ([FRAME, "it: list = (\n    X.columns  # all\n    .tolist()\n)"], "it = ['b', 'a']  # the value of cell 2 when it ran: X.columns # all .tolist()"),
        ([FRAME, "first, it = X.columns.tolist()"], "it = 'a'  # the value of cell 2 when it ran: first, it = X.columns.tolist()"),
        ([FRAME, "it = []\nfor c in X.columns.tolist():\n    it.append(c)"], "it = ['b', 'a']  # the value of cell 2 when it ran: [], then changed there"),
        ([FRAME, "it = list(X.columns)", "it.remove('a')"], "it = ['b']  # the value of cell 2, changed since in cell 3: list(X.columns)"),
        ([FRAME, "it = 1", "it = list(X.columns)", "it = it[:1]"], "it = ['b']  # the value of cell 4 when it ran: it[:1]"),
        ([FRAME, "it = {}", "it['n'] = len(X)", "it['m'] = len(X)"], "it = {'n': 2, 'm': 2}  # the value of cell 2, changed since in cell 3 and cell 4: {}"),
        ([FRAME, "if len(X):\n    it = True"], "it = True  # the value of cell 2 when it ran: if len(X): it = True"),
        (["import random\nit = random.random() < 2"], "it = True  # the value of cell 1 when it ran: random.random() < 2"),
        ([FRAME, "it = X.columns.tolist() and None"], "it = None  # the value of cell 2 when it ran: X.columns.tolist() and None"),
        ([FRAME, "it = float('nan') if len(X) else 0"], "it = float('nan')  # the value of cell 2 when it ran: float('nan') if len(X) else 0"),
    ],
)  # fmt: skip
def test_a_derived_value_stands_in_the_module(freeze: Freeze, cells: list[str], line: str) -> None:
    """With the cell that made it, and those that changed it since (issue 15)."""
    captured = freeze(*cells, USE_IT)
    there, here = run_cells(captured.source), run_cells(*cells, USE_IT)

    assert line in captured.source.split("\n")
    assert "pandas" not in captured.source
    assert repr(there["score"](None)) == repr(here["score"](None))


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        (["it = 3"], "it = 3\n"),
        (["A = 3\nit = [A * 2]"], "A = 3\nit = [A * 2]\n"),
        (["import re\nit = re.compile('a')"], "it = re.compile('a')"),
        (["def double(x):\n    return 2 * x\nit = double(4)"], "it = double(4)"),
    ],
)
def test_code_that_can_be_taken_is_taken(freeze: Freeze, cells: list[str], code: str) -> None:
    """Nothing is frozen there, nor asked for."""
    captured = freeze(*cells, USE_IT, read=lambda name: pytest.fail(f"{name} is read"))

    assert code in captured.source
    assert captured.frozen == ()


def test_code_that_needs_frozen_values_only_is_taken(freeze: Freeze) -> None:
    """A pattern is no literal; the texts that it is made of are."""
    cells = [FRAME, "import re\nnames = X.columns.tolist()\nit = [re.compile(n) for n in names]"]
    captured = freeze(*cells, USE_IT)

    assert [value.name for value in captured.frozen] == ["names"]
    assert "it = [re.compile(n) for n in names]" in captured.source
    assert run_cells(captured.source)["score"](None) == run_cells(*cells)["it"]


@pytest.mark.parametrize("later", ["names = ['c']", "names.append('c')"])
def test_a_value_that_was_another_when_it_was_read_is_not_frozen(
    freeze: Freeze, later: str
) -> None:
    """The pattern was made of the older one."""
    names = "import re\nnames = X.columns.tolist()\nit = [re.compile(n) for n in names]"

    with pytest.raises(UnresolvedNameError):
        freeze(FRAME, names, later, USE_IT)


def test_a_default_is_frozen_if_it_is_still_the_same(freeze: Freeze) -> None:
    """It is read when the function is defined."""
    limit = "limit = float(X['a'].max())"
    use_it = "# modelop.score\ndef score(record, it=limit):\n    return it"
    captured = freeze(FRAME, limit, use_it)

    assert run_cells(captured.source)["score"](None) == 3.0
    with pytest.raises(UnresolvedNameError):
        freeze(FRAME, limit, use_it, "limit = float(X['a'].min())")


@pytest.mark.parametrize(
    ("cells", "hint"),
    [
        ([FRAME, "it = X"], "constant or function"),
        ([FRAME, "it = X.columns"], "as it is a value of type pandas."),
        ([FRAME, "it = X['a'].mean()"], "as it is a value of type numpy.float64 (.item()"),
        ([FRAME, "it = dict(X.mean())"], "as it contains a value of type numpy.float64 (.item()"),
        ([FRAME, "it = X['a'].tolist() * 5000"], "as its text is longer than 4 kB"),
        ([FRAME, "it = X.columns.tolist()\nit.append(it)"], "as it contains itself"),
    ],
)
def test_any_other_value_is_refused_as_before(freeze: Freeze, cells: list[str], hint: str) -> None:
    """A type is not changed without a word; what makes a plain value is said."""
    with pytest.raises(UnresolvedNameError) as caught:
        freeze(*cells, USE_IT)

    assert hint in (caught.value.hint or "")
    assert "--yes" not in (caught.value.hint or "")


@pytest.mark.parametrize(
    "cells",
    [
        ["from getpass import getpass\nit = 'a' if True else getpass()"],
        ["token = ''.join(X.columns)\nit = {'Authorization': 'Bearer ' + token}"],
        ["api_key = ''.join(X.columns)\nit = str(X.get(api_key))"],
        ["it = X.columns[0] + 'postgresql://me:hunter2@host/db'"],
    ],
)
def test_a_credential_is_not_frozen(freeze: Freeze, cells: list[str]) -> None:
    """A module is stored, shown and handed on."""
    with pytest.raises(UnresolvedNameError) as caught:
        freeze(FRAME, *cells, USE_IT)

    assert "--yes" not in (caught.value.hint or "")


def test_names_of_language_models_are_no_credentials(freeze: Freeze) -> None:
    """Tokens of texts have the same name."""
    tokens = "pad_token = X.columns[0]\nit = tokens = [pad_token, *X.columns.tolist()]"

    assert freeze(FRAME, tokens, USE_IT).frozen[0].name == "it"


def test_nothing_is_frozen_that_was_not_approved(freeze: Freeze) -> None:
    """The error says what would help; of two names only one is approved."""
    cells = [FRAME, "it = list(X.columns)\nn = len(X)", USE_IT + ", n"]
    with pytest.raises(UnresolvedNameError, match="'it'") as caught:
        freeze(*cells, frozen=frozenset())
    with pytest.raises(UnresolvedNameError, match="'n'"):
        freeze(*cells, frozen=frozenset({"it"}))
    captured = freeze(*cells, frozen=frozenset({"it", "n"}))

    assert "Register with --yes, or tick its value in the form" in (caught.value.hint or "")
    assert [value.name for value in captured.frozen] == ["it", "n"]


def test_what_cannot_be_frozen_is_named_first(freeze: Freeze) -> None:
    """Approving the others would not help."""
    with pytest.raises(UnresolvedNameError, match="'X'"):
        freeze(FRAME, "it = list(X.columns)", USE_IT + ", X", frozen=frozenset())


def test_a_name_that_init_sets_is_not_frozen(freeze: Freeze) -> None:
    """Its value is the one that init loads."""
    begin = "# modelop.init\ndef begin():\n    global it\n    it = 5"
    captured = freeze(FRAME, "it = list(X.columns)", begin, USE_IT)

    assert captured.frozen == ()


def test_a_text_that_is_no_literal_is_not_taken(freeze: Freeze) -> None:
    """Whoever sends it: it would be executed with the module."""
    with pytest.raises(UnresolvedNameError):
        freeze(FRAME, "it = list(X.columns)", USE_IT, read=lambda _: LiveValue("__import__('os')"))


def test_what_may_be_frozen_is_told_before(freeze: Freeze) -> None:
    """With its lines; and the names of which nobody has told the value."""
    sources = (FRAME, "it = list(X.columns)\nn = len(X)", USE_IT + ", n")
    cells = [Cell(n, text) for n, text in enumerate(sources, start=1)]
    known = {"it": LiveValue("['b', 'a']")}
    freezable = select_model_cells("m", cells, read=known.get).freezable(EntryPoints())
    (value,) = freezable.values

    assert (value.name, value.where, value.expression) == ("it", "cell 2", "list(X.columns)")
    assert value.source == ("it = ['b', 'a']  # the value of cell 2 when it ran: list(X.columns)")
    assert freezable.unread == ("n",)


def test_a_long_value_is_broken_into_lines(freeze: Freeze) -> None:
    """Its comment stands above."""
    it = "it = [f'feature {n}' for n in range(40)] + [{c: 'x' * 100} for c in X.columns]"
    captured = freeze(FRAME, it, USE_IT)
    lines = captured.source.split("\n")
    start = lines.index("it = [")

    assert lines[start - 1].startswith("# The value of cell 2 when it ran: [f'feature {n}' for")
    assert max(map(len, lines[start : start + 4])) <= 100
    assert lines[start + 1].startswith("    'feature 0', 'feature 1',")
    assert run_cells(captured.source)["it"] == run_cells(FRAME, it)["it"]


LAYOUTS = st.recursive(
    st.text(max_size=120) | st.integers() | st.floats(),
    lambda values: (
        st.lists(values, max_size=12)
        | st.tuples(values)
        | st.dictionaries(st.text(max_size=60), values, max_size=8)
        | st.sets(st.text(max_size=40), max_size=12)
    ),
    max_leaves=30,
)


@given(LAYOUTS)
def test_any_layout_gives_the_same_value(value: object) -> None:
    """What stands in the module is read back as the text that was frozen."""
    text = literal_or_reason(value).get("text")
    if text is None:
        return
    cells = [Cell(1, "it = open('x')"), Cell(2, USE_IT)]
    captured = capture(cells, read=lambda _: LiveValue(text), frozen=None)
    found = frozen_lines(captured.source)["it"].text

    assert found == text
    assert literal_or_reason(run_cells(captured.source)["it"]) == {"text": text}
    assert literal_or_reason(read_literal(found)) == {"text": text}


def test_another_number_of_a_cell_keeps_the_line(freeze: Freeze) -> None:
    """A cell that ran again made the same value; another value is another line."""
    before = freeze(FRAME, "it = list(X.columns)", USE_IT).source
    again = freeze(FRAME, *["pass"] * 98, "it = list(X.columns)", USE_IT).source
    other = freeze(FRAME, "it = list(X.columns)[:1]", USE_IT).source

    assert "cell 100 when it ran" in again
    assert keep_frozen_lines(again, before) == before
    assert keep_frozen_lines(other, before) == other


def test_a_value_of_an_older_version_of_a_cell_is_frozen_with_a_warning() -> None:
    """The kernel still has it."""
    cells = [
        Cell(1, "it = open('x').read()", "a"),
        Cell(2, "other = 1", "a"),
        Cell(3, USE_IT, "b"),
    ]
    captured = capture(cells, read=lambda _: LiveValue("'text'"), frozen=None)

    assert "it = 'text'  # the value of cell 1 when it ran: open('x').read()" in captured.source


LINES = st.sampled_from(
    "g = open(h)|g = list(h)|h = g|h = [g, h]|g.append(h)|g += h|del g|for g in h:|    h = open(g)"
    "|# modelop.score|def f(x, y=g):|    return g, h|    global g|    g = h|@g|class h(g):"
    "|with open(g) as h:|g, h = f(h)|%time g = open(h)|# modelop.init|h['a'] = g|f(g)".split("|")
)


@given(
    st.lists(st.lists(LINES, max_size=6), max_size=5),
    st.sampled_from(["[1, 'a']", "{'a': 1.5}", "None"]),
    st.sampled_from([None, frozenset({"g"}), frozenset()]),
)
def test_any_cells_are_captured_or_refused(
    cells: list[list[str]], text: str, frozen: frozenset[str] | None
) -> None:
    """Whatever is frozen, the module compiles, binds it once in it, and a second time is the same."""
    notebook = [Cell(n, "\n".join(lines)) for n, lines in enumerate(cells, start=1)]

    def captured() -> Captured:
        return capture(notebook, read=lambda _: LiveValue(text), frozen=frozen)

    try:
        made = captured()
    except InvalidError:
        return

    compile(made.source, "model.py", "exec", dont_inherit=True)
    assert captured().source == made.source
    assert {value.name for value in made.frozen} <= frozen_lines(made.source).keys()
    assert frozen is None or {value.name for value in made.frozen} <= frozen
