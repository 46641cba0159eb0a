"""Aliases of snapshots over HTTP."""

from __future__ import annotations

from modelop_jupyter import Workspace
from tests.server.conftest import ApiCall


async def test_an_alias_is_given_used_and_taken_away(
    api: ApiCall, workspace: Workspace, model: str
) -> None:
    """It stands in any path where NAME@N may stand."""
    workspace.snapshot(model)
    _, given = await api("PUT", f"models/{model}/aliases/champion", {"snapshot": 1})
    status, shown = await api("GET", f"models/{model}@champion")
    _, snapshots = await api("GET", f"models/{model}/snapshots")
    await api("DELETE", f"models/{model}/aliases/champion")
    _, listed = await api("GET", f"models/{model}/aliases")
    _, moves = await api("GET", f"models/{model}/aliases/champion/moves")

    assert (given["word"], given["number"]) == ("champion", 1)
    assert (status, shown["name"]) == (200, model)
    assert snapshots["rows"][0]["aliases"] == ["champion"]
    assert (listed, [move["number"] for move in moves]) == ([], [None, 1])
