"""Take the documentation's pictures in a real JupyterLab.

usage: python tools/pictures.py [deployment]          (CHROMIUM_PATH chooses the browser)

They are docs/quickstart*.png, docs/launcher.png, docs/model-page.png, docs/check*.png, docs/panel.png,
docs/scale.png and docs/deployment.png.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
sys.path.insert(0, str(ROOT))

from modelop_jupyter import Workspace  # noqa: E402
from modelop_jupyter.settings import Settings  # noqa: E402
from tests.chromium import CHROMIUM_SWITCHES  # noqa: E402
from tests.clusters import dask_cluster  # noqa: E402
from tests.e2e.conftest import QUICKSTART  # noqa: E402
from tests.e2e.lab import Lab, LabPage, window  # noqa: E402
from tests.e2e.model_page import ModelPage  # noqa: E402
from tests.e2e.serving import serving  # noqa: E402
from tests.e2e.sidebar import Sidebar  # noqa: E402

SLOW_MODEL = """\
import time

# modelop.score
def score(record):
    time.sleep(0.02)
    yield {"calls": record["calls"], "leaves": record["calls"] > 5}

# modelop.metrics
def metrics(scored):
    yield {"customers": len(scored), "mean_calls": float(scored["calls"].mean())}
"""
MEASURED_MODEL = """\
# modelop.score
def score(record):
    yield {{"calls": record["calls"], "leaves": record["calls"] > 5}}

# modelop.metrics
def metrics(scored):
    yield {{"auc": {auc}, "recall": {recall}, "customers": len(scored)}}
"""
FAULTY_MODEL = """\
import random
from dateutil.parser import isoparse

threshold = 40

# modelop.score
def score(patient):
    limit = float(open("LIMITS").read())
    ratio = float("nan") if patient["age"] == 42 else patient["dose"] / limit
    year = isoparse("2026-01-01").year
    yield {"old": patient["age"] > threshold, "ratio": ratio, "noise": random.random(), "year": year}
"""
REGISTER = "%load_ext modelop_jupyter\n%modelop register churn --asset requirements.txt"
# Where this repository lies tells readers nothing.
_SHORTEN_PATHS = """\
([from, to]) => {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    texts.currentNode.data = texts.currentNode.data.replaceAll(from, to);
  }
}"""
_ASKED = 1000  # requests, so that the charts of a deployment show more than a minute
COMMAND = [sys.executable, "-m", "jupyterlab", "--LabApp.expose_app_in_browser=True"]


def main() -> int:
    """Run the quickstart, once in cells and once with the sidebar."""
    chromium = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium")
    with (
        tempfile.TemporaryDirectory(prefix="quickstart-") as folder,
        sync_playwright() as playwright,
        serving(Path(folder), COMMAND) as lab,
    ):
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_SWITCHES)
        if "deployment" in sys.argv:
            _take_deployment(browser, lab)
            return 0
        _take_launcher(browser, lab)
        lab.add(QUICKSTART)
        _take_quickstart(browser, lab)
        _write_data(lab)
        _take_model_page(browser, lab)
        _take_check(browser, lab)
        _take_panel(browser, lab)
        _take_scale(browser, lab, Path(folder))
        _take_deployment(browser, lab)
        browser.close()
    return 0


def _write_data(lab: Lab) -> None:
    records = [{"calls": number % 10} for number in range(3_000)]
    for name, part in (("customers.json", records), ("scored.json", records[:500])):
        lines = "".join(json.dumps(record) + "\n" for record in part)
        (lab.notebooks / name).write_text(lines, encoding="utf-8")
    (lab.notebooks / "requirements.txt").write_text("pandas\n", encoding="utf-8")


def _take_model_page(browser: Browser, lab: Lab) -> None:
    settings = Settings(lab.home, f"sqlite:///{lab.home / 'registry.db'}")
    with Workspace(settings) as workspace:
        for auc, recall in ((0.79, 0.61), (0.83, 0.64), (0.82, 0.7), (0.86, 0.72)):
            source = MEASURED_MODEL.format(auc=auc, recall=recall)
            lab.write("leavers.ipynb", source)
            workspace.register(
                "leavers",
                lab.notebooks / "leavers.ipynb",
                assets=[lab.notebooks / "requirements.txt"],
                description="How likely a customer is to leave",
            )
            workspace.metrics("leavers", lab.notebooks / "scored.json").wait(120)
        workspace.batch("leavers", lab.notebooks / "customers.json", limit=500).wait(120)
    with window(browser, lab) as page:
        page.page.set_viewport_size({"width": 1400, "height": 900})
        page.open("leavers.ipynb")
        Sidebar(page).show()
        model = ModelPage(page)
        model.open("leavers")
        charts = model.show("Metrics").get_by_role("figure").locator("canvas, svg")
        expect(charts.nth(2)).to_be_visible()
        _save(page, "model-page")


def _take_check(browser: Browser, lab: Lab) -> None:
    limits = Path(tempfile.gettempdir(), "dose-limits.txt")
    limits.write_text("5", encoding="utf-8")
    patients = [{"age": age, "dose": age % 7} for age in range(20, 60)]
    (lab.notebooks / "patients.json").write_text("\n".join(map(json.dumps, patients)))
    (lab.notebooks / "dose-libraries.txt").write_text("python-dateutil\n", encoding="utf-8")
    register = (
        "%load_ext modelop_jupyter\n"
        "%modelop register doses --asset 'dose-libraries.txt=Required libraries' --yes"
    )
    check = "%modelop check doses patients.json"
    source = FAULTY_MODEL.replace("LIMITS", str(limits))
    with window(browser, lab) as page:
        page.page.set_viewport_size({"width": 1000, "height": 1000})
        page.open(lab.write("doses.ipynb", source, register, "threshold = 50", check))
        page.run_all()
        output = page.output(page.cell(check))
        expect(output).to_contain_text("check of doses@1")
        output.screenshot(path=DOCS / "check.png", animations="disabled")
        page.page.set_viewport_size({"width": 1400, "height": 900})
        Sidebar(page).show()
        model = ModelPage(page)
        model.open("doses")
        expect(model.show("Check")).to_contain_text("doses@1")
        _save(page, "check-page")
    limits.unlink()


def _take_launcher(browser: Browser, lab: Lab) -> None:
    with window(browser, lab) as page:
        page.page.set_viewport_size({"width": 1100, "height": 900})
        page.page.goto(f"{lab.url}/lab?token={lab.token}&reset")
        expect(page.page.locator(".jp-LauncherCard", has_text="Example:")).to_have_count(3)
        _save(page, "launcher")


def _take_panel(browser: Browser, lab: Lab) -> None:
    cells = (SLOW_MODEL, REGISTER, "%modelop metrics churn scored.json", "%modelop panel")
    start = "%modelop batch churn customers.json --background"
    with window(browser, lab) as page:
        page.page.set_viewport_size({"width": 1000, "height": 1400})
        page.open(lab.write("panel.ipynb", *cells, start))
        page.run_all()
        panel = page.output(page.cell("%modelop panel")).locator(".modelop-panel")
        panel.get_by_label("Model", exact=True).select_option("churn")
        panel.get_by_role("button", name="metrics churn@1").click()
        expect(panel.get_by_text("scored").first).to_be_visible()
        page.page.wait_for_timeout(1000)
        panel.screenshot(path=DOCS / "panel.png", animations="disabled")
        panel.get_by_title("Stop batch of churn").first.click()


def _take_scale(browser: Browser, lab: Lab, folder: Path) -> None:
    environments = folder / "environments"
    environments.mkdir()
    with (
        dask_cluster(folder / "cluster", environments, nodes=2) as cluster,
        window(browser, lab) as page,
    ):
        page.page.set_viewport_size({"width": 1400, "height": 1000})
        run = f"%modelop batch churn customers.json --engine {cluster.engine}"
        page.open(lab.write("scale.ipynb", SLOW_MODEL, REGISTER, run))
        Sidebar(page).show()
        for text in ("# modelop.score", REGISTER[:20]):
            page.run(page.cell(text))
        page.run(page.cell("--engine"), wait=False)
        expect(page.output(page.cell("--engine"))).to_contain_text("chunks", timeout=90_000)
        _save(page, "scale")


def _take_deployment(browser: Browser, lab: Lab) -> None:
    deploy = "deployment = %modelop deploy leavers --replicas 2"
    register = REGISTER.partition("\n")[0] + "\n%modelop register leavers"
    settings = Settings(lab.home, f"sqlite:///{lab.home / 'registry.db'}")
    with window(browser, lab) as page, Workspace(settings) as workspace:
        page.page.set_viewport_size({"width": 1300, "height": 800})
        page.open(lab.write("leavers.ipynb", SLOW_MODEL, register, deploy))
        page.run_all()
        sidebar = Sidebar(page)
        sidebar.show()
        for section in ("Models", "Jobs", "Deployments"):
            sidebar.panel.locator(".lm-AccordionPanel-title", has_text=section).click()
        records = [{"calls": number % 10} for number in range(30)]
        for number in range(_ASKED):
            is_bad = number == _ASKED - 300
            asked = {"calls": "none"} if is_bad else records[: 1 + number % 5]
            workspace.deployment_score("leavers", asked)
        output = page.output(page.cell("%modelop deploy"))
        expect(output).to_contain_text("1 failed")
        output.evaluate("cell => cell.scrollIntoView({block: 'end'})")
        _save(page, "deployment")
        workspace.deployment_stop("leavers")


def _take_quickstart(browser: Browser, lab: Lab) -> None:
    with window(browser, lab) as page:
        page.page.set_viewport_size({"width": 1100, "height": 900})
        page.open(QUICKSTART.name)
        page.run_all()
        sidebar = Sidebar(page)
        sidebar.show()
        sidebar.open_model("breast-cancer")
        cell = page.cell("%modelop metrics")
        cell.evaluate("cell => cell.scrollIntoView({block: 'start'})")
        _save(page, "quickstart")

        sidebar.panel.get_by_role("button", name="Register notebook").click()
        expect(sidebar.dialog.locator(".jp-modelop-source")).to_contain_text("modelop.score")
        sidebar.dialog.get_by_label("Name").fill("breast-cancer")
        for file in ("baseline.csv", "model.pkl", "requirements.txt"):
            sidebar.dialog.get_by_role("checkbox", name=file, exact=True).check()
        # The preview that is shown must be that of this name.
        expect(sidebar.dialog).not_to_contain_text("a new model")
        _save(page, "quickstart-register")
        page.page.keyboard.press("Escape")

        sidebar.panel.get_by_role("button", name="Run metrics", exact=True).click()
        sidebar.dialog.get_by_role("button", name="scored.csv", exact=True).click()
        expect(sidebar.dialog.locator(".jp-modelop-line")).to_contain_text("scored.csv")
        _save(page, "quickstart-job")
        sidebar.dialog.get_by_role("button", name="Run", exact=True).click()
        sidebar.expect_end("Succeeded")
        page.page.set_viewport_size({"width": 1400, "height": 900})
        _save(page, "quickstart-result")


def _save(page: LabPage, name: str) -> None:
    page.page.wait_for_timeout(1000)
    page.page.evaluate(_SHORTEN_PATHS, [str(ROOT), "~/project"])
    page.page.screenshot(path=DOCS / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    sys.exit(main())
