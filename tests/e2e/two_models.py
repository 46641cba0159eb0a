"""Two models whose pins contradict one another, in one notebook: the last word of issue 4."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nbformat

from modelop_jupyter.environments import EnvironmentManager

OLDEST, NEWEST = (3, 8), (3, 13)  # that both pins of packaging have been released for
SOURCE = """\
import sys
from importlib import util

import packaging


def sees():
    return {
        "python": "%d.%d" % sys.version_info[:2],
        "packaging": packaging.__version__,
        "only": [name for name in ("colorama", "iniconfig") if util.find_spec(name)],
    }


# modelop.score
def score(record):
    yield sees()
"""


@dataclass(frozen=True)
class Side:
    """One of the two models: what it pins, the Python it runs on, and what it must see."""

    name: str
    python: str
    packaging: str
    only: str

    @property
    def requirements(self) -> str:
        pins = {"colorama": "0.4.6", "iniconfig": "2.0.0"}
        return f"packaging=={self.packaging}\n{self.only}=={pins[self.only]}\n"

    @property
    def sees(self) -> dict[str, object]:
        return {"python": self.python, "packaging": self.packaging, "only": [self.only]}


def sides(folder: Path) -> tuple[Side, Side]:
    """Return the two on the oldest and the newest Python that there are; on one, if there is one."""
    found = {
        (int(major), int(minor))
        for each in EnvironmentManager(folder).interpreters()
        for major, minor in [each.minor.split(".")]
        if each.implementation == "cpython"
    }
    fitting = sorted(version for version in found if OLDEST <= version <= NEWEST)
    first, last = (".".join(map(str, version)) for version in (fitting[0], fitting[-1]))
    return Side("older", first, "21.3", "colorama"), Side("newer", last, "24.2", "iniconfig")


def cells(*both: Side) -> list[str]:
    """Return the notebook: each step for both models before the next one."""
    steps = (
        "%modelop register {name} sees.py --asset {name}/requirements.txt --python {python}",
        "%modelop batch {name} one.json -o {name}.json",
        "%%modelop run {name} --load\nmodel.sees()",
        "%%modelop run {name}\nimport packaging; packaging.__file__",
        "%modelop env prove {name}",
    )
    texts = [step.format(name=each.name, python=each.python) for step in steps for each in both]
    return ["%load_ext modelop_jupyter", *texts, "%modelop kernel list"]


def write(folder: Path, *both: Side) -> str:
    """Put the notebook and all it needs into a folder; returns its name."""
    (folder / "sees.py").write_text(SOURCE)
    (folder / "one.json").write_text('{"x": 1}\n')
    for each in both:
        (folder / each.name).mkdir()
        (folder / each.name / "requirements.txt").write_text(each.requirements)
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}},
        cells=[nbformat.v4.new_code_cell(text) for text in cells(*both)],
    )
    nbformat.write(notebook, folder / "two.ipynb")
    return "two.ipynb"
