"""Read which names a pickle looks up when it is loaded; the pickle is parsed, never loaded.

A file counts as a pickle by its first bytes, not by its name: plain, of joblib, in a NumPy file, compressed,
or a member of an archive, as those of PyTorch are.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import math
import pickle
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any, ClassVar, cast

MAIN = "__main__"
# What writes functions and classes into a pickle as bytecode.
_BY_VALUE = {"cloudpickle": "cloudpickle", "dill": "dill", "joblib.externals.cloudpickle": "joblib"}
_RELEVANT = (b"__main__", b"cloudpickle", b"dill")
_ENDINGS = (".pkl", ".pickle", ".pck", ".pcl", ".p", ".joblib", ".sav", ".dump")
_COMPRESSED = (".gz", ".bz2", ".xz", ".lzma", ".z")
_CHUNK = 1 << 20
_NEWEST = 5
_DEPTH = 3
# To follow a pickle in Python takes a second for some tens of megabytes of small objects.
_LARGEST_FOLLOWED = 256 << 20
_WRAPPER = "NumpyArrayWrapper"
# Where a pickle cannot be followed to its end, names are found by how the protocols write them.
_OLD = re.compile(rb"c__main__\n([^\W\d]\w*)[\w.]*\n")
_NEW = re.compile(
    rb"(?:\x8c\x08|X\x08\0\0\0)__main__(?:\x94|q.|r....)?(?:\x8c.|X....)([A-Za-z_]\w*)[\w.]*"
    rb"(?:\x94|q.|r....)?\x93",
    re.DOTALL,
)
_SKLEARN = re.compile(
    rb"_sklearn_version[^0-9]{0,3}?(?:q.|r....|\x94)?(?:X....|\x8c.|U.)(\d+\.\d+[.\w]*)", re.DOTALL
)
_DAMAGED = (OSError, EOFError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)

_Open = Callable[[], AbstractContextManager[IO[bytes]]]


@dataclass(frozen=True, slots=True)
class Pickled:
    """The names that a file looks up in ``__main__``, and the libraries whose bytecode it holds.

    ``perhaps`` are names in parts that may not be loaded or could not be followed; ``modules`` are
    the top-level modules that loading imports.
    """

    main: frozenset[str] = frozenset()
    perhaps: frozenset[str] = frozenset()
    writers: frozenset[str] = frozenset()
    modules: frozenset[str] = field(default=frozenset(), compare=False)

    def __or__(self, other: Pickled) -> Pickled:
        return Pickled(
            self.main | other.main,
            self.perhaps | other.perhaps,
            self.writers | other.writers,
            self.modules | other.modules,
        )


def read_pickled(path: Path, name: str) -> Pickled:
    """Return what the pickles in a file look up; ``name`` decides where the first bytes do not."""
    names = Pickled()
    with suppress(*_DAMAGED):
        for pickled in _found(lambda: path.open("rb"), name, _DEPTH):
            names |= pickled
    return names


def modules_of_pickles(path: Path, name: str) -> frozenset[str]:
    """Return the top-level modules that loading a file imports; none of a very large one.

    Nothing of the file is executed.
    """
    if path.stat().st_size > _LARGEST_FOLLOWED:
        return frozenset()
    modules: frozenset[str] = frozenset()
    with suppress(*_DAMAGED):
        for pickled in _found(lambda: path.open("rb"), name, _DEPTH, is_whole=True):
            modules |= pickled.modules
    return modules - {MAIN}


def sklearn_version(path: Path) -> str | None:
    """Return the version of scikit-learn that a pickle's estimators were written with."""
    with suppress(*_DAMAGED):
        opened: _Open = lambda: path.open("rb")  # noqa: E731
        with opened() as file:
            unpacked = _container(file.read(16))
        with (_inside(opened, unpacked) if unpacked else opened)() as file:
            before = b""
            while chunk := file.read(_CHUNK):
                match = _SKLEARN.search(before + chunk)
                if match:
                    return match[1].decode()
                before = chunk[-64:]
    return None


def _found(opened: _Open, name: str, depth: int, *, is_whole: bool = False) -> Iterator[Pickled]:
    """Yield what each pickle of a file looks up; ``is_whole``: those without a relevant word, too."""
    with opened() as file:
        head = file.read(16)
    unpacked = _container(head)
    if depth == 0:
        return
    if unpacked is not None:
        inner = name
        for ending in _COMPRESSED:
            inner = inner.removesuffix(ending)
        yield from _found(_inside(opened, unpacked), inner, depth - 1, is_whole=is_whole)
    elif head.startswith(b"PK\x03\x04"):
        with opened() as file, zipfile.ZipFile(file) as packed:
            for member in packed.namelist():
                # A member may be protected by a password, or packed in an unknown way.
                with suppress(RuntimeError, NotImplementedError):
                    read = partial(packed.open, member)
                    yield from _found(read, member, depth - 1, is_whole=is_whole)
    elif _is_pickle(head, name):
        yield from _of_stream(opened, is_whole=is_whole)
    elif name.lower().endswith((".tar", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz")):
        yield from _of_tar(opened, depth, is_whole=is_whole)


def _inside(opened: _Open, unpacked: Callable[[IO[bytes]], IO[bytes]]) -> _Open:
    @contextmanager
    def both() -> Iterator[IO[bytes]]:
        with opened() as outer, unpacked(outer) as inner:
            yield inner

    return both


def _of_tar(opened: _Open, depth: int, *, is_whole: bool) -> Iterator[Pickled]:
    with opened() as file, tarfile.open(fileobj=file, mode="r|") as packed:
        for member in packed:
            data = packed.extractfile(member) if member.isfile() else None
            if data is not None and _is_pickle(head := data.read(16), member.name):
                content = head + data.read()
                read = partial(io.BytesIO, content)
                yield from _found(read, member.name, depth, is_whole=is_whole)


def _container(head: bytes) -> Callable[[IO[bytes]], IO[bytes]] | None:
    if head.startswith(b"\x1f\x8b"):
        return lambda file: cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    if head.startswith(b"BZh"):
        return lambda file: bz2.BZ2File(file)
    if head.startswith((b"\xfd7zXZ\x00", b"\x5d\x00\x00")):
        return lambda file: lzma.LZMAFile(file)
    if head.startswith(b"\x78") and len(head) > 1 and int.from_bytes(head[:2], "big") % 31 == 0:
        return lambda file: io.BufferedReader(_Inflated(file))
    return None


class _Inflated(io.RawIOBase):
    """A reader of zlib-compressed data, as joblib's ``compress=3`` writes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._rest = zlib.decompressobj()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = b""
        while not data and not self._rest.eof:
            given = self._rest.unconsumed_tail or self._file.read(_CHUNK)
            if not given:
                raise EOFError
            data = self._rest.decompress(given, len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _is_pickle(head: bytes, name: str) -> bool:
    if head.startswith(b"\x93NUMPY"):
        return True
    if head[:1] == b"\x80":
        return len(head) > 1 and head[1] <= _NEWEST
    return name.lower().endswith(_ENDINGS)


def _of_stream(opened: _Open, *, is_whole: bool) -> Iterator[Pickled]:
    """Parse a pickle if it contains one of the relevant words at all, which few do, or all of it."""
    with opened() as file:
        if not is_whole and not _mentions(file):
            return
    with opened() as file:
        if file.read(6) == b"\x93NUMPY":
            size = 2 if file.read(2)[0] == 1 else 4
            file.read(int.from_bytes(file.read(size), "little"))
            yield _read(file) or Pickled()
            return
    with opened() as file:
        found = _read(file)
    if found is not None:
        yield found
        return
    with opened() as file:
        yield _rough(file.read())


def _mentions(file: IO[bytes]) -> bool:
    before = b""
    while chunk := file.read(_CHUNK):
        if any(word in before + chunk for word in _RELEVANT):
            return True
        before = chunk[-16:]
    return False


def _rough(data: bytes) -> Pickled:
    names = {name.decode() for pattern in (_OLD, _NEW) for name in pattern.findall(data)}
    return Pickled(perhaps=frozenset(names))


def _read(file: IO[bytes]) -> Pickled | None:
    reader = _Reader(file)
    try:
        reader.load()
    except (Exception, RecursionError):  # noqa: BLE001 - bytes that only look like a pickle raise anything
        return None
    return reader.names


class _Anything:
    """A stand-in for every class, function and object that a pickle names; it does nothing."""

    path = ("", "")
    given: tuple[Any, ...] = ()
    state: Any = None

    def __new__(cls, *given: Any, **_: Any) -> _Anything:
        made = object.__new__(cls if isinstance(cls, type) else _Anything)
        made.given = given
        return made

    def __init__(*_: Any, **__: Any) -> None: ...

    def __call__(self, *_: Any, **__: Any) -> _Anything:
        return _Anything()

    # A class may be given a state, too, and is no instance then.
    def __setstate__(*given: Any) -> None:
        if isinstance(given[0], _Anything):
            given[0].state = given[-1]

    def __setitem__(*_: Any) -> None: ...

    def append(*_: Any) -> None: ...

    def extend(*_: Any) -> None: ...

    def add(*_: Any) -> None: ...


# Python's own reader in Python, which joblib's is made of, too; none of its kind is public.
_Base: Any = pickle._Unpickler


class _Reader(_Base):  # type: ignore[misc]
    """An unpickler that replaces everything that the pickle names by a stand-in."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file, encoding="latin-1")
        self._file = file
        self.names = Pickled()

    def find_class(self, module: str, name: str) -> Any:
        self.names |= Pickled(modules=frozenset({module.partition(".")[0]}))
        if module == MAIN:
            self.names |= Pickled(main=frozenset({name.partition(".")[0]}))
        for writer, package in _BY_VALUE.items():
            if f"{module}.".startswith(f"{writer}."):
                self.names |= Pickled(writers=frozenset({package}))
        return type(name, (_Anything,), {"path": (module, name)})

    def persistent_load(self, _: Any) -> Any:
        return _Anything()

    def get_extension(self, _: int) -> None:
        self.append(_Anything())

    def load_next_buffer(self) -> None:
        self.append(_Anything())

    def load_readonly_buffer(self) -> None: ...

    def load_build(self) -> None:
        super().load_build()
        made = self.stack[-1]
        if isinstance(made, _Anything) and made.path[1] == _WRAPPER:
            self._skip_array(made.state)

    def _skip_array(self, state: Any) -> None:
        """Skip the raw numbers that joblib writes after an array's description."""
        dtype = state["dtype"]
        kind, size = dtype.given[0][:1], dtype.given[0][1:]
        if kind == "O":
            inner = _Reader(self._file)
            inner.load()
            self.names |= inner.names
            return
        if state.get("numpy_array_alignment_bytes") is not None:
            self._file.read(self._file.read(1)[0])
        left = math.prod(state["shape"]) * int(size) * (4 if kind == "U" else 1)
        while left > 0 and (data := self._file.read(min(left, _CHUNK))):
            left -= len(data)

    def _look_into_bytes(self) -> None:
        data = bytes(self.stack[-1])
        if data[:1] == b"\x80" and any(word in data for word in _RELEVANT):
            inner = _read(io.BytesIO(data)) or _rough(data)
            self.names |= Pickled(perhaps=inner.main | inner.perhaps, writers=inner.writers)

    dispatch: ClassVar[dict[int, Any]] = dict(_Base.dispatch)
    dispatch[pickle.BUILD[0]] = load_build
    dispatch[pickle.NEXT_BUFFER[0]] = load_next_buffer
    dispatch[pickle.READONLY_BUFFER[0]] = load_readonly_buffer
    for _code in (pickle.BINBYTES, pickle.SHORT_BINBYTES, pickle.BINBYTES8, pickle.BYTEARRAY8):

        def _load_bytes(self, _load: Any = dispatch[_code[0]]) -> None:
            _load(self)
            self._look_into_bytes()

        dispatch[_code[0]] = _load_bytes
