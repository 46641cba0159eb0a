"""Packages without wheels are built in isolation, with their output in the log (issue 4)."""

from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from modelop_jupyter.domain.environments import EnvironmentSpec
from modelop_jupyter.environments import EnvironmentManager
from modelop_jupyter.errors import EnvironmentBuildError

MakeSpec = Callable[..., EnvironmentSpec]
BOTH = pytest.mark.parametrize("installer", ["uv", "pip"])

# A build backend that needs no other package: it compiles a C file and packs a wheel.
BACKEND = """
import os, subprocess, sys, sysconfig, zipfile

INFO = {
    "METADATA": "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n",
    "WHEEL": "Wheel-Version: 1.0\\nGenerator: tiny\\nRoot-Is-Purelib: false\\nTag: py3-none-any\\n",
    "RECORD": "",
}


def build_wheel(folder, config=None, metadata=None):
    print("tiny is being built", flush=True)
    files = {"tiny/__init__.py": "answer = 42\\n"}
    if os.path.exists("tiny.c"):
        library = "tinyc" + sysconfig.get_config_var("EXT_SUFFIX")
        flags = ["-I" + sysconfig.get_paths()["include"]]
        if os.path.exists("against.txt"):
            import base

            flags.append('-DAGAINST="%s"' % base.__version__)
        subprocess.check_call(["gcc", "-shared", "-fPIC", *flags, "tiny.c", "-o", library])
        with open(library, "rb") as file:
            files[library] = file.read()
    files.update(("tiny-1.0.dist-info/" + name, text) for name, text in INFO.items())
    record = "".join(name + ",,\\n" for name in files)
    files["tiny-1.0.dist-info/RECORD"] = record
    name = "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        for path, content in files.items():
            wheel.writestr(path, content)
    return name
"""
EXTENSION = """\
#include <Python.h>
static struct PyModuleDef tiny = {PyModuleDef_HEAD_INIT, "tinyc", 0, -1, 0};
PyMODINIT_FUNC PyInit_tinyc(void) { return PyModule_Create(&tiny); }
"""


# As numpy's users: it cannot be loaded beside another version than it was compiled against.
BOUND = """\
#include <Python.h>
static struct PyModuleDef tiny = {PyModuleDef_HEAD_INIT, "tinyc", 0, -1, 0};
PyMODINIT_FUNC PyInit_tinyc(void) {
    PyObject *base = PyImport_ImportModule("base");
    PyObject *there = base ? PyObject_GetAttrString(base, "__version__") : NULL;
    if (!there) return NULL;
    if (PyUnicode_CompareWithASCIIString(there, AGAINST)) {
        PyErr_Format(PyExc_ImportError, "compiled against base %s, this is %U", AGAINST, there);
        return NULL;
    }
    return PyModule_Create(&tiny);
}
"""


def write_source(folder: Path, *, requires: str = "", **files: str) -> None:
    """Write the sdist of tiny, with these files besides its backend."""
    project = (
        f'[build-system]\nrequires = [{requires}]\nbuild-backend = "back"\nbackend-path = ["."]\n'
    )
    content = {"pyproject.toml": project, "back.py": BACKEND, "PKG-INFO": "Name: tiny\n"}
    content |= {name.replace("_", "."): text for name, text in files.items()}
    with tarfile.open(folder / "tiny-1.0.tar.gz", "w:gz") as archive:
        for name, text in content.items():
            entry = tarfile.TarInfo(f"tiny-1.0/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))


@pytest.fixture
def make(tmp_path: Path, offline: dict[str, str]) -> Callable[..., EnvironmentManager]:
    """Make a manager with the PATH of these tests, or another one."""

    def manager(installer: str, path: str | None = None) -> EnvironmentManager:
        environ = {**offline, "PATH": path or os.environ["PATH"]}
        return EnvironmentManager(tmp_path / "root", environ=environ, installer=installer)

    return manager


@BOTH
def test_a_source_is_built_with_its_output_in_the_log(
    make, wheelhouse, make_spec: MakeSpec, run_in, installer: str
) -> None:
    """Also where all goes well; nothing of the build stays in the environment."""
    write_source(wheelhouse.path)
    manager = make(installer)

    environment = manager.ensure(manager.lock(make_spec("tiny")))
    logs = "".join(path.read_text() for path in (manager.root / "logs").glob("*.log"))

    assert run_in(environment, "import tiny; print(tiny.answer)") == "42"
    assert manager.prove(environment, names=("back", "pip")).is_exact
    assert "tiny is being built" in logs


@BOTH
def test_a_c_extension_is_compiled(
    make, wheelhouse, make_spec: MakeSpec, run_in, installer: str
) -> None:
    """With the headers of the model's Python."""
    write_source(wheelhouse.path, tiny_c=EXTENSION)
    manager = make(installer)

    environment = manager.ensure(manager.lock(make_spec("tiny")))

    assert run_in(environment, "import tinyc; print(tinyc.__name__)") == "tinyc"


@BOTH
def test_a_missing_compiler_is_named(
    make, wheelhouse, make_spec: MakeSpec, tmp_path: Path, installer: str
) -> None:
    """Which one, and how to get it; nothing half-built stays."""
    write_source(wheelhouse.path, tiny_c=EXTENSION)
    (tmp_path / "bin").mkdir()
    manager = make(installer, path=str(tmp_path / "bin"))

    with pytest.raises(EnvironmentBuildError) as caught:
        manager.ensure(manager.lock(make_spec("tiny")))

    assert caught.value.requirement == "tiny"
    assert "so it is built from source, which needs gcc" in caught.value.reason
    assert (caught.value.hint or "").startswith("Install gcc")
    assert manager.list() == []


def test_a_missing_header_is_named(make, wheelhouse, make_spec: MakeSpec) -> None:
    """A library's own headers are another package of the system."""
    write_source(wheelhouse.path, tiny_c=f"#include <no_such_library.h>\n{EXTENSION}")
    manager = make("uv")

    with pytest.raises(EnvironmentBuildError, match=r"needs no_such_library\.h"):
        manager.ensure(manager.lock(make_spec("tiny")))


def test_a_source_that_fails_is_built_once(make, wheelhouse, make_spec: MakeSpec) -> None:
    """A long build is not tried again when nothing was missing but its own success."""
    write_source(wheelhouse.path, tiny_c="this is no C\n")
    manager = make("uv")

    with pytest.raises(EnvironmentBuildError) as caught:
        manager.ensure(manager.lock(make_spec("tiny")))

    assert caught.value.log
    assert Path(caught.value.log).read_text().count("   Building tiny") == 1


def add_bases(wheelhouse) -> None:
    """Put two versions of what is compiled against into a wheelhouse."""
    for version in ("1.0", "2.0"):
        wheelhouse.add("base", version, tag="py3-none-linux_x86_64")


@BOTH
def test_a_source_is_built_against_the_locked_versions(
    make, wheelhouse, make_spec: MakeSpec, run_in, installer: str
) -> None:
    """Not against the newest, nor is a wheel taken from the cache that was built against another."""
    add_bases(wheelhouse)
    write_source(wheelhouse.path, requires='"base"', tiny_c=BOUND, against_txt="")
    manager = make(installer)
    code = "import tinyc, base; print(base.__version__)"

    newer = manager.ensure(manager.lock(make_spec("tiny\nbase==2.0")))
    older = manager.ensure(manager.lock(make_spec("tiny\nbase==1.0")))

    assert (run_in(newer, code), run_in(older, code)) == ("2.0", "1.0")


@BOTH
def test_a_build_gets_the_version_that_it_requires(
    make, wheelhouse, make_spec: MakeSpec, run_in, installer: str
) -> None:
    """A build that asks for another version than is locked gets it, and the log says so."""
    add_bases(wheelhouse)
    write_source(wheelhouse.path, requires='"base>=2"', tiny_c=EXTENSION)
    manager = make(installer)

    environment = manager.ensure(manager.lock(make_spec("tiny\nbase==1.0")))
    logs = "".join(path.read_text() for path in (manager.root / "logs").glob("*.log"))

    assert run_in(environment, "import tinyc, base; print(base.__version__)") == "1.0"
    assert "a build requires another version than base==1.0: that version is used" in logs


@BOTH
def test_compiled_modules_are_imported_after_the_build(
    make, wheelhouse, make_spec: MakeSpec, installer: str
) -> None:
    """A module that cannot be loaded beside the locked versions makes no environment that is ready."""
    add_bases(wheelhouse)
    write_source(wheelhouse.path, requires='"base>=2"', tiny_c=BOUND, against_txt="")
    manager = make(installer)

    with pytest.raises(EnvironmentBuildError) as caught:
        manager.ensure(manager.lock(make_spec("base==1.0\ntiny\n")))

    assert (caught.value.line, caught.value.requirement) == (2, "tiny")
    assert "its module tinyc cannot be imported" in caught.value.reason
    assert "compiled against base 2.0, this is 1.0" in caught.value.reason
    assert manager.list() == []


def test_a_compiled_module_that_ends_its_process_is_named(
    make, wheelhouse, make_spec: MakeSpec
) -> None:
    """A crash while it is loaded is a reason like any other."""
    write_source(wheelhouse.path, tiny_c=EXTENSION.replace("return Py", "abort(); return Py"))
    manager = make("uv")

    with pytest.raises(
        EnvironmentBuildError, match="its module tinyc cannot be imported: the process"
    ):
        manager.ensure(manager.lock(make_spec("tiny")))


def test_a_compiled_module_that_lacks_an_optional_package_is_no_fault(
    make, wheelhouse, make_spec: MakeSpec
) -> None:
    """What its author left optional is nothing that the build has broken."""
    missing = 'PyErr_SetString(PyExc_ModuleNotFoundError, "no such"); return NULL; return Py'
    write_source(wheelhouse.path, tiny_c=EXTENSION.replace("return Py", missing))
    manager = make("uv")

    assert manager.ensure(manager.lock(make_spec("tiny"))).packages
