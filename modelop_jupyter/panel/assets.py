"""The section with a model's assets, their roles, and its required libraries."""

from __future__ import annotations

from collections.abc import Iterator

import ipywidgets

from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import Block, Note, Table, code
from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.reports import RequirementsReport
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.panel import widgets
from modelop_jupyter.panel.file_list import FileList
from modelop_jupyter.panel.register_form import ROLES
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.worker import BackgroundWorker


class AssetsSection:
    """A row for each asset, a field that adds a file, and the required libraries."""

    def __init__(self, state: PanelState, worker: BackgroundWorker) -> None:
        self._state = state
        self._worker = worker
        self._rows: dict[str, _AssetRow] = {}
        self._list = widgets.column()
        self._path = widgets.text_field("Add a file", placeholder="its path")
        self._requirements = widgets.block_view()
        self._check = widgets.button(
            "Check",
            lambda: worker.submit_long(state.check_requirements),
            title="Resolve the requirements, and compare them with the imports",
        )
        self._infer = widgets.button(
            "Infer",
            lambda: worker.submit_long(state.infer_requirements),
            title="Write requirements.txt from the imports, with the versions installed here",
        )
        self._files = FileList("Choose a file…", worker, on_pick=self._choose_file)
        add = widgets.button("Add", self._add, title="Add the file to the model")
        self.widget = widgets.column(
            self._list,
            widgets.row(self._path, add, name="modelop-add"),
            self._files.widget,
            self._requirements,
            widgets.row(self._check, self._infer),
        )

    def show(self) -> None:
        """Update the rows and the required libraries."""
        view, report = self._state.model_view, self._state.requirements
        assets = view.assets if view else ()
        source = view.model.state.primary_source if view else None
        # A row lives as long as its asset: a list that is open or just changed stays in the page.
        rows = {
            asset.path: self._rows.get(asset.path) or _AssetRow(asset, self._state, self._worker)
            for asset in assets
        }
        for asset in assets:
            rows[asset.path].show(asset, is_source=asset.path == source)
        if list(rows) != list(self._rows):
            self._rows = rows
            widgets.set_children(self._list, [row.widget for row in rows.values()])
        has_requirements = any(asset.role is AssetRole.REQUIRED_LIBRARIES for asset in assets)
        blocks = _requirement_blocks(report, has_requirements=has_requirements)
        widgets.set_blocks(self._requirements, blocks)
        is_checking = "check" in self._state.busy
        self._check.description = "Checking…" if is_checking else "Check"
        self._check.disabled = is_checking
        is_incomplete = report is not None and not report.is_good
        self._infer.layout.display = None if is_incomplete or not has_requirements else "none"

    def _choose_file(self, path: str) -> None:
        self._path.value = path

    def _add(self) -> None:
        path = self._path.value.strip()
        if path:
            self._worker.submit(lambda: self._add_file(path))

    def _add_file(self, path: str) -> None:
        if self._state.add_asset(path):
            self._path.value = ""


class _AssetRow:
    """One asset with a list of roles, its size and a button that removes it."""

    def __init__(self, asset: Asset, state: PanelState, worker: BackgroundWorker) -> None:
        self._path = asset.path
        self._state = state
        self._worker = worker
        self._label = asset.role.label
        self._unsaved: object = None
        self._role = widgets.dropdown(asset.path, ROLES, self._label, self._choose)
        self._role.tooltip = f"Role of {asset.path}"
        self._size = ipywidgets.Label()
        self._remove = widgets.button(
            "",
            lambda: worker.submit(lambda: state.remove_asset(asset.path)),
            title=f"Remove {asset.path}",
            icon="times",
            classes=("modelop-link",),
        )
        self.widget = widgets.column(self._role, self._size, self._remove, name="modelop-asset")

    def show(self, asset: Asset, *, is_source: bool) -> None:
        """Update the row; the model's source can't be removed."""
        # Shown as it was before a choice, the list would take the same choice made again for no change.
        if self._unsaved is None:
            self._label = asset.role.label
            self._role.value = self._label
        self._size.value = ("source, " if is_source else "") + formatting.size(asset.size)
        self._remove.layout.display = "none" if is_source else None
        if asset.role is AssetRole.REQUIRED_LIBRARIES:
            self.widget.add_class("modelop-required")
        else:
            self.widget.remove_class("modelop-required")

    def _choose(self, label: str) -> None:
        # The list also reports what show() sets.
        if label != self._label:
            self._label = label
            choice = self._unsaved = object()
            self._worker.submit(lambda: self._save(label, choice))

    def _save(self, label: str, choice: object) -> None:
        try:
            self._state.set_role(self._path, label)
        finally:
            if self._unsaved is choice:
                self._unsaved = None


def _requirement_blocks(
    report: RequirementsReport | None, *, has_requirements: bool
) -> Iterator[Block]:
    if not has_requirements:
        yield Note(
            "No asset has the role Required libraries. Check shows what the environment has without it."
        )
    if report is None:
        return
    rows = [(code(row.text), row.problem or row.locked or "") for row in report.rows]
    rows += [(code(name), "added, as ModelOp Center does") for name in report.additions]
    if rows:
        yield Table(("required", ""), tuple(rows), title="Required libraries")
    for module in report.imports:
        if module.verdict == "missing":
            where = f"imported in {module.asset}, line {module.line}"
            yield Note(f"No requirement provides {module.module} ({where})", "bad")
    if report.unused:
        yield Note(f"Not imported: {', '.join(report.unused)}")
