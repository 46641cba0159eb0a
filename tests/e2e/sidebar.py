"""The sidebar as a person uses it: open, click, read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Locator, expect

from .lab import LabPage

TO_WIDTH = """
width => {
    const split = document.querySelector('#jp-left-stack').closest('.lm-SplitPanel');
    const side = document.querySelector('#jp-left-stack').getBoundingClientRect();
    const handle = [...split.querySelectorAll(':scope > .lm-SplitPanel-handle')]
        .map(each => each.getBoundingClientRect())
        .find(each => Math.abs(each.left - side.right) < 12);
    return [handle.left + handle.width / 2, handle.top + 200, side.left + width];
}
"""


@dataclass
class Sidebar:
    """The panel at the side of one window."""

    lab: LabPage

    @property
    def panel(self) -> Locator:
        return self.lab.page.locator("#modelop-jupyter-sidebar")

    @property
    def dialog(self) -> Locator:
        return self.lab.page.locator(".jp-Dialog")

    @property
    def job(self) -> Locator:
        """The job that is open in the main area."""
        return self.lab.page.locator(".jp-modelop-jobPanel:visible")

    @property
    def job_id(self) -> str:
        """The whole identifier of that job, which is among its folded details."""
        return self.job.locator("dd code").text_content() or ""

    @contextmanager
    def another_job(self) -> Iterator[None]:
        """Wait until a job is open that is not the one which was open when the block began."""
        shown = self.job.locator("dd code")
        before = "".join(shown.all_text_contents()) or "none"
        yield
        expect(shown.filter(has_not_text=before)).to_have_count(1)

    def open_job(self, job: str) -> None:
        """Click a job in the list."""
        self.panel.locator(f"[data-job='{job}'] .jp-modelop-link").click()
        expect(self.job.locator("dd code")).to_have_text(job)

    def show(self) -> None:
        """Click the tab at the left edge, unless the panel is there."""
        if not self.panel.is_visible():
            self.lab.page.locator('li[data-id="modelop-jupyter-sidebar"]').click()
        expect(self.panel).to_be_visible()

    def set_width(self, width: int) -> None:
        """Drag the edge of the left area, as a person does."""
        page = self.lab.page
        left, top, right = page.evaluate(TO_WIDTH, width)
        page.mouse.move(left, top)
        page.mouse.down()
        page.mouse.move(right, top, steps=5)
        page.mouse.up()

    def register(self, name: str) -> None:
        """Register the open notebook with the files that are proposed."""
        self.panel.get_by_role("button", name="Register notebook").click()
        expect(self.dialog.locator(".jp-modelop-source")).to_contain_text("modelop.score")
        self.dialog.get_by_label("Name").fill(name)
        for box in self.dialog.get_by_role("checkbox").all():
            box.check()
        self.dialog.get_by_role("button", name="Register", exact=True).click()
        expect(self.dialog).to_have_count(0)

    def open_model(self, name: str) -> None:
        self.panel.get_by_role("button", name=name, exact=True).click()
        expect(self.panel.locator(".jp-modelop-model")).to_be_visible()

    def open_part(self, part: str, model: str) -> None:
        self.panel.get_by_role("button", name=f"{part}, {model}", exact=True).click()

    def run(self, button: str, file: str) -> None:
        """Run a job over a file that is chosen in the form."""
        self.panel.get_by_role("button", name=button, exact=True).click()
        self.dialog.get_by_role("button", name=file, exact=True).click()
        expect(self.dialog.locator(".jp-modelop-line")).to_contain_text(file)
        with self.another_job():
            self.dialog.get_by_role("button", name="Run", exact=True).click()

    def expect_end(self, result: str) -> None:
        """Wait until the badge of the open job shows this result."""
        badge = self.job.locator("h2 .jp-modelop-badge")
        expect(badge).to_have_text(re.compile(result))
