"""The widgets of the panel, which are made once and updated from the state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets

from modelop_jupyter.display.blocks import Block, Note, Text
from modelop_jupyter.domain.examples import SNIPPET
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.samples import RecordForm
from modelop_jupyter.panel import widgets
from modelop_jupyter.panel.check_form import CheckForm
from modelop_jupyter.panel.job_form import JobForm
from modelop_jupyter.panel.jobs import JobsSection
from modelop_jupyter.panel.model import ModelSection
from modelop_jupyter.panel.register_form import RegisterForm
from modelop_jupyter.panel.sample_form import RecordsAction, SampleForm
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.style import STYLE
from modelop_jupyter.panel.worker import BackgroundWorker

_NO_MODELS: tuple[Block, ...] = (
    Note("No models yet. Write a tag above a function, run the cell, and register the notebook:"),
    Text("", SNIPPET.rstrip(), is_open=True),
    Note("'%modelop example' lists notebooks to start from."),
)


class PanelView:
    """All widgets of a panel.

    ``show`` and the closing of forms run only in the worker's thread. Events of the page arrive in
    the kernel's main thread, and are only submitted to the worker there.
    """

    def __init__(
        self, state: PanelState, worker: BackgroundWorker, *, on_close: Callable[[], None]
    ) -> None:
        self._state = state
        self._worker = worker
        self._model_choice = widgets.dropdown("Model", (), None, self._choose_model)
        # The choice that the worker has yet to carry out; meanwhile the list stays as it is.
        self._unselected: object = None
        self._register_button = widgets.button(
            "Register notebook", lambda: worker.submit(self._open_register_form), is_primary=True
        )
        close_button = widgets.button(
            "Close", on_close, title="Close the panel; jobs and kernels continue"
        )
        self._toolbar = widgets.row(
            self._model_choice, self._register_button, close_button, name="modelop-bar"
        )
        self._messages = widgets.block_view()
        self._register_form = widgets.column()
        self._form: RegisterForm | JobForm | SampleForm | CheckForm | None = None
        self._model = ModelSection(
            state,
            worker,
            open_job_form=lambda kind: worker.submit(lambda: self._toggle_job_form(kind)),
            run_sample=lambda: worker.submit_long(self._run_sample),
            open_check_form=lambda: worker.submit(self._toggle_check_form),
            try_records=lambda: worker.submit(self._toggle_trial_form),
        )
        self._jobs = JobsSection(state, worker)
        self.widget = widgets.column(
            ipywidgets.HTML(f"<style>{STYLE}</style>", layout=ipywidgets.Layout(display="none")),
            self._toolbar,
            self._register_form,
            self._messages,
            self._model.widget,
            self._jobs.widget,
            name="modelop-panel",
        )
        self.show()

    def show(self) -> None:
        """Update every widget from the state."""
        state = self._state
        self._show_models(state.models, state.model)
        self._model.show()
        self._jobs.widget.layout.display = None if state.model_view else "none"
        self._jobs.show()
        if self._form is not None:
            self._form.show()
        # Last, so that what they tell of is in the page.
        messages: list[Block] = [Note(state.problem, "bad")] if state.problem else []
        messages += [Note(state.message)] if state.message else []
        if not state.models:
            messages += _NO_MODELS
        widgets.set_blocks(self._messages, messages)

    def _show_models(self, models: tuple[str, ...], selected: str | None) -> None:
        # One list as long as the panel lives: a new one would close while somebody chooses in it.
        choice = self._model_choice
        if self._unselected is not None:
            return
        choice.layout.display = None if models else "none"
        if choice.options != models:
            choice.options = models
        choice.value = selected

    def _choose_model(self, name: str | None) -> None:
        # The list also reports what show() sets.
        if name is None or self._worker.is_current:
            return
        choice = self._unselected = object()
        self._worker.submit(lambda: self._select_model(name, choice))

    def _select_model(self, name: str, choice: object) -> None:
        try:
            self._close_form()
            self._state.select_model(name)
        finally:
            if self._unselected is choice:
                self._unselected = None

    def _open_register_form(self) -> None:
        form = RegisterForm(self._state, self._worker, on_close=self._on_form_close)
        self._open_form(form, self._register_form)

    def _toggle_job_form(self, kind: JobKind) -> None:
        if isinstance(self._form, JobForm) and self._form.kind is kind:
            self._close_form()
            return
        form = JobForm(kind, self._state, self._worker, on_close=self._on_form_close)
        self._open_form(form, self._model.form)

    def _toggle_check_form(self) -> None:
        if isinstance(self._form, CheckForm):
            self._close_form()
            return
        form = CheckForm(self._state, self._worker, on_close=self._on_form_close)
        self._open_form(form, self._model.form)

    def _run_sample(self) -> None:
        form = self._state.start_sample()
        if form is not None:
            self._worker.submit(lambda: self._open_sample_form(form))

    def _open_sample_form(self, form: RecordForm) -> None:
        opened = SampleForm(form, self._state, self._worker, on_close=self._on_form_close)
        self._open_form(opened, self._model.form)

    def _toggle_trial_form(self) -> None:
        place = self._model.deployment.form
        if place.children:
            self._close_form()
            return

        def send(records: Sequence[Any]) -> bool:
            self._state.try_records(records)
            return False

        form = SampleForm(
            self._state.record_form(),
            self._state,
            self._worker,
            on_close=self._on_form_close,
            action=RecordsAction("Send", "try", send),
        )
        self._open_form(form, place)

    def _open_form(self, form: RegisterForm | JobForm | SampleForm | CheckForm, place: Any) -> None:
        self._close_form()
        self._form = form
        widgets.set_children(place, [form.widget])

    def _on_form_close(self, form: object) -> None:
        """Close a form, unless another one has replaced it."""
        if form is self._form:
            self._close_form()

    def _close_form(self) -> None:
        """Close the open form with its error message."""
        self._state.problem = ""
        self._form = None
        for place in (self._register_form, self._model.form, self._model.deployment.form):
            widgets.set_children(place, [])
