"""A workspace of its own for every test; built environments are shared, as they may be."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings

SOURCE = """\
# modelop.init
def begin():
    global factor
    factor = 2


# modelop.score
def score(record):
    yield {"y": record["x"] * factor}
"""


@pytest.fixture
def workspace(
    tmp_path: Path, environments: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """An empty home, with the test's folder as the working directory."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "environments").symlink_to(environments)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    with Workspace(Settings(home, f"sqlite:///{home / 'registry.db'}")) as workspace:
        yield workspace


@pytest.fixture
def model(workspace: Workspace) -> str:
    """The name of a registered model that doubles ``x``."""
    Path("double.py").write_text(SOURCE)
    workspace.register("double", "double.py")
    return "double"


@pytest.fixture
def release(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put a package on the only index there is; ``module`` is what it brings, by default its name."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))

    def add(
        version: str,
        name: str = "demo",
        module: str | None = None,
        *,
        tag: str = "py3-none-any",
    ) -> None:
        stem = f"{name.replace('-', '_')}-{version}"
        metadata, wheel, record = (f"{stem}.dist-info/{x}" for x in ("METADATA", "WHEEL", "RECORD"))
        content = {
            f"{module or name}.py": f"VERSION = {version!r}\n",
            metadata: f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
            wheel: f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n",
        }
        content[record] = "".join(f"{path},,\n" for path in [*content, record])
        with zipfile.ZipFile(index / f"{stem}-{tag}.whl", "w") as archive:
            for path, text in content.items():
                archive.writestr(path, text)

    return add
