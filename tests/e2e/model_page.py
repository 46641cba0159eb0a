"""The page of a model as a person uses it: open it, go from section to section, read."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from .lab import LabPage


@dataclass
class ModelPage:
    """The model that is open in the main area of one window."""

    lab: LabPage

    @property
    def panel(self) -> Locator:
        return self.lab.page.locator(".jp-modelop-modelPanel:visible")

    @property
    def section(self) -> Locator:
        """The section that is shown; it may have tabs of its own."""
        return self.panel.get_by_role("tabpanel").first

    def open(self, name: str) -> None:
        """Double-click the model's row in the sidebar."""
        row = self.lab.page.locator(f'[data-modelop-model="{name}"] .jp-modelop-modelTitle')
        row.dblclick()
        expect(self.panel.get_by_role("heading", level=2)).to_contain_text(name)

    def show(self, section: str) -> Locator:
        """Click the tab of a section, and return what it shows."""
        tab = self.panel.get_by_role("tab", name=section)
        tab.click()
        expect(tab).to_have_attribute("aria-selected", "true")
        return self.section
