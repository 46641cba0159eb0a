"""The page of a deployment below Jupyter's address, in a browser that is logged in to Jupyter alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings

from .lab import Lab
from .serving import serving

pytestmark = pytest.mark.browser

MODEL = """\
# modelop.score
def score(record):
    yield {"html": "<img src=x onerror=alert(1)>", "y": record["x"] * 2}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start a Jupyter server, without JupyterLab, whose home has a model that answers requests."""
    command = [sys.executable, "-m", "jupyter_server"]
    with serving(tmp_path_factory.mktemp("server"), command) as lab:
        settings = Settings(lab.home, f"sqlite:///{lab.home / 'registry.db'}")
        (lab.notebooks / "double.py").write_text(MODEL)
        with Workspace(settings) as workspace:
            workspace.register("double", lab.notebooks / "double.py")
            workspace.deploy("double")
            yield lab
            workspace.deployment_stop("double")


def test_a_record_is_tried_without_a_port(browser: Browser, server: Lab) -> None:
    """Cookies let the page in, its own script runs, and what the model returns is text."""
    errors: list[str] = []
    with browser.new_context() as context:
        page = context.new_page()
        page.on("console", lambda message: errors.append(message.text))
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{server.url}/modelop-jupyter/deployments/double?token={server.token}")
        expect(page.get_by_role("heading", name="double@1")).to_be_visible()
        page.get_by_role("textbox").fill('{"x": 21}')
        page.get_by_role("button", name="Send").click()

        expect(page.locator("#answer")).to_contain_text('"y":42')
        expect(page.locator("#answer")).to_contain_text("<img src=x")
        expect(page.locator("#status")).to_contain_text("200 OK")
    assert errors == []
