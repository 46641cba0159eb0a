"""The last check of a model, as it is kept with the snapshot that was checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelop_jupyter.domain.checks import KeptCheck

if TYPE_CHECKING:
    from modelop_jupyter.domain.models import Model, Snapshot
    from modelop_jupyter.workspace.home import Home


def kept_check(ref: str, home: Home) -> KeptCheck | None:
    """Return the last check of what a reference names; None where there was none.

    That of a model is the newest of its snapshots.
    """
    model, snapshot = home.find(ref)
    report = home.registry.newest_check(model, snapshot.number if snapshot else None)
    if report is None:
        return None
    checked = snapshot or home.registry.get_snapshot(model.name, report.snapshot)
    return KeptCheck(report, is_outdated=snapshot is None and _has_changed(model, checked))


def _has_changed(model: Model, checked: Snapshot) -> bool:
    """Say whether a model has other content, or other packages, than what was checked."""
    if model.state.digest != checked.state.digest:
        return True
    return None not in (model.lock, checked.lock) and model.lock != checked.lock
