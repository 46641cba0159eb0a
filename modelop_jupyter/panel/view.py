"""The panel as widgets: built once, and brought up to what the state says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets

from modelop_jupyter.display.blocks import Note
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.panel import parts
from modelop_jupyter.panel.jobs import JobsPart
from modelop_jupyter.panel.model import ModelPart
from modelop_jupyter.panel.registering import RegisterForm
from modelop_jupyter.panel.running import JobForm
from modelop_jupyter.panel.state import State
from modelop_jupyter.panel.style import STYLE
from modelop_jupyter.panel.worker import Worker

_NO_MODELS = (
    "No models yet. Write # modelop.score above the function that scores a record, run the cell,"
    " and register the notebook."
)


class View:
    """Everything that is seen. ``show`` is called in the worker's thread only, as are the forms' ends.

    What widgets hear from the page is heard in the kernel's own thread: it only tells the worker.
    """

    def __init__(self, state: State, worker: Worker, *, leave: Callable[[], None]) -> None:
        self._state = state
        self._worker = worker
        self._models: Any = None
        self._bar = parts.row(name="modelop-bar")
        self._register = parts.button(
            "Register notebook", lambda: worker.do(self._register_form), is_accepting=True
        )
        self._problem = parts.said()
        self._registering = parts.column()
        self._form: RegisterForm | JobForm | None = None
        self._model = ModelPart(
            state, worker, new_job=lambda kind: worker.do(lambda: self._job_form(kind))
        )
        self._jobs = JobsPart(state, worker)
        self._close = parts.button("Close", leave, title="Close the panel; jobs and kernels go on")
        self.widget = parts.column(
            ipywidgets.HTML(f"<style>{STYLE}</style>", layout=ipywidgets.Layout(display="none")),
            self._bar,
            self._registering,
            self._problem,
            self._model.widget,
            self._jobs.widget,
            name="modelop-panel",
        )
        self.show()

    def show(self) -> None:
        """Bring every widget up to the state."""
        state = self._state
        self._choose_from(state.models, state.model)
        said = [Note(state.problem, "bad")] if state.problem else []
        said += [Note(state.said)] if state.said else []
        if not state.models:
            said.append(Note(_NO_MODELS))
        parts.say(self._problem, said)
        self._model.show()
        self._jobs.widget.layout.display = None if state.view else "none"
        self._jobs.show()
        if self._form is not None:
            self._form.show()

    def _choose_from(self, models: tuple[str, ...], chosen: str | None) -> None:
        there = self._models
        if there is not None and (there.options, there.value) == (models, chosen):
            return
        self._models = parts.choice(
            "Model", models, chosen, lambda name: self._worker.do(lambda: self._choose(name))
        )
        parts.fill(self._bar, [*([self._models] if models else []), self._register, self._close])

    def _choose(self, name: str) -> None:
        self._leave()
        self._state.choose(name)

    def _register_form(self) -> None:
        self._open(RegisterForm(self._state, self._worker, leave=self._left), self._registering)

    def _job_form(self, kind: JobKind) -> None:
        if isinstance(self._form, JobForm) and self._form.kind is kind:
            self._leave()
            return
        self._open(JobForm(kind, self._state, self._worker, leave=self._left), self._model.form)

    def _open(self, form: RegisterForm | JobForm, place: Any) -> None:
        self._leave()
        self._form = form
        parts.fill(place, [form.widget])

    def _left(self, form: object) -> None:
        """Close a form that is done with, unless another is open by now."""
        if form is self._form:
            self._leave()

    def _leave(self) -> None:
        """Close the form that is open, and what was wrong with it."""
        self._state.problem = ""
        self._form = None
        for place in (self._registering, self._model.form):
            parts.fill(place, [])
