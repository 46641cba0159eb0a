"""What registering again changed is said in words a user reads."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.models import EntryPoints, Model, ModelState
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.registry.changes import describe

SOURCE = Asset("src/model.py", AssetRole.MODEL_SOURCE, "sha256:1", 1)
DATA = Asset("a.csv", AssetRole.TEST_DATA, "sha256:2", 2)
TEXT = Asset("libs.txt", AssetRole.UNKNOWN, "sha256:3", 3)
STATE = ModelState((SOURCE, DATA, TEXT), "src/model.py", EntryPoints(score="predict"))


def with_assets(*assets: Asset) -> ModelState:
    return replace(STATE, assets=assets)


@pytest.mark.parametrize(
    ("after", "changes"),
    [
        (STATE, ()),
        (with_assets(TEXT, DATA, SOURCE), ()),
        (with_assets(SOURCE, TEXT), ("asset a.csv removed",)),
        (with_assets(DATA, TEXT), ("source src/model.py removed",)),
        (with_assets(*STATE.assets, replace(DATA, path="b.csv")), ("asset b.csv added",)),
        (with_assets(*STATE.assets, replace(SOURCE, path="b.py")), ("source b.py added",)),
        (
            with_assets(SOURCE, replace(DATA, digest="sha256:9"), TEXT),
            ("asset a.csv: new content",),
        ),
        (
            with_assets(replace(SOURCE, digest="sha256:9"), DATA, TEXT),
            ("source src/model.py changed",),
        ),
        (
            with_assets(SOURCE, DATA, replace(TEXT, role=AssetRole.REQUIRED_LIBRARIES)),
            ("role of libs.txt: UNKNOWN -> Required libraries",),
        ),
        (
            replace(STATE, entry_points=EntryPoints(score="predict_v2", init="begin")),
            ("init function: none -> begin", "score function: predict -> predict_v2"),
        ),
        (replace(STATE, primary_source=None), ("primary source: src/model.py -> none",)),
        (replace(STATE, python="3.8"), ("python: the notebook's own -> 3.8",)),
    ],
)
def test_a_change_of_state_is_described(now, after, changes):
    """Each difference is one line; the order of assets is none."""
    before = Model("id-1", "churn", STATE, now, now)

    assert describe(before, replace(before, state=after)) == changes


def test_a_change_of_words_is_described(now):
    """Description and tags are not part of the state, and are compared too."""
    before = Model("id-1", "churn", STATE, now, now, "old", ())
    after = replace(before, description="new", tags=("a", "b"))

    assert describe(before, after) == ("description changed", "tags: none -> a, b")
