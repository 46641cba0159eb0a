"""Pages that list something of the code list all of it."""

from __future__ import annotations

import re
from pathlib import Path

from sitegen import commands
from sitegen.metrics_result import result_of

from modelop_jupyter.commands.grammar import verbs
from modelop_jupyter.configuration import KEYS
from modelop_jupyter.display.metrics import views
from tests.display.results import SHAPES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# What processes of this package tell each other.
INTERNAL = {"MODELOP_NOTIFY_TARGET", "MODELOP_BUILT_AGAINST", "MODELOP_FAULT", "MODELOP_JOB_FOLDER", "MODELOP_JOB_ID", "MODELOP_LIFELINE", "MODELOP_LISTENER", "MODELOP_REQUESTS", "MODELOP_SUPERVISOR_LOCK"}  # fmt: skip
_RESULT = re.compile(r"^```{metrics-result}\n(.*?)\n```$", re.DOTALL | re.MULTILINE)


def text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def test_each_variable_is_on_the_page_of_settings() -> None:
    """No more and no less than the code reads."""
    sources = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "modelop_jupyter").rglob("*.py")
    )
    known = set(re.findall(r"MODELOP_[A-Z_]*[A-Z]", sources)) - INTERNAL
    page = text("reference/settings.md").replace("<NAME>", "NAME")

    assert {name for name in known if name not in page} == set()
    assert set(re.findall(r"MODELOP_[A-Z_]*[A-Z]", page)) <= known


def test_each_key_of_config_is_on_the_page_of_settings() -> None:
    """By its name."""
    assert [name for name in KEYS if f"`{name}`" not in text("reference/settings.md")] == []


def test_the_gallery_has_every_shape() -> None:
    """Each kind of view that the tests of the display know is drawn from a dictionary."""
    results = [result_of(source) for source in _RESULT.findall(text("gallery.md"))]
    kinds = {view.kind for result in results for view in views(result)}

    assert {kind for _, kind in SHAPES.values()} - kinds == set()


def test_the_reference_has_every_verb() -> None:
    """With its example."""
    reference = commands.reference()

    for name, verb in verbs().items():
        assert not name or f"## {name}\n" in reference
        assert verb.example in reference
