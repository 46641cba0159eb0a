"""What the notebook does while a user types, waits, changes her mind or makes a mistake."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psutil
import pytest
from playwright.sync_api import Browser, expect

from .lab import Lab, LabPage, window

pytestmark = pytest.mark.browser

LOAD = "%load_ext modelop_jupyter"
SLOW_MODEL = """\
import subprocess, sys, time

# modelop.init
def begin():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(PID_FILE, "w") as file:
        file.write(str(child.pid))

# modelop.score
def action(record):
    time.sleep(0.2)
    yield record
"""
INPUT = """\
with open("many.json", "w") as file:
    file.writelines(f'{{"n": {n}}}\\n' for n in range(5000))
"""


TYPED = {
    "%modelop ": "register",
    "%modelop re": "requirements",
    "%modelop batch x --max": "--max-errors",
    "%modelop asset ": "role",
    "%modelop register x --asset many.json=Req": "REQUIRED_LIBRARIES",
    "%modelop batch x ma": "many.json",
    "%%modelop ": "model",
}
MISTAKES = {
    "%modelop regster x": "Did you mean 'register'",
    "%modelop batch x y --max-error 3": "--max-errors",
    "%modelop show nobody": "no model named 'nobody'",
    "%modelop register 'my model'": "Try 'my-model'",
    "%modelop batch": "NAME",
    "%modelop job show 123": "123",
}


@pytest.fixture(scope="module")
def typing(browser: Browser, lab: Lab) -> Iterator[LabPage]:
    """A notebook with the extension loaded, an empty cell for each line to type, and the mistakes."""
    (lab.notebooks / "many.json").write_text('{"n": 1}\n')
    cells = [LOAD, *("" for _ in TYPED), *MISTAKES]
    with window(browser, lab) as page:
        page.open(lab.write("typing.ipynb", *cells))
        page.run(page.cells.first)
        yield page


@pytest.mark.parametrize("typed", TYPED)
def test_tab_offers_what_can_follow(typing: LabPage, typed: str) -> None:
    """Tab completes verbs, options, roles and files, in line and cell magics."""
    cell = typing.cells.nth(1 + list(TYPED).index(typed))
    typing.type_into(cell, typed)
    typing.page.keyboard.press("Tab")
    # A single candidate is typed out at once, several are listed.
    shown = typing.page.locator(".jp-Completer code").or_(cell.locator(".cm-content"))
    offered = re.compile(rf"(?<![\w-]){TYPED[typed]}(?![\w-])")

    expect(shown.filter(has_text=offered).first).to_be_visible()
    typing.page.keyboard.press("Escape")


@pytest.mark.parametrize("line", MISTAKES)
def test_a_mistake_gets_one_line(typing: LabPage, line: str) -> None:
    """A wrong line is answered by one UsageError, without a traceback."""
    cell = typing.cells.nth(1 + len(TYPED) + list(MISTAKES).index(line))
    typing.run(cell)
    output = typing.output(cell)

    expect(output).to_contain_text(re.compile("^UsageError: .*" + re.escape(MISTAKES[line])))
    expect(output).not_to_contain_text("Traceback")


def test_the_stop_button_of_the_notebook_cancels_the_job(lab: Lab, page: LabPage) -> None:
    """Interrupting the cell ends the job, and what it started, and gives the kernel back."""
    pid_file = lab.notebooks / "child.pid"
    model = f"PID_FILE = {str(pid_file)!r}\n{SLOW_MODEL}"
    batch = "%modelop batch sleeper many.json"
    page.open(lab.write("stop.ipynb", LOAD, model, INPUT, "%modelop register sleeper", batch))
    for text in (LOAD, "PID_FILE", "writelines", "%modelop register"):
        page.run(page.cell(text))
    page.run(page.cell(batch), wait=False)
    output = page.output(page.cell(batch))
    expect(output).to_contain_text(re.compile(r"running.*scored"), timeout=60_000)
    page.picture("batch-running", of=output)
    child = int(pid_file.read_text())
    was_running = psutil.pid_exists(child)
    page.page.get_by_role("button", name=re.compile("Interrupt the kernel")).click()

    expect(output).to_contain_text("CANCELLED", timeout=30_000)
    expect(page.kernel_status).to_contain_text("| Idle")
    page.picture("batch-cancelled", of=output)
    assert was_running
    assert not psutil.pid_exists(child)
