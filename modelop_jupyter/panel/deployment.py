"""The section of a model's deployment: where it answers, what it does, and a form to try records."""

from __future__ import annotations

from collections.abc import Callable

from modelop_jupyter.display import deployments
from modelop_jupyter.display.blocks import Block, Heading, Note, Span
from modelop_jupyter.panel import widgets
from modelop_jupyter.panel.state import PanelState
from modelop_jupyter.panel.worker import BackgroundWorker


class DeploymentSection:
    """The deployment of the selected model; ``try_records`` opens or closes its form.

    ``deploy`` is the button that stands among those of the model.
    """

    def __init__(
        self, state: PanelState, worker: BackgroundWorker, *, try_records: Callable[[], None]
    ) -> None:
        self._state = state
        self.deploy = widgets.button(
            "Deploy",
            lambda: worker.submit_long(state.deploy),
            title="Have the model answer requests on this machine, in its own environment",
        )
        self._stop = widgets.button(
            "Stop", lambda: worker.submit_long(state.stop_deployment), icon="stop"
        )
        self._rollback = widgets.button(
            "Roll back", lambda: worker.submit_long(state.roll_back_deployment)
        )
        self._try = widgets.button(
            "Try records", try_records, title="Type records, send them, and see what is answered"
        )
        self._details = widgets.block_view()
        self.form = widgets.column()
        self._answer = widgets.block_view()
        self._was_deploying = False
        self._section = widgets.CollapsibleSection(
            self._details,
            widgets.row(self._try, self._rollback, self._stop),
            self.form,
            self._answer,
        )
        self.widget = self._section.widget

    def show(self, *, can_score: bool) -> None:
        """Update all widgets from the state."""
        state, present = self._state, self._state.deployment
        is_busy = "deploy" in state.busy
        self.deploy.layout.display = None if can_score else "none"
        self.deploy.disabled = is_busy
        self.deploy.description = "Deploying…" if state.is_deploying else "Deploy"
        self.widget.layout.display = None if present or state.is_deploying else "none"
        if state.is_deploying and not self._was_deploying:
            self._section.open()
        self._was_deploying = state.is_deploying
        badge = Span(present.state.text, present.state.tone) if present else None
        if state.is_deploying and not (present and present.state.is_answering):
            badge = Span("deploying", "busy")
        self._section.set_title(f"Deployment: {badge.text}" if badge else "Deployment")
        widgets.set_blocks(self._details, self._blocks())
        is_running = present is not None and present.state.is_running
        is_answering = present is not None and present.state.is_answering
        self._try.layout.display = None if is_answering else "none"
        self._stop.layout.display = None if is_running or state.is_deploying else "none"
        self._stop.disabled = is_busy and not state.is_deploying
        self._stop.tooltip = "Stop deploying" if state.is_deploying else "Stop the deployment"
        can_go_back = is_answering and present is not None
        before = present.previous if present else None
        has_shadow = present is not None and present.shadow is not None
        self._rollback.layout.display = (
            None if can_go_back and (before is not None or has_shadow) else "none"
        )
        self._rollback.description = "End the shadow" if has_shadow else f"Roll back to @{before}"
        self._rollback.tooltip = self._rollback.description
        self._rollback.disabled = is_busy
        answer = state.answer
        widgets.set_blocks(self._answer, deployments.answer(answer) if answer else [])

    def _blocks(self) -> list[Block]:
        state = self._state
        blocks: list[Block] = []
        if state.is_deploying:
            blocks.append(Heading("", Span("deploying", "busy"), state.deploy_step))
        if state.deployment is not None:
            blocks.extend(deployments.state(state.deployment))
        elif not state.is_deploying:
            blocks.append(Note("The model is not deployed."))
        return blocks
