"""The form of a new job."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from modelop_jupyter.display.blocks import Block, Note, Text
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.panel import parts
from modelop_jupyter.panel.draft import JobDraft
from modelop_jupyter.panel.state import State
from modelop_jupyter.panel.worker import Worker

TITLES = {JobKind.BATCH: "Run batch", JobKind.METRICS: "Run metrics", JobKind.TRAIN: "Train"}
_CHECKS = [("no", ""), ("input", "in"), ("output", "out"), ("both", "both")]


class JobForm:
    """All that a job can be told, and the magic line that says the same."""

    def __init__(
        self, kind: JobKind, state: State, worker: Worker, *, leave: Callable[[object], None]
    ) -> None:
        self.kind = kind
        self._state = state
        self._worker = worker
        self._leave = leave
        self._model = state.model or ""
        options = state.inputs()
        self._input = parts.text(
            "Input", hint="a file, pattern, address, variable or asset", options=options
        )
        self._output = parts.text("Output", hint="A file; without one the job keeps it")
        self._schemas = parts.choice(
            "Check against schemas", _CHECKS, "", lambda _: worker.do(self.show)
        )
        self._max_errors = parts.text("Stop after errors", hint="100 or 1%")
        self._limit = parts.text("Only the first records", hint="all")
        self._workers = parts.text("Workers", hint="1", options=("1", "2", "auto"))
        self._parameters = parts.text("Parameters", hint='{"threshold": 0.5}')
        self._fields = [self._input]
        if kind is not JobKind.TRAIN:
            self._fields.append(self._output)
        if kind is JobKind.BATCH:
            self._fields += [self._schemas, self._max_errors, self._limit, self._workers]
        self._fields.append(self._parameters)
        for each in self._fields:
            each.observe(lambda _: worker.do(self.show), "value")
        self._line = parts.said()
        self._accept = parts.button("Run", self._run, is_accepting=True)
        self.widget = parts.column(
            parts.fields(*self._fields),
            self._line,
            parts.row(
                self._accept,
                parts.button(
                    "Cancel", lambda: worker.do(lambda: leave(self)), title="Close the form"
                ),
            ),
            name="modelop-form",
        )

    def show(self) -> None:
        """Show the line, or what is wrong with what was typed: then nothing can be run."""
        line, problem = "", ""
        try:
            line = self._draft().line()
        except ModelOpError as error:
            problem = str(error)
        parts.say(self._line, self._told(line, problem))
        self._accept.disabled = bool(problem) or "run" in self._state.busy

    def _told(self, line: str, problem: str) -> Iterator[Block]:
        if problem:
            yield Note(problem, "bad")
        elif self._input.value.strip():
            yield Note("The same as a cell")
            yield Text("", line, is_open=True)

    def _draft(self) -> JobDraft:
        return JobDraft(
            self.kind,
            self._model,
            inputs=self._input.value,
            output=self._output.value,
            schemas=self._schemas.value,
            max_errors=self._max_errors.value,
            limit=self._limit.value,
            workers=self._workers.value,
            parameters=self._parameters.value,
        )

    def _run(self) -> None:
        draft = self._draft()

        def run() -> None:
            if self._state.run(draft):
                self._worker.do(lambda: self._leave(self))

        self._worker.begin(run)
