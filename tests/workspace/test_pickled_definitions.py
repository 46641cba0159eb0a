"""Pickles that look up what a notebook or a script has defined."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import cloudpickle
import nbformat
import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.capture import Captured, Cell, capture
from modelop_jupyter.errors import PickledNameError

SCORE = "import pickle\n# modelop.score\ndef score(x):\n    return pickle.load(open('model.pkl', 'rb'))(x)\n"
CELLS = [
    "def by(): return 2",
    "class Scaler:\n    def __call__(self, x): return x * by()",
    "import pandas as pd\ndf = pd.read_csv('x')\nScaled = type('Scaled', (), {'of': df})",
    SCORE,
]


@pytest.fixture(autouse=True)
def main(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The ``__main__`` of the notebook that wrote the pickle."""
    module = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    exec("class Scaler: pass\nclass Scaled: pass\ndef clean(x): return x", vars(module))
    yield module
    vars(module).clear()


def captured(*texts: str) -> Captured:
    return capture([Cell(n, text) for n, text in enumerate(texts, start=1)])


def dump(name: str, *made: object) -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_bytes(pickle.dumps(made))
    return name


def test_definitions_are_taken_along_with_what_they_need(
    workspace: Workspace, main: ModuleType
) -> None:
    """One line says of which file, and nothing else is taken (spec 13.20)."""
    asset = dump("model.pkl", main.Scaler())

    made = workspace.register("m", captured=captured(*CELLS), assets=[asset])

    assert "class Scaler" in str(made.source)
    assert "def by" in str(made.source)
    assert "Scaled" not in str(made.source)
    assert made.notes[0] == "model.pkl needs Scaler (cell 2), now part of the model."


def test_a_form_shows_them_too(workspace: Workspace, main: ModuleType) -> None:
    """What registering would record is what it records."""
    asset = dump("model.pkl", main.Scaler())

    shown = workspace.preview("m", captured=captured(*CELLS), assets=[asset])

    assert shown.source == workspace.register("m", captured=captured(*CELLS), assets=[asset]).source
    assert "model.pkl needs Scaler (cell 2), now part of the model." in shown.warnings


def test_they_stay_when_the_notebook_is_registered_again(
    workspace: Workspace, main: ModuleType
) -> None:
    """The file is the model's by then."""
    workspace.register("m", captured=captured(*CELLS), assets=[dump("model.pkl", main.Scaler())])

    again = workspace.register("m", captured=captured(*CELLS))

    assert again.changes == ()
    assert "class Scaler" in str(again.source)


@pytest.mark.parametrize(
    ("name", "said", "remedy"),
    [
        ("clean", "model.pkl needs 'clean' of the notebook or script that wrote it, but no executed cell defines it", "Run the cell that defines 'clean'"),
        ("Scaled", "but it is data made in cell 3, line 2|but it is made from 'df'", "Define 'Scaled' in a cell of plain source"),
    ],
)  # fmt: skip
def test_a_name_that_no_cell_defines_is_an_error(
    workspace: Workspace, main: ModuleType, name: str, said: str, remedy: str
) -> None:
    """It is told before anything is recorded, with file, name and remedy."""
    asset = dump("model.pkl", getattr(main, name))

    with pytest.raises(PickledNameError, match=said) as caught:
        workspace.register("m", captured=captured(*CELLS), assets=[asset])

    assert remedy in str(caught.value)
    assert workspace.models() == []


def test_a_notebook_file_brings_them(workspace: Workspace, main: ModuleType) -> None:
    """Registered by its path, alone and as the source of a folder."""
    Path("proj").mkdir()
    cells = [nbformat.v4.new_code_cell(text) for text in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), "proj/n.ipynb")
    asset = dump("proj/model.pkl", main.Scaler())

    alone = workspace.register("a", "proj/n.ipynb", assets=[(Path(asset).absolute(), None)])
    folder = workspace.register("b", "proj")

    assert "class Scaler" in str(alone.source)
    assert "class Scaler" in str(folder.source)
    assert folder.model.state.primary_source == "n.py"


@pytest.mark.parametrize(
    ("before", "others", "remedy"),
    [
        ("", {}, "Define 'Scaler' in score.py or import it there"),
        ("", {"lib/train.py": "class Scaler: pass"}, "Write 'from lib.train import Scaler' in score.py"),
        ("def f():\n    class Scaler: pass\n", {}, "Define 'Scaler' in score.py"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("is_folder", [True, False])
def test_a_source_that_lacks_a_name_is_refused(
    workspace: Workspace,
    main: ModuleType,
    before: str,
    others: dict[str, str],
    remedy: str,
    is_folder: bool,
) -> None:
    """Of a file with assets and of a folder; a module beside it that has the name is named."""
    Path("score.py").write_text(before + SCORE)
    assets = [dump("model.pkl", main.Scaler()), *others]
    for path, text in others.items():
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text(text)

    with pytest.raises(PickledNameError, match=r"model\.pkl needs 'Scaler'") as caught:
        workspace.register(
            "m", "." if is_folder else "score.py", assets=[] if is_folder else assets
        )

    assert remedy in str(caught.value)


@pytest.mark.parametrize(
    "before",
    [
        "class Scaler: pass\n",
        "from lib import Scaler\n",
        "if 1:\n    Scaler = None\n",
        "from lib import *\n",
        "import __main__\nfrom lib import A\n__main__.Scaler = A\n",
        "import sys, lib\nsys.modules['__main__'].Scaler = lib.A\n",
        "import __main__, lib\nsetattr(__main__, 'Scaler', lib.A)\n",
        "import pickle\nclass Own(pickle.Unpickler):\n    def find_class(self, module, name): return A\n",
        "def init():\n    global Scaler\n    Scaler = 1\n",
        "class Scaler: pass\nprint 'of Python 2'\n",
    ],
)
def test_a_source_that_has_a_name_is_taken(
    workspace: Workspace, main: ModuleType, before: str
) -> None:
    """By whatever way; where nobody can tell, nothing is said."""
    Path("score.py").write_text(before + SCORE)

    made = workspace.register("m", "score.py", assets=[dump("model.pkl", main.Scaler())])

    assert made.created
    assert not [said for said in made.warnings if "Scaler" in said]


def test_a_file_of_a_folder_that_nothing_names_is_a_warning(
    workspace: Workspace, main: ModuleType
) -> None:
    """It may be what is left of an earlier model, and never be loaded."""
    Path("score.py").write_text(SCORE)
    dump("old/other.pkl", main.clean)

    made = workspace.register("m", ".")

    assert [said for said in made.warnings if said.startswith("old/other.pkl needs 'clean'")]


def test_a_file_that_is_added_later_must_find_its_names(
    workspace: Workspace, main: ModuleType
) -> None:
    """A captured source is told from one that a user writes."""
    workspace.register("m", captured=captured(*CELLS))

    with pytest.raises(
        PickledNameError, match=r"with --asset model\.pkl: the definition is copied"
    ):
        workspace.asset_add("m", dump("model.pkl", main.Scaler()))


def test_what_cloudpickle_wrote_is_told(workspace: Workspace, main: ModuleType) -> None:
    """Its bytecode goes with one Python, and its library is looked up."""
    Path("model.pkl").write_bytes(cloudpickle.dumps(main.clean))

    made = workspace.register("m", captured=captured(*CELLS), assets=["model.pkl"])

    assert made.notes[0].startswith("model.pkl holds functions as bytecode, written by cloudpickle")
