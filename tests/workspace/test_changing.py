"""Registering without a source: a model that is there keeps its own, and gets what is given."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from modelop_jupyter import Workspace
from modelop_jupyter.domain.models import EntryPoints
from modelop_jupyter.errors import InvalidError, NoSourceError

OWN = f"3.{sys.version_info.minor}"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"python": OWN}, (OWN, "", ())),
        ({"description": "doubles x"}, (None, "doubles x", ())),
        ({"tags": ["a", "b"]}, (None, "", ("a", "b"))),
    ],
)
def test_what_is_given_changes_a_model_as_it_is(
    workspace: Workspace, model: str, given: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    """What an error about missing wheels says to type needs nothing else (issue 4)."""
    before = workspace.show(model).model

    after = workspace.register(model, **given).model

    assert (after.state.python, after.description, after.tags) == expected
    assert replace(after.state, python=None) == before.state


def test_assets_are_added_to_a_model_as_it_is(workspace: Workspace, model: str) -> None:
    """Its source and its functions stay."""
    before = workspace.show(model).model
    Path("a.csv").write_text("x")

    after = workspace.register(model, assets=["a.csv"]).model

    assert [asset.path for asset in after.state.assets] == ["a.csv", "double.py"]
    assert after.state.primary_source == before.state.primary_source
    assert after.state.entry_points == before.state.entry_points


def test_another_function_of_a_model_as_it_is(workspace: Workspace, model: str) -> None:
    """It must be one of its source; the others stay."""
    with pytest.raises(InvalidError, match=r"--score nobody: double\.py has no such function"):
        workspace.register(model, chosen=EntryPoints(score="nobody"))

    changed = workspace.register(model, chosen=EntryPoints(score="begin")).model

    assert changed.state.entry_points == EntryPoints(init="begin", score="begin")


@pytest.mark.parametrize(
    ("name", "given"), [("double", {}), ("double", {"source": "x.py"}), ("new", {"python": OWN})]
)
def test_a_registration_without_anything_to_register_is_refused(
    workspace: Workspace, model: str, name: str, given: dict[str, Any]
) -> None:
    """A model that is not there has no source to keep."""
    with pytest.raises(NoSourceError, match="there is nothing to register"):
        workspace.register(name, **given)

    assert [row.name for row in workspace.models()] == [model]
