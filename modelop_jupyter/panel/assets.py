"""The files of a model, what each is for, and what those with required libraries ask for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import ipywidgets

from modelop_jupyter.display import words
from modelop_jupyter.display.blocks import Block, Note, Table, code
from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.reports import RequirementsReport
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.panel import parts
from modelop_jupyter.panel.registering import ROLES
from modelop_jupyter.panel.state import State
from modelop_jupyter.panel.worker import Worker

REQUIRED = AssetRole.REQUIRED_LIBRARIES


class AssetsPart:
    """A row for each asset, a field for another file, and the required libraries."""

    def __init__(self, state: State, worker: Worker) -> None:
        self._state = state
        self._worker = worker
        self._rows: list[_AssetRow] = []
        self._list = parts.column()
        self._path = parts.text("Add a file", hint="its path")
        self._requirements = parts.said()
        self._check = parts.button(
            "Check",
            lambda: worker.begin(state.check),
            title="Resolve the lines, and compare them with what the source imports",
        )
        self._infer = parts.button(
            "Infer",
            lambda: worker.begin(state.infer),
            title="Write requirements.txt from the imports, with the versions used here",
        )
        add = parts.button("Add", self._add, title="Add the file to the model")
        self.widget = parts.column(
            self._list,
            parts.row(self._path, add, name="modelop-add"),
            self._requirements,
            parts.row(self._check, self._infer),
        )

    def show(self) -> None:
        """Show the assets as they are."""
        view, report = self._state.view, self._state.requirements
        assets = view.assets if view else ()
        source = view.model.state.primary_source if view else None
        wanted = [(each, each.path == source) for each in assets]
        if [row.shown for row in self._rows] != wanted:
            # A row that somebody has just changed is what is wanted, and keeps its focus.
            self._rows = [_AssetRow(*each, self._state, self._worker) for each in wanted]
            parts.fill(self._list, [row.widget for row in self._rows])
        has_holder = any(asset.role is REQUIRED for asset in assets)
        parts.say(self._requirements, _requirements(report, has_holder=has_holder))
        is_busy = "check" in self._state.busy
        self._check.description = "Checking…" if is_busy else "Check"
        self._check.disabled = is_busy
        is_lacking = report is not None and not report.is_good
        self._infer.layout.display = None if is_lacking or not has_holder else "none"

    def _add(self) -> None:
        path = self._path.value.strip()
        if path:
            self._worker.do(lambda: self._added(path))

    def _added(self, path: str) -> None:
        if self._state.add_asset(path):
            self._path.value = ""


class _AssetRow:
    """One asset with the list of roles."""

    def __init__(self, asset: Asset, is_source: bool, state: State, worker: Worker) -> None:
        self._asset = asset
        self._is_source = is_source
        self._role = parts.choice(
            asset.path,
            ROLES,
            asset.role.label,
            lambda role: worker.do(lambda: state.set_role(asset.path, role)),
        )
        self._role.tooltip = f"Role of {asset.path}"
        size = ipywidgets.Label(("source, " if is_source else "") + words.size(asset.size))
        remove: list[Any] = []
        if not is_source:
            act = lambda: worker.do(lambda: state.remove_asset(asset.path))  # noqa: E731
            title = f"Remove {asset.path}"
            remove = [parts.button("", act, title=title, icon="times", classes=("modelop-link",))]
        self.widget = parts.column(self._role, size, *remove, name="modelop-asset")
        if asset.role is REQUIRED:
            self.widget.add_class("modelop-required")

    @property
    def shown(self) -> tuple[Asset, bool]:
        return self._asset, self._is_source


def _requirements(report: RequirementsReport | None, *, has_holder: bool) -> Iterator[Block]:
    if not has_holder:
        yield Note(
            "No asset has the role Required libraries; Check says what the environment has all the same."
        )
    if report is None:
        return
    rows = [(code(row.text), row.problem or row.locked or "") for row in report.rows]
    rows += [(code(each), "added, as ModelOp Center does") for each in report.additions]
    if rows:
        yield Table(("required", ""), tuple(rows), title="Required libraries")
    for each in report.imports:
        if each.verdict == "missing":
            where = f"{each.asset}, line {each.line}"
            yield Note(f"{each.module} ({where}) is required by nothing", "bad")
    if report.unused:
        yield Note(f"Not imported: {', '.join(report.unused)}")
