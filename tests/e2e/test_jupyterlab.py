"""The ground the other browser tests stand on."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .lab import Lab, LabPage

pytestmark = pytest.mark.browser


def test_a_notebook_opens_and_runs(lab: Lab, page: LabPage) -> None:
    """JupyterLab starts, shows a notebook and runs its cells, without an error in the console."""
    page.open(lab.write("plain.ipynb", "x = 20 + 22", "print(x)"))
    page.run_all()

    expect(page.output(page.cells.last)).to_have_text("42")
    assert page.console_errors == []
