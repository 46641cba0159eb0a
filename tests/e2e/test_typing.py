"""What the notebook does while a user types, waits, changes her mind or makes a mistake."""

from __future__ import annotations

import re

import psutil
import pytest
from playwright.sync_api import expect

from .lab import Lab, LabPage

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


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("%modelop ", "register"),
        ("%modelop re", "requirements"),
        ("%modelop batch x --max", "--max-errors"),
        ("%modelop asset ", "role"),
    ],
)
def test_tab_offers_what_can_follow(lab: Lab, page: LabPage, typed: str, offered: str) -> None:
    """Tab completes verbs and options in a line magic."""
    page.open(lab.write("completion.ipynb", LOAD, ""))
    page.run(page.cells.first)
    page.type_into(page.cells.last, typed)
    page.page.keyboard.press("Tab")
    shown = page.page.locator(".jp-Completer").or_(page.cells.last.locator(".cm-content"))

    expect(shown.filter(has_text=offered).first).to_be_visible()


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("%modelop regster x", "Did you mean 'register'"),
        ("%modelop show nobody", "no model named 'nobody'"),
        ("%modelop register 'my model'", "Try 'my-model'"),
        ("%modelop batch", "NAME"),
    ],
)
def test_a_mistake_gets_one_line(lab: Lab, page: LabPage, line: str, answer: str) -> None:
    """A wrong line is answered by one UsageError, without a traceback."""
    page.open(lab.write("mistake.ipynb", LOAD, line))
    page.run_all(timeout=60)
    output = page.output(page.cells.last)

    expect(output).to_contain_text(re.compile("UsageError: .*" + re.escape(answer)))
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
