"""A failed job in the sidebar and in a cell: what it says, and the buttons that mend it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from modelop_jupyter import Workspace
from modelop_jupyter.settings import Settings
from tests.waiting import PATIENCE

from .axe import serious_issues
from .lab import Lab, window
from .sidebar import Sidebar

pytestmark = pytest.mark.browser

NEEDY = """\
import os, time
# modelop.score
def score(record):
    while record["x"] == 1 and os.path.exists(record["held"]):
        time.sleep(0.02)
    return float(open("weights.txt").read()) * record["x"]
# modelop.metrics
def metrics(data):
    yield {"auc": 0.5}
"""

LOUD = """\
# modelop.score
def score(n):
    print("at", n)
    if n == 4:
        raise ConnectionError("down")
    return n
"""


def records(folder: Path, name: str) -> Path:
    """Write three records; the second one is scored once the file ``held`` is gone."""
    lines = ({"x": x, "held": str(folder / "held")} for x in range(3))
    (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder / name


@pytest.fixture(scope="module")
def workspace(lab: Lab) -> Iterator[Workspace]:
    """The home of the server, as a terminal beside it has it."""
    (lab.notebooks / "weights.txt").write_text("2.5")
    (lab.notebooks / "needy.py").write_text(NEEDY)
    lab.home.mkdir(exist_ok=True)
    settings = Settings(lab.home, f"sqlite:///{lab.home / 'registry.db'}")
    with Workspace(settings) as workspace:
        workspace.register("needy", lab.notebooks / "needy.py")
        yield workspace


@pytest.fixture
def sidebar(browser: Browser, lab: Lab, workspace: Workspace) -> Iterator[Sidebar]:
    """A window with a notebook and the sidebar."""
    with window(browser, lab) as page:
        page.open(lab.write("beside.ipynb", "%load_ext modelop_jupyter"))
        sidebar = Sidebar(page)
        sidebar.show()
        yield sidebar


def test_a_missing_file_is_added_by_a_button(sidebar: Sidebar, workspace: Workspace) -> None:
    """It is said what is done; then the job runs again, and succeeds."""
    data = records(Path(workspace.settings.home).parent / "notebooks", "in.json")
    sidebar.open_job(workspace.batch("needy", data).wait(PATIENCE).id)
    sidebar.expect_end("Finished with 3 failed records")
    sidebar.lab.picture("mending-job")
    sidebar.lab.use_theme("JupyterLab Dark")
    sidebar.lab.picture("mending-job-dark")
    sidebar.lab.use_theme("JupyterLab Light")
    sidebar.lab.page.set_viewport_size({"width": 640, "height": 900})
    sidebar.lab.picture("mending-job-narrow")
    sidebar.lab.page.set_viewport_size({"width": 1400, "height": 1000})
    assert serious_issues(sidebar.lab.page, ".jp-modelop-jobPanel") == []
    expect(sidebar.job.get_by_role("button", name="Retry")).to_have_count(0)
    expect(sidebar.job.get_by_role("button", name="Copy report")).to_be_visible()
    sidebar.job.get_by_role("button", name="Add weights.txt to the model and run again").click()
    expect(sidebar.dialog).to_contain_text("modelop asset add needy weights.txt")
    sidebar.lab.picture("mending-confirm")
    with sidebar.another_job():
        sidebar.dialog.get_by_role("button", name="Change and run").click()

    sidebar.expect_end("Succeeded")
    assert [asset.path for asset in workspace.asset_list("needy")] == ["needy.py", "weights.txt"]


def test_more_time_is_given_by_a_button(sidebar: Sidebar, workspace: Workspace) -> None:
    """The new job has twice the time, without a question."""
    data = records(Path(workspace.settings.home).parent / "notebooks", "slow.json")
    workspace.asset_add("needy", data.parent / "weights.txt")
    held = data.parent / "held"
    held.touch()
    # The other records have enough of it on a busy machine, too.
    job = workspace.batch("needy", data, record_timeout=20).wait(PATIENCE)
    held.unlink()
    sidebar.open_job(job.id)
    sidebar.expect_end("Finished with 1 failed record")
    with sidebar.another_job():
        sidebar.job.get_by_role("button", name="Give each record more time").click()

    sidebar.expect_end("Succeeded")
    newest = workspace.jobs()[0]
    assert newest.options.limits.record_seconds == 40


def test_a_record_is_found_in_what_the_model_printed(
    sidebar: Sidebar, lab: Lab, workspace: Workspace
) -> None:
    """Issue 8, 39 and 43: beside its failure, and by the fields above the log; tries are counted."""
    (lab.notebooks / "loud.py").write_text(LOUD)
    (lab.notebooks / "loud.json").write_text("".join(f"{n}\n" for n in range(9)))
    workspace.register("loud", lab.notebooks / "loud.py")
    job = workspace.batch("loud", lab.notebooks / "loud.json", retry=1, retry_on="OSError")
    sidebar.open_job(job.wait(PATIENCE).id)
    sidebar.expect_end("Finished with 1 failed record")
    sidebar.job.get_by_role("tab", name="Errors").click()
    sidebar.job.locator("summary", has_text="record 4").click()
    expect(sidebar.job.get_by_text("(tried 2 times)")).to_be_visible()
    expect(sidebar.job.get_by_text("at 4", exact=False).first).to_be_visible()
    sidebar.lab.picture("printed-by-record")
    sidebar.job.get_by_role("tab", name="Log").click()
    log = sidebar.job.get_by_role("log")
    sidebar.job.get_by_label("Only what the record with this index printed").fill("7")
    expect(log).to_have_text("at 7")
    sidebar.job.get_by_label("Only what the record with this index printed").fill("")
    sidebar.job.get_by_label("Find lines of the log").fill("/at [12]$/")
    expect(log).to_have_text(re.compile(r"at 1\s+at 2$"))
    sidebar.lab.picture("log-lines")
    assert serious_issues(sidebar.lab.page, ".jp-modelop-jobPanel") == []


def test_a_failed_verdict_is_red_everywhere(sidebar: Sidebar, workspace: Workspace) -> None:
    """In the row of the model, in the list of jobs, and in the job's own view."""
    data = records(Path(workspace.settings.home).parent / "notebooks", "in.json")
    job = workspace.metrics("needy", data, expect="auc >= 0.9").wait(PATIENCE)
    model = sidebar.panel.locator(".jp-modelop-models .jp-modelop-mod-bad")
    row = sidebar.panel.locator(".jp-modelop-job .jp-modelop-bad")
    expect(model.get_by_text("Verdict failed")).to_be_attached()
    expect(row.filter(has_text="Verdict failed")).to_be_visible()
    sidebar.open_job(job.id)

    expect(sidebar.job.locator("h2 .jp-modelop-bad")).to_have_text("Verdict failed")
    sidebar.lab.picture("mending-verdict")


def test_a_cell_shows_the_lines_that_mend_it(sidebar: Sidebar, workspace: Workspace) -> None:
    """They can be copied into the next cell as they are."""
    page = sidebar.lab
    (page.lab.notebooks / "held").touch()
    page.run(page.cells.first)
    page.type_into(page.cells.last, "%modelop batch needy slow.json --timeout 1")
    page.run(page.cells.last, wait=False)
    output = page.output(page.cell("slow.json"))
    expect(output.locator(".mo-remedy")).to_contain_text("Give it more time")
    expect(output.locator(".mo-remedy pre").first).to_contain_text("--timeout 2")
    page.picture("mending-cell", of=output)
    page.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    output.get_by_role("button", name="Copy report").click()
    expect(page.notification("The report is in the clipboard")).to_be_visible()
    report = page.page.evaluate("navigator.clipboard.readText()")
    assert report.startswith("A job failed in modelop-jupyter\nran          modelop batch needy@")
