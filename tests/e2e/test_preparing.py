"""An environment that is being built when the first job asks for it, as a user sees it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .lab import Lab, LabPage

pytestmark = pytest.mark.browser

MODEL = """\
# modelop.score
def action(record):
    import slowly
    yield record
"""
REGISTER = "%modelop register prepared --asset requirements.txt"
BATCH = "%modelop batch prepared few.json"


def test_a_batch_shows_the_build_it_joins(lab: Lab, page: LabPage, slow_packages) -> None:
    """Registering says that it is begun; the batch's live line counts bytes and seconds (issue 4)."""
    slow_packages.add("slowly", 1_000_000)
    slow_packages.hold()
    (lab.notebooks / "requirements.txt").write_text("slowly==1.0\n")
    (lab.notebooks / "few.json").write_text('{"n": 1}\n')
    surroundings = (
        f"import os\nos.environ.update(PIP_INDEX_URL={slow_packages.url!r},"
        f" PIP_CONFIG_FILE=os.devnull, MODELOP_PREPARE='on')\n"
        "for name in ('PIP_EXTRA_INDEX_URL', 'PIP_FIND_LINKS'):\n    os.environ.pop(name, None)\n"
        "%load_ext modelop_jupyter"
    )
    page.open(lab.write("prepared.ipynb", surroundings, MODEL, REGISTER, BATCH))
    for text in ("%load_ext", "modelop.score", REGISTER):
        page.run(page.cell(text))
    registered = page.output(page.cell(REGISTER))
    page.run(page.cell(BATCH), wait=False)
    output = page.output(page.cell(BATCH))

    expect(registered).to_contain_text("being built in the background (1 requirement)")
    live = re.compile(r"environment.*downloading 0\.\d of 1\.0 MB \(slowly\), \d+ s")
    expect(output).to_contain_text(live)
    page.picture("environment-joined", of=page.notebook)
    page.use_theme("JupyterLab Dark")
    page.picture("environment-joined-dark", of=page.notebook)
    page.use_theme("JupyterLab Light")
    slow_packages.release()
    expect(output).to_contain_text("Succeeded")
    expect(output).not_to_contain_text(live)
