"""What pickles look up in ``__main__``, told by their bytes alone."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import pickle
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import cloudpickle
import joblib
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from modelop_jupyter.domain.source_code.pickles import Pickled, read_pickled

CELL = """
class Winsor:
    class Inner:
        pass
    def clip(self, x):
        return x
def clean(x):
    return x
def loud(*_):
    raise SystemExit("a pickle was run")
"""


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The ``__main__`` of a notebook that defines a class and functions."""
    module = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    exec(CELL, vars(module))
    yield module
    vars(module).clear()


class Evil:
    """Runs a function as soon as it is loaded."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def __reduce__(self) -> Any:
        return self.function, ("now",)


def forest() -> Any:
    x = np.random.default_rng(0).normal(size=(60, 3))
    return RandomForestClassifier(n_estimators=3).fit(x, x[:, 0] > 0)


MAKERS: dict[str, Callable[[ModuleType], tuple[Any, set[str]]]] = {
    "class": lambda main: (main.Winsor, {"Winsor"}),
    "object": lambda main: (main.Winsor(), {"Winsor"}),
    "inner class": lambda main: ([main.Winsor.Inner()], {"Winsor"}),
    "method": lambda main: (main.Winsor().clip, {"Winsor"}),
    "twice": lambda main: ([main.clean, main.clean, main.Winsor()], {"clean", "Winsor"}),
    "in a pipeline": lambda main: (
        make_pipeline(FunctionTransformer(main.clean), forest()).fit(np.ones((4, 3)), [0, 1, 0, 1]),
        {"clean"},
    ),
    "behind numbers": lambda main: (
        [np.arange(5000.0), np.array(["a", "bc"]), np.array([main.clean, None]), main.Winsor()],
        {"clean", "Winsor"},
    ),
    "what runs": lambda main: (Evil(main.loud), {"loud"}),
    "none": lambda main: ({"text": "__main__", "of": forest()}, set()),
}  # fmt: skip


def written(how: str, made: Any, path: Path) -> None:
    """Write an object as the users of a library do."""
    data = pickle.dumps(made, 4)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("archive/data.pkl", data)
    rolled = io.BytesIO()
    with tarfile.open(fileobj=rolled, mode="w:gz") as tar:
        member = tarfile.TarInfo("models/m.pkl")
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    array = io.BytesIO()
    np.save(array, np.array([made, None], dtype=object), allow_pickle=True)
    plain: dict[str, bytes] = {f"protocol {n}": pickle.dumps(made, n) for n in range(2, 6)}
    compressed = {
        "gzip": gzip.compress(data),
        "bz2": bz2.compress(data),
        "xz": lzma.compress(data),
        "lzma": lzma.compress(data, lzma.FORMAT_ALONE),
        "zlib": zlib.compress(data, 3),
        "zip": packed.getvalue(),
        "tar": rolled.getvalue(),
        "npy": array.getvalue(),
    }
    joblibs: dict[str, Any] = {"joblib": 0, "joblib zlib": 3, "joblib xz": ("xz", 3)}
    if how in joblibs:
        joblib.dump(made, path, compress=joblibs[how])
    else:
        path.write_bytes((plain | compressed)[how])


HOW = [
    *(f"protocol {n}" for n in range(2, 6)),
    *("joblib", "joblib zlib", "joblib xz"),
    *("gzip", "bz2", "xz", "lzma", "zlib", "zip", "tar", "npy"),
]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("what", MAKERS)
def test_names_of_main_are_read_and_nothing_is_run(
    main: ModuleType, tmp_path: Path, what: str, how: str
) -> None:
    """Every protocol, container and nesting tells the names that loading would look up."""
    made, names = MAKERS[what](main)
    path = tmp_path / "blob"
    written(how, made, path)

    assert read_pickled(path, {"tar": "m.tar.gz"}.get(how, "m.pkl")) == Pickled(
        main=frozenset(names)
    )


@pytest.mark.parametrize("protocol", [0, 1])
def test_the_oldest_protocols_are_known_by_the_file_s_name(
    main: ModuleType, tmp_path: Path, protocol: int
) -> None:
    """Protocols 0 and 1 have no mark of their own."""
    path = tmp_path / "blob"
    path.write_bytes(pickle.dumps([main.Winsor(), main.clean], protocol))

    assert read_pickled(path, "model.PKL").main == {"Winsor", "clean"}
    assert read_pickled(path, "notes.txt") == Pickled()


def test_a_persistent_id_and_a_buffer_elsewhere_are_passed_over(
    main: ModuleType, tmp_path: Path
) -> None:
    """PyTorch's tensors are persistent ids, Arrow's buffers out of band."""

    class Writer(pickle.Pickler):
        def persistent_id(self, made: Any) -> Any:
            return "storage" if isinstance(made, dict) else None

    with (tmp_path / "m.pkl").open("wb") as file:
        given = [{}, pickle.PickleBuffer(b"x"), main.clean]
        Writer(file, 5, buffer_callback=lambda _: None).dump(given)

    assert read_pickled(tmp_path / "m.pkl", "m.pkl").main == {"clean"}


def test_a_pickle_in_a_pickle_counts_as_perhaps(main: ModuleType, tmp_path: Path) -> None:
    """Nobody knows whether its bytes are ever loaded."""
    (tmp_path / "m").write_bytes(pickle.dumps({"raw": pickle.dumps(main.clean)}))

    assert read_pickled(tmp_path / "m", "m") == Pickled(perhaps=frozenset({"clean"}))


@pytest.mark.parametrize("cut", [1, 20])
def test_a_pickle_that_ends_early_is_read_roughly(
    main: ModuleType, tmp_path: Path, cut: int
) -> None:
    """What cannot be followed to its end tells what its text says."""
    data = pickle.dumps([main.clean, "x" * 30], 4)
    (tmp_path / "m").write_bytes(data[:-cut])

    assert read_pickled(tmp_path / "m", "m.pkl").perhaps == {"clean"}


def test_cloudpickle_brings_code_along(main: ModuleType, tmp_path: Path) -> None:
    """It writes the functions of ``__main__`` by value: only its library is looked up."""
    (tmp_path / "m").write_bytes(cloudpickle.dumps(main.clean))

    assert read_pickled(tmp_path / "m", "m.pkl") == Pickled(writers=frozenset({"cloudpickle"}))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x80",
        b"\x80\x04",
        b"x,__main__\n1,2\n",
        b"PK\x03\x04junk",
        b"\x1f\x8bjunk",
        b"\x78\x9c",
    ],
)
def test_other_files_tell_nothing(tmp_path: Path, data: bytes) -> None:
    """Files that only begin like one are no error."""
    (tmp_path / "m").write_bytes(data)

    assert read_pickled(tmp_path / "m", "m.pkl") == Pickled()
