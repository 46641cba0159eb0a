"""The form of a check: what is scored, and what the metrics function gets."""

from __future__ import annotations

from collections.abc import Callable

from modelop_jupyter.display.blocks import Note
from modelop_jupyter.panel import widgets
from modelop_jupyter.panel.file_list import FileList
from modelop_jupyter.panel.job_draft import with_input
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.worker import BackgroundWorker

_WAITING = "Check waits for a sample: a file, a variable or an asset."


class CheckForm:
    """The fields of a check.

    ``on_close`` is called with the form when it is cancelled or the check has been made.
    """

    def __init__(
        self, state: PanelState, worker: BackgroundWorker, *, on_close: Callable[[object], None]
    ) -> None:
        self._state = state
        self._worker = worker
        self._on_close = on_close
        suggestions = state.input_suggestions()
        self._sample = widgets.text_field(
            "Sample",
            value=state.test_data(),
            placeholder="a file, pattern, URL, variable or asset",
            suggestions=suggestions,
        )
        self._metrics = widgets.text_field(
            "Input of the metrics function", placeholder="not checked", suggestions=suggestions
        )
        view = state.model_view
        has_metrics = view is not None and view.entry_points.metrics is not None
        fields = [self._sample, *([self._metrics] if has_metrics else [])]
        for field in fields:
            field.observe(lambda _: worker.submit(self.show), "value")
        self._files = FileList("Choose a file…", worker, on_pick=self._add_file)
        self._waiting = widgets.block_view()
        self._button = widgets.button("Check", self._check, is_primary=True)
        cancel = widgets.button(
            "Cancel", lambda: worker.submit(lambda: on_close(self)), title="Close the form"
        )
        self.widget = widgets.column(
            widgets.block_view(
                [Note("The first 100 records are scored several times. No job is recorded.")]
            ),
            widgets.fields(*fields),
            self._files.widget,
            self._waiting,
            widgets.row(self._button, cancel),
            name="modelop-form",
        )

    def show(self) -> None:
        """Show whether a check runs, and what it waits for, which disables the button."""
        has_sample, is_running = bool(self._sample.value.strip()), self._state.is_checking
        widgets.set_blocks(self._waiting, [] if has_sample else [Note(_WAITING)])
        self._button.disabled = not has_sample or is_running
        self._button.description = "Checking…" if is_running else "Check"
        self._button.tooltip = "Check" if has_sample else _WAITING

    def _add_file(self, path: str) -> None:
        self._sample.value = with_input(self._sample.value, path)

    def _check(self) -> None:
        sample, metrics = self._sample.value, self._metrics.value

        def check() -> None:
            if self._state.check_model(sample, metrics):
                self._worker.submit(lambda: self._on_close(self))

        self._worker.submit_long(check)
