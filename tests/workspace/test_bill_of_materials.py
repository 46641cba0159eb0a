"""The packages of a model's environment as a CycloneDX document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelop_jupyter import Workspace


@pytest.mark.slow
def test_each_package_stands_in_it_with_licence_and_address(workspace: Workspace) -> None:
    """Below the model, which depends on them."""
    Path("model.py").write_text("# modelop.score\ndef score(record):\n    yield 1\n")
    Path("requirements.txt").write_text("iniconfig==2.0.0\n")
    workspace.register("model", "model.py", assets=["requirements.txt"])
    workspace.snapshot("model")
    document = json.loads(workspace.bill_of_materials("model@1"))

    assert document["specVersion"] == "1.6"
    assert document["metadata"]["component"]["name"] == "model"
    (package,) = document["components"]
    assert package["purl"] == "pkg:pypi/iniconfig@2.0.0"
    assert package["licenses"][0]["license"]["id"] == "MIT"
