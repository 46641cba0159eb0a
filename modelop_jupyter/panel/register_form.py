"""The form that registers this notebook, with a preview of what is recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import ipywidgets

from modelop_jupyter.commands.notebook import notebook_path
from modelop_jupyter.display import formatting
from modelop_jupyter.display.blocks import Note, Text
from modelop_jupyter.display.registration import preview as preview_blocks
from modelop_jupyter.display.registration import value_file_remarks
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, EntryPointKind, EntryPoints
from modelop_jupyter.domain.previews import (
    FrozenValue,
    Preview,
    Proposal,
    RequirementsPlan,
    ValueFile,
)
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.source_code.function_options import FunctionOption, is_open
from modelop_jupyter.panel import widgets
from modelop_jupyter.panel.registration_draft import RegistrationDraft
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.worker import BackgroundWorker

VALUE_FILES_TITLE = "Values that files of the model can hold"
FROZEN_TITLE = "Values to write into the module"

ROLES = [(role.label, role.label) for role in AssetRole]


class RegisterForm:
    """Name, description, proposed assets, and the source to be registered.

    ``on_close`` is called with the form when it is cancelled or the model is registered.
    """

    def __init__(
        self, state: PanelState, worker: BackgroundWorker, *, on_close: Callable[[object], None]
    ) -> None:
        self._state = state
        self._worker = worker
        self._on_close = on_close
        self._name = widgets.text_field("Name", value=_default_name(state), is_continuous=False)
        self._description = widgets.text_field("Description")
        self._preview = widgets.block_view()
        self._functions = _FunctionFields(self._update_preview)
        self._values = _FrozenValues(self._update_preview)
        self._value_files = _ValueFiles(self._save_value, self._update_preview)
        self._infers = ipywidgets.Checkbox(value=True, indent=False)
        self._infers.observe(lambda _: self._update_preview(), "value")
        self._infers.layout.display = "none"
        self._offers_requirements = False
        self._resolved: RegistrationDraft | None = None
        self._files_title = ipywidgets.Label("Files that may belong to the model")
        self._files = widgets.column()
        self._proposals: list[_ProposedAsset] = []
        self._register_button = widgets.button("Register", self._register, is_primary=True)
        cancel = widgets.button(
            "Cancel", lambda: worker.submit(lambda: on_close(self)), title="Close the form"
        )
        self._name.observe(lambda _: self._update_preview(), "value")
        self.widget = widgets.column(
            widgets.fields(self._name, self._description),
            self._functions.widget,
            self._preview,
            self._values.widget,
            self._value_files.widget,
            self._infers,
            self._files,
            widgets.row(self._register_button, cancel),
            name="modelop-form",
        )
        self._update_preview()

    def show(self) -> None:
        """Show the preview of the registration."""
        preview = self._state.preview
        problem = self._state.problem
        waiting = [] if problem or self._proposals else [Note("Reading the notebook…")]
        if preview or not self._proposals:
            widgets.set_blocks(self._preview, preview_blocks(preview) if preview else waiting)
        if preview:
            self._show_choices(preview)
            self._resolve(preview)
        # With a problem the button stays enabled: the name's field reports a change only when it is left.
        is_waiting = preview is None and not problem
        is_refused = preview is not None and preview.refusal is not None
        is_busy = "register" in self._state.busy
        self._register_button.disabled = is_waiting or is_refused or is_busy

    def _show_choices(self, preview: Preview) -> None:
        self._functions.show(preview.options, preview.entry_points)
        is_changed = self._values.show(preview.frozen)
        if self._value_files.show(preview.value_files) or is_changed:
            # What is ticked is part of the module from now on.
            self._update_preview()
        plan = preview.requirements
        if plan is not None:
            self._infers.description = requirements_label(plan)
            if not self._offers_requirements and plan.is_declined:
                self._infers.value = False
        self._offers_requirements = plan is not None
        self._infers.layout.display = None if plan else "none"
        if [row.proposal.path for row in self._proposals] != [it.path for it in preview.proposals]:
            before = {row.proposal.path: row for row in self._proposals}
            self._proposals = [
                before.get(it.path) or _ProposedAsset(it, self._update_preview)
                for it in preview.proposals
            ]
            titles = [self._files_title] if self._proposals else []
            rows = [row.widget for row in self._proposals]
            widgets.set_children(self._files, [*titles, *rows])
            # What is suggested is ticked, and so part of the model from now on.
            self._update_preview()

    def _resolve(self, preview: Preview) -> None:
        """Resolve the packages of a model that is there, once for what is in the form."""
        draft = self._draft()
        if preview.diff is None or preview.unresolved is None or draft == self._resolved:
            return
        self._resolved = draft
        self._worker.submit_long(lambda: self._state.resolve_preview(draft))

    def _update_preview(self) -> None:
        draft = self._draft()
        self._worker.submit(lambda: self._state.preview_registration(draft))

    def _save_value(self, file: ValueFile) -> None:
        draft = self._draft()

        def save() -> None:
            if self._state.save_value(draft, file):
                self._update_preview()

        self._worker.submit_long(save)

    def _register(self) -> None:
        draft = self._draft()

        def register() -> None:
            if self._state.register(draft):
                self._worker.submit(lambda: self._on_close(self))

        self._worker.submit_long(register)

    def _draft(self) -> RegistrationDraft:
        return RegistrationDraft(
            name=self._name.value.strip(),
            description=self._description.value,
            files=tuple(row.asset for row in self._proposals if row.is_chosen),
            functions=self._functions.chosen,
            infers=self._offers_requirements and self._infers.value,
            frozen=self._values.chosen,
            value_files=self._value_files.chosen,
        )


class _FunctionFields:
    """A choice for each kind of function that is not clear: none is tagged, or two are."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._fields: dict[EntryPointKind, ipywidgets.Dropdown] = {}
        self._options: tuple[FunctionOption, ...] = ()
        self.widget = widgets.fields()

    def show(self, options: tuple[FunctionOption, ...], points: EntryPoints) -> None:
        """Show the choices; ``points`` are taken without one. A choice lives as long as its kind."""
        if options == self._options:
            return
        self._options = options
        before, self._fields = self._fields, {}
        for kind in ENTRY_POINT_KINDS:
            of_kind = [it for it in options if it.kind == kind]
            if is_open(of_kind):
                names = [(f"{it.name} ({it.where})", it.name) for it in of_kind]
                field = before.get(kind) or self._field(kind)
                chosen = field.value if kind in before else points.get(kind)
                field.options = [("none", None), *names]
                field.value = chosen if chosen in [name for _, name in names] else None
                self._fields[kind] = field
        widgets.set_children(self.widget, list(self._fields.values()))

    def _field(self, kind: EntryPointKind) -> Any:
        return widgets.dropdown(f"Use as {kind}", (), None, lambda _: self._on_change())

    @property
    def chosen(self) -> EntryPoints:
        """The functions that the user has chosen."""
        return EntryPoints(**{kind: field.value for kind, field in self._fields.items()})


class _FrozenValues:
    """A checkbox for each value that can stand in the module, with the lines that would."""

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._shown: tuple[FrozenValue, ...] = ()
        self._fields: dict[str, ipywidgets.Checkbox] = {}
        self.widget = widgets.column()

    def show(self, values: tuple[FrozenValue, ...]) -> bool:
        """Show the values; returns whether others than before are ticked."""
        if values == self._shown:
            return False
        before, self._shown = self.chosen, values
        ticked = {name: field.value for name, field in self._fields.items()}
        self._fields = {value.name: self._field(value, ticked) for value in values}
        rows: list[object] = [ipywidgets.Label(FROZEN_TITLE)] if values else []
        for value in values:
            rows += [
                self._fields[value.name],
                widgets.block_view([Text(value.where, value.source, is_open=True)]),
            ]
        widgets.set_children(self.widget, rows)
        return self.chosen != before

    @property
    def chosen(self) -> frozenset[str]:
        """The names whose values are ticked."""
        return frozenset(name for name, field in self._fields.items() if field.value)

    def _field(self, value: FrozenValue, ticked: Mapping[str, bool]) -> ipywidgets.Checkbox:
        field = ipywidgets.Checkbox(
            value=ticked.get(value.name, True),
            description=value.name,
            indent=False,
        )
        field.observe(lambda _: self._on_change(), "value")
        return field


class _ValueFiles:
    """The values that files could hold: a button that saves each, and a checkbox for what is saved."""

    def __init__(self, save: Callable[[ValueFile], None], on_change: Callable[[], None]) -> None:
        self._save = save
        self._on_change = on_change
        self._shown: tuple[ValueFile, ...] = ()
        self._fields: dict[str, ipywidgets.Checkbox] = {}
        self.widget = widgets.column()

    def show(self, files: tuple[ValueFile, ...]) -> bool:
        """Show the values; returns whether others than before are taken."""
        if files == self._shown:
            return False
        before, self._shown = self.chosen, files
        ticked = {name: field.value for name, field in self._fields.items()}
        self._fields = {}
        rows: list[object] = [ipywidgets.Label(VALUE_FILES_TITLE)] if files else []
        for file in files:
            if file.is_there:
                field = self._field(file, ticked)
                self._fields[file.name] = field
                rows.append(field)
            else:
                save = partial(self._save, file)
                rows.append(widgets.row(widgets.button(f"Save as {file.path}", save)))
            remarks = f"{formatting.size(file.size)}. {'; '.join(value_file_remarks(file))}"
            note = Note(f"{file.name}: {file.where}, {file.expression}; {remarks}")
            rows.append(widgets.block_view([note, Text(file.where, file.source, is_open=True)]))
        widgets.set_children(self.widget, rows)
        return self.chosen != before

    @property
    def chosen(self) -> dict[str, str]:
        """The names that the module loads, each with its file."""
        ticked = {name for name, field in self._fields.items() if field.value}
        return {file.name: file.path for file in self._shown if file.name in ticked}

    def _field(self, file: ValueFile, ticked: Mapping[str, bool]) -> ipywidgets.Checkbox:
        field = ipywidgets.Checkbox(
            value=ticked.get(file.name, True),
            description=f"{file.name}, loaded from {file.path}",
            indent=False,
        )
        field.observe(lambda _: self._on_change(), "value")
        return field


class _ProposedAsset:
    """A file that may belong to the model, with a checkbox and its role."""

    def __init__(self, proposal: Proposal, on_change: Callable[[], None]) -> None:
        self.proposal = proposal
        reason = "left out before" if proposal.is_declined else proposal.reason
        title = f"{proposal.path} ({reason}, {formatting.size(proposal.size)})"
        ticked = proposal.is_suggested
        self._checkbox = ipywidgets.Checkbox(value=ticked, description=title, indent=False)
        self._role = ipywidgets.Dropdown(
            options=ROLES, value=proposal.role.label, description=f"Role of {proposal.path}"
        )
        self._role.add_class("modelop-field")
        for field in (self._checkbox, self._role):
            field.observe(lambda _: on_change(), "value")
        self.widget = widgets.fields(self._checkbox, self._role)

    @property
    def is_chosen(self) -> bool:
        return bool(self._checkbox.value)

    @property
    def asset(self) -> tuple[str, str]:
        """The file's path and the label of its role."""
        return self.proposal.path, self._role.value


def requirements_label(plan: RequirementsPlan) -> str:
    """Return what the checkbox for the requirements says."""
    added = ", ".join(line.text for line in plan.inferred.lines if line.state == "added")
    return f"Add to the requirements: {added}" + (f", written to {plan.file}" if plan.file else "")


def _default_name(state: PanelState) -> str:
    """Return the shown model's name if it was registered from this notebook, else the file's name.

    With the name of a model from another notebook, that model's source would be replaced.
    """
    path = notebook_path()
    registered_from = state.model_view.model.notebook if state.model_view else ""
    if path is None or (registered_from and Path(registered_from).resolve() == path.resolve()):
        return state.model or ""
    return re.sub(r"[^A-Za-z0-9]+", "-", path.stem).strip("-").lower()
