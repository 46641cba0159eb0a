"""Kernel specs over HTTP: installed, listed and uninstalled."""

from __future__ import annotations

import pytest

from tests.server.conftest import ApiCall


@pytest.mark.slow
async def test_a_kernel_is_started_and_stopped(api: ApiCall, model: str) -> None:
    """It belongs to no session: any notebook can use it, and it runs until it is stopped."""
    status, started = await api("POST", f"models/{model}/kernel/running")
    _, again = await api("POST", f"models/{model}/kernel/running")
    _, lists = await api("GET", "kernels")
    _, stopped = await api("DELETE", f"models/{model}/kernel/running")
    missing, problem = await api("DELETE", f"models/{model}/kernel/running")

    assert (status, started["model"], started["owner"]) == (201, model, None)
    assert again == started
    assert lists["running"] == stopped == [started]
    assert (missing, problem["code"]) == (404, "kernel_not_found")


@pytest.mark.slow
async def test_a_kernel_is_installed_listed_and_uninstalled(api: ApiCall, model: str) -> None:
    """A notebook or console is opened by the name of the kernel spec (issue 6)."""
    status, made = await api("POST", f"models/{model}/kernel")
    _, lists = await api("GET", "kernels")
    _, removed = await api("DELETE", f"models/{model}/kernel")

    assert (status, made["snapshot"]) == (201, "double@1")
    assert [spec["name"] for spec in lists["installed"]] == [made["name"]]
    assert [row["name"] for row in removed] == [made["name"]]
