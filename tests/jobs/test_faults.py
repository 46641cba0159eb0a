"""What a job says of an environment that could not be built (spec 6.11, 13.17)."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import EntryPoints, ModelState
from modelop_jupyter.domain.roles import role_for
from modelop_jupyter.errors import EnvironmentBuildError
from modelop_jupyter.jobs import faults
from modelop_jupyter.registry import BlobStore


@pytest.mark.parametrize(
    ("source", "requirement", "said", "imports"),
    [
        (
            "import os\nimport modelop.utils as u\n",
            "modelop",
            "r (imported in m.py, line 2)",
            [{"asset": "m.py", "line": 2}],
        ),
        (
            "from modelop_sdk.utils import x\n",
            "modelop-sdk>=0.5.0",
            "r (imported in m.py, line 1)",
            [{"asset": "m.py", "line": 1}],
        ),
        ("import os\n", "modelop", "r (no source of the model imports it)", []),
        ("import modelop\n", "six==99", "r", None),
    ],
)
def test_modelops_own_packages_are_named_with_their_imports(
    tmp_path: Path, source: str, requirement: str, said: str, imports: object
) -> None:
    """6.11, 13.17: the import and its line, so that the user knows whether the model needs it."""
    blobs = BlobStore(tmp_path)
    asset = Asset("m.py", role_for("m.py"), blobs.put(source.encode()), len(source))
    state = ModelState((asset,), "m.py", EntryPoints(score="f"))
    fault = faults.of_build(EnvironmentBuildError("r", requirement=requirement), state, blobs.read)

    assert fault["message"].endswith(said)
    assert fault.get("imports") == imports
