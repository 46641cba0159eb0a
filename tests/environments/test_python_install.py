"""A Python that is missing: when uv is offered to install it, and what it says when it cannot."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import sys
import tarfile
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.environments.interpreters import Interpreters
from modelop_jupyter.environments.python_install import install, installable, why_not
from modelop_jupyter.errors import EnvironmentBuildError, InvalidError, PythonNotFoundError

VERSION = "3.14.77"


@pytest.fixture
def mirror(tmp_path: Path) -> dict[str, str]:
    """The settings of a machine whose uv fetches a small archive, with what answers as a Python."""
    home = tmp_path / "home"
    answer = {
        "executable": str(home / "python"),
        "version": VERSION,
        "implementation": "cpython",
        "platform": "linux",
    }
    script = f"#!/bin/sh\necho '{json.dumps(answer)}'\n".encode()
    archive = tmp_path / f"cpython-{VERSION}-install_only.tar.gz"
    # What uv looks at after it has unpacked a Python.
    data = f"_sysconfigdata__linux_{platform.machine()}-linux-gnu.py"
    files = {
        **dict.fromkeys(("bin/python3.14", "bin/python3", "bin/python"), script),
        f"lib/python3.14/{data}": b"# system configuration generated and used by the sysconfig module\nbuild_time_vars = {}\n",
    }
    with tarfile.open(archive, "w:gz") as file:
        for name, content in files.items():
            info = tarfile.TarInfo(f"python/{name}")
            info.size, info.mode = len(content), 0o755
            file.addfile(info, io.BytesIO(content))
    downloads = {
        f"cpython-{VERSION}-linux-{platform.machine()}-gnu": {
            "name": "cpython",
            "arch": {"family": platform.machine(), "variant": None},
            "os": "linux",
            "libc": "gnu",
            "major": 3,
            "minor": 14,
            "patch": 77,
            "prerelease": "",
            "url": archive.as_uri(),
            "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(),
            "variant": None,
            "build": "20260101",
        }
    }
    (tmp_path / "downloads.json").write_text(json.dumps(downloads))
    return {
        "HOME": str(home),
        "PATH": str(home / "bin"),
        "UV_PYTHON_DOWNLOADS_JSON_URL": str(tmp_path / "downloads.json"),
        "UV_PYTHON_INSTALL_DIR": str(home / "pythons"),
        "UV_CACHE_DIR": str(tmp_path / "cache"),
        "PIP_CONFIG_FILE": "/dev/null",
    }


@pytest.mark.skipif(sys.platform != "linux", reason="the archive is for Linux")
def test_uv_installs_it_from_a_mirror(tmp_path: Path, mirror: dict[str, str]) -> None:
    """What was missing, and offered, is found in uv's folder; no program is put on PATH."""
    interpreters = Interpreters(tmp_path / "interpreters.json", mirror)
    with pytest.raises(PythonNotFoundError) as caught:
        interpreters.resolve("3.14.77")
    install("3.14", mirror)

    assert caught.value.installable == "3.14.77"
    assert "have uv install 3.14.77: 'env build NAME --install-python'" in str(caught.value)
    assert (
        Interpreters(tmp_path / "interpreters.json", mirror).resolve("3.14.77").version == VERSION
    )
    assert not (tmp_path / "home" / ".local" / "bin").exists()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"MODELOP_OFFLINE": "1"}, "MODELOP_OFFLINE is set"),
        ({"UV_OFFLINE": "1"}, "UV_OFFLINE is set"),
        ({"UV_PYTHON_DOWNLOADS": "never"}, "UV_PYTHON_DOWNLOADS forbids it"),
        ({"PIP_NO_INDEX": "1"}, "no index may be asked (PIP_NO_INDEX)"),
        (
            {"PIP_INDEX_URL": "https://packages.example/simple"},
            "packages come from an index of your own (PIP_INDEX_URL), and UV_PYTHON_INSTALL_MIRROR"
            " names no place for Pythons",
        ),
    ],
)
def test_what_forbids_it_is_said(settings: dict[str, str], reason: str) -> None:
    """Nothing is offered then, and who asks for it all the same hears why not."""
    environ = {"PIP_CONFIG_FILE": "/dev/null", "HOME": "/nowhere", **settings}

    assert why_not(environ) == reason
    assert installable("3.14", environ) is None
    with pytest.raises(EnvironmentBuildError, match=r"uv does not install Python 3\.14: "):
        install("3.14", environ)


def test_a_mirror_for_pythons_stands_beside_an_own_index() -> None:
    """Who set both has said where Pythons come from."""
    environ = {
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_INDEX_URL": "https://packages.example/simple",
        "UV_PYTHON_INSTALL_MIRROR": "https://pythons.example",
    }

    assert why_not(environ) is None
    assert why_not({"PIP_CONFIG_FILE": "/dev/null"}) is None


def test_a_place_without_the_file_is_named(tmp_path: Path) -> None:
    """With what else can be done."""
    environ = {
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": "/dev/null",
        "UV_PYTHON_INSTALL_MIRROR": (tmp_path / "nothing").as_uri(),
    }
    with pytest.raises(EnvironmentBuildError) as caught:
        install("3.14", environ)

    assert caught.value.reason.startswith("uv could not install Python 3.14: ")
    assert "No such file" in caught.value.reason
    assert caught.value.remedy == "Install it in another way, and choose it with --python PATH"


def test_uv_has_no_such_version() -> None:
    """It is not offered."""
    assert installable("3.5", {"PIP_CONFIG_FILE": "/dev/null"}) is None
    assert installable("pypy3", {"PIP_CONFIG_FILE": "/dev/null"}) is None


@pytest.mark.skipif(sys.platform != "linux", reason="the archive is for Linux")
def test_register_offers_it_and_installs_it(
    workspace: Workspace, mirror: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error has the words to add; with them the model has that Python."""
    for name, value in mirror.items():
        if name.startswith(("UV_", "PIP_")):
            monkeypatch.setenv(name, value)
    Path("m.py").write_text("# modelop.score\ndef f(record):\n    yield record\n")
    with Workspace(workspace.settings) as own:
        preview = own.preview("m", "m.py", python="3.14.77")
        with pytest.raises(InvalidError) as caught:
            own.register("m", "m.py", python="3.14.77")
        own.register("m", "m.py", python="3.14.77", install_python=True)
        state = own.show("m").model.state

    assert [remedy.options for remedy in caught.value.remedies] == [("--install-python",)]
    assert (preview.python_to_install, preview.refusal_code) == ("3.14.77", "invalid")
    assert state.python == "3.14.77"
