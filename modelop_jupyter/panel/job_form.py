"""The form of a new job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from modelop_jupyter.display.blocks import Block, Note, Text
from modelop_jupyter.domain.jobs import INPUT_FORMATS, JobKind
from modelop_jupyter.domain.retries import DEFAULT_EXCEPTIONS, TRANSIENT
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.panel import widgets
from modelop_jupyter.panel.engine_field import EngineField
from modelop_jupyter.panel.file_list import FileList
from modelop_jupyter.panel.job_draft import JobDraft
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.worker import BackgroundWorker
from modelop_jupyter.remedies import Remedy
from modelop_jupyter.settings import connection_names

TITLES = {JobKind.BATCH: "Run batch", JobKind.METRICS: "Run metrics", JobKind.TRAIN: "Train"}
_SCHEMAS = [("no", ""), ("input", "in"), ("output", "out"), ("both", "both")]
_FORMATS = [("as its name says", ""), *((name, name) for name in INPUT_FORMATS)]
# The fields that are always shown, each with the kinds of job that have it.
_MAIN: Mapping[str, Sequence[JobKind]] = {
    "inputs": tuple(JobKind),
    "connection": tuple(JobKind),
    "format": tuple(JobKind),
    "output": (JobKind.BATCH, JobKind.METRICS),
    "schemas": (JobKind.BATCH,),
    "parameters": tuple(JobKind),
}
# The fields in folded sections, by the section's title.
_FOLDED: Mapping[str, Mapping[str, Sequence[JobKind]]] = {
    "Expectations": {"expect": (JobKind.METRICS,), "against": (JobKind.METRICS,)},
    "Limits": {
        "limit": (JobKind.BATCH,),
        "max_errors": (JobKind.BATCH,),
        "record_timeout": (JobKind.BATCH,),
        "retry": (JobKind.BATCH,),
        "retry_on": (JobKind.BATCH,),
        "timeout": (JobKind.BATCH, JobKind.METRICS),
        "memory": (JobKind.BATCH, JobKind.METRICS),
        "cpu_time": (JobKind.BATCH, JobKind.METRICS),
        "workers": (JobKind.BATCH,),
        "engine": tuple(JobKind),
    },
}
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
        self._files = FileList("Choose a file…", worker, on_pick=self._add_input)
        self._sections = self._make_sections()
        self._line = widgets.block_view()
        self._remedies = widgets.row(name="modelop-remedies")
        self._shown_remedies: tuple[Remedy, ...] = ()
        self._run_button = widgets.button("Run", self._run, is_primary=True)
        cancel = widgets.button(
            "Cancel", lambda: worker.submit(lambda: on_close(self)), title="Close the form"
        )
        self.widget = widgets.column(
            widgets.fields(*(self._fields[name] for name in _of(kind, _MAIN))),
            self._files.widget,
            *(section.widget for section in self._sections.values()),
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
        if "against" in self._fields:
            is_needed = draft.uses_reference or bool(draft.against)
            self._fields["against"].layout.display = None if is_needed else "none"
        for title, section in self._sections.items():
            section.set_title(f"{title}: {self._set_values(title) or 'none'}")
        try:
            line = draft.line()
        except ModelOpError as error:
            problem = str(error)
        has_input = bool(draft.inputs.strip())
        widgets.set_blocks(self._line, self._line_blocks(line, problem, has_input=has_input))
        self._show_remedies()
        self._run_button.disabled = bool(problem) or not has_input or "run" in self._state.busy
        self._run_button.tooltip = "Run" if has_input else _WAITING

    def _make_sections(self) -> dict[str, widgets.CollapsibleSection]:
        return {
            title: widgets.CollapsibleSection(
                widgets.fields(*(self._fields[name] for name in names)),
                *([self._engine.state_view] if "engine" in names else []),
            )
            for title, group in _FOLDED.items()
            if (names := _of(self.kind, group))
        }

    def _set_values(self, title: str) -> str:
        """Return what is set in a folded section, for its title."""
        fields = [self._fields[name] for name in _of(self.kind, _FOLDED[title])]
        if title == "Expectations":
            return ", ".join(self._draft().rules)
        return ", ".join(
            f"{field.description} {field.value.strip()}" for field in fields if field.value.strip()
        )

    def _add_input(self, path: str) -> None:
        self._fields["inputs"].value = self._draft().with_input(path)

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


def _of(kind: JobKind, fields: Mapping[str, Sequence[JobKind]]) -> list[str]:
    """Return the names of the fields that a kind of job has."""
    return [name for name, kinds in fields.items() if kind in kinds]


def _fields_of(kind: JobKind, inputs: Sequence[str], engine: Any) -> dict[str, Any]:
    """Return the fields of a kind of job by their names in :class:`JobDraft`."""
    text = widgets.text_field
    fields: dict[str, Callable[[], Any]] = {
        "inputs": lambda: text(
            "Input", placeholder="a file, pattern, URL, variable or asset", suggestions=inputs
        ),
        "connection": lambda: text(
            "Connection of the query",
            placeholder="NAME in MODELOP_CONNECTION_NAME",
            suggestions=connection_names(),
        ),
        "format": lambda: widgets.dropdown("Input format", _FORMATS, ""),
        "output": lambda: text("Output", placeholder="A file; if empty, the job keeps the output"),
        "schemas": lambda: widgets.dropdown("Check against schemas", _SCHEMAS, ""),
        "parameters": lambda: text("Parameters", placeholder='{"threshold": 0.5}'),
        "expect": lambda: widgets.text_area("Rules, one on each line", placeholder="auc >= 0.9"),
        "against": lambda: text(
            "Result that 'ref' means", placeholder="a job, or a snapshot such as churn@2"
        ),
        "limit": lambda: text("Maximum records", placeholder="all"),
        "max_errors": lambda: text("Maximum errors", placeholder="any; or 100, or 1%"),
        "record_timeout": lambda: text("Seconds for a record", placeholder="no limit"),
        "retry": lambda: text("Further tries of a record", placeholder="none"),
        "retry_on": lambda: text(
            "Exceptions to try again after",
            placeholder=", ".join(DEFAULT_EXCEPTIONS),
            suggestions=TRANSIENT,
        ),
        "timeout": lambda: text("Seconds for the job", placeholder="no limit"),
        "cpu_time": lambda: text("CPU time (s)", placeholder="no limit"),
        "memory": lambda: text("Memory", placeholder="no limit; or 2GB, 500MB"),
        "workers": lambda: text("Workers", placeholder="1", suggestions=("1", "2", "auto")),
        "engine": lambda: engine,
    }
    names = [name for group in (_MAIN, *_FOLDED.values()) for name in _of(kind, group)]
    return {name: fields[name]() for name in names}
