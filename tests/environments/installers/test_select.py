"""uv and pip do the same work: the same lock, the same environment, the same refusals."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.errors import EnvironmentBuildError

MakeSpec = Callable[..., EnvironmentSpec]
CANARY = "s3cret-c4n4ry"


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip is unpacked once for all tests."""
    return tmp_path_factory.mktemp("tools")


@pytest.fixture
def root(tmp_path: Path, tools: Path) -> Path:
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "tools").symlink_to(tools)
    return tmp_path / "root"


@pytest.fixture
def by_pip(root: Path, offline: dict[str, str]) -> EnvironmentManager:
    return EnvironmentManager(root, environ=offline, installer="pip")


def everything_written(root: Path) -> str:
    """Return all text below a root, and the names of all files."""
    files = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    return "\n".join(f"{path}\n{path.read_bytes().decode('utf-8', 'replace')}" for path in files)


def test_pip_locks_the_same_as_uv(
    manager: EnvironmentManager, by_pip: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """Versions and hashes are equal, whichever tool resolved."""
    wheelhouse.add("demo", "1.0", requires=("helper",))
    wheelhouse.add("helper", "2.0")
    spec = make_spec("demo")

    left, right = manager.lock(spec), by_pip.lock(spec)

    assert left.packages == right.packages
    assert left.digest == right.digest


def test_pip_builds_what_is_locked(
    by_pip: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """No pip inside, scripts under the final path."""
    wheelhouse.add("demo", "1.0")

    environment = by_pip.ensure(by_pip.lock(make_spec("demo")))
    script = Path(environment.path) / "bin" / "demo-run"
    output = subprocess.run([script], capture_output=True, text=True, check=True).stdout

    assert by_pip.prove(environment, names=["pip"]).is_exact
    assert output == "demo 1.0\n"
    assert f"{environment.path}/bin/python" in script.read_text()


def test_pip_verifies_hashes(by_pip: EnvironmentManager, wheelhouse, make_spec: MakeSpec) -> None:
    """A changed wheel is refused and nothing stays."""
    wheelhouse.add("demo", "1.0")
    lock = by_pip.lock(make_spec("demo"))
    wheelhouse.add("demo", "1.0", python=">=3.1")

    with pytest.raises(EnvironmentBuildError, match="hash differs"):
        by_pip.ensure(lock)

    assert by_pip.list() == []


def test_pip_steps_in_where_uv_cannot_start(
    tmp_path: Path,
    root: Path,
    offline: dict[str, str],
    wheelhouse,
    make_spec: MakeSpec,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A uv that this machine cannot execute is passed over, and the log says so."""
    import uv

    wheelhouse.add("demo", "1.0")
    broken = tmp_path / "uv"
    broken.write_bytes(b"\x7fELF of another machine")
    broken.chmod(0o755)
    monkeypatch.setattr(uv, "find_uv_bin", lambda: str(broken))
    manager = EnvironmentManager(root, environ=offline)

    environment = manager.ensure(manager.lock(make_spec("demo")))

    assert [package.name for package in environment.packages] == ["demo"]
    assert "uv cannot be started" in everything_written(manager.root / "logs")


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_credentials_are_used_and_written_nowhere(
    root: Path, machine: dict[str, str], index, wheelhouse, make_spec: MakeSpec, installer: str
) -> None:
    """An index behind a password serves; the canary is in no lock, log, name or script."""
    wheelhouse.add("demo", "1.0")
    index.password = CANARY
    environ = {
        **machine,
        "PIP_NO_INDEX": "0",
        "PIP_INDEX_URL": index.url.replace("//", f"//user:{CANARY}@"),
    }
    manager = EnvironmentManager(root, environ=environ, installer=installer)

    lock = manager.lock(make_spec("demo"))
    shutil.rmtree(Path(machine["HOME"]) / ".cache", ignore_errors=True)
    environment = manager.ensure(lock)

    assert CANARY not in lock.text
    assert manager.prove(environment, names=()).is_exact
    assert CANARY not in everything_written(manager.root)
    assert "sha256" in lock.text


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize(
    "text",
    [
        "--index-url http://user:${INDEX_TOKEN}@{address}/simple\ndemo\n",
        "demo @ http://user:${INDEX_TOKEN}@{address}/files/demo-1.0-py3-none-any.whl\n",
    ],
    ids=["index", "address"],
)
def test_credentials_of_the_model_are_used_and_written_nowhere(
    root: Path, machine, index, wheelhouse, make_spec: MakeSpec, installer: str, text: str
) -> None:
    """A variable in the requirements is filled in for the tool alone."""
    wheelhouse.add("demo", "1.0")
    index.password = CANARY
    environ = {**machine, "PIP_NO_INDEX": "0", "INDEX_TOKEN": CANARY}
    manager = EnvironmentManager(root, environ=environ, installer=installer)
    spec = make_spec(text.replace("{address}", index.address))

    lock = manager.lock(spec)
    shutil.rmtree(Path(machine["HOME"]) / ".cache", ignore_errors=True)
    elsewhere = EnvironmentManager(root, environ=environ, installer=installer)
    environment = elsewhere.ensure(lock, spec=spec)

    assert CANARY not in lock.text
    assert elsewhere.prove(environment, names=()).is_exact
    assert CANARY not in everything_written(manager.root)


def test_the_best_version_of_all_indexes_is_taken(
    tmp_path: Path, machine, index, make_index, make_wheelhouse, wheelhouse, make_spec: MakeSpec
) -> None:
    """As pip does; uv alone would stop at the first index that knows the name."""
    wheelhouse.add("demo", "1.0")
    second = make_index(make_wheelhouse("more"))
    second.wheelhouse.add("demo", "2.0")
    environ = {
        **machine,
        "PIP_NO_INDEX": "0",
        "PIP_INDEX_URL": second.url,
        "PIP_EXTRA_INDEX_URL": index.url,
    }

    lock = EnvironmentManager(tmp_path / "e", environ=environ).lock(make_spec("demo"))

    assert lock.packages[0].version == "2.0"


def test_the_users_hashes_narrow_the_lock(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """Only files with a hash of the requirements may be installed."""
    wheel = wheelhouse.add("demo", "1.0")

    lock = manager.lock(make_spec(f"demo==1.0 --hash={wheelhouse.hash_of(wheel)}"))

    assert lock.text.count("sha256 = ") == 1
    assert wheelhouse.hash_of(wheel).removeprefix("sha256:") in lock.text


def test_require_hashes_wants_one_for_everything(
    manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """A dependency without a hash is refused, as pip refuses it."""
    wheel = wheelhouse.add("demo", "1.0", requires=("helper",))
    wheelhouse.add("helper", "1.0")

    with pytest.raises(EnvironmentBuildError, match=r"helper 1\.0 is required and has no --hash"):
        manager.lock(make_spec(f"--require-hashes\ndemo==1.0 --hash={wheelhouse.hash_of(wheel)}"))


def test_constraints_hold(manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec) -> None:
    """-c limits a version without asking for the package."""
    wheelhouse.add("demo", "1.0")
    wheelhouse.add("demo", "2.0")

    lock = manager.lock(make_spec("-c limits.txt\ndemo", limits_txt="demo<2\nother<1\n"))

    assert [(package.name, package.version) for package in lock.packages] == [("demo", "1.0")]


@pytest.mark.slow
def test_an_older_python_has_its_own_environment(tmp_path: Path, offline, wheelhouse) -> None:
    """The interpreter is part of the fingerprint; every version found on this machine works."""
    wheelhouse.add("demo", "1.0")
    real = EnvironmentManager(tmp_path / "environments", environ={**offline, "PATH": _path()})
    from modelop_jupyter.environments.interpreters import Interpreters

    pythons = Interpreters(tmp_path / "i.json", {"PATH": _path(), "HOME": str(Path.home())}).all()
    built = []
    for interpreter in pythons:
        spec = EnvironmentSpec(
            python=interpreter.executable, files={"r.txt": b"demo"}, holders=("r.txt",)
        )
        environment = real.ensure(real.lock(spec))
        built.append((real.prove(environment, names=()).version, environment.interpreter.version))

    assert built and [inside for inside, _ in built] == [asked for _, asked in built]
    assert len(real.list()) == len(pythons)


def _path() -> str:
    import os

    return os.environ["PATH"]
