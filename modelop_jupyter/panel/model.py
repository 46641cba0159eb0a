"""The sections of the selected model: actions, functions, assets and environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from modelop_jupyter.display import checks, environments, formatting, models, proofs
from modelop_jupyter.display.blocks import Block, Cell, Facts, Heading, Note, Span, Text, code
from modelop_jupyter.domain.checks import CheckReport, KeptCheck
from modelop_jupyter.domain.examples import SNIPPET
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS
from modelop_jupyter.domain.reports import EnvironmentView, ModelView
from modelop_jupyter.domain.samples import SAMPLE_RECORDS
from modelop_jupyter.panel import widgets
from modelop_jupyter.panel.assets import AssetsSection
from modelop_jupyter.panel.deployment import DeploymentSection
from modelop_jupyter.panel.job_form import TITLES
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.worker import BackgroundWorker

_NO_FUNCTION: tuple[Block, ...] = (
    Note(
        "No function is tagged. Write a tag above the function that scores a record, and register"
        " again:"
    ),
    Text("", SNIPPET.rstrip(), is_open=True),
)


class ModelSection:
    """The selected model.

    ``open_job_form`` is called with the kind of a new job, ``run_sample`` for a run on a few records,
    ``open_check_form`` for a check, ``try_records`` for the form of the deployment's records.
    """

    def __init__(
        self,
        state: PanelState,
        worker: BackgroundWorker,
        *,
        open_job_form: Callable[[JobKind], None],
        run_sample: Callable[[], None],
        open_check_form: Callable[[], None],
        try_records: Callable[[], None],
    ) -> None:
        self._state = state
        self._job_buttons: dict[JobKind, Any] = {
            kind: widgets.button(title, partial(open_job_form, kind), is_primary=True)
            for kind, title in TITLES.items()
        }
        self._sample_button = widgets.button(
            f"Run on {SAMPLE_RECORDS} sample records",
            run_sample,
            title="Of the model's test data; without any, you type the records",
        )
        self._check_button = widgets.button(
            "Check model",
            open_check_form,
            title="Score a sample, and say whether the model will pass in ModelOp Center",
        )
        self._kernel_button = widgets.button(
            "Start kernel",
            lambda: worker.submit_long(self._toggle_kernel),
            title="The isolated kernel",
        )
        self.deployment = DeploymentSection(state, worker, try_records=try_records)
        self._description = widgets.block_view()
        self.form = widgets.column()
        self._check = widgets.block_view()
        self._opened_check: CheckReport | None = None
        self._functions = widgets.block_view()
        self._assets = AssetsSection(state, worker)
        self._environment = EnvironmentSection(state, worker)
        self._sections = {
            "Check": widgets.CollapsibleSection(self._check),
            "Functions": widgets.CollapsibleSection(self._functions),
            "Assets": widgets.CollapsibleSection(self._assets.widget, is_open=True),
            "Environment": widgets.CollapsibleSection(self._environment.widget),
        }
        self.widget = widgets.column(
            self._description,
            widgets.row(
                *self._job_buttons.values(),
                self._sample_button,
                self._check_button,
                self.deployment.deploy,
                self._kernel_button,
            ),
            self.form,
            self.deployment.widget,
            *(section.widget for section in self._sections.values()),
        )

    def show(self) -> None:
        """Update all widgets from the state."""
        view = self._state.model_view
        self.widget.layout.display = None if view else "none"
        if view is None:
            return
        description = view.model.description
        change = view.notebook_change
        said = tuple(models.said(view.model))
        notes: list[Block] = [Note(description)] if description else []
        notes.extend([Facts(said)] if said else [])
        if change is not None:
            notes.append(Note(f"{change.sentence}. Register again to take the edits.", "warn"))
        widgets.set_blocks(
            self._description, [*notes, *([Text("What differs", change.diff)] if change else [])]
        )
        for kind, button in self._job_buttons.items():
            has_function = view.entry_points.get(kind.entry_point)
            button.layout.display = None if has_function else "none"
        can_score = view.entry_points.score is not None
        self._sample_button.layout.display = None if can_score else "none"
        self._sample_button.disabled = "run" in self._state.busy
        self._check_button.layout.display = None if can_score else "none"
        self._check_button.disabled = self._state.is_checking
        self._check_button.description = "Checking…" if self._state.is_checking else "Check model"
        self.deployment.show(can_score=can_score)
        self._show_check(view.check)
        self._show_kernel(view)
        self._show_functions(view)
        self._sections["Assets"].set_title(f"Assets ({len(view.assets)})")
        environment = self._state.environment
        title = f"Environment: {environment.state}" if environment else "Environment"
        self._sections["Environment"].set_title(title)
        self._assets.show()
        self._environment.show()

    def _show_check(self, kept: KeptCheck | None) -> None:
        """Show the card of the last check; that of a check which was just made is unfolded."""
        section = self._sections["Check"]
        section.widget.layout.display = None if kept else "none"
        if kept is None:
            return
        made = self._state.checked
        if made is not None and made == kept.report and made != self._opened_check:
            self._opened_check = made
            section.open()
        section.set_title(f"Check: {checks.in_one_line(kept).text}")
        note = [Note("The model has changed since this check.", "warn")] if kept.is_outdated else []
        widgets.set_blocks(self._check, [*note, *checks.report(kept.report)])

    def _show_kernel(self, view: ModelView) -> None:
        kernel, is_busy = self._state.kernel, "kernel" in self._state.busy
        self._kernel_button.disabled = is_busy
        self._kernel_button.description = "Stop kernel" if kernel else "Start kernel"
        if is_busy:
            self._kernel_button.description = "Stopping kernel…" if kernel else "Starting kernel…"
        self._kernel_button.tooltip = (
            f"The isolated kernel of {view.model.name} runs: start a cell with"
            f" %%modelop run {view.model.name}"
            if kernel
            else f"Start a kernel in the isolated environment of {view.model.name}"
        )

    def _show_functions(self, view: ModelView) -> None:
        points = view.entry_points
        names = [(kind, points.get(kind)) for kind in ENTRY_POINT_KINDS if points.get(kind)]
        rows = tuple((kind, code(name or "")) for kind, name in names)
        widgets.set_blocks(self._functions, [Facts(rows)] if rows else _NO_FUNCTION)
        self._sections["Functions"].set_title(f"Functions ({len(rows)})")

    def _toggle_kernel(self) -> None:
        (self._state.stop_kernel if self._state.kernel else self._state.start_kernel)()


class EnvironmentSection:
    """The state of the environment, its packages, and the result of its proof."""

    def __init__(self, state: PanelState, worker: BackgroundWorker) -> None:
        self._state = state
        self._details = widgets.block_view()
        self._build = widgets.button(
            "Build",
            lambda: worker.submit_long(state.build_environment),
            is_primary=True,
            title="Build the environment now",
        )
        self._prove = widgets.button(
            "Prove",
            lambda: worker.submit_long(state.prove_environment),
            title="Check from inside that it holds its lock and nothing else",
        )
        self.widget = widgets.column(self._details, widgets.row(self._build, self._prove))

    def show(self) -> None:
        """Update all widgets from the state."""
        environment, busy = self._state.environment, self._state.busy
        is_built = environment is not None and environment.environment is not None
        widgets.set_blocks(self._details, self._blocks())
        self._build.layout.display = "none" if is_built else None
        self._prove.layout.display = None if is_built else "none"
        is_building = environment is not None and environment.state == "building"
        self._build.disabled = is_building or "build" in busy
        self._prove.disabled = "prove" in busy
        self._prove.description = "Proving…" if "prove" in busy else "Prove"

    def _blocks(self) -> Iterator[Block]:
        view = self._state.environment
        if view is None:
            return
        tone = environments.STATES.get(view.state, "muted")
        step = environments.sentence(view.step) if view.step else ""
        yield Heading("", Span(view.state, tone), step)
        if view.failure is not None:
            yield Note(environments.cause(view.failure), "bad")
        for note in view.notes:
            yield Note(note, "warn")
        yield Facts(tuple(self._rows(view)))
        proof = self._state.proof
        if proof is not None:
            yield from proofs.warnings(proof.proof, proof.model)
        if view.packages:
            packages = "\n".join(f"{package.name} {package.version}" for package in view.packages)
            yield Text(f"Packages ({len(view.packages)})", packages)

    def _rows(self, view: EnvironmentView) -> Iterator[tuple[str, Cell]]:
        if view.interpreter is not None:
            yield "Python", view.interpreter.version
        built, proof = view.environment, self._state.proof
        if built is not None:
            duration = formatting.duration(built.build_seconds)
            yield "Built", f"{formatting.moment(built.created)}, in {duration}"
            yield "Fingerprint", code(built.fingerprint[:12])
        if proof is not None:
            yield "Proof", proofs.line(proof.proof)
