"""Credentials are used, and are found nowhere afterwards: a canary in every place that may hold one.

The index and the folders of wheels are real servers behind a password; the keyring is a program
that answers as the ``keyring`` command does.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from modelop_jupyter.domain.environments import BuildStep, EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.errors import EnvironmentBuildError

MakeSpec = Callable[..., EnvironmentSpec]
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
def prepare(tmp_path: Path, tools: Path, machine, index, wheelhouse):
    """Make a machine with the canary in one place, and return its manager's root and environment."""
    wheelhouse.add("demo", "1.0")
    (wheelhouse.path / "limits.txt").write_text("demo<2\n")
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
    texts = []
    for path in root.rglob("*"):
        texts.append(f"{path} {path.readlink() if path.is_symlink() else ''}")
        if path.is_file() and not path.is_symlink():
            texts.append(path.read_bytes().decode("utf-8", "replace"))
    return "\n".join(texts)


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("place", PLACES)
def test_the_canary_opens_the_index_and_is_found_nowhere(
    tmp_path: Path,
    prepare,
    index,
    watch: Watch,
    make_spec: MakeSpec,
    capfd,
    place: str,
    installer: str,
) -> None:
    """Not in a lock, log, note or environment, not on the console, not among arguments (issue 4)."""
    text, configuration, variables = PLACES[place]
    environ = prepare(configuration, variables, place=place)
    text = text.replace("{address}", index.address).replace("{canary}", CANARY)
    spec = make_spec(f"{text}\ndemo\n")
    steps: list[BuildStep] = []
    manager = EnvironmentManager(
        tmp_path / "root", environ=environ, installer=installer, progress=steps.append
    )

    lock = manager.lock(spec)
    shutil.rmtree(Path(environ["HOME"]) / ".cache", ignore_errors=True)
    environment = manager.ensure(lock)

    assert [package.name for package in environment.packages] == ["demo"]
    assert watch.seen
    texts = [
        lock.text,
        everything_written(manager.root),
        repr(steps),
        *watch.seen,
        *capfd.readouterr(),
    ]
    assert [text for text in texts if CANARY in text] == []


@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("place", ["pip.conf", "the requirements", "find-links", "netrc"])
def test_the_canary_is_in_no_error(
    tmp_path: Path, prepare, index, make_spec: MakeSpec, place: str, installer: str
) -> None:
    """A name that the index does not know: the sentence and the log say where it was looked for."""
    text, configuration, variables = PLACES[place]
    environ = prepare(configuration, variables, place=place)
    text = text.replace("{address}", index.address).replace("{canary}", CANARY)
    manager = EnvironmentManager(tmp_path / "root", environ=environ, installer=installer)

    with pytest.raises(EnvironmentBuildError, match="no package of this name") as caught:
        manager.lock(make_spec(f"{text}\nnowhere\n"))

    assert CANARY not in repr(caught.value.to_wire()) + repr(vars(caught.value))
    assert CANARY not in everything_written(manager.root)


def test_a_keyring_can_be_switched_off(prepare, index, make_spec: MakeSpec, tmp_path: Path) -> None:
    """pip's own setting holds: keyring-provider = disabled."""
    environ = prepare("keyring-provider = disabled", {}, place="a keyring")
    manager = EnvironmentManager(tmp_path / "root", environ=environ)

    with pytest.raises(EnvironmentBuildError, match="refuses access"):
        manager.lock(make_spec(f"--index-url http://user@{index.address}/simple\ndemo"))


SOURCE = "# modelop.score\ndef score(record):\n    yield record\n"
PROGRAM = """
import json, sys
from modelop_jupyter import Workspace
from modelop_jupyter.cli import main
for words in json.loads(sys.argv[1]):
    main([Workspace().jobs()[0].id if word == "JOB" else word for word in words])
"""
VERBS = (
    "register secret MODEL",
    "env build secret",
    "requirements secret --check",
    "env show secret",
    "batch secret IN",
    "show secret",
    "jobs --json",
    "job show JOB",
    "job log JOB",
    "job export JOB",
    "batch secret IN",
    "compare JOB JOB",
    "requirements secret --infer",
    "requirements secret --upgrade",
    "show secret --json",
    "export secret exported",
    "register broken BROKEN",
    "env build broken",
    "diff secret broken",
    "models --json",
    "asset list secret",
)


@pytest.fixture
def type_all(tmp_path: Path, prepare, index):
    """Run the verbs in a shell, on a model with these requirements, and return all output."""

    def run(text: str, place: str, variables: dict[str, str], verbs: Sequence[str] = VERBS) -> str:
        environ = prepare("", variables, place=place) | {"MODELOP_HOME": str(tmp_path / "home")}
        text = text.replace("{address}", index.address).replace("{canary}", CANARY)
        for name, more in (("model", "demo"), ("broken", "nowhere")):
            (tmp_path / name).mkdir()
            (tmp_path / name / "model.py").write_text(SOURCE)
            (tmp_path / name / "requirements.txt").write_text(f"{text}\n{more}\n")
        (tmp_path / "in.json").write_text('{"x": 1}\n')
        places = {
            "MODEL": str(tmp_path / "model"),
            "BROKEN": str(tmp_path / "broken"),
            "IN": str(tmp_path / "in.json"),
        }
        lines = [[places.get(word, word) for word in verb.split()] for verb in verbs]
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, json.dumps(lines)],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        return done.stdout + done.stderr

    return run


@pytest.mark.slow
@pytest.mark.parametrize("place", ["a variable", "a keyring"])
def test_the_whole_home_is_without_the_canary(tmp_path: Path, type_all, place: str) -> None:
    """Registry and its log, blobs, jobs, environments, status and everything the verbs say."""
    text, _, variables = PLACES[place]

    output = type_all(text, place, variables)

    assert "COMPLETE SUCCESS" in output
    assert "there is no package of this name" in output
    assert CANARY not in output
    assert CANARY not in everything_written(tmp_path / "home")


@pytest.mark.slow
def test_a_password_in_the_requirements_stays_in_that_file(tmp_path: Path, type_all) -> None:
    """It is the user's own asset, kept and given to the model as it is; nothing else shows it."""
    output = type_all(*PLACES["the requirements"][:1], "the requirements", {})
    home = tmp_path / "home"

    assert "requirements.txt, line 1 holds a password" in output
    assert "COMPLETE SUCCESS" in output
    assert CANARY not in output
    holding = [
        path.relative_to(home)
        for path in home.rglob("*")
        if path.is_file() and CANARY.encode() in path.read_bytes()
    ]
    assert {path.parts[0] for path in holding} == {"blobs"}
    assert CANARY not in (tmp_path / "exported" / "model.json").read_text()
    assert CANARY not in (tmp_path / "exported" / "manifest.json").read_text()


@pytest.mark.slow
@pytest.mark.parametrize("place", ["a variable", "PIP_INDEX_URL", "find-links"])
def test_a_job_that_builds_its_environment_knows_the_index(
    tmp_path: Path, type_all, place: str
) -> None:
    """The supervisor gets by a private way what its own variables must not show."""
    text, _, variables = PLACES[place]

    output = type_all(text, place, variables, verbs=("register secret MODEL", "batch secret IN"))

    assert "COMPLETE SUCCESS" in output
    assert CANARY not in output
