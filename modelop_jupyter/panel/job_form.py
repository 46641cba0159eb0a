"""The form of a new job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from modelop_jupyter.display.blocks import Block, Note, Text
from modelop_jupyter.domain.jobs import INPUT_FORMATS, JobKind
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.panel import widgets
from modelop_jupyter.panel.engine_field import EngineField
from modelop_jupyter.panel.job_draft import JobDraft
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.worker import BackgroundWorker
from modelop_jupyter.remedies import Remedy
from modelop_jupyter.settings import connection_names

TITLES = {JobKind.BATCH: "Run batch", JobKind.METRICS: "Run metrics", JobKind.TRAIN: "Train"}
_SCHEMAS = [("no", ""), ("input", "in"), ("output", "out"), ("both", "both")]
_FORMATS = [("as its name says", ""), *((name, name) for name in INPUT_FORMATS)]
_WAITING = "Run waits for an input: a file, a variable or an asset."


class JobForm:
    """The fields of a new job, and the equivalent magic line.

    ``on_close`` is called with the form when it is cancelled or the job is submitted.
    """

    def __init__(
        self,
        kind: JobKind,
        state: PanelState,
        worker: BackgroundWorker,
        *,
        on_close: Callable[[object], None],
    ) -> None:
        self.kind = kind
        self._state = state
        self._worker = worker
        self._on_close = on_close
        self._model = state.model or ""
        self._engine = EngineField(state, worker, on_change=self.show)
        self._fields = _fields_of(kind, state.input_suggestions(), self._engine.field)
        for field in self._fields.values():
            field.observe(lambda _: worker.submit(self.show), "value")
        self._line = widgets.block_view()
        self._remedies = widgets.row(name="modelop-remedies")
        self._shown_remedies: tuple[Remedy, ...] = ()
        self._run_button = widgets.button("Run", self._run, is_primary=True)
        cancel = widgets.button(
            "Cancel", lambda: worker.submit(lambda: on_close(self)), title="Close the form"
        )
        self.widget = widgets.column(
            widgets.fields(*self._fields.values()),
            self._engine.state_view,
            self._line,
            self._remedies,
            widgets.row(self._run_button, cancel),
            name="modelop-form",
        )

    def show(self) -> None:
        """Show the magic line, or the error in the fields, which disables the button."""
        self._engine.show()
        draft, line, problem = self._draft(), "", ""
        self._fields["connection"].layout.display = None if draft.has_query else "none"
        try:
            line = draft.line()
        except ModelOpError as error:
            problem = str(error)
        has_input = bool(draft.inputs.strip())
        widgets.set_blocks(self._line, self._line_blocks(line, problem, has_input=has_input))
        self._show_remedies()
        self._run_button.disabled = bool(problem) or not has_input or "run" in self._state.busy
        self._run_button.tooltip = "Run" if has_input else _WAITING

    def _line_blocks(self, line: str, problem: str, *, has_input: bool) -> Iterator[Block]:
        if not has_input:
            yield Note(_WAITING)
        elif problem:
            yield Note(problem, "bad")
        else:
            yield Note("Equivalent cell")
            yield Text("", line, is_open=True)

    def _show_remedies(self) -> None:
        """Show a button for each format in which the input of a refused job can be read."""
        remedies = tuple(
            remedy for remedy in self._state.remedies if remedy.options[:1] == ("--format",)
        )
        if remedies != self._shown_remedies:
            self._shown_remedies = remedies
            buttons = [
                widgets.button(remedy.text, partial(self._read_as, remedy.options[1]))
                for remedy in remedies
            ]
            widgets.set_children(self._remedies, buttons)

    def _read_as(self, format_name: str) -> None:
        self._fields["format"].value = format_name

    def _draft(self) -> JobDraft:
        typed = {name: field.value for name, field in self._fields.items()}
        return JobDraft(self.kind, self._model, **typed)

    def _run(self) -> None:
        draft = self._draft()

        def run() -> None:
            if self._state.submit_job(draft):
                self._worker.submit(lambda: self._on_close(self))

        self._worker.submit_long(run)


def _fields_of(kind: JobKind, inputs: Sequence[str], engine: Any) -> dict[str, Any]:
    """Return the fields of a kind of job by their names in :class:`JobDraft`, in their order."""
    fields = {
        "inputs": widgets.text_field(
            "Input", placeholder="a file, pattern, URL, variable or asset", suggestions=inputs
        ),
        "connection": widgets.text_field(
            "Connection of the query",
            placeholder="NAME in MODELOP_CONNECTION_NAME",
            suggestions=connection_names(),
        ),
        "format": widgets.dropdown("Input format", _FORMATS, ""),
    }
    if kind is not JobKind.TRAIN:
        fields["output"] = widgets.text_field(
            "Output", placeholder="A file; if empty, the job keeps the output"
        )
    if kind is JobKind.BATCH:
        fields |= {
            "schemas": widgets.dropdown("Check against schemas", _SCHEMAS, ""),
            "max_errors": widgets.text_field("Maximum errors", placeholder="100 or 1%"),
            "limit": widgets.text_field("Maximum records", placeholder="all"),
            "workers": widgets.text_field(
                "Workers", placeholder="1", suggestions=("1", "2", "auto")
            ),
        }
    parameters = widgets.text_field("Parameters", placeholder='{"threshold": 0.5}')
    return {**fields, "engine": engine, "parameters": parameters}
