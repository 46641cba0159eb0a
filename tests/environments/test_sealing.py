"""Linked files are the package cache's own: nobody may change them through an environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import BuildStep, Environment, EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.installers import find_uv

Asking = Callable[..., EnvironmentSpec]
NOBODY = 65534
WRITE_TO_EACH = 'for file; do (echo broken >> "$file") 2> /dev/null && echo "$file"; done; true'


@pytest.fixture
def anywhere() -> Iterator[Path]:
    """A folder that an ordinary user can reach, too, when the tests are run by root."""
    folder = Path(tempfile.mkdtemp(prefix="test-sealing-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def own_manager(
    anywhere: Path, offline: dict[str, str], steps: list[BuildStep]
) -> EnvironmentManager:
    """Its package cache lies beside its environments, in that folder."""
    environ = {**offline, "UV_CACHE_DIR": str(anywhere / "cache")}
    return EnvironmentManager(anywhere / "environments", progress=steps.append, environ=environ)


@pytest.fixture
def ordinary(anywhere: Path) -> Callable[..., str]:
    """Execute a command as an ordinary user who owns all of that folder."""

    def run(*command: str | Path) -> str:
        if os.getuid() == 0:
            for path in (anywhere, *anywhere.rglob("*")):
                os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
        user = NOBODY if os.getuid() == 0 else None
        done = subprocess.run(command, user=user, cwd="/", capture_output=True, text=True)
        return done.stdout.strip()

    return run


def site_of(environment: Environment) -> Path:
    return next(Path(environment.path).glob("lib/python*/site-packages"))


def module_of(environment: Environment) -> Path:
    return module_in(Path(environment.path))


def module_in(folder: Path) -> Path:
    return next(folder.glob("lib/python*/site-packages/demo/__init__.py"))


def edit_by_force(file: Path) -> None:
    """Change a sealed file as root can, a while after it was unpacked."""
    file.chmod(0o644)
    with file.open("a") as opened:
        opened.write("EDITED = True\n")
    file.chmod(0o444)
    later = time.time() + 60
    os.utime(file, (later, later))


def uv_with(environ: Mapping[str, str]) -> Callable[..., None]:
    """Return uv as its user calls it."""
    found = find_uv(os.environ)
    assert found

    def run(*words: str) -> None:
        command = [found._executable, *words[1:]]
        subprocess.run(command, env=dict(environ), check=True, capture_output=True)

    return run


def regular_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


def test_no_file_of_an_environment_can_be_written(
    own_manager: EnvironmentManager, house, asking: Asking, ordinary: Callable[..., str]
) -> None:
    """An edit in place fails for the owner, too: it would be one of the cache and all siblings."""
    house.add("demo", "1.0")
    house.add("helper", "1.0")
    environment = own_manager.ensure(own_manager.lock(asking("demo")))
    sibling = own_manager.ensure(own_manager.lock(asking("demo\nhelper")))
    files = [path for path in regular_files(Path(environment.path)) if path.stat().st_nlink > 1]

    written = ordinary("sh", "-c", WRITE_TO_EACH, "sh", *files)

    assert module_of(environment) in files
    assert module_of(environment).samefile(module_of(sibling))
    assert written == ""
    assert "broken" not in module_of(sibling).read_text()


def test_every_installed_file_is_read_only(
    own_manager: EnvironmentManager, house, asking: Asking
) -> None:
    """Copies as well as links: an environment is what its lock says."""
    house.add("demo", "1.0")
    environment = own_manager.ensure(own_manager.lock(asking("demo")))

    modes = {path.stat().st_mode & 0o222 for path in regular_files(site_of(environment))}

    assert modes == {0}


def test_a_cache_of_sealed_files_serves_its_other_users(
    own_manager: EnvironmentManager, house, asking: Asking, anywhere: Path
) -> None:
    """uv by hand installs from it, by link and by copy, upgrades, removes, prunes and cleans."""
    house.add("demo", "1.0")
    house.add("demo", "2.0")
    sealed = own_manager.ensure(own_manager.lock(asking("demo==1.0")))
    own = anywhere / "own"
    pip = ["uv", "pip", "{}", "-q", "--python", str(own / "bin" / "python")]
    install = [*(word.format("install") for word in pip), "--no-index", "-f", str(house.path)]
    uv = uv_with(own_manager._environ)

    uv("uv", "venv", "-q", "-p", sealed.interpreter.executable, str(own))
    uv(*install, "demo==1.0")
    is_shared = module_of(sealed).samefile(module_in(own))
    uv(*install, "--reinstall", "--link-mode", "copy", "demo==1.0")
    uv(*install, "--upgrade", "demo")
    uv(*(word.format("uninstall") for word in pip), "demo")
    uv("uv", "cache", "prune", "-q")
    uv("uv", "cache", "clean", "-q")

    assert is_shared
    assert not (anywhere / "cache" / "archive-v0").exists()


def test_what_root_changed_in_the_cache_is_fetched_anew(
    run_in, own_manager: EnvironmentManager, house, asking: Asking, steps: list[BuildStep]
) -> None:
    """No mode keeps out root; no environment is built of what was changed."""
    house.add("demo", "1.0", recorded=True)
    house.add("helper", "1.0")
    first = own_manager.ensure(own_manager.lock(asking("demo")))
    edit_by_force(module_of(first))

    second = own_manager.ensure(own_manager.lock(asking("demo\nhelper")))

    assert run_in(second, "import demo; demo.main()") == "demo 1.0"
    assert "EDITED" not in module_of(second).read_text()
    assert "EDITED" in module_of(first).read_text()
    told = [f"{each.step}: {each.text}" for each in steps]
    assert "installing: demo anew: changed in the package cache" in told
