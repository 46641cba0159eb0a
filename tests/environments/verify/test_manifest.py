"""The files of an environment are read-only and listed, so that every change by hand is found."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import BuildStep, Drift, Environment, EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.environments.installers.select import find_uv
from modelop_jupyter.environments.verify import manifest
from modelop_jupyter.environments.verify.manifest import drift

MakeSpec = Callable[..., EnvironmentSpec]


@pytest.fixture
def environment(manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec) -> Environment:
    """One package with recorded digests, and one without."""
    wheelhouse.add("demo", "1.0", recorded=True)
    wheelhouse.add("helper", "1.0")
    return manager.ensure(manager.lock(make_spec("demo\nhelper")))


@pytest.fixture
def site(environment: Environment) -> Path:
    return next(Path(environment.path).glob("lib/python*/site-packages"))


def inside(environment: Environment, path: Path) -> str:
    return path.relative_to(environment.path).as_posix()


def test_a_built_environment_has_not_drifted(environment: Environment) -> None:
    """Its files are those that were listed."""
    assert drift(Path(environment.path)) == Drift()


def test_using_it_is_no_drift(
    manager: EnvironmentManager, environment: Environment, site: Path
) -> None:
    """Python writes bytecode, we note the last use."""
    subprocess.run([environment.python, "-I", "-c", "import demo, helper"], check=True)
    manager.touch(environment)

    difference = drift(Path(environment.path))

    assert (site / "demo" / "__pycache__").is_dir()
    assert difference == Drift()


def test_building_another_environment_is_no_drift(
    manager: EnvironmentManager, environment: Environment, make_spec: MakeSpec
) -> None:
    """Another environment that links the same files changes nothing but the number of links."""
    manager.ensure(manager.lock(make_spec("demo")))

    assert drift(Path(environment.path)) == Drift()


def test_an_edited_file_is_named_with_its_package(environment: Environment, site: Path) -> None:
    """Also when it kept its length."""
    module = site / "demo" / "__init__.py"
    text = module.read_text()
    module.unlink()
    module.write_text(text.replace("1.0", "1.1"))

    assert drift(Path(environment.path)) == Drift(
        changed=(inside(environment, module),), packages=("demo",)
    )


def test_an_installed_package_is_named(environment: Environment, site: Path) -> None:
    """As `uv pip install` by hand leaves it."""
    info = site / "guest-3.0.dist-info"
    info.mkdir()
    (info / "RECORD").write_text("guest/__init__.py,,\nguest-3.0.dist-info/RECORD,,\n")
    (site / "guest").mkdir()
    (site / "guest" / "__init__.py").write_text("")

    difference = drift(Path(environment.path))

    assert difference and difference.packages == ("guest",)
    assert difference.added == (
        inside(environment, info / "RECORD"),
        inside(environment, site / "guest" / "__init__.py"),
    )


def test_a_removed_package_is_named(environment: Environment, site: Path) -> None:
    """By its metadata, though its record went with it."""
    shutil.rmtree(site / "demo")
    shutil.rmtree(site / "demo-1.0.dist-info")

    difference = drift(Path(environment.path))

    assert difference and difference.packages == ("demo",)
    assert inside(environment, site / "demo" / "__init__.py") in difference.removed


def test_a_touched_file_that_is_as_recorded_has_not_changed(
    environment: Environment, site: Path
) -> None:
    """Another time and the same bytes are no change."""
    os.utime(site / "demo" / "__init__.py", (1, 1))

    assert drift(Path(environment.path)) == Drift()


def test_a_touched_file_of_no_known_bytes_counts_as_changed(
    environment: Environment, site: Path
) -> None:
    """Better one question too many."""
    os.utime(site / "helper" / "__init__.py", (1, 1))

    difference = drift(Path(environment.path))

    assert difference and difference.changed == (
        inside(environment, site / "helper" / "__init__.py"),
    )


def test_a_moved_home_has_not_drifted(environment: Environment, tmp_path: Path) -> None:
    """The listing knows no absolute path."""
    moved = tmp_path / "elsewhere"
    Path(environment.path).rename(moved)

    assert drift(moved) == Drift()


def test_an_environment_without_a_listing_is_not_judged(environment: Environment) -> None:
    """One that an older version built, or half a listing."""
    manifest = Path(environment.path) / "files.txt"
    manifest.chmod(0o644)
    manifest.write_text("1 2")
    damaged = drift(Path(environment.path))
    manifest.unlink()

    assert (damaged, drift(Path(environment.path))) == (None, None)


def test_the_proof_reports_drift(
    manager: EnvironmentManager, environment: Environment, site: Path
) -> None:
    """A changed module is visible to no look at distributions."""
    before = manager.prove(environment, names=())
    (site / "demo" / "more.py").write_text("")

    after = manager.prove(environment, names=())

    assert before.is_exact
    assert after.drift and after.drift.added == (inside(environment, site / "demo" / "more.py"),)
    assert (after.foreign, after.is_exact) == ((), False)


def test_rebuilding_brings_back_what_was_built(
    manager: EnvironmentManager, environment: Environment, site: Path, make_spec: MakeSpec
) -> None:
    """The same fingerprint, the same packages, nothing of the change."""
    (site / "stray.py").write_text("")

    again = manager.rebuild(manager.lock(make_spec("demo\nhelper")))

    assert again.fingerprint == environment.fingerprint
    assert again.created > environment.created
    assert drift(Path(again.path)) == Drift()
    assert not (site / "stray.py").exists()


@pytest.mark.parametrize("count", [1, 2000], ids=["small", "large"])
@pytest.mark.parametrize("lost", ["demo", "demo-1.0.dist-info"])
def test_a_package_that_is_gone_is_seen_at_once(tmp_path: Path, count: int, lost: str) -> None:
    """Of a large environment, too, where not every file is looked at."""
    site = tmp_path / "lib" / "python3.11" / "site-packages"
    for folder in ("demo", "demo-1.0.dist-info", "other"):
        (site / folder).mkdir(parents=True)
        (site / folder / "file").touch()
    for number in range(count):
        (site / "other" / f"{number:040}").touch()
    manifest.write(tmp_path, manifest.files_of(tmp_path))
    whole = manifest.find_damage(tmp_path)
    (site / lost / "file").unlink()
    (site / lost).rmdir()

    assert whole == ()
    assert [
        path.startswith(f"lib/python3.11/site-packages/{lost}")
        for path in manifest.find_damage(tmp_path)
    ] == [True]


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
    """Its package cache is beside its environments, in that folder."""
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
    later = time.time() + 3600
    os.utime(file, (later, later))


def uv_with(environ: Mapping[str, str]) -> Callable[..., None]:
    """Return uv as its user calls it."""
    uv = find_uv(os.environ)
    assert uv

    def run(*words: str) -> None:
        command = [uv._executable, *words[1:]]
        subprocess.run(command, env=dict(environ), check=True, capture_output=True)

    return run


def regular_files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


def test_no_file_of_an_environment_can_be_written(
    own_manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec, ordinary: Callable[..., str]
) -> None:
    """An edit in place fails for the owner, too: it would change the cache and all other environments."""
    wheelhouse.add("demo", "1.0")
    wheelhouse.add("helper", "1.0")
    environment = own_manager.ensure(own_manager.lock(make_spec("demo")))
    sibling = own_manager.ensure(own_manager.lock(make_spec("demo\nhelper")))
    files = [path for path in regular_files(Path(environment.path)) if path.stat().st_nlink > 1]

    written = ordinary("sh", "-c", WRITE_TO_EACH, "sh", *files)

    assert module_of(environment) in files
    assert module_of(environment).samefile(module_of(sibling))
    assert written == ""
    assert "broken" not in module_of(sibling).read_text()


def test_every_installed_file_is_read_only(
    own_manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec
) -> None:
    """Copies as well as links: an environment is what its lock says."""
    wheelhouse.add("demo", "1.0")
    environment = own_manager.ensure(own_manager.lock(make_spec("demo")))

    modes = {path.stat().st_mode & 0o222 for path in regular_files(site_of(environment))}

    assert modes == {0}


def test_a_cache_of_sealed_files_serves_its_other_users(
    own_manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec, anywhere: Path
) -> None:
    """uv by hand installs from it, by link and by copy, upgrades, removes, prunes and cleans."""
    wheelhouse.add("demo", "1.0")
    wheelhouse.add("demo", "2.0")
    sealed = own_manager.ensure(own_manager.lock(make_spec("demo==1.0")))
    own = anywhere / "own"
    pip = ["uv", "pip", "{}", "-q", "--python", str(own / "bin" / "python")]
    install = [*(word.format("install") for word in pip), "--no-index", "-f", str(wheelhouse.path)]
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


def test_files_that_root_changed_in_the_cache_are_fetched_again(
    run_in, own_manager: EnvironmentManager, wheelhouse, make_spec: MakeSpec, steps: list[BuildStep]
) -> None:
    """No mode keeps out root; no environment is built of what was changed."""
    wheelhouse.add("demo", "1.0", recorded=True)
    wheelhouse.add("helper", "1.0")
    first = own_manager.ensure(own_manager.lock(make_spec("demo")))
    edit_by_force(module_of(first))

    second = own_manager.ensure(own_manager.lock(make_spec("demo\nhelper")))

    assert run_in(second, "import demo; demo.main()") == "demo 1.0"
    assert "EDITED" not in module_of(second).read_text()
    assert "EDITED" in module_of(first).read_text()
    shown = [f"{step.step}: {step.text}" for step in steps]
    assert "installing: demo again: changed in the package cache" in shown
