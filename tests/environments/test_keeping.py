"""A lock that is kept with a snapshot builds the same again, later and elsewhere (issue 4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import EnvironmentSpec, Interpreter, Lock
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.keeping import document_of, interpreter_for, lock_from
from modelop_jupyter.environments.pylock import load
from modelop_jupyter.errors import EnvironmentBuildError, InvalidError

Asking = Callable[..., EnvironmentSpec]


def python(version: str, implementation: str = "cpython") -> Interpreter:
    return Interpreter(f"/opt/{implementation}{version}/python", version, implementation, "linux")


@pytest.fixture
def lock(manager: EnvironmentManager, house, asking: Asking) -> Lock:
    """The lock of a requirement that is not pinned, before a newer version was out."""
    house.add("demo", "1.0")
    lock = manager.lock(asking("demo"))
    house.add("demo", "2.0")
    return lock


def test_what_is_kept_gives_the_lock_back(lock: Lock) -> None:
    """Packages, hashes, when it was made and for which Python; all of it is a pylock.toml."""
    document = document_of(lock)
    back = lock_from(document)

    assert (back.text, back.digest, back.packages) == (lock.text, lock.digest, lock.packages)
    assert back.resolved == lock.resolved
    assert back.made_for and back.made_for.version == lock.interpreter.version
    assert load(document)["tool"]["modelop-jupyter"]["python"] == lock.interpreter.version
    assert document_of(back) == document


def test_additions_are_kept_too(manager: EnvironmentManager, house, asking: Asking) -> None:
    """That pandas was added stays visible (13.13)."""
    house.add("demo", "1.0")
    house.add("extra", "1.0")
    lock = manager.lock(replace(asking("demo"), additions=("extra",)))

    assert lock_from(document_of(lock)).additions == ("extra",)


def test_a_lock_of_an_earlier_program_is_read(lock: Lock) -> None:
    """It had no table below its packages: when it was made is not known."""
    back = lock_from(lock.text)

    assert (back.digest, back.resolved, back.made_for) == (lock.digest, None, None)
    assert back.interpreter.minor == lock.interpreter.minor


def test_what_is_no_lock_is_refused() -> None:
    """A blob of something else."""
    with pytest.raises(InvalidError, match="not a lock"):
        lock_from("def score(x): ...")


def test_a_kept_lock_builds_the_same_again(
    run_in, lock: Lock, asking: Asking, tmp_path: Path, offline: dict[str, str]
) -> None:
    """The document is enough, in another home, when newer versions are out."""
    elsewhere = EnvironmentManager(tmp_path / "elsewhere", environ=offline)

    restored = elsewhere.restore(
        "sha256:1", lambda digest: document_of(lock).encode(), spec=asking("demo")
    )

    assert restored == lock
    assert run_in(elsewhere.ensure(restored), "import demo; demo.main()") == "demo 1.0"


def test_a_kept_lock_is_read_once(manager: EnvironmentManager, lock: Lock, asking: Asking) -> None:
    """The next job finds it without parsing the document."""
    first = manager.restore("sha256:1", lambda _: document_of(lock).encode(), spec=asking(""))

    assert manager.restore("sha256:1", lambda _: b"not read", spec=asking("")) == first


def test_the_models_own_index_serves_a_kept_lock(
    run_in,
    lock: Lock,
    machine: dict[str, str],
    house,
    tmp_path: Path,
) -> None:
    """A lock tells which files, the requirements where they are: find-links and index options."""
    manager = EnvironmentManager(tmp_path / "elsewhere", environ=machine)
    text = f"--find-links {house.path}\ndemo\n".encode()
    spec = EnvironmentSpec(files={"requirements.txt": text}, holders=("requirements.txt",))

    restored = manager.restore("sha256:1", lambda _: document_of(lock).encode(), spec=spec)

    assert run_in(manager.ensure(restored), "import demo; demo.main()") == "demo 1.0"


@pytest.mark.parametrize(
    ("wanted", "there", "found"),
    [
        (None, {None: "3.11.7"}, "3.11.7"),
        (None, {None: "3.11.9"}, "3.11.9"),
        (None, {None: "3.13.0", "3.11": "3.11.9"}, "3.11.9"),
        ("/opt/mine", {"/opt/mine": "3.11.2", "3.11": "3.11.9"}, "3.11.2"),
        ("/opt/gone", {"3.11": "3.11.9"}, "3.11.9"),
    ],
)
def test_any_patch_of_its_python_serves(
    lock: Lock, wanted: str | None, there: dict[str | None, str], found: str
) -> None:
    """The one that is wanted if it fits, else another; the model's Python is never another version."""

    def resolve(asked: str | None) -> Interpreter:
        if asked not in there:
            raise EnvironmentBuildError(f"no Python {asked}")
        return python(there[asked])

    made = replace(lock, made_for=python("3.11.7"))

    assert interpreter_for(made, wanted, resolve) == python(found)


def test_without_its_python_it_cannot_be_built(lock: Lock) -> None:
    """Said with when it was made, and what to do."""
    moment = datetime(2024, 5, 6, tzinfo=timezone.utc)
    made = replace(lock, made_for=python("3.8.18"), resolved=moment)

    with pytest.raises(EnvironmentBuildError) as caught:
        interpreter_for(made, None, lambda asked: python("3.13.0"))

    assert "made for Python 3.8.18 on 2024-05-06, and there is no Python 3.8" in str(caught.value)
    assert "uv python install 3.8" in str(caught.value)
    assert "requirements NAME --upgrade" in str(caught.value)


@pytest.mark.parametrize(
    ("version", "platform", "said"),
    [
        ("3.11.7", "linux", None),
        ("3.11.9", "linux", "made for Python 3.11.7, and is built with 3.11.9"),
        ("3.11.7", "macosx", "made on linux, and is built on macosx"),
    ],
)
def test_another_python_than_its_own_is_said(
    lock: Lock, version: str, platform: str, said: str | None
) -> None:
    """Equal packages, and yet not quite what ran then."""
    interpreter = replace(python(version), platform=platform)
    built = replace(lock, made_for=python("3.11.7"), interpreter=interpreter)

    assert (built.difference or "None").endswith(str(said))
