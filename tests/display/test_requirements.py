"""Requirements upgraded and inferred, and the proof of a job in one line (issue 4)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from modelop_jupyter.display import bundle, text
from modelop_jupyter.domain.environments import LockedPackage, Proof
from modelop_jupyter.domain.reports import RequirementRow
from modelop_jupyter.domain.requirements.changes import (
    InferredLine,
    InferredRequirements,
    Upgrade,
    VersionChange,
    compare,
)

from .samples import DONE, NOW, PACKAGES, REPORT

UPGRADE = Upgrade(
    "churn",
    (
        VersionChange("numpy", "2.1.0", "2.2.0"),
        VersionChange("six", "1.17.0", None),
        VersionChange("idna", None, "3.10"),
    ),
    PACKAGES,
    NOW,
    NOW,
    "3.11.7",
)
SAME = replace(UPGRADE, changes=())
FIRST = replace(UPGRADE, before=None, is_first=True, changes=(VersionChange("six", None, "1.17"),))
INFERRED = InferredRequirements(
    "churn",
    "requirements.txt",
    "scikit-learn==1.5.2\n# own==1.0: installed here <from> a file\n",
    (
        InferredLine("added", "scikit-learn==1.5.2", "sklearn", "churn.py, line 3"),
        InferredLine("not installable", "own==1.0", "own", "churn.py, line 4", "<from> a file"),
    ),
    "/usr/bin/python3",
    "3.11.7",
    notes=("The model runs on Python 3.8.",),
)
PROOF = Proof("f", "/env/python", "3.8.18", (), PACKAGES, (), (), (), 0, "sha256:3f2a91c0ffee")
LONG = "no index has a package of this name, " + "whatever was asked " * 9 + "to the end"
REFUSED = replace(
    REPORT,
    rows=(
        RequirementRow("libs.txt", 1, "six", "six", "1.17.0"),
        RequirementRow("libs.txt", 2, "nowhere", "nowhere", problem=LONG),
        RequirementRow("libs.txt", 0, "", problem="Is it meant so?"),
    ),
)
OPEN = replace(REPORT, resolved=NOW, unpinned=PACKAGES, notes=("Another patch.",))


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (
            UPGRADE,
            ["upgraded", "numpy    2.1.0   2.2.0  changed", "six      1.17.0         removed"],
        ),
        (UPGRADE, ["idna             3.10   added", "earlier snapshots keep their own"]),
        (SAME, ["nothing newer", "Its 2 packages are what would be chosen today, too."]),
        (
            replace(SAME, packages=PACKAGES[:1]),
            ["Its 1 package is what would be chosen today, too."],
        ),
        (replace(SAME, packages=()), ["It requires no packages."]),
        (REFUSED, ["libs.txt, line 2  not usable"]),
        (REFUSED, [f"libs.txt, line 2: {LONG}."]),
        (REFUSED, ["libs.txt: Is it meant so?"]),
        (FIRST, ["churn  resolved", "six      1.17"]),
        (INFERRED, ["versions of  Python 3.11.7, /usr/bin/python3", "churn.py, line 3", "<from>"]),
        (INFERRED, ["warning: The model runs on", "churn --infer --write' adds it to the model"]),
        (replace(INFERRED, is_written=True), ["churn  written"]),
        (replace(INFERRED, lines=()), ["imports nothing but Python's own modules"]),
        (OPEN, ["numpy 2.1.0 and pandas 2.2.3 are not pinned: chosen on 2026-11-2"]),
        (OPEN, ["requirements churn --upgrade' takes newer ones", "warning: Another patch."]),
        (
            replace(DONE, proof=PROOF),
            ["Python 3.8.18, exactly the 2 packages of lock 3f2a91c0ffee, nothing else visible"],
        ),
        (
            replace(DONE, proof=replace(PROOF, packages=PACKAGES[:1])),
            ["exactly the 1 package of lock 3f2a91c0ffee"],
        ),
        (
            replace(DONE, proof=replace(PROOF, packages=())),
            ["no packages, as lock 3f2a91c0ffee says"],
        ),
        (
            replace(DONE, proof=replace(PROOF, foreign=("pip 24.0",), missing=("six",))),
            [
                "not what lock 3f2a91c0ffee says",
                "warning: Its environment is not exact: pip 24.0 was visible, but is not in its lock",
                "and six was missing. '%modelop env build churn@2 --rebuild' builds it again.",
            ],
        ),
        (
            replace(DONE, proof=replace(PROOF, is_isolated=False)),
            ["the interpreter was not isolated"],
        ),
    ],
)
def test_the_text_says_what_counts(value: Any, parts: list[str]) -> None:
    """A terminal shows the same facts as a notebook."""
    shown = text(value)

    assert [part for part in parts if part not in shown] == []


@pytest.mark.parametrize("value", [UPGRADE, SAME, FIRST, INFERRED, OPEN])
def test_what_a_user_wrote_is_escaped(value: Any) -> None:
    """A remark is text in HTML, too."""
    assert "<from>" not in bundle(value)["text/html"]


def test_locks_are_compared_by_package() -> None:
    """What is equal is not told."""
    before = (LockedPackage("a", "1"), LockedPackage("b", "1"), LockedPackage("c", "1"))
    after = (LockedPackage("a", "1"), LockedPackage("b", "2"), LockedPackage("d", "1"))

    assert compare(before, after) == (
        VersionChange("b", "1", "2"),
        VersionChange("c", "1", None),
        VersionChange("d", None, "1"),
    )
