"""An output that is complete gets its name (spec 2.3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.supervision.ending import deliver

from ...compressed import UNPACK


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz", ".zst"])
def test_an_output_is_compressed_as_its_name_says(tmp_path: Path, ending: str) -> None:
    """A name never promises what the bytes are not (spec 2.1, 2.3)."""
    folder = JobFolder(tmp_path / "job")
    folder.create()
    name = f"out.csv{ending}"
    (folder.outputs / f"{name}.part").write_bytes(b"a\r\n1\r\n")
    target = tmp_path / name

    assert deliver(OutputTarget(name, "csv", str(target)), folder) == str(target)
    assert UNPACK[ending](target.read_bytes()) == b"a\r\n1\r\n"
    assert [each.name for each in folder.outputs.iterdir()] == [name]
