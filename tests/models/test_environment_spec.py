"""What is installed for a model besides its requirements (spec 1.7, 13.13)."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import EntryPoints, ModelState
from modelop_jupyter.domain.roles import role_for
from modelop_jupyter.domain.source_code.smart_tags import scan
from modelop_jupyter.models.environment_spec import spec_for
from modelop_jupyter.registry import BlobStore

SCORE = EntryPoints(score="f")


def additions(tmp_path: Path, source: str, points: EntryPoints, helper: str = "") -> object:
    """Return what is added to the requirements of a model with a source and a helper module."""
    blobs = BlobStore(tmp_path)
    assets = tuple(
        Asset(path, role_for(path), blobs.put(text.encode()), len(text))
        for path, text in {"model.py": source, "lib/helper.py": helper}.items()
    )
    return spec_for(ModelState(assets, "model.py", points), scan(source), blobs).additions


@pytest.mark.parametrize(
    ("source", "points", "added"),
    [
        ("import json\n", SCORE, ()),
        ("", EntryPoints(metrics="f"), ("pandas",)),
        ("", EntryPoints(train="f"), ("pandas",)),
        ("# modelop.recordsets.0: true\n", SCORE, ("pandas",)),
        ("import numpy as np\n", SCORE, ("numpy",)),
        ("import os, numpy\n", SCORE, ("numpy",)),
        ("def f(x):\r\n    from pandas import DataFrame\r\n", SCORE, ("pandas",)),
        ("import numpy\nimport pandas\n", SCORE, ("pandas",)),
        ("import pandas_helper\nfrom mine import pandas\n# import numpy\n", SCORE, ()),
        ("try:\n    import pandas\nexcept ImportError:\n    pandas = None\n", SCORE, ()),
        ("import numpy\n!pip install x\n(", SCORE, ("numpy",)),
    ],
)
def test_what_the_runtime_image_has_is_there(
    tmp_path: Path, source: str, points: EntryPoints, added: tuple[str, ...]
) -> None:
    """numpy and pandas, where the model needs them, named or not (spec 1.7, 13.13)."""
    assert additions(tmp_path, source, points) == added


def test_the_other_sources_of_a_model_count_too(tmp_path: Path) -> None:
    """A helper's import is the model's (spec 1.7)."""
    assert additions(tmp_path, "import helper\n", SCORE, "import pandas\n") == ("pandas",)
