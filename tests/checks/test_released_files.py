"""What the check says of locked versions: yanked, without a wheel for the runtime, or bound to a platform."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

import pytest

from modelop_jupyter.checks.released_files import release_findings, unanswered
from modelop_jupyter.domain.checks import Finding
from modelop_jupyter.domain.environments import Environment, EnvironmentSpec, Interpreter
from modelop_jupyter.environments.installers.index_pages import ListedFile, Listing
from modelop_jupyter.environments.lock.pylock import lock_of

PYTHON = Interpreter("/usr/bin/python3.11", "3.11.7")
WHEEL = "demo-1.0-cp311-cp311-{}.whl"
LINUX = WHEEL.format("manylinux_2_17_x86_64")
MAC = WHEEL.format("macosx_11_0_arm64")
WINDOWS = WHEEL.format("win_amd64")
SOURCE = "demo-1.0.tar.gz"


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment in which ``parent`` needs ``demo`` on Windows only."""
    python = tmp_path / "bin" / "python"
    place = tmp_path / "lib" / "python3.11" / "site-packages"
    for name, requires in (
        ("parent", "Requires-Dist: demo ; sys_platform == 'win32'\n"),
        ("other", "Requires-Dist: demo\n"),
        ("demo", ""),
    ):
        info = place / f"{name}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{requires}"
        )
    return Environment("f", str(tmp_path), str(python), "", PYTHON, (), datetime.now(timezone.utc))


def findings(
    environment: Environment,
    locked: str,
    listed: Mapping[str, str | None] | None,
    *,
    requirements: str = "demo==1.0\n",
    hashed: Mapping[str, str] | None = None,
) -> tuple[Finding, ...]:
    """Look at a lock of one file; ``listed`` are the index's, with the reason if they are yanked."""
    kind = "wheels" if locked.endswith(".whl") else "sdist"
    file = f'{{ url = "https://i/{locked}", hashes = {{ sha256 = "{"0" * 64}" }} }}'
    text = (
        'lock-version = "1.0"\ncreated-by = "test"\nrequires-python = "==3.11.*"\n\n[[packages]]\n'
        f'name = "demo"\nversion = "1.0"\n{kind} = {f"[{file}]" if kind == "wheels" else file}\n'
    )
    files = tuple(
        ListedFile(name, yanked, ((hashed or {}).get(name, ""),) if hashed else ())
        for name, yanked in (listed or {}).items()
    )
    listing = Listing(
        {"demo": files} if listed is not None else {}, {} if listed is not None else {"demo": "why"}
    )
    spec = EnvironmentSpec(
        files={"requirements.txt": requirements.encode()}, holders=("requirements.txt",)
    )
    return release_findings(lock_of(text, PYTHON), listing, spec.requirements, environment)


def only(found: tuple[Finding, ...]) -> tuple[str, str, str | None, int | None]:
    (finding,) = found
    return finding.code, finding.level, finding.file, finding.line


def test_a_version_is_yanked_if_all_its_files_are(environment: Environment) -> None:
    found = findings(environment, LINUX, {LINUX: "wrong  results", SOURCE: ""})

    assert only(found) == ("yanked", "warned", "requirements.txt", 1)
    assert found[0].message == "demo 1.0 is yanked: it was withdrawn from the index"
    assert found[0].evidence == "wrong results"


def test_a_version_with_one_file_that_is_not_yanked_is_none(environment: Environment) -> None:
    assert findings(environment, LINUX, {LINUX: None, SOURCE: "wrong"}) == ()


def test_a_version_of_which_only_the_source_is_there_must_be_built(
    environment: Environment,
) -> None:
    """A wheel of another Python or platform does not help."""
    other = LINUX.replace("cp311", "cp38")
    found = findings(environment, SOURCE, {SOURCE: None, WINDOWS: None, other: None})

    assert only(found) == ("no_wheel", "warned", "requirements.txt", 1)
    assert "has no wheel for Python 3.11 on Linux (x86-64)" in found[0].message


def test_a_wheel_of_the_index_is_as_good_as_that_of_the_lock(environment: Environment) -> None:
    """The lock of a Mac has its own wheel only."""
    assert findings(environment, MAC, {MAC: None, LINUX: None}) == ()


@pytest.mark.parametrize(
    "wheel",
    [
        "demo-1.0-py3-none-any.whl",
        "demo-1.0-cp38-abi3-manylinux2014_x86_64.whl",
        WHEEL.format("linux_x86_64"),
        WHEEL.format("manylinux_2_34_x86_64"),
    ],
)
def test_wheels_that_the_runtime_takes(environment: Environment, wheel: str) -> None:
    assert findings(environment, wheel, None) == ()


def test_wheels_of_other_platforms_alone_cannot_be_installed(environment: Environment) -> None:
    found = findings(environment, MAC, {MAC: None, WINDOWS: None})

    assert only(found) == ("platform_bound", "failed", "requirements.txt", 1)
    assert "macosx_11_0_arm64, win_amd64 only" in found[0].message


def test_a_hash_may_bind_a_requirement_to_a_platform(environment: Environment) -> None:
    hashed = {MAC: "sha256:" + "a" * 64, LINUX: "sha256:" + "b" * 64}
    requirements = f"demo==1.0 --hash={hashed[MAC]}\n"
    found = findings(
        environment, MAC, {MAC: None, LINUX: None}, hashed=hashed, requirements=requirements
    )

    assert only(found)[0] == "platform_bound"


def test_nothing_is_said_of_a_package_whose_index_gave_no_answer(environment: Environment) -> None:
    assert findings(environment, MAC, None) == ()


@pytest.mark.parametrize(
    "requirements", ["demo==1.0; sys_platform == 'win32'\n", "parent\n"], ids=["line", "dependency"]
)
def test_what_linux_does_not_need_is_no_finding(
    environment: Environment, requirements: str
) -> None:
    assert findings(environment, WINDOWS, {WINDOWS: None}, requirements=requirements) == ()


def test_what_a_package_needs_everywhere_is_one_without_a_line(environment: Environment) -> None:
    found = findings(environment, WINDOWS, {WINDOWS: None}, requirements="other\n")

    assert only(found) == ("platform_bound", "failed", None, None)


def test_what_was_not_answered_is_said_once_for_each_reason() -> None:
    reasons = {"a": "x cannot be reached", "b": "x cannot be reached", "c": "no index lists it"}
    many = dict.fromkeys("abcd", "no index is used")

    assert unanswered(Listing({}, {})) is None
    assert unanswered(Listing({}, reasons)) == (
        "yanked versions, and wheels for the runtime, of a, b (x cannot be reached); c (no index lists it)"
    )
    assert unanswered(Listing({}, many)) == (
        "yanked versions, and wheels for the runtime, of 4 packages (no index is used)"
    )
