"""Tags and metadata over HTTP."""

from __future__ import annotations

from tests.server.conftest import ApiCall


async def test_tags_and_metadata_are_changed_and_shown(api: ApiCall, model: str) -> None:
    """What is there and not named stays."""
    await api("PATCH", f"models/{model}/tags", {"add": ["fraud", "draft"]})
    _, tags = await api("PATCH", f"models/{model}/tags", {"remove": ["draft"]})
    await api("PATCH", f"models/{model}/metadata", {"set": {"owner": "ada", "a": {"b": 1}}})
    status, metadata = await api("PATCH", f"models/{model}/metadata", {"remove": ["a.b"]})
    _, detail = await api("GET", f"models/{model}")
    _, listed = await api("GET", "models")

    assert tags == {"model": model, "tags": ["fraud"]}
    assert (status, metadata["metadata"]) == (200, {"owner": "ada", "a": {}})
    assert (detail["tags"], detail["meta"]) == (["fraud"], metadata["metadata"])
    assert listed["rows"][0]["tags"] == ["fraud"]


async def test_a_tag_that_is_not_there_is_refused(api: ApiCall, model: str) -> None:
    status, body = await api("PATCH", f"models/{model}/tags", {"remove": ["draft"]})

    assert (status, body["code"]) == (422, "invalid")
