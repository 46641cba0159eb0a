"""Kernel specs over HTTP: installed, listed and uninstalled."""

from __future__ import annotations

import pytest

from tests.server.conftest import ApiCall


@pytest.mark.slow
async def test_a_kernel_is_installed_listed_and_uninstalled(api: ApiCall, model: str) -> None:
    """A notebook or console is opened by the name of the kernel spec (issue 6)."""
    status, made = await api("POST", f"models/{model}/kernel")
    _, lists = await api("GET", "kernels")
    _, removed = await api("DELETE", f"models/{model}/kernel")

    assert (status, made["snapshot"]) == (201, "double@1")
    assert [spec["name"] for spec in lists["installed"]] == [made["name"]]
    assert [row["name"] for row in removed] == [made["name"]]
