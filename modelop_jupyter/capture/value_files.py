"""Write the value of a variable to a file that gives it again, where no short literal does.

The sidebar has the kernel of a notebook execute this file's text, with those of :mod:`.literals` and
of the masking: nothing but the standard library is imported at once, and Python 3.8 must be enough.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import re
import secrets
import sys
from collections.abc import Callable
from typing import Any

LARGEST = 1 << 30
# Pickles of protocol 4 are read by Python 3.6, too.
_PROTOCOL = 4
_URL = re.compile(rb"[A-Za-z][\w+.-]{0,20}://[^\x00-\x20\x7f]{1,500}")

Mask = Callable[[str], str]


class NoFileError(Exception):
    """A value that no file gives again, or that cannot be written; the message says why."""


def file_facts(value: object, mask: Mask) -> dict[str, Any] | None:
    """Return what the file of a value would be; None if there is none.

    ``ending`` decides the format, ``size`` and ``digest`` are those of the bytes, ``libraries`` are
    the modules that a pickle needs. Nothing is written.
    """
    try:
        ending, data, libraries = _encode(value, mask)
    except NoFileError:
        return None
    return _facts(ending, data, libraries)


def save_value(value: object, path: str, replaced: str | None, mask: Mask) -> dict[str, Any]:
    """Write the file of a value, and return what it is; raises :class:`NoFileError`, or OSError.

    A file that is there stays, unless ``replaced`` is the digest of its bytes.
    """
    ending, data, libraries = _encode(value, mask)
    if not path.endswith(f".{ending}"):
        raise NoFileError(f"its value is another one now, which needs a .{ending} file")
    part = f"{path}.{secrets.token_hex(4)}.part"
    try:
        with open(part, "xb") as file:  # noqa: PTH123 - as paths are texts in this code
            file.write(data)
        _put(part, path, replaced)
    finally:
        if os.path.exists(part):  # noqa: PTH110
            os.unlink(part)  # noqa: PTH108
    return _facts(ending, data, libraries)


class ValueTexts:
    """The literals of variables, or the files that would hold them, as JSON for a kernel's client."""

    def __init__(
        self,
        names: list[str],
        variables: dict[str, object],
        literal_or_reason: Callable[[object], dict[str, Any]],
        mask: Mask,
    ) -> None:
        self._texts: dict[str, Any] = {
            name: value_facts(variables[name], literal_or_reason, mask)
            if name in variables
            else {"reason": ""}
            for name in names
        }

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        return {"application/json": self._texts, "text/plain": ""}


class SavedValue:
    """What became of saving a variable, as JSON for a kernel's client: its ``file``, or a ``problem``."""

    def __init__(
        self,
        name: str,
        variables: dict[str, object],
        path: str,
        replaced: str | None,
        mask: Mask,
    ) -> None:
        try:
            if name not in variables:
                raise NoFileError("the kernel has no such variable")
            self._outcome: dict[str, Any] = {
                "file": save_value(variables[name], path, replaced, mask)
            }
        except OSError as error:
            self._outcome = {"problem": error.strerror or str(error)}
        except NoFileError as error:
            self._outcome = {"problem": str(error)}

    def _repr_mimebundle_(self, **_: object) -> dict[str, object]:
        return {"application/json": self._outcome, "text/plain": ""}


def value_facts(
    value: object, literal_or_reason: Callable[[object], dict[str, Any]], mask: Mask
) -> dict[str, Any]:
    """Return the ``text`` of a value's literal, or the ``reason`` why it has none, and its ``file``."""
    facts = dict(literal_or_reason(value))
    if "text" not in facts:
        file = file_facts(value, mask)
        if file is not None:
            facts["file"] = file
    return facts


def _facts(ending: str, data: bytes, libraries: list[str]) -> dict[str, Any]:
    return {
        "ending": ending,
        "size": len(data),
        "digest": f"sha256:{hashlib.sha256(data).hexdigest()}",
        "libraries": libraries,
    }


def _put(part: str, path: str, replaced: str | None) -> None:
    if replaced is None:
        try:
            # A link is made only where nothing is.
            os.link(part, path)
        except FileExistsError:
            raise
        except OSError:
            # A file system without links.
            with open(path, "xb") as file, open(part, "rb") as data:  # noqa: PTH123
                file.write(data.read())
        return
    with open(path, "rb") as present:  # noqa: PTH123
        if f"sha256:{hashlib.sha256(present.read()).hexdigest()}" != replaced:
            raise NoFileError("another file is there now")
    os.replace(part, path)  # noqa: PTH105


def _encode(value: object, mask: Mask) -> tuple[str, bytes, list[str]]:
    """Return the ending, the bytes and the libraries of a value's file."""
    formats = {"json": _json, "npy": _npy, "parquet": _parquet, "csv": _csv}
    encoded = ((ending, encode(value)) for ending, encode in formats.items())
    ending, data = next((it for it in encoded if it[1] is not None), ("pkl", None))
    libraries: list[str] = []
    if data is None:
        data, libraries = _pickle(value)
    if ending == "parquet":
        _check_texts(value, mask)
    return ending, _checked(data, mask), libraries


def _json(value: object) -> bytes | None:
    """Return the JSON of a value that reads back as it is; None for any other."""
    try:
        if not _is_json(value, 0):
            return None
        text = json.dumps(value, ensure_ascii=False, indent=1, allow_nan=False)
        return (text + "\n").encode()
    except (ValueError, RecursionError):
        # NaN, a lone surrogate, a number of thousands of digits.
        return None


def _is_json(value: object, depth: int) -> bool:
    kind = type(value)
    if depth > 100:
        return False
    if kind is list:
        return all(_is_json(item, depth + 1) for item in value)  # type: ignore[attr-defined]
    if kind is dict:
        items = list(value.items())  # type: ignore[attr-defined]
        return all(type(key) is str and _is_json(item, depth + 1) for key, item in items)
    return value is None or kind in (bool, int, float, str)


def _npy(value: Any) -> bytes | None:
    numpy = sys.modules.get("numpy")
    if numpy is None or type(value) is not numpy.ndarray or value.dtype.hasobject:
        return None
    _check_size(value.nbytes)
    buffer = io.BytesIO()
    numpy.save(buffer, value, allow_pickle=False)
    return buffer.getvalue()


def _is_frame(value: object) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and type(value) is pandas.DataFrame


def _parquet(value: Any) -> bytes | None:
    """Return a data frame as Parquet, if pyarrow is there and gives it again as it is."""
    if not _is_frame(value):
        return None
    _check_size(int(value.memory_usage(index=True).sum()))
    try:
        import pyarrow.parquet

        buffer = io.BytesIO()
        value.to_parquet(buffer, engine="pyarrow")
        data = buffer.getvalue()
        again = pyarrow.parquet.read_table(io.BytesIO(data)).to_pandas()
    except Exception:  # noqa: BLE001 - there is no pyarrow, or it takes no such columns
        return None
    return data if _is_same(value, again) else None


def _csv(value: Any) -> bytes | None:
    """Return a data frame as CSV, if pandas reads it again as it is."""
    if not _is_frame(value):
        return None
    try:
        data: bytes = value.to_csv(index=False, lineterminator="\n").encode()
        again = sys.modules["pandas"].read_csv(io.BytesIO(data))
    except Exception:  # noqa: BLE001 - columns may hold whatever the user has put there
        return None
    return data if _is_same(value, again) else None


def _is_same(frame: Any, again: Any) -> bool:
    testing = sys.modules["pandas"].testing
    try:
        testing.assert_frame_equal(frame, again, check_exact=True, check_freq=False)
    except Exception:  # noqa: BLE001 - it compares values of the user
        return False
    return True


def _pickle(value: object) -> tuple[bytes, list[str]]:
    buffer = _Buffer()
    pickler = _Pickler(buffer, _PROTOCOL)
    try:
        pickler.dump(value)
    except NoFileError:
        raise
    except Exception as error:  # noqa: BLE001 - a class of the user can raise anything
        raise NoFileError(f"it cannot be pickled: {error}") from None
    standard: Any = getattr(sys, "stdlib_module_names", sys.builtin_module_names)
    return buffer.getvalue(), sorted(pickler.modules - set(standard) - {"builtins", ""})


class _Buffer(io.BytesIO):
    """Takes what is pickled, up to the largest file."""

    def write(self, data: Any) -> int:
        _check_size(self.tell() + len(data))
        return super().write(data)


class _Pickler(pickle.Pickler):
    """Notes which modules a pickle needs, and refuses what the notebook itself defines."""

    def __init__(self, file: Any, protocol: int) -> None:
        super().__init__(file, protocol)
        self.modules: set[str] = set()

    def reducer_override(self, value: Any) -> Any:
        named = value if isinstance(value, type) or callable(value) else type(value)
        for each in (named, type(value)):
            module = getattr(each, "__module__", None)
            if module == "__main__":
                raise NoFileError(f"{getattr(each, '__name__', each)} is defined in the notebook")
            if isinstance(module, str):
                self.modules.add(module.partition(".")[0])
        return NotImplemented


def _check_size(size: int) -> None:
    if size > LARGEST:
        raise NoFileError("its file would be larger than 1 GB")


def _checked(data: bytes, mask: Mask) -> bytes:
    """Return what may be written: a file is stored and handed on, so it holds no credentials."""
    _check_size(len(data))
    # NumPy has four bytes for a character.
    texts = data.replace(b"\0", b"") if b":\0\0\0/" in data else data
    for url in _URL.findall(texts) if b"://" in texts else ():
        _check_text(url.decode("latin-1"), mask)
    return data


def _check_texts(frame: Any, mask: Mask) -> None:
    """Check the texts of a frame, as those of a compressed file cannot be seen."""
    for _, column in frame.select_dtypes(exclude="number").items():
        for value in column:
            if isinstance(value, str) and "://" in value:
                _check_text(value, mask)


def _check_text(text: str, mask: Mask) -> None:
    if mask(text) != text:
        raise NoFileError("it holds a credential")
