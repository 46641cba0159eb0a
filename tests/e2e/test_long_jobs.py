"""A job that takes its time: stopped by the user, or left alone."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

import nbformat
import psutil
import pytest
from playwright.sync_api import expect

from modelop_jupyter import Workspace
from modelop_jupyter.domain.jobs import JobStatus
from modelop_jupyter.settings import Settings
from tests.waiting import PATIENCE, wait_until

from .lab import Lab, LabPage

pytestmark = pytest.mark.browser

LOAD = "%load_ext modelop_jupyter"
SLOW_MODEL = """\
import os, subprocess, sys, time

# modelop.init
def begin():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(PID_FILE, "w") as file:
        file.write(str(child.pid))

# modelop.score
def action(record):
    time.sleep(0.2)
    while record["n"] == 20 and not os.path.exists(PID_FILE + ".go"):
        time.sleep(0.02)
    sys.stderr.write("\\rrecord %d |####" % record["n"])
    sys.stderr.flush()
    yield record
"""
BATCH = "%modelop batch sleeper many.json"


def start(lab: Lab, page: LabPage, *, records: int = 22) -> tuple[psutil.Process, Path]:
    """Run a notebook until its batch is being scored.

    Returns the process the model has started, and the file that the record with the number 20 waits for.
    """
    (lab.notebooks / "many.json").write_text("".join(f'{{"n": {n}}}\n' for n in range(records)))
    pid_file = lab.notebooks / "child.pid"
    go = lab.notebooks / "child.pid.go"
    for left in (pid_file, go):
        left.unlink(missing_ok=True)
    if records > 22:
        go.touch()  # it is long enough
    model = f"PID_FILE = {str(pid_file)!r}\n{SLOW_MODEL}"
    page.open(lab.write("long.ipynb", LOAD, model, "%modelop register sleeper", BATCH))
    for text in (LOAD, "PID_FILE", "%modelop register"):
        page.run(page.cell(text))
    page.run(page.cell(BATCH), wait=False)
    output = page.output(page.cell(BATCH))
    expect(output).to_contain_text(re.compile(r"Running.*scored"))
    wait_until(lambda: pid_file.exists() and pid_file.read_text())
    return psutil.Process(int(pid_file.read_text())), go


def test_the_stop_button_of_the_notebook_cancels_the_job(lab: Lab, page: LabPage) -> None:
    """Interrupting the cell ends the job, and what it started, and gives the kernel back."""
    child, _ = start(lab, page)
    output = page.output(page.cell(BATCH))
    page.picture("batch-running", of=output)
    page.page.get_by_role("button", name=re.compile("Interrupt the kernel")).click()

    expect(output).to_contain_text("Cancelled")
    expect(page.kernel_status).to_contain_text("| Idle")
    page.picture("batch-cancelled", of=output)
    assert psutil.wait_procs([child], timeout=PATIENCE)[1] == []


def test_the_stop_button_of_the_job_cancels_it_and_goes(lab: Lab, page: LabPage) -> None:
    """Issue 5: one click in the live line's own button, although the cell keeps the kernel busy."""
    child, _ = start(lab, page)
    output = page.output(page.cell(BATCH))
    stop = output.get_by_role("button", name="Stop")
    expect(stop).to_be_visible()
    page.picture("batch-stoppable", of=output)
    stop.click()

    expect(output).to_contain_text("Cancelled")
    expect(output).to_contain_text("was cancelled")
    expect(output).not_to_contain_text("Traceback")
    expect(stop).to_have_count(0)
    expect(page.kernel_status).to_contain_text("| Idle")
    page.picture("batch-stopped", of=output)
    assert psutil.wait_procs([child], timeout=PATIENCE)[1] == []
    assert page.console_errors == []


def test_a_notebook_saved_in_the_middle_has_no_dead_button(lab: Lab, page: LabPage) -> None:
    """Opened when its kernel is gone, it says of when its line is, and how to see more."""
    start(lab, page)
    expect(page.output(page.cell(BATCH)).get_by_role("button", name="Stop")).to_be_visible()
    page.save("long.ipynb")
    page.page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")
    page.open("long.ipynb")
    output = page.output(page.cell(BATCH))
    expect(output).to_contain_text("shows its current state")
    dead = output.get_by_text("Error displaying widget")
    # The page looks for a widget's model for two seconds before it says that there is none.
    expect(dead).to_have_count(1)
    expect(dead).to_be_hidden()
    page.picture("batch-saved-in-the-middle", of=output)
    with Workspace(Settings.from_environment({"MODELOP_HOME": str(lab.home)})) as workspace:
        workspace.job(workspace.jobs(model="sleeper")[0].id).cancel()


@pytest.mark.parametrize(
    "left",
    ["true", "window.jupyterapp.serviceManager.sessions.shutdownAll()"],
    ids=["tab", "kernel"],
)
def test_a_job_outlives_the_tab_and_the_kernel(lab: Lab, page: LabPage, left: str) -> None:
    """With the tab gone, and the kernel too, the job goes on and is recorded to its end."""
    child, go = start(lab, page)
    page.page.evaluate(left)
    page.page.close()
    with Workspace(Settings.from_environment({"MODELOP_HOME": str(lab.home)})) as workspace:
        record = workspace.jobs(model="sleeper")[0]
        go.touch()
        job = workspace.job(record.id).wait(timeout=PATIENCE)
        with contextlib.suppress(psutil.NoSuchProcess):
            child.kill()

        assert record.status is JobStatus.RUNNING
        assert (job.status, job.counts.records_out) == (JobStatus.COMPLETE, 22)


def test_a_job_is_attached_to_left_alone_and_true_in_a_saved_notebook(
    lab: Lab, page: LabPage
) -> None:
    """Issue 5: the line continues where it stands; Stop ends the watching; a saved one says of when it is."""
    # A quarter of an hour: only a job that moves on tells how much time is left.
    start(lab, page, records=5000)
    page.page.evaluate("window.jupyterapp.serviceManager.sessions.shutdownAll()")
    page.page.close()
    with Workspace(Settings.from_environment({"MODELOP_HOME": str(lab.home)})) as workspace:
        record = workspace.jobs(model="sleeper")[0]
        attach = f"%modelop job attach {record.short_id}"
        page.page = page.page.context.new_page()
        page.open(lab.write("later.ipynb", LOAD, attach))
        page.run(page.cell(LOAD))
        page.run(page.cell(attach), wait=False)
        output = page.output(page.cell(attach))
        expect(output).to_contain_text(re.compile(r"Running.* of about [\d,]+ in.* left"))
        expect(output).to_contain_text(re.compile(r"record \d+ \|####"))
        page.picture("job-attached", of=output)
        page.save("later.ipynb")
        saved = nbformat.read(lab.notebooks / "later.ipynb", as_version=4).cells[1].outputs[0].data
        page.page.get_by_role("button", name=re.compile("Interrupt the kernel")).click()
        expect(output).to_contain_text(f"job {record.short_id} continues")
        page.picture("job-left-alone", of=output)
        job = workspace.job(record.id)
        status = job.status
        job.cancel()

    assert status is JobStatus.RUNNING
    for kind in ("text/plain", "text/html"):
        assert re.search(rf"As of 20.*%modelop job show {record.short_id}", saved[kind])
