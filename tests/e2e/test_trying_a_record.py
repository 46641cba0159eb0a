"""The page on which one tries a record, in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from modelop_jupyter.deployments.served_model import ModelDescription
from tests.deployments.conftest import GoLive, Live, go_live  # noqa: F401 - a fixture

pytestmark = [pytest.mark.slow, pytest.mark.browser]

_MODEL = """\
# modelop.score
def score(record):
    yield {"y": record["x"] * 2}
"""
_DESCRIPTION = ModelDescription("double", "double@3", "Doubles x.", example='{"x": 1.50}')
_TOKEN = "gehéim"


@pytest.fixture(scope="module")
def live(go_live: GoLive) -> Iterator[Live]:  # noqa: F811 - a fixture of another folder
    with go_live(_MODEL, description=_DESCRIPTION, token=_TOKEN) as live:
        yield live


def test_a_record_is_tried_by_keyboard(live: Live, browser: Browser) -> None:
    """From the token that the deployment wants to its answer; nothing on the page is refused."""
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(live.url)
    page.get_by_label("Token of this deployment").fill(_TOKEN)
    page.keyboard.press("Tab")
    record = page.get_by_label("Record, as JSON")
    expect(record).to_have_value('{"x": 1.50}')
    expect(page.get_by_role("heading", name="double@3")).to_be_visible()
    record.press("Control+Enter")

    expect(page.locator("#answer")).to_have_text('{"y":3.0}')
    expect(page.locator("#status")).to_contain_text("200 OK")
    expect(page.locator("#curl")).to_contain_text("--data-raw '{\"x\": 1.50}'")
    record.fill("{}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#status")).to_contain_text("500")
    expect(page.locator("#answer")).to_contain_text('File "model.py", line 3, in score')
    # The browser itself tells of the answers that are none of 200.
    assert [text for text in complaints if "Failed to load resource" not in text] == []
    page.close()
