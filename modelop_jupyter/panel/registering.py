"""The form that registers this notebook, with all that it would record shown first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import ipywidgets

from modelop_jupyter.commands.notebook import notebook_path
from modelop_jupyter.display import words
from modelop_jupyter.display.blocks import Block, Heading, Note, Span, Text
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS
from modelop_jupyter.domain.previews import Preview, Proposal
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.panel import parts
from modelop_jupyter.panel.state import State
from modelop_jupyter.panel.worker import Worker

ROLES = [(role.label, role.label) for role in AssetRole]


class RegisterForm:
    """Name, description, files that may belong to the model, and the source that is taken."""

    def __init__(self, state: State, worker: Worker, *, leave: Callable[[object], None]) -> None:
        self._state = state
        self._worker = worker
        self._leave = leave
        self._name = parts.text("Name", value=_proposed_name(state), is_live=False)
        self._description = parts.text("Description")
        self._preview = parts.said()
        self._files = parts.column()
        self._proposals: list[_File] = []
        self._accept = parts.button("Register", self._register, is_accepting=True)
        self._name.observe(lambda _: self._look(), "value")
        self.widget = parts.column(
            parts.fields(self._name, self._description),
            self._preview,
            self._files,
            parts.row(
                self._accept,
                parts.button(
                    "Cancel", lambda: worker.do(lambda: leave(self)), title="Close the form"
                ),
            ),
            name="modelop-form",
        )
        self._look()

    def show(self) -> None:
        """Show what registering would record."""
        preview = self._state.preview
        problem = self._state.problem
        looking = [] if problem else [Note("Looking at the notebook…")]
        parts.say(self._preview, preview_blocks(preview) if preview else looking)
        found = preview.proposals if preview else ()
        if preview and [each.proposal for each in self._proposals] != list(found):
            self._proposals = [_File(each, self._look) for each in found]
            title = [ipywidgets.Label("Files that may belong to it")] if found else []
            parts.fill(self._files, [*title, *(each.widget for each in self._proposals)])
        # A name that was refused may have been mended: the field tells of it when it is left.
        is_looking = preview is None and not problem
        self._accept.disabled = is_looking or "register" in self._state.busy

    def _look(self) -> None:
        name, assets = self._name.value.strip(), self._assets()
        self._worker.do(lambda: self._state.look_at_notebook(name, assets))

    def _register(self) -> None:
        name, description = self._name.value.strip(), self._description.value
        assets = self._assets()

        def register() -> None:
            if self._state.register(name, description=description, assets=assets):
                self._worker.do(lambda: self._leave(self))

        self._worker.begin(register)

    def _assets(self) -> list[tuple[str, str]]:
        return [each.asset for each in self._proposals if each.is_chosen]


class _File:
    """A file that may belong to the model, and what it would be for."""

    def __init__(self, proposal: Proposal, act: Callable[[], None]) -> None:
        self.proposal = proposal
        title = f"{proposal.path} ({proposal.reason}, {words.size(proposal.size)})"
        self._box = ipywidgets.Checkbox(description=title, indent=False)
        self._role = ipywidgets.Dropdown(
            options=ROLES, value=proposal.role.label, description=f"Role of {proposal.path}"
        )
        self._role.add_class("modelop-field")
        for each in (self._box, self._role):
            each.observe(lambda _: act(), "value")
        self.widget = parts.fields(self._box, self._role)

    @property
    def is_chosen(self) -> bool:
        return bool(self._box.value)

    @property
    def asset(self) -> tuple[str, str]:
        return self.proposal.path, self._role.value


def preview_blocks(preview: Preview) -> Iterator[Block]:
    """Show what a registration would come to."""
    what = "a new model" if preview.created else "; ".join(preview.changes) or "nothing changes"
    points = preview.entry_points
    told = [f"{kind}: {points.get(kind)}" for kind in ENTRY_POINT_KINDS if points.get(kind)]
    badge = Span(", ".join(told)) if told else Span("no function is tagged", "warn")
    yield Heading(preview.name, badge, what)
    for warning in preview.warnings:
        yield Note(warning, "warn")
    for each in preview.missing:
        yield Note(
            f"{each.module} is imported (line {each.line}), and no requirement provides it", "warn"
        )
    for problem in preview.problems:
        yield Note(str(problem), "warn")
    if preview.source is not None:
        yield Text("Source that is registered", preview.source)


def _proposed_name(state: State) -> str:
    """Return the name of the model that is shown, if it was registered from this notebook.

    That of another would be given this one's source.
    """
    path, known = notebook_path(), state.view.model.notebook if state.view else ""
    if path is None or (known and Path(known).resolve() == path.resolve()):
        return state.model or ""
    return re.sub(r"[^A-Za-z0-9]+", "-", path.stem).strip("-").lower()
