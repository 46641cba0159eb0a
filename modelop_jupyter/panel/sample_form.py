"""The form in which records are typed: of a model's first run, or to be sent to its deployment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets

from modelop_jupyter.display.blocks import Note
from modelop_jupyter.domain.samples import (
    SAMPLE_RECORDS,
    FormField,
    RecordForm,
    records_of_text,
    text_of,
    value_of,
)
from modelop_jupyter.panel import widgets
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.worker import BackgroundWorker

_KINDS = {
    "integer": "whole number",
    "number": "number",
    "text": "text",
    "boolean": "true or false",
    "json": "JSON",
}


@dataclass(frozen=True, slots=True)
class RecordsAction:
    """What is done with the records: ``run`` returns whether the form is to be closed then.

    ``label`` is the button's, ``busy`` the name of the action in the panel's state.
    """

    label: str
    busy: str
    run: Callable[[Sequence[Any]], bool]


class SampleForm:
    """A row for each field of each record, or one field for JSON where no field is known.

    ``on_close`` is called with the form when it is cancelled, or as ``action`` says; without one it
    submits a job.
    """

    def __init__(
        self,
        form: RecordForm,
        state: PanelState,
        worker: BackgroundWorker,
        *,
        on_close: Callable[[object], None],
        action: RecordsAction | None = None,
    ) -> None:
        self._action = action or RecordsAction("Run", "run", state.run_records)
        self._form = form
        self._state = state
        self._worker = worker
        self._on_close = on_close
        self._rows: list[list[Any]] = []
        self._boxes: list[Any] = []
        self._json = None if form.fields else self._json_field()
        self._records = widgets.column()
        self._problem = widgets.block_view()
        self._add_button = widgets.button("Add a record", lambda: worker.submit(self._add_copy))
        self._remove_button = widgets.button(
            "Remove the last record", lambda: worker.submit(self._remove)
        )
        self._run_button = widgets.button(self._action.label, self._run, is_primary=True)
        cancel = widgets.button(
            "Cancel", lambda: worker.submit(lambda: on_close(self)), title="Close the form"
        )
        self.widget = widgets.column(
            widgets.block_view([Note(_origin(form))]),
            self._records,
            widgets.row(self._add_button, self._remove_button),
            self._problem,
            widgets.row(self._run_button, cancel),
            name="modelop-form",
        )
        for record in form.records if form.fields else ():
            self._add([text_of(each, record.get(each.name)) for each in form.fields])
        self._show_records()

    def show(self) -> None:
        """Show what is missing, which disables the button."""
        problem = self._read()[1]
        widgets.set_blocks(self._problem, [Note(problem, "warn")] if problem else [])
        self._run_button.disabled = bool(problem) or self._action.busy in self._state.busy
        self._run_button.tooltip = problem or self._action.label

    def _json_field(self) -> Any:
        text = json.dumps(self._form.records[0], indent=2, ensure_ascii=False)
        field = ipywidgets.Textarea(value=text, description="Records as JSON", rows=6)
        field.add_class("modelop-field")
        field.observe(lambda _: self._worker.submit(self.show), "value")
        return field

    def _show_records(self) -> None:
        count = len(self._rows)
        widgets.set_children(self._records, self._boxes if self._json is None else [self._json])
        self._add_button.layout.display = None if 0 < count < SAMPLE_RECORDS else "none"
        self._remove_button.layout.display = None if count > 1 else "none"
        self.show()

    def _add(self, texts: Sequence[str]) -> None:
        number = len(self._rows) + 1
        fields = [
            _widget_of(each, f"{each.name}, record {number}", text)
            for each, text in zip(self._form.fields, texts, strict=True)
        ]
        for field in fields:
            field.observe(lambda _: self._worker.submit(self.show), "value")
        self._rows.append(fields)
        self._boxes.append(widgets.fields(*fields))

    def _add_copy(self) -> None:
        """Add a record with the values of the last one."""
        self._add([field.value for field in self._rows[-1]])
        self._show_records()

    def _remove(self) -> None:
        self._rows.pop()
        self._boxes.pop()
        self._show_records()

    def _read(self) -> tuple[list[Any], str]:
        """Return the records, and what is wrong with the first field that cannot be used."""
        if self._json is not None:
            try:
                return records_of_text(self._json.value), ""
            except ValueError as error:
                return [], f"{self._action.label} waits for records: {error}."
        problems = list(self._problems())
        if problems:
            return [], problems[0]
        return [
            {
                each.name: value_of(each, field.value)
                for each, field in zip(self._form.fields, row, strict=True)
            }
            for row in self._rows
        ], ""

    def _problems(self) -> Iterator[str]:
        for number, row in enumerate(self._rows, start=1):
            for each, field in zip(self._form.fields, row, strict=True):
                try:
                    value_of(each, field.value)
                except ValueError as error:
                    yield f"{self._action.label} waits for {each.name} of record {number}: {error}."

    def _run(self) -> None:
        records, problem = self._read()
        if problem:
            return

        def run() -> None:
            if self._action.run(records):
                self._worker.submit(lambda: self._on_close(self))

        self._worker.submit_long(run)


def _widget_of(field: FormField, label: str, text: str) -> Any:
    choices = ("true", "false") if field.kind == "boolean" else field.choices
    if choices:
        return widgets.dropdown(label, ("", *choices), text if text in choices else "")
    kind = _KINDS[field.kind]
    placeholder = f"{kind}, may be empty" if field.is_nullable else kind
    return widgets.text_field(label, value=text, placeholder=placeholder)


def _origin(form: RecordForm) -> str:
    if form.origin == "schema":
        return f"The fields are those of the schema {form.name}."
    if form.origin == "table":
        return f"Fields and values are those of the DataFrame {form.name}."
    return (
        "Neither a schema nor a DataFrame of the notebook names the fields: type one record as JSON,"
        f" or a list of at most {SAMPLE_RECORDS}."
    )
