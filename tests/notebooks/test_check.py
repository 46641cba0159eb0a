"""The notebook about checks: a card that names each planted fault and nothing else, then a clean one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chromium import chromium

from .conftest import Run, executed
from .hosts import HOSTS, look

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Execute it once, with a home folder of its own: the model reads a file there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("user")))
        with executed("check", tmp_path_factory) as run:
            yield run


@pytest.mark.parametrize(
    "fault",
    [
        "threshold is 40 in the model, and 50 in the notebook",
        "UserWarning: a high dose",
        "ratio is NaN, which is not JSON",
        "another answer each time, by random.random()",
        "dose-limits.json, which is not one of its assets",
        "No version is pinned for python-dateutil",
    ],
)
def test_the_card_names_each_planted_fault(run: Run, fault: str) -> None:
    assert fault in run.outputs("check-model")


def test_the_card_names_nothing_else(run: Run) -> None:
    """Four failures and two warnings."""
    shown = run.outputs("check-model")

    assert "check of doses@1  4 failed" in shown
    assert shown.count("\nwarning: ") == 2


def test_the_mended_model_has_a_clean_card(run: Run) -> None:
    """Which is also written to a page."""
    assert "check of doses@2  passed" in run.outputs("check-again")
    assert "passed: the same answers to 40 records" in run.outputs("check-again")
    assert "check of doses@2" in (run.folder / "doses.html").read_text()


def test_the_challenge_names_the_records_that_only_the_mended_model_scores(run: Run) -> None:
    """Six with a warning, one with NaN; the noise changes all others."""
    shown = run.outputs("challenge-model")

    assert "only doses@2 scores  7" in shown
    assert shown.count("UserWarning: a high dose") == 6
    assert "ratio is NaN, which is not JSON" in shown
    assert "changed              33" in shown


@pytest.mark.browser
def test_vscode_and_colab_show_the_card(run: Run) -> None:
    """Light and dark, without scripts: legible, and as wide as the window."""
    with chromium() as browser:
        looks = {host.name: look(run.notebook, host, browser, name="check") for host in HOSTS}

    assert {name: found.issues for name, found in looks.items() if found.issues} == {}
    assert {name: found.overflow for name, found in looks.items() if found.overflow > 0} == {}
