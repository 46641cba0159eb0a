"""The proof of a job: what its runner saw, against the lock of its environment (issue 4)."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter.domain.environments import Environment, Interpreter, LockedPackage
from modelop_jupyter.domain.wire import from_wire
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.protocol import ObservedEnvironment
from modelop_jupyter.jobs.supervision.proof import compare, proof_of

BUILT = ("six.py", "odd/__init__.py", "odd.libs/x.so", "six-1.16.0.dist-info/RECORD")
NOW = datetime(2026, 11, 23, tzinfo=timezone.utc)


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """One with six and a package with a build number in its lock."""
    return Environment(
        fingerprint="abc",
        path=str(tmp_path / "env"),
        python=str(tmp_path / "env/bin/python"),
        lock_digest="sha256:3f2a91c0",
        interpreter=Interpreter("/usr/bin/python3.11", "3.11.7"),
        packages=(LockedPackage("six", "1.16.0"), LockedPackage("odd-name", "1.0-1")),
        created=NOW,
    )


def seen(environment: Environment, **changed: Any) -> ObservedEnvironment:
    """What a runner in it writes when all is well."""
    library = f"{environment.path}/lib/python3.11"
    written = {
        "executable": environment.python,
        "version": "3.11.7",
        "prefix": environment.path,
        "base_prefix": "/usr",
        "sys_path": ["/usr/lib/python311.zip", "/usr/lib/python3.11", f"{library}/site-packages"],
        "distributions": [["six", "1.16.0"], ["Odd_Name", "1.0_1"]],
        "isolated": True,
        **changed,
    }
    return from_wire(ObservedEnvironment, written)


def test_an_environment_with_its_lock_and_nothing_else_is_exact(environment: Environment) -> None:
    """Names and versions are compared as packages spell them, not as folders do."""
    proof = compare(seen(environment), environment)

    assert proof.is_exact
    assert proof.lock_digest == "sha256:3f2a91c0"
    assert [package.name for package in proof.packages] == ["odd-name", "six"]


@pytest.mark.parametrize(
    ("changed", "foreign", "missing"),
    [
        ({"distributions": [["six", "1.16.0"]]}, (), ("odd-name",)),
        (
            {"distributions": [["six", "1.17.0"], ["odd-name", "1.0-1"]]},
            ("six 1.17.0",),
            (),
        ),
        (
            {"distributions": [["six", "1.16.0"], ["odd-name", "1.0-1"], ["pip", "24.0"]]},
            ("pip 24.0",),
            (),
        ),
        ({"sys_path": ["/home/me/lib"]}, ("/home/me/lib (on sys.path)",), ()),
        (
            {"sys_path": ["/usr/lib/python3/dist-packages"]},
            ("/usr/lib/python3/dist-packages (on sys.path)",),
            (),
        ),
    ],
)
def test_what_differs_is_named(
    environment: Environment,
    changed: dict[str, Any],
    foreign: tuple[str, ...],
    missing: tuple[str, ...],
) -> None:
    """Another version, a package or a folder that is not in the lock, and one that is not there."""
    proof = compare(seen(environment, **changed), environment)

    assert not proof.is_exact
    assert (proof.foreign, proof.missing) == (foreign, missing)


def test_loose_files_that_were_not_built_are_named(environment: Environment) -> None:
    """Built files are listed; a folder without files is nothing; others outside are named."""
    site = Path(environment.path, "lib/python3.11/site-packages")
    for name in ("six.py", "odd/__init__.py", "odd.libs/x.so", "guest/__init__.py", "stray.pth"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text("")
    (site / "empty").mkdir()
    built = ["bin/python", *(f"lib/python3.11/site-packages/{x}" for x in BUILT)]
    Path(environment.path, "files.txt").write_text("\n".join(f"0 1 {path}" for path in built))
    names = ["six.py", "odd", "odd.libs", "guest", "stray.pth", "empty"]

    proof = compare(seen(environment, loose={str(site): names, "/usr/x": ["y.py"]}), environment)

    assert proof.foreign == ("guest (of no package)", "stray.pth (of no package)")


def test_an_environment_without_a_listing_has_no_foreign_files(environment: Environment) -> None:
    """It is not known what was built."""
    site = f"{environment.path}/lib/python3.11/site-packages"

    assert compare(seen(environment, loose={site: ["six.py"]}), environment).is_exact


def test_an_interpreter_that_is_not_isolated_is_no_proof(environment: Environment) -> None:
    """PYTHONPATH and the working directory could have come in."""
    assert not compare(seen(environment, isolated=False), environment).is_exact


def test_a_job_whose_runner_never_started_has_no_proof(
    tmp_path: Path, environment: Environment
) -> None:
    """Nothing was looked at."""
    folder = JobFolder(tmp_path / "job")
    folder.create()

    assert proof_of(folder, environment) is None
    assert proof_of(folder, None) is None


def test_the_proof_of_several_workers_is_the_one_that_is_not_exact(
    tmp_path: Path, environment: Environment
) -> None:
    """The job is as good as the worst of them."""
    folder = JobFolder(tmp_path / "job")
    folder.create()
    for number, changed in enumerate([{}, {"distributions": []}]):
        worker = JobFolder(folder.workers_folder / str(number))
        worker.root.mkdir(parents=True)
        worker.write(seen(environment, **changed))

    proof = proof_of(folder, environment)

    assert proof is not None
    assert proof.missing == ("odd-name", "six")
