"""Requirements made from the imports, with the versions of this process's packages (issue 4)."""

from __future__ import annotations

import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.capture import kernel_facts
from modelop_jupyter.domain.requirements import normalise
from modelop_jupyter.domain.requirements.changes import InferredRequirements
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.requirements.distributions import ReportedPython, ThisPython
from modelop_jupyter.requirements.installed import with_dependencies

SCORE = "# modelop.score\ndef score(r):\n    return r\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of packages of this Python that the test may fill."""
    folder = tmp_path / "site-packages"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    return folder


def install(
    site: Path, name: str, number: str, module: str, *, origin: object = None, by: str = "pip"
) -> None:
    """Put a package there, from somewhere (PEP 610)."""
    info = site / f"{name.replace('-', '_')}-{number}.dist-info"
    info.mkdir()
    file = f"{module.replace('.', '/')}/__init__.py"
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n")
    (info / "RECORD").write_text(f"{file},,\n")
    (info / "top_level.txt").write_text(module.partition(".")[0] + "\n")
    (info / "INSTALLER").write_text(by)
    (info / "direct_url.json").write_text(json.dumps(origin or {}))


def inferred(workspace: Workspace, source: str, **files: str) -> InferredRequirements:
    Path("repo").mkdir()
    Path("repo/m.py").write_text(source + SCORE)
    for name, text in files.items():
        Path("repo", name.replace("_txt", ".txt").replace("_py", ".py")).write_text(text)
    workspace.register("m", "repo")
    return workspace.infer_requirements("m")


def test_imports_become_pinned_requirements(workspace: Workspace) -> None:
    """Under the packages' names, with the versions here; it says which Python that is."""
    found = inferred(workspace, "import json\nimport packaging\nimport sklearn\n")

    assert found.text == (
        f"packaging=={version('packaging')}\nscikit-learn=={version('scikit-learn')}\n"
    )
    assert (found.python, found.version) == (sys.executable, platform.python_version())
    assert not found.is_written


def test_own_files_are_no_requirements(workspace: Workspace) -> None:
    """What they import is."""
    found = inferred(workspace, "import helpers\n", helpers_py="import packaging\n")

    assert [(each.text, each.where) for each in found.lines] == [
        (f"packaging=={version('packaging')}", "helpers.py, line 1")
    ]


def test_what_is_not_installed_here_has_no_version(workspace: Workspace) -> None:
    """Its name is that of the module, or the package known to bring it."""
    found = inferred(workspace, "import no_such_module\nimport skimage\n")

    assert [(each.text, each.state) for each in found.lines] == [
        ("no-such-module", "added"),
        ("scikit-image", "added"),
    ]
    assert "not installed here" in (found.lines[0].remark or "")


def test_an_optional_import_that_is_not_there_is_left_out(workspace: Workspace) -> None:
    """The source does without it."""
    found = inferred(workspace, "try:\n    import nowhere\nexcept ImportError:\n    pass\n")

    assert found.lines == ()


@pytest.mark.parametrize(
    ("number", "origin", "by", "text", "state"),
    [
        ("1.2", None, "pip", "own==1.2", "added"),
        ("1.2+cu118", None, "pip", "own==1.2", "added"),
        (
            "1.2",
            {"url": "file:///src/own", "dir_info": {"editable": True}},
            "pip",
            "own==1.2",
            "not installable",
        ),
        ("1.2", {"url": "file:///src/own.whl"}, "pip", "own==1.2", "not installable"),
        ("1.2", {"url": "file:///feedstock/work", "dir_info": {}}, "conda", "own==1.2", "added"),
        (
            "1.2",
            {
                "url": "https://token@git.example/own",
                "vcs_info": {"vcs": "git", "commit_id": "abc"},
            },
            "pip",
            "own @ git+https://git.example/own@abc",
            "added",
        ),
        (
            "1.2",
            {"url": "https://example.org/own-1.2.tar.gz"},
            "pip",
            "own @ https://example.org/own-1.2.tar.gz",
            "added",
        ),
    ],
)
def test_where_a_package_was_installed_from_decides(
    workspace: Workspace,
    site: Path,
    number: str,
    origin: object,
    by: str,
    text: str,
    state: str,
) -> None:
    """What nobody else could install is said, and written as a comment; no credential is kept."""
    install(site, "own", number, "own", origin=origin, by=by)

    (line,) = inferred(workspace, "import own\n").lines

    assert (line.text, line.state) == (text, state)
    assert bool(line.remark) is (state != "added" or "+" in number)


def test_of_a_namespace_only_what_is_imported_is_required(workspace: Workspace, site: Path) -> None:
    """Several packages share its first name."""
    install(site, "space-one", "1.0", "space.one")
    install(site, "space-two", "2.0", "space.two")
    # Newer Pythons, and importlib_metadata, list only files that exist.
    for name in ("one", "two"):
        (site / "space" / name).mkdir(parents=True)
        (site / "space" / name / "__init__.py").touch()

    found = inferred(workspace, "from space.two import thing\n")

    assert found.text == "space-two==2.0\n"


def test_a_file_that_is_there_is_merged(workspace: Workspace) -> None:
    """Comments, options and versions stay; what cannot be right goes; what was missing is added."""
    found = inferred(
        workspace,
        "import packaging\nimport sklearn\nimport json\n",
        requirements_txt="# ours\n--pre\npackaging>=20\njson\nsklearn\nsix\n",
    )

    assert found.text == (
        f"# ours\n--pre\npackaging>=20\nsix\nscikit-learn=={version('scikit-learn')}\n"
    )
    assert [(each.state, each.text) for each in found.lines] == [
        ("removed", "json"),
        ("removed", "sklearn"),
        ("kept", "packaging>=20"),
        ("added", f"scikit-learn=={version('scikit-learn')}"),
    ]
    assert found.lines[2].remark == f"this kernel has {version('packaging')}"


@pytest.mark.parametrize(
    ("data", "state", "text"),
    [
        (b"-e ./mine\n", "not usable", "-e ./mine\npackaging=="),
        (bytes(range(256)), "removed", "packaging=="),
    ],
)
def test_what_cannot_be_read_is_said(
    workspace: Workspace, data: bytes, state: str, text: str
) -> None:
    """A line stays, to be mended by hand; rubbish cannot be kept in a file of lines."""
    inferred(workspace, "import packaging\n")
    Path("requirements.txt").write_bytes(data)
    workspace.asset_add("m", "requirements.txt")
    found = workspace.infer_requirements("m")

    assert found.lines[0].state == state
    assert found.text.startswith(text)


def test_writing_adds_the_asset_with_its_role(workspace: Workspace) -> None:
    """And once it is there, there is nothing to add."""
    inferred(workspace, "import packaging\n")
    written = workspace.infer_requirements("m", write=True)

    (asset,) = workspace.registry.get_model("m").state.with_role(AssetRole.REQUIRED_LIBRARIES)
    assert written.is_written
    assert asset.path == "requirements.txt"
    assert workspace.blobs.read(asset.digest).decode() == f"packaging=={version('packaging')}\n"
    assert [each.state for each in workspace.infer_requirements("m").lines] == ["kept"]


def test_another_file_with_the_role_is_the_one_to_write(workspace: Workspace) -> None:
    """All holders are installed together (spec 13.16); no second one is made."""
    inferred(workspace, "import packaging\n", libs_txt="six\n")
    workspace.asset_role("m", "libs.txt", "Required libraries")

    assert workspace.infer_requirements("m").asset == "libs.txt"


def test_another_python_than_the_models_is_said(workspace: Workspace) -> None:
    """Its packages may not have these versions."""
    inferred(workspace, "import packaging\n")
    workspace.register("m", "repo", python="3.8")

    assert workspace.infer_requirements("m").notes[0].startswith("The model runs on Python 3.8")


def test_a_snapshot_is_not_written_to(workspace: Workspace) -> None:
    """It never changes."""
    inferred(workspace, "import packaging\n")
    workspace.snapshot("m")

    with pytest.raises(InvalidError, match="m@1 is a snapshot"):
        workspace.infer_requirements("m@1", write=True)


def test_another_tools_table_gives_way_to_what_is_inferred(workspace: Workspace) -> None:
    """None of its rows is a requirement, so none is kept."""
    table = "Package    Version\n---------- -------\nsix        1.16.0\n"
    found = inferred(workspace, "import packaging\n", requirements_txt=table)

    assert found.text == f"packaging=={version('packaging')}\n"
    assert [
        "pip list" in (line.remark or "") for line in found.lines if line.state == "removed"
    ] == [True]


def test_what_a_kernel_reports_is_what_its_python_has() -> None:
    """The text that is sent to kernels finds the packages that an import in them would (issue 15)."""
    here, reported = ThisPython(), ReportedPython(json.loads(json.dumps(kernel_facts.python())))

    assert (reported.executable, reported.version) == (here.executable, here.version)
    for module in ("numpy", "sklearn", "packaging", "yaml"):
        names = {normalise(name) for name in here.modules[module]}
        assert {normalise(name) for name in reported.modules[module]} == names
        for name in names:
            mine, theirs = here.find(name), reported.find(name)
            assert mine is not None
            assert theirs is not None
            assert (theirs.name, theirs.version) == (mine.name, mine.version)
    assert with_dependencies(["scikit-learn"], reported) == with_dependencies(["scikit-learn"])
