"""The list of jobs in the main area, and what a job's page offers for its output (issue 15)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings
from tests.waiting import PATIENCE

from .axe import serious_issues
from .lab import Lab, LabPage
from .many_jobs import record_jobs
from .test_sidebar_keyboard import command, walk

pytestmark = pytest.mark.browser

MANY = 20_000
# The other tests of this file run a few jobs more.
ALL = re.compile(r"^20,0\d\d jobs$")
SCORER = """\
# modelop.score
def action(record):
    yield {"name": record["name"], "score": record["x"] * 2}
"""
# It waits for a file that never appears: the job runs until it is stopped.
HELD = """\
import os, time

# modelop.score
def action(record):
    while not os.path.exists("/nowhere/gate"):
        time.sleep(0.1)
    yield record
"""
# It scores for ten seconds, and then stays where it is until it is stopped.
LIMITED = """\
import time

# modelop.score
def action(record):
    time.sleep(0.05 if record["n"] < 200 else 3600)
    yield record
"""


@pytest.fixture(scope="module")
def workspace(lab: Lab) -> Iterator[Workspace]:
    """The home of the server, with 20,000 jobs on record."""
    settings = Settings.from_environment({"MODELOP_HOME": str(lab.home)})
    with Workspace(settings) as workspace:
        record_jobs(workspace, MANY, lab.notebooks)
        # A model of its own for each test, whichever of them run.
        for name, source in (
            ("scorer", SCORER),
            ("compared", SCORER),
            ("clicked", SCORER),
            ("held", HELD),
            ("limited", LIMITED),
        ):
            (lab.notebooks / f"{name}.py").write_text(source)
            workspace.register(name, lab.notebooks / f"{name}.py")
        yield workspace


def scored(workspace: Workspace, lab: Lab, model: str, *values: int) -> str:
    """Return the id of a batch that has ended, over records with these values."""
    path = lab.notebooks / f"in-{len(values)}-{values[0]}.json"
    rows = ({"name": f"customer {number}", "x": value} for number, value in enumerate(values))
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    job = workspace.batch(model, path)
    job.wait(PATIENCE)
    assert job.record.state.text == "Succeeded"
    return job.id


@pytest.fixture
def jobs(page: LabPage, lab: Lab, workspace: Workspace) -> JobsPage:
    """The list of jobs, opened from the palette beside an empty notebook."""
    page.open(lab.write("empty.ipynb", ""))
    view = JobsPage(page)
    view.open()
    return view


class JobsPage:
    """The list of jobs in one window."""

    def __init__(self, lab: LabPage) -> None:
        self.lab = lab
        self.page = lab.page
        self.panel = lab.page.locator(".jp-modelop-jobsPanel:visible")
        self.grid = self.panel.get_by_role("grid")
        self.rows = self.grid.locator("[role=row][aria-selected]")

    def open(self) -> None:
        """Open the list, and wait until it has jobs and the focus, which comes some time later."""
        command(self.page, "Open jobs")
        expect(self.rows.first).not_to_contain_text("Loading")
        focused = self.page.locator(".jp-modelop-jobsPanel:focus, .jp-modelop-jobsPanel :focus")
        expect(focused).to_have_count(1)

    def button(self, name: str) -> Locator:
        return self.panel.get_by_role("button", name=name, exact=True)

    def choose(self, what: str, choice: str) -> None:
        self.panel.get_by_label(what, exact=True).select_option(choice)

    def expect_total(self, text: str | re.Pattern[str]) -> None:
        """Wait until the list has so many jobs, and the first of them is loaded."""
        expect(self.panel.get_by_text(text, exact=True)).to_be_visible()
        expect(self.rows.first).not_to_contain_text("Loading")

    def select(self, *models: str) -> None:
        """Tick the first job of each of these models."""
        for model in models:
            box = self.rows.filter(has_text=model).first.get_by_role("checkbox")
            box.check()


def test_twenty_thousand_jobs_are_searched_filtered_and_sorted(
    jobs: JobsPage, lab: Lab, workspace: Workspace
) -> None:
    """The server has all of them; the page has the rows that can be seen."""
    jobs.expect_total(ALL)
    assert jobs.rows.count() < 100
    assert serious_issues(jobs.page, ".jp-modelop-jobsPanel") == []
    jobs.lab.picture("jobs-light")

    jobs.panel.get_by_label("Search jobs").fill("customers-123")
    jobs.expect_total("40 jobs")
    expect(jobs.rows.first).to_contain_text("customers-123.csv")
    jobs.choose("Result", "Finished with failed records")
    jobs.expect_total("40 jobs")
    expect(jobs.rows.first).to_contain_text("Finished with 12 failed records")
    jobs.choose("Result", "Failed")
    expect(jobs.panel).to_contain_text("No job has all of this")
    jobs.lab.picture("jobs-none")
    jobs.button("Show all").click()
    jobs.expect_total(ALL)

    jobs.choose("Model", "diabetes")
    jobs.choose("Kind", "metrics")
    jobs.choose("Time", "Last 7 days")
    expect(jobs.rows.first).to_contain_text("diabetes@1")
    expect(jobs.rows.first).to_contain_text("Verdict failed")
    jobs.button("Show all").click()
    jobs.expect_total(ALL)

    jobs.choose("Model", "fraud")
    jobs.expect_total("3,333 jobs")
    header = jobs.panel.get_by_role("columnheader", name="Duration")
    expect(header).to_have_attribute("aria-sort", "none")
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "descending")
    expect(jobs.rows.first).to_contain_text(re.compile("[56] min"))
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "ascending")
    expect(jobs.rows.first).to_contain_text(re.compile(r"\d\.\d s"))
    expect(header.get_by_role("button")).to_be_focused()


def test_the_list_is_used_by_keyboard(jobs: JobsPage, lab: Lab, workspace: Workspace) -> None:
    """Arrows move, Space selects, End goes to the oldest of all, Enter opens."""
    walk(jobs.page, jobs.grid)
    jobs.page.keyboard.press("ArrowDown")
    jobs.page.keyboard.press("Space")
    expect(jobs.panel).to_contain_text("1 job is selected")
    jobs.page.keyboard.press("Shift+ArrowDown")
    expect(jobs.panel).to_contain_text("2 jobs are selected")
    jobs.page.keyboard.press("Escape")
    expect(jobs.panel).to_contain_text("No job is selected")
    jobs.page.keyboard.press("End")
    count = jobs.grid.get_attribute("aria-rowcount")
    oldest = jobs.grid.locator(f"[aria-rowindex='{count}']")
    expect(oldest).to_contain_text(re.compile("months? ago"))
    expect(jobs.grid).to_have_attribute(
        "aria-activedescendant", oldest.get_attribute("id") or "no id"
    )
    jobs.lab.picture("jobs-keyboard")
    jobs.page.keyboard.press("Enter")

    expect(jobs.page.locator(".jp-modelop-jobPanel:visible h2")).to_contain_text("batch")


def test_jobs_are_compared_stopped_and_removed(
    jobs: JobsPage, lab: Lab, workspace: Workspace
) -> None:
    """A button that cannot be used says why."""
    expect(jobs.button("Compare")).to_have_attribute("title", "Select two jobs to compare them")
    scored(workspace, lab, "compared", 1, 2, 3)
    scored(workspace, lab, "compared", 4, 2, 3)
    running = workspace.batch("held", lab.notebooks / "in-3-1.json")
    jobs.choose("Model", "held")
    jobs.expect_total("1 job")
    jobs.select("held")
    expect(jobs.button("Remove…")).to_have_attribute("aria-disabled", "true")
    expect(jobs.button("Remove…")).to_have_attribute("title", re.compile("stop it first"))
    jobs.button("Stop").click()
    expect(jobs.rows.first).to_contain_text("Cancelled")
    assert running.wait(PATIENCE).record.state.text == "Cancelled"
    jobs.button("Clear the selection").click()

    jobs.choose("Model", "compared")
    jobs.expect_total("2 jobs")
    for number in range(2):
        jobs.rows.nth(number).get_by_role("checkbox").check()
    expect(jobs.panel).to_contain_text("2 jobs are selected")
    jobs.lab.picture("jobs-selected")
    jobs.button("Compare").click()
    compared = jobs.page.locator(".jp-modelop-jobPanel:visible")
    expect(compared).to_contain_text("Two jobs compared")
    expect(compared).to_contain_text("input")
    assert serious_issues(jobs.page, ".jp-modelop-jobPanel:not(.lm-mod-hidden)") == []
    jobs.lab.picture("jobs-compared")

    jobs.open()
    jobs.button("Remove…").click()
    dialog = jobs.page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("Remove 2 jobs?")
    dialog.get_by_role("button", name="Remove").click()
    expect(jobs.panel).to_contain_text("No job has all of this")
    assert workspace.jobs(model="compared") == []


def test_the_list_is_restored_with_the_layout(
    page: LabPage, lab: Lab, workspace: Workspace
) -> None:
    """The jobs of one model are opened at the model, and are there again after a reload."""
    page.open(lab.write("empty.ipynb", ""))
    page.page.locator('li[data-id="modelop-jupyter-sidebar"]').click()
    sidebar = page.page.locator("#modelop-jupyter-sidebar")
    sidebar.get_by_role("button", name="Open the list of all jobs").click()
    jobs = JobsPage(page)
    jobs.choose("Model", "diabetes")
    expect(jobs.rows.first).to_contain_text("diabetes@1")
    page.reload(holding='"model": "diabetes"')
    expect(jobs.panel.get_by_label("Model", exact=True)).to_have_value("diabetes")
    expect(jobs.rows.first).to_contain_text("diabetes@1")


def test_a_second_click_while_a_page_loads_opens_no_second_tab(
    page: LabPage, lab: Lab, workspace: Workspace
) -> None:
    """Of the jobs, of a job and of a model: each loads its code when it is first opened."""
    job = scored(workspace, lab, "clicked", 1)
    page.open(lab.write("empty.ipynb", ""))
    tabs = page.page.evaluate(
        """
        async job => {
            const { commands, shell } = window.jupyterapp;
            const pages = { 'open-jobs': {}, 'open-job': { job }, 'open-model': { model: 'clicked' } };
            const twice = Object.entries(pages).flatMap(each => [each, each]);
            const open = ([name, args]) => commands.execute(`modelop-jupyter:${name}`, args);
            await Promise.all(twice.map(open));
            return [...shell.widgets('main')].map(widget => widget.id);
        }
        """,
        job,
    )

    opened = sorted(name for name in tabs if name.startswith("modelop-jupyter"))
    assert opened == [
        f"modelop-jupyter-job-area-{job}",
        "modelop-jupyter-jobs-view",
        "modelop-jupyter-model-area-clicked",
    ]


def test_the_output_is_on_the_page_of_the_job(
    page: LabPage, lab: Lab, workspace: Workspace
) -> None:
    """Found, sorted, downloaded, and loaded by a cell of the open notebook."""
    job = scored(workspace, lab, "scorer", *range(250))
    page.open(lab.write("frame.ipynb", ""))
    page.page.evaluate(
        "job => window.jupyterapp.commands.execute('modelop-jupyter:open-job', {job})", job
    )
    view = page.page.locator(".jp-modelop-jobPanel:visible")
    expect(view.locator("dl")).to_be_hidden()
    view.get_by_role("button", name="score", exact=True).click()
    header = view.get_by_role("columnheader", name="score")
    expect(header).to_have_attribute("aria-sort", "ascending")
    header.get_by_role("button").click()
    first = view.get_by_role("table").locator("tbody tr").first
    expect(first).to_contain_text("498")
    view.get_by_label("Find records by a text in them").fill("customer 24")
    expect(view).to_contain_text("11 of 250 records")
    expect(first).to_contain_text("customer 249")
    assert serious_issues(page.page, ".jp-modelop-jobPanel:not(.lm-mod-hidden)") == []
    page.picture("job-output")
    view.get_by_text("Inputs, times and identifiers").click()
    expect(view.locator("dl")).to_contain_text(job)

    with page.page.expect_download() as download:
        view.get_by_role("link", name="Download").click()
    assert Path(download.value.path()).read_text().count("\n") == 250
    view.get_by_role("button", name="Load as DataFrame").click()
    expect(page.cells.last).to_contain_text(f'Workspace().job("{job[:8]}").to_frame()')


def test_a_limit_is_the_total_everywhere(page: LabPage, lab: Lab, workspace: Workspace) -> None:
    """The line of the cell, the sidebar and the page of the job agree on how much there is to do."""
    rows = "".join(json.dumps({"n": number}) + "\n" for number in range(5_000))
    (lab.notebooks / "many.json").write_text(rows)
    load, batch = "%load_ext modelop_jupyter", "%modelop batch limited many.json --limit 1234"
    page.open(lab.write("limit.ipynb", load, batch))
    page.run(page.cell(load))
    page.run(page.cell(batch), wait=False)
    output = page.output(page.cell(batch))
    expect(output).to_contain_text(re.compile(r"\d of 1,234 in"))
    page.page.locator('li[data-id="modelop-jupyter-sidebar"]').click()
    sidebar = page.page.locator("#modelop-jupyter-sidebar")
    expect(sidebar).to_contain_text(re.compile(r"\d of 1,234 records"))
    sidebar.get_by_role("button", name="batch limited@1", exact=True).click()
    view = page.page.locator(".jp-modelop-jobPanel:visible")
    expect(view).to_contain_text(re.compile(r"\d of 1,234 records"))
    page.picture("job-limit")
    view.get_by_role("button", name="Stop batch of limited@1").click()
    expect(view.locator("h2")).to_contain_text("Cancelled")


def test_the_list_fits_each_width(page: LabPage, lab: Lab, workspace: Workspace) -> None:
    """In both themes nothing is cut off or has to be scrolled to sideways."""
    page.open(lab.write("empty.ipynb", ""))
    jobs = JobsPage(page)
    jobs.open()
    jobs.expect_total(ALL)
    # The side panel is as wide in a small window as in a large one.
    page.page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    expect(page.page.locator("#jp-left-stack")).to_be_hidden()
    for theme, width in product(("JupyterLab Light", "JupyterLab Dark"), (400, 600, 1400)):
        page.use_theme(theme)
        page.page.set_viewport_size({"width": width, "height": 800})
        expect(jobs.rows.first).to_be_visible()
        jobs.page.wait_for_function(
            "() => { const grid = document.querySelector('.jp-modelop-grid');"
            " return grid.scrollWidth <= grid.clientWidth; }"
        )
        assert serious_issues(jobs.page, ".jp-modelop-jobsPanel") == [], (theme, width)
        page.picture(f"jobs-{width}-{theme.split()[1].lower()}")
