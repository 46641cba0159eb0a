"""One spelling for every lock, without credentials."""

from __future__ import annotations

import pytest
from packaging.pylock import Pylock

from modelop_jupyter.domain.environments import Interpreter, LockedPackage
from modelop_jupyter.domain.requirements import Requirements
from modelop_jupyter.environments.pylock import canonical, fingerprint_of, load, lock_of, pins_of
from modelop_jupyter.errors import InvalidError

PYTHON = Interpreter("/usr/bin/python3.11", "3.11.7", "cpython", "linux-x86_64")
RESOLVED = """
# by another tool, another day
lock-version = "1.0"
created-by = "uv"
requires-python = ">=3.11.7"

[[packages]]
name = "zeta"
version = "2.0"
index = "https://user:s3cret@h/simple"
wheels = [
  { url = "https://user:s3cret@h/zeta-2.0-py3-none-any.whl", upload-time = 2026-08-31T09:39:04Z, size = 7, hashes = { sha256 = "aa" } },
]

[[packages]]
name = "alpha"
version = "1.0"
archive = { url = "https://t0ken@h/a b.tar.gz", hashes = { sha256 = "bb" } }
"""


def test_writes_a_lock_in_one_spelling() -> None:
    """Sorted, complete, valid, and stable when read and written again."""
    once = canonical(load(RESOLVED), PYTHON, Requirements())
    twice = canonical(load(once), PYTHON, Requirements())
    data = load(once)

    assert once == twice
    assert [package["name"] for package in data["packages"]] == ["alpha", "zeta"]
    assert data["requires-python"] == "==3.11.*"
    assert data["packages"][1]["wheels"][0]["size"] == 7
    Pylock.from_dict(data)


def test_a_lock_holds_no_credentials() -> None:
    """Neither user part nor token of any address."""
    text = canonical(load(RESOLVED), PYTHON, Requirements())

    assert "s3cret" not in text
    assert "t0ken" not in text


def test_reads_packages_and_hashes() -> None:
    """What is installed is what the lock names."""
    lock = lock_of(RESOLVED, PYTHON)

    assert lock.packages == (LockedPackage("zeta", "2.0"), LockedPackage("alpha", "1.0"))
    assert [pin.hashes for pin in pins_of(RESOLVED)] == [("sha256:aa",), ("sha256:bb",)]


@pytest.mark.parametrize(
    "other",
    [
        Interpreter("/usr/bin/python3.11", "3.11.8", "cpython", "linux-x86_64"),
        Interpreter("/opt/python3.11", "3.11.7", "cpython", "linux-x86_64"),
        Interpreter("/usr/bin/python3.11", "3.11.7", "pypy", "linux-x86_64"),
        Interpreter("/usr/bin/python3.11", "3.11.7", "cpython", "linux-aarch64"),
    ],
)
def test_another_interpreter_is_another_environment(other: Interpreter) -> None:
    """The fingerprint is lock, interpreter and platform."""
    assert fingerprint_of("sha256:x", PYTHON) != fingerprint_of("sha256:x", other)


@pytest.mark.parametrize("text", ["", "not = toml = at all", 'lock-version = "1.0"'])
def test_what_is_no_lock_is_refused(text: str) -> None:
    """A damaged text is no traceback."""
    with pytest.raises(InvalidError, match="not a lock"):
        load(text)
