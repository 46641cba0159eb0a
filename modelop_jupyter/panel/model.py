"""All that belongs to one model: what can be run, and its parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from modelop_jupyter.display import environments, proofs, words
from modelop_jupyter.display.blocks import Block, Cell, Facts, Heading, Note, Span, Text, code
from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS
from modelop_jupyter.domain.reports import EnvironmentView
from modelop_jupyter.panel import parts
from modelop_jupyter.panel.assets import AssetsPart
from modelop_jupyter.panel.running import TITLES
from modelop_jupyter.panel.state import State
from modelop_jupyter.panel.worker import Worker

_NO_FUNCTION = (
    "No function is tagged. Write # modelop.score above the function that scores a record, and"
    " register again."
)


class ModelPart:
    """Actions, functions, assets and environment of the chosen model."""

    def __init__(self, state: State, worker: Worker, *, new_job: Callable[[JobKind], None]) -> None:
        self._state = state
        self._run: dict[JobKind, Any] = {
            kind: parts.button(title, partial(new_job, kind), is_accepting=True)
            for kind, title in TITLES.items()
        }
        self._kernel = parts.button(
            "Start kernel", lambda: worker.begin(self._start_or_stop), title="The isolated kernel"
        )
        self._about = parts.said()
        self.form = parts.column()
        self._functions = parts.said()
        self._assets = AssetsPart(state, worker)
        self._environment = EnvironmentPart(state, worker)
        self._folds = {
            "Functions": parts.Fold(self._functions),
            "Assets": parts.Fold(self._assets.widget, is_open=True),
            "Environment": parts.Fold(self._environment.widget),
        }
        self.widget = parts.column(
            self._about,
            parts.row(*self._run.values(), self._kernel),
            self.form,
            *(fold.widget for fold in self._folds.values()),
        )

    def show(self) -> None:
        """Show the model as it is."""
        view = self._state.view
        self.widget.layout.display = None if view else "none"
        if view is None:
            return
        points = view.entry_points
        description, kernel = view.model.description, self._state.kernel
        parts.say(self._about, [Note(description)] if description else ())
        for kind, each in self._run.items():
            each.layout.display = None if points.get(kind.entry_point) else "none"
        is_busy = "kernel" in self._state.busy
        self._kernel.disabled = is_busy
        self._kernel.description = "Stop kernel" if kernel else "Start kernel"
        if is_busy:
            self._kernel.description = "Stopping kernel…" if kernel else "Starting kernel…"
        self._kernel.tooltip = (
            f"The isolated kernel of {view.model.name} runs: begin a cell with"
            f" %%modelop run {view.model.name}"
            if kernel
            else f"Start a kernel in the isolated environment of {view.model.name}"
        )
        tagged = [(kind, points.get(kind)) for kind in ENTRY_POINT_KINDS if points.get(kind)]
        rows = tuple((kind, code(name or "")) for kind, name in tagged)
        parts.say(self._functions, [Facts(rows)] if rows else [Note(_NO_FUNCTION)])
        self._folds["Functions"].title(f"Functions ({len(rows)})")
        self._folds["Assets"].title(f"Assets ({len(view.assets)})")
        found = self._state.environment
        self._folds["Environment"].title(f"Environment: {found.state}" if found else "Environment")
        self._assets.show()
        self._environment.show()

    def _start_or_stop(self) -> None:
        (self._state.stop_kernel if self._state.kernel else self._state.start_kernel)()


class EnvironmentPart:
    """How far the environment is, what it holds, and the proof of it."""

    def __init__(self, state: State, worker: Worker) -> None:
        self._state = state
        self._facts = parts.said()
        self._build = parts.button(
            "Build", lambda: worker.begin(state.build), is_accepting=True, title="Build it now"
        )
        self._prove = parts.button(
            "Prove",
            lambda: worker.begin(state.prove),
            title="Look from inside: it must hold its lock and nothing else",
        )
        self.widget = parts.column(self._facts, parts.row(self._build, self._prove))

    def show(self) -> None:
        """Show it as it is."""
        found, busy = self._state.environment, self._state.busy
        is_ready = found is not None and found.environment is not None
        parts.say(self._facts, self._blocks())
        self._build.layout.display = "none" if is_ready else None
        self._prove.layout.display = None if is_ready else "none"
        is_building = found is not None and found.state == "building"
        self._build.disabled = is_building or "build" in busy
        self._prove.disabled = "prove" in busy
        self._prove.description = "Proving…" if "prove" in busy else "Prove"

    def _blocks(self) -> Iterator[Block]:
        found = self._state.environment
        if found is None:
            return
        tone = environments.STATES.get(found.state, "muted")
        step = environments.sentence(found.step) if found.step else ""
        yield Heading("", Span(found.state, tone), step)
        if found.failure is not None:
            yield Note(environments.cause(found.failure), "bad")
        for note in found.notes:
            yield Note(note, "warn")
        yield Facts(tuple(self._rows(found)))
        proof = self._state.proof
        if proof is not None:
            yield from proofs.warnings(proof.proof, proof.model)
        if found.packages:
            packages = "\n".join(f"{each.name} {each.version}" for each in found.packages)
            yield Text(f"Packages ({len(found.packages)})", packages)

    def _rows(self, found: EnvironmentView) -> Iterator[tuple[str, Cell]]:
        if found.interpreter is not None:
            yield "Python", found.interpreter.version
        there, proof = found.environment, self._state.proof
        if there is not None:
            took = words.duration(there.build_seconds)
            yield "Built", f"{words.moment(there.created)}, in {took}"
            yield "Fingerprint", code(there.fingerprint[:12])
        if proof is not None:
            yield "Proof", proofs.line(proof.proof)
