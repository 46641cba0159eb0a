"""The text of a lock: canonical, read, and stored with when and for what it was made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from packaging.pylock import Pylock

from modelop_jupyter.domain.environments import EnvironmentSpec, Interpreter, Lock, LockedPackage
from modelop_jupyter.domain.requirements import Requirements
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.lock.pylock import (
    canonical,
    document_of,
    fingerprint_of,
    interpreter_for_lock,
    load,
    lock_from_document,
    lock_of,
    pins_of,
)
from modelop_jupyter.errors import EnvironmentBuildError, InvalidError

MakeSpec = Callable[..., EnvironmentSpec]
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
def test_a_text_that_is_no_lock_is_refused(text: str) -> None:
    """A damaged text is no traceback."""
    with pytest.raises(InvalidError, match="not a lock"):
        load(text)


def python(version: str, implementation: str = "cpython") -> Interpreter:
    return Interpreter(f"/opt/{implementation}{version}/python", version, implementation, "linux")


@pytest.fixture
def lock(manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec) -> Lock:
    """The lock of a requirement that is not pinned, before a newer version was out."""
    wheelhouse.add("demo", "1.0")
    lock = manager.lock(make_spec("demo"))
    wheelhouse.add("demo", "2.0")
    return lock


def test_a_stored_document_gives_the_lock_back(lock: Lock) -> None:
    """Packages, hashes, when it was made and for which Python; all of it is a pylock.toml."""
    document = document_of(lock)
    back = lock_from_document(document)

    assert (back.text, back.digest, back.packages) == (lock.text, lock.digest, lock.packages)
    assert back.resolved == lock.resolved
    assert back.made_for and back.made_for.version == lock.interpreter.version
    assert load(document)["tool"]["modelop-jupyter"]["python"] == lock.interpreter.version
    assert document_of(back) == document


def test_additions_are_stored(manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec) -> None:
    """That pandas was added stays visible (spec 13.13)."""
    wheelhouse.add("demo", "1.0")
    wheelhouse.add("extra", "1.0")
    lock = manager.lock(replace(make_spec("demo"), additions=("extra",)))

    assert lock_from_document(document_of(lock)).additions == ("extra",)


def test_a_lock_of_an_earlier_program_is_read(lock: Lock) -> None:
    """It had no table below its packages: when it was made is not known."""
    back = lock_from_document(lock.text)

    assert (back.digest, back.resolved, back.made_for) == (lock.digest, None, None)
    assert back.interpreter.minor == lock.interpreter.minor


def test_a_document_that_is_no_lock_is_refused() -> None:
    """A document with no lock in it."""
    with pytest.raises(InvalidError, match="not a lock"):
        lock_from_document("def score(x): ...")


def test_a_kept_lock_builds_the_same_again(
    run_in, lock: Lock, make_spec: MakeSpec, tmp_path: Path, offline: dict[str, str]
) -> None:
    """The document is enough, in another home, when newer versions are out."""
    elsewhere = EnvironmentManager(tmp_path / "elsewhere", environ=offline)

    restored = elsewhere.restore_lock(
        "sha256:1", lambda digest: document_of(lock).encode(), spec=make_spec("demo")
    )

    assert restored == lock
    assert run_in(elsewhere.ensure(restored), "import demo; demo.main()") == "demo 1.0"


def test_a_kept_lock_is_read_once(
    manager: EnvironmentManager, lock: Lock, make_spec: MakeSpec
) -> None:
    """The next job finds it without parsing the document."""
    first = manager.restore_lock(
        "sha256:1", lambda _: document_of(lock).encode(), spec=make_spec("")
    )

    assert manager.restore_lock("sha256:1", lambda _: b"not read", spec=make_spec("")) == first


def test_a_stored_lock_is_built_from_the_models_own_index(
    run_in,
    lock: Lock,
    machine: dict[str, str],
    wheelhouse,
    tmp_path: Path,
) -> None:
    """A lock tells which files, the requirements where they are: find-links and index options."""
    manager = EnvironmentManager(tmp_path / "elsewhere", environ=machine)
    text = f"--find-links {wheelhouse.path}\ndemo\n".encode()
    spec = EnvironmentSpec(files={"requirements.txt": text}, holders=("requirements.txt",))

    restored = manager.restore_lock("sha256:1", lambda _: document_of(lock).encode(), spec=spec)

    assert run_in(manager.ensure(restored), "import demo; demo.main()") == "demo 1.0"


@pytest.mark.parametrize(
    ("asked", "installed", "expected"),
    [
        (None, {None: "3.11.7"}, "3.11.7"),
        (None, {None: "3.11.9"}, "3.11.9"),
        (None, {None: "3.13.0", "3.11": "3.11.9"}, "3.11.9"),
        ("/opt/mine", {"/opt/mine": "3.11.2", "3.11": "3.11.9"}, "3.11.2"),
        ("/opt/gone", {"3.11": "3.11.9"}, "3.11.9"),
    ],
)
def test_a_stored_lock_is_built_with_any_patch_of_its_python(
    lock: Lock, asked: str | None, installed: dict[str | None, str], expected: str
) -> None:
    """The Python that was asked for if it fits, else another patch of the version; never another version."""

    def resolve(name: str | None) -> Interpreter:
        if name not in installed:
            raise EnvironmentBuildError(f"no Python {name}")
        return python(installed[name])

    stored = replace(lock, made_for=python("3.11.7"))

    assert interpreter_for_lock(stored, asked, resolve) == python(expected)


def test_without_its_python_it_cannot_be_built(lock: Lock) -> None:
    """Said with when it was made, and what to do."""
    moment = datetime(2024, 5, 6, tzinfo=timezone.utc)
    made = replace(lock, made_for=python("3.8.18"), resolved=moment)

    with pytest.raises(EnvironmentBuildError) as caught:
        interpreter_for_lock(made, None, lambda asked: python("3.13.0"))

    assert "made for Python 3.8.18 on 2024-05-06, and there is no Python 3.8" in str(caught.value)
    assert "'env build NAME --install-python' has uv install one" in str(caught.value)
    assert "requirements NAME --upgrade" in str(caught.value)


@pytest.mark.parametrize(
    ("version", "platform", "difference"),
    [
        ("3.11.7", "linux", None),
        ("3.11.9", "linux", "made for Python 3.11.7, and is built with 3.11.9"),
        ("3.11.7", "macosx", "made on linux, and is built on macosx"),
    ],
)
def test_a_lock_built_with_another_python_says_so(
    lock: Lock, version: str, platform: str, difference: str | None
) -> None:
    """Equal packages, and yet not quite what ran then."""
    interpreter = replace(python(version), platform=platform)
    built = replace(lock, made_for=python("3.11.7"), interpreter=interpreter)

    assert (built.difference or "None").endswith(str(difference))
