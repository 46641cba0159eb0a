"""Credentials are used, and are found nowhere afterwards: a canary in every place that may hold one.

The index and the folders of wheels are real servers behind a password; the keyring is a program
that answers as the ``keyring`` command does.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from modelop_jupyter.domain.environments import BuildStep, EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.errors import EnvironmentBuildError

Asking = Callable[..., EnvironmentSpec]
CANARY = "s3cret-c4n4ry"
PLACES = {
    "pip.conf": ("", "index-url = http://user:{canary}@{address}/simple", {}),
    "pip.conf, extra": (
        "",
        "index-url = http://{address}/open\nextra-index-url = http://user:{canary}@{address}/simple",
        {},
    ),
    "PIP_INDEX_URL": ("", "", {"PIP_INDEX_URL": "http://user:{canary}@{address}/simple"}),
    "PIP_FIND_LINKS": (
        "",
        "",
        {"PIP_FIND_LINKS": "http://user:{canary}@{address}/links", "PIP_NO_INDEX": "1"},
    ),
    "PIP_CONSTRAINT": (
        "",
        "index-url = http://user:{canary}@{address}/simple",
        {"PIP_CONSTRAINT": "http://user:{canary}@{address}/files/limits.txt"},
    ),
    "a variable": (
        "--index-url http://user:${TOKEN}@{address}/simple",
        "",
        {"TOKEN": "{canary}"},
    ),
    "the requirements": ("--index-url http://user:{canary}@{address}/simple", "", {}),
    "find-links": (
        "--no-index\n-f http://user:${TOKEN}@{address}/links",
        "",
        {"TOKEN": "{canary}"},
    ),
    "netrc": ("--index-url http://{address}/simple", "", {}),
    "a keyring": ("--index-url http://user@{address}/simple", "", {}),
}

# What uv asks, and what pip asks since 26.
KEYRING = f"""#!/bin/sh
case "$*" in
    "get "*" user") echo {CANARY} ;;
    "--mode=creds --output=json get "*) echo '{{"username": "user", "password": "{CANARY}"}}' ;;
    *) exit 1 ;;
esac
"""


@dataclass
class Watch:
    """The arguments of our processes, looked at while a tool waits for the server's answer."""

    seen: set[str] = field(default_factory=set)

    def look(self) -> None:
        for process in psutil.Process().children(recursive=True):
            try:
                self.seen.add(" ".join(process.cmdline()))
            except psutil.Error:
                continue


@pytest.fixture
def watch(index) -> Iterator[Watch]:
    """Look at the processes at every request."""
    watch, answer = Watch(), index.answer

    def look_and_answer(path: str, authorization: str | None):
        watch.look()
        return answer(path, authorization)

    index.answer = look_and_answer
    yield watch
    index.answer = answer


@pytest.fixture
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pip is unpacked once."""
    folder = tmp_path_factory.getbasetemp() / "tools"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def prepare(tmp_path: Path, tools: Path, machine, index, house):
    """Make a machine with the canary in one place, and return its manager's root and environment."""
    house.add("demo", "1.0")
    (house.path / "limits.txt").write_text("demo<2\n")
    index.password = CANARY
    home = Path(machine["HOME"])
    root = tmp_path / "root"
    root.mkdir()
    (root / "tools").symlink_to(tools)

    def of(configuration: str, variables: dict[str, str], *, place: str) -> dict[str, str]:
        (home / ".config" / "pip").mkdir(parents=True)
        text = configuration.format(canary=CANARY, address=index.address)
        (home / ".config" / "pip" / "pip.conf").write_text(f"[global]\n{text}\n")
        if place == "netrc":
            host = index.address.partition(":")[0]
            (home / ".netrc").write_text(f"machine {host}\nlogin user\npassword {CANARY}\n")
            (home / ".netrc").chmod(0o600)
        environ = {**machine, "XDG_CONFIG_DIRS": str(home / "none"), "PIP_NO_INDEX": "0"}
        del environ["PIP_CONFIG_FILE"]
        if place == "a keyring":
            (home / "bin").mkdir()
            program = home / "bin" / "keyring"
            program.write_text(KEYRING)
            program.chmod(0o755)
            environ["PATH"] = f"{home / 'bin'}:{environ['PATH']}"
        filled = {
            name: value.format(canary=CANARY, address=index.address)
            for name, value in variables.items()
        }
        return environ | filled

    return of


def everything_written(root: Path) -> str:
    """Return all bytes below a root as text, and the names of all files and links."""
    told = []
    for path in root.rglob("*"):
        told.append(f"{path} {path.readlink() if path.is_symlink() else ''}")
        if path.is_file() and not path.is_symlink():
            told.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(told)


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("place", PLACES)
def test_the_canary_opens_the_index_and_is_found_nowhere(
    tmp_path: Path, prepare, index, watch: Watch, asking: Asking, capfd, place: str, installer: str
) -> None:
    """Not in a lock, log, note or environment, not on the console, not among arguments (issue 4)."""
    text, configuration, variables = PLACES[place]
    environ = prepare(configuration, variables, place=place)
    text = text.replace("{address}", index.address).replace("{canary}", CANARY)
    spec = asking(f"{text}\ndemo\n")
    steps: list[BuildStep] = []
    manager = EnvironmentManager(
        tmp_path / "root", environ=environ, installer=installer, progress=steps.append
    )

    lock = manager.lock(spec)
    shutil.rmtree(Path(environ["HOME"]) / ".cache", ignore_errors=True)
    environment = manager.ensure(lock)

    assert [package.name for package in environment.packages] == ["demo"]
    assert watch.seen
    told = [
        lock.text,
        everything_written(manager.root),
        repr(steps),
        *watch.seen,
        *capfd.readouterr(),
    ]
    assert [text for text in told if CANARY in text] == []


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("place", ["pip.conf", "the requirements", "find-links", "netrc"])
def test_the_canary_is_in_no_error(
    tmp_path: Path, prepare, index, asking: Asking, place: str, installer: str
) -> None:
    """A name that the index does not know: the sentence and the log say where it was looked for."""
    text, configuration, variables = PLACES[place]
    environ = prepare(configuration, variables, place=place)
    text = text.replace("{address}", index.address).replace("{canary}", CANARY)
    manager = EnvironmentManager(tmp_path / "root", environ=environ, installer=installer)

    with pytest.raises(EnvironmentBuildError, match="no package of this name") as caught:
        manager.lock(asking(f"{text}\nnowhere\n"))

    assert CANARY not in repr(caught.value.to_wire()) + repr(vars(caught.value))
    assert CANARY not in everything_written(manager.root)


def test_a_keyring_can_be_switched_off(prepare, index, asking: Asking, tmp_path: Path) -> None:
    """pip's own setting holds: keyring-provider = disabled."""
    environ = prepare("keyring-provider = disabled", {}, place="a keyring")
    manager = EnvironmentManager(tmp_path / "root", environ=environ)

    with pytest.raises(EnvironmentBuildError, match="refuses access"):
        manager.lock(asking(f"--index-url http://user@{index.address}/simple\ndemo"))
