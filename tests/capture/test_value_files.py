"""Values that no short literal gives are saved to files, which the module loads."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import pytest

from modelop_jupyter.capture import Captured, Cell, LiveValue, capture
from modelop_jupyter.capture.capturing import find_freezable
from modelop_jupyter.capture.freezing import (
    FileValue,
    frozen_lines,
    keep_frozen_lines,
    saving_expression,
    value_query,
)
from modelop_jupyter.capture.literals import literal_or_reason
from modelop_jupyter.capture.value_files import NoFileError, file_facts, save_value, value_facts
from modelop_jupyter.capture.value_loading import is_value_path
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.errors import UnresolvedNameError
from modelop_jupyter.masking import mask

FRAME = "import pandas as pd\nX = pd.DataFrame({'b': [2.0, 4.0], 'a': [1.0, 3.0]})"
USE_IT = "# modelop.score\ndef score(record):\n    return it"
LONG = "it = [f'column {n}' for n in X.index] + list(map(str, range(2000)))"
FITTED = "from sklearn.linear_model import LinearRegression\nit = LinearRegression().fit(X[['a']], X['b'])"


class Session:
    """Cells that ran, as a notebook captures them."""

    def __init__(self, *sources: str) -> None:
        self.cells = [Cell(n, text) for n, text in enumerate(sources, start=1)]
        self.names: dict[str, Any] = {"__name__": "__main__"}
        for source in sources:
            exec(source, self.names)

    def read(self, name: str) -> LiveValue | None:
        if name not in self.names:
            return None
        return LiveValue.from_kernel(value_facts(self.names[name], literal_or_reason, mask))

    def offered(self) -> tuple[FileValue, ...]:
        return find_freezable(
            self.cells, chosen=EntryPoints(), whole=frozenset(), current=None, read=self.read
        ).files

    def capture(self, **files: str) -> Captured:
        return capture(self.cells, frozen=None, read=self.read, files=files)


def scored(source: str) -> Any:
    """Import a module where its files are, and return what its function gives."""
    names: dict[str, Any] = {"__name__": "model"}
    exec(source, names)
    return names["score"](None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of a job."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("cells", "ending", "line"),
    [
        ([FRAME, LONG], "json", 'it = json.loads(Path("it.json").read_text(encoding="utf-8"))'),
        ([FRAME, "import numpy\nit = X.to_numpy()"], "npy", 'it = np.load("it.npy")'),
        ([FRAME, "it = X.set_index('a')"], "parquet", 'it = pd.DataFrame(pq.read_table("it.parquet").to_pandas())'),
        ([FRAME, FITTED], "pkl", 'it = pickle.loads(Path("it.pkl").read_bytes())'),
        ([FRAME, "it = X['a'].mean()"], "pkl", 'it = pickle.loads(Path("it.pkl").read_bytes())'),
        ([FRAME, "it = tuple(str(n) for n in X.index) * 2000"], "pkl", 'it = pickle.loads(Path("it.pkl").read_bytes())'),
    ],
)  # fmt: skip
def test_the_module_loads_what_the_kernel_has_saved(
    folder: Path, cells: list[str], ending: str, line: str
) -> None:
    """With the cell that made it; the file gives the same value (issue 15)."""
    session = Session(*cells, USE_IT)
    (offered,) = session.offered()
    facts = save_value(session.names["it"], str(folder / f"it.{ending}"), None, mask)
    source = session.capture(it=f"it.{ending}").source
    data = (folder / f"it.{ending}").read_bytes()

    assert (offered.name, offered.where, offered.facts.ending) == ("it", "cell 2", ending)
    assert LiveValue.from_kernel({"file": facts}).file == offered.facts
    assert (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}") == (
        offered.facts.size,
        offered.facts.digest,
    )
    assert offered.lines(f"it.{ending}") in source
    assert line in source
    assert "# The value of cell 2 when it ran: " in source or f"{line}  # the value" in source
    assert joblib.hash(scored(source)) == joblib.hash(session.names["it"])
    assert [path.name for path in folder.iterdir()] == [f"it.{ending}"]


def test_a_frame_is_csv_where_there_is_no_parquet(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If it reads back as it is; an index of names would not."""
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    plain, indexed = Session(FRAME, "it = X * 1", USE_IT), Session(FRAME, "it = X.T", USE_IT)
    save_value(plain.names["it"], str(folder / "it.csv"), None, mask)
    source = plain.capture(it="it.csv").source

    assert 'it = pd.read_csv("it.csv")' in source
    assert scored(source).equals(plain.names["it"])
    assert (indexed.offered()[0].facts.ending) == "pkl"


def test_a_pickle_says_which_libraries_it_needs() -> None:
    """Those that read it must be of the same versions."""
    (offered,) = Session(FRAME, FITTED, USE_IT).offered()

    assert {"sklearn", "numpy"} <= {*offered.facts.libraries}
    assert "builtins" not in offered.facts.libraries


@pytest.mark.parametrize(
    "cell",
    [
        "class Own:\n    pass\nit = [Own() for _ in X.index]",
        "it = pd.Series([lambda: 1] * len(X))",
        "it = (each for each in X.index)",
        "it = X.assign(url='https://me:hunter22@example.com/')",
        "it = ['https://me:hunter22@example.com/'] * (1000 * len(X))",
        "it = X.index.map(lambda n: 'https://me:hunter22@example.com/').to_numpy().astype(str)",
        "password = 'hunter22'\nit = [X, password]",
    ],
)
def test_a_value_that_no_file_may_hold_is_not_offered(cell: str) -> None:
    """The notebook itself defines it, it cannot be pickled, or it holds a credential."""
    session = Session(FRAME, cell, USE_IT)

    assert session.offered() == ()
    with pytest.raises(UnresolvedNameError, match="'it' is needed"):
        session.capture()


def test_what_is_offered_is_said_in_the_error() -> None:
    """Where nobody chooses, it is an error as before."""
    with pytest.raises(UnresolvedNameError) as refused:
        Session(FRAME, LONG, USE_IT).capture()

    assert "Register with --yes, or save its value in the form" in str(refused.value.hint)
    assert "longer than 4 kB" in str(refused.value.hint)


def test_what_reads_a_saved_value_at_import_comes_after_it(folder: Path) -> None:
    """A default is such a thing."""
    use = "# modelop.score\ndef score(record, first=it[0]):\n    return first"
    session = Session(FRAME, LONG, use)
    save_value(session.names["it"], str(folder / "it.json"), None, mask)
    source = session.capture(it="it.json").source

    assert scored(source) == "column 0"


def test_names_that_the_notebook_uses_otherwise_keep_their_meaning(folder: Path) -> None:
    """The imports have other names then."""
    cells = [FRAME, "json = 'a text'\nPath = 2", LONG]
    use = "# modelop.score\ndef score(record):\n    return it, json, Path"
    session = Session(*cells, use)
    save_value(session.names["it"], str(folder / "it.json"), None, mask)
    source = session.capture(it="it.json").source

    assert "import json as _json\nfrom pathlib import Path as _Path\n" in source
    assert scored(source) == (session.names["it"], "a text", 2)


def test_a_cell_that_ran_again_is_no_change() -> None:
    """The line says the number of the cell that it had."""
    first = capture(
        [Cell(2, FRAME), Cell(3, LONG), Cell(4, USE_IT)], files={"it": "it.json"}
    ).source
    again = capture(
        [Cell(2, FRAME), Cell(7, LONG), Cell(8, USE_IT)], files={"it": "it.json"}
    ).source

    assert frozen_lines(first)["it"].path == "it.json"
    assert first != again
    assert keep_frozen_lines(again, first) == first


def test_a_file_that_is_there_stays(folder: Path) -> None:
    """It may be another one's; the older value of the model may be replaced, if it is still that."""
    file, value = folder / "it.json", ["a"] * 3000
    file.write_text("mine")
    digest = f"sha256:{hashlib.sha256(b'mine').hexdigest()}"
    with pytest.raises(FileExistsError):
        save_value(value, str(file), None, mask)
    with pytest.raises(NoFileError, match="another file is there now"):
        save_value(value, str(file), "sha256:other", mask)
    kept = file.read_text()
    save_value(value, str(file), digest, mask)

    assert kept == "mine"
    assert json.loads(file.read_text()) == value
    assert [path.name for path in folder.iterdir()] == ["it.json"]


def test_a_value_that_has_become_another_kind_is_not_written(folder: Path) -> None:
    """Its line would not load it."""
    with pytest.raises(NoFileError, match=r"needs a \.pkl file"):
        save_value({1: "a"}, str(folder / "it.json"), None, mask)

    assert [*folder.iterdir()] == []


def test_what_is_too_large_is_not_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor held in memory as a whole."""
    monkeypatch.setattr("modelop_jupyter.capture.value_files.LARGEST", 1000)

    assert file_facts(["a"] * 1000, mask) is None
    assert file_facts({1: b"a" * 2000}, mask) is None
    assert file_facts({1: b"a"}, mask) is not None


def test_a_kernel_without_this_package_saves_its_values(tmp_path: Path) -> None:
    """What the sidebar has it evaluate needs the standard library only, and leaves nothing behind."""
    query = value_query(["names"])
    file = tmp_path / "names.json"
    script = tmp_path / "kernel.py"
    script.write_text(
        "import json, sys\n"
        "names = ['a'] * 3000\n"
        "before = set(globals()) | {'before', 'shown'}\n"
        f"shown = [eval(text, globals())._repr_mimebundle_()['application/json'] for text in"
        f" ({query.expression!r}, {saving_expression('names', str(file), None)!r},"
        f" {saving_expression('names', str(file), None)!r}, {saving_expression('gone', str(file), None)!r})]\n"
        "assert set(globals()) == before and 'modelop_jupyter' not in sys.modules\n"
        "print(json.dumps(shown))\n"
    )
    ran = subprocess.run([sys.executable, "-I", script], capture_output=True, text=True, check=True)
    read, saved, again, gone = json.loads(ran.stdout)

    assert read["names"]["file"] == saved["file"] == file_facts(["a"] * 3000, mask)
    assert json.loads(file.read_text()) == ["a"] * 3000
    assert again == {"problem": os.strerror(17)}
    assert gone == {"problem": "the kernel has no such variable"}


@pytest.mark.parametrize(
    "path", ["../it.json", "a/it.json", "it.py", ".json", "it.json\n", "1.json"]
)
def test_a_path_that_no_value_has_is_told(path: str) -> None:
    """It would be read wherever the model runs."""
    assert is_value_path("it-2.json")
    assert not is_value_path(path)
