"""Where a page of Jupyter reaches a deployment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell

from modelop_jupyter.display.blocks import Facts, Span
from modelop_jupyter.display.html import page
from modelop_jupyter.magics.jupyter_address import deployment_page


@pytest.fixture
def in_kernel(
    shell: InteractiveShell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> InteractiveShell:
    """The shell of a kernel whose page a user sees, on a machine where server 4711 has run."""
    monkeypatch.setattr(shell, "kernel", object(), raising=False)
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "jpserver-4711.json").write_text(json.dumps({"base_url": "/lab one/"}))
    return shell


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"JPY_PARENT_PID": "4711"}, "/lab one/modelop-jupyter/deployments/churn/"),
        (
            {"JPY_PARENT_PID": "4711", "JUPYTERHUB_SERVICE_PREFIX": "/user/ann/"},
            "/user/ann/modelop-jupyter/deployments/churn/",
        ),
        ({"JPY_PARENT_PID": "4712"}, None),
        ({"JPY_PARENT_PID": ""}, None),
    ],
    ids=["server", "hub", "another server", "no server"],
)
def test_the_address_is_that_of_the_server_or_the_hub(
    in_kernel: InteractiveShell,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    expected: str | None,
) -> None:
    """None where nothing says what that is."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert deployment_page("churn", in_kernel) == expected


def test_vs_code_gets_no_such_link(
    in_kernel: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its page is not below Jupyter's address."""
    monkeypatch.setenv("JPY_PARENT_PID", "4711")
    in_kernel.user_ns["__vsc_ipynb_file__"] = "a.ipynb"

    assert deployment_page("churn", in_kernel) is None


@pytest.mark.parametrize(
    ("address", "is_linked"),
    [("/user/ann/x", True), ("//evil.example", False), ("/\\evil.example", False)],
)
def test_only_paths_of_the_own_server_are_linked(address: str, is_linked: bool) -> None:
    """What browsers take for another host is text."""
    html = page([Facts((("in Jupyter", Span("here", address=address)),))])

    assert ("<a href" in html) == is_linked
