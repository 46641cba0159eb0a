"""An output that is complete gets its name (spec 2.3)."""

from __future__ import annotations

import gzip
from pathlib import Path

from modelop_jupyter.domain.job_options import OutputTarget
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.supervision.ending import deliver


def test_an_output_named_gz_is_compressed(tmp_path: Path) -> None:
    """A name never promises what the bytes are not (spec 2.1, 2.3)."""
    folder = JobFolder(tmp_path / "job")
    folder.create()
    (folder.outputs / "out.csv.gz.part").write_bytes(b"a\r\n1\r\n")
    target = tmp_path / "out.csv.gz"

    assert deliver(OutputTarget("out.csv.gz", "csv", str(target)), folder) == str(target)
    assert gzip.decompress(target.read_bytes()) == b"a\r\n1\r\n"
    assert [each.name for each in folder.outputs.iterdir()] == ["out.csv.gz"]
