"""Show a deployment in a cell, live for as long as it runs and the notebook's page may be looking."""

from __future__ import annotations

import atexit
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from modelop_jupyter.commands.notebook import is_interactive, is_voila
from modelop_jupyter.display.deployments import state
from modelop_jupyter.domain.deployments import Deployment
from modelop_jupyter.errors import DeploymentNotFoundError, ModelOpError
from modelop_jupyter.magics.magic_display import MagicDisplay
from modelop_jupyter.magics.stop_button import STOP, close_button, make_button

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from modelop_jupyter.commands.context import Context
    from modelop_jupyter.settings import Settings
    from modelop_jupyter.workspace import Workspace

_LOOK_SECONDS = 2.0
# A notebook that is left open has its last state, with the time, and is not written to for days.
_LIVE_SECONDS = 3600.0
_CLOSE_SECONDS = 5.0


class ShownDeployments:
    """The deployments that outputs of one notebook show live: each in the last one only. Close it.

    A deployment that is the value of a cell is displayed, unless the cell's magic has shown it.
    """

    def __init__(self, shell: InteractiveShell, context: Context) -> None:
        self._shell = shell
        self._context = context
        self._live: dict[str, LiveDeployment] = {}
        self._cell = 0
        self._ids: set[str] = set()

    def show(self, deployment: Deployment, display: MagicDisplay) -> None:
        """Show a deployment in the place of the progress, and keep that up to date."""
        display.show_result(deployment)
        is_running = deployment.state.is_running
        before = self._live.pop(deployment.id, None)
        if before is not None:
            before.close(None if is_running else deployment)
        if is_running and (is_interactive(self._shell) or is_voila()):
            settings = self._context.workspace.settings
            live = self._live[deployment.id] = LiveDeployment(deployment, display, settings)
            live.start()

    def add(self, deployment: Deployment) -> None:
        """Record that the magic of the running cell has shown this deployment."""
        if self._cell != self._shell.execution_count:
            self._cell = self._shell.execution_count
            self._ids.clear()
            formatter = self._shell.display_formatter.ipython_display_formatter
            formatter.for_type(Deployment, self._display)
        self._ids.add(deployment.id)

    def close(self) -> None:
        """Leave all outputs as they are."""
        for live in self._live.values():
            live.close()
        self._live.clear()

    def _display(self, deployment: Deployment) -> None:
        if self._cell == self._shell.execution_count and deployment.id in self._ids:
            if getattr(self._shell, "kernel", None) is None:
                # A terminal has already printed "Out[3]:".
                print(repr(deployment))
            return
        with suppress(DeploymentNotFoundError):  # it may have been removed with its model
            deployment = self._context.workspace.deployment(deployment.model)
        self.show(deployment, MagicDisplay(self._shell))


class LiveDeployment:
    """Updates one output from a thread of its own, with a button that stops the deployment. Close it.

    It ends when the deployment does, or after an hour. The output is true without it, too: it has the
    time of what it shows.
    """

    def __init__(self, deployment: Deployment, display: MagicDisplay, settings: Settings) -> None:
        self._deployment = deployment
        self._display = display
        self._settings = settings
        self._is_clicked = self._is_over = False
        # Set when there is something to do at once.
        self._alarm = threading.Event()
        self._button = make_button(
            f"Stop {deployment.model}, once it has answered the requests that it has"
        )
        self._button.on_click(lambda _: self._click())
        self._thread = threading.Thread(target=self._run, name="modelop-deployment", daemon=True)

    def start(self) -> None:
        """Show the button, and begin to look."""
        command = f"%modelop deployment stop {self._deployment.model}"
        self._display.show_widget(self._button, f"'{command}' stops it.")
        atexit.register(self._end_thread)
        self._thread.start()

    def close(self, last: Deployment | None = None) -> None:
        """End the thread and remove the button; the output keeps what it shows, or shows the ``last``."""
        atexit.unregister(self._end_thread)
        self._end_thread()
        if last is not None:
            self._deployment = last
            self._finish()

    def _end_thread(self) -> None:
        self._is_over = True
        self._alarm.set()
        self._thread.join(_CLOSE_SECONDS)

    def _click(self) -> None:
        """Have the thread stop the deployment: here, the kernel could run no cell meanwhile."""
        self._button.disabled = True
        self._button.description = "Stopping…"
        self._is_clicked = True
        self._alarm.set()

    def _run(self) -> None:
        from modelop_jupyter.workspace import Workspace

        end = time.monotonic() + _LIVE_SECONDS
        with Workspace(self._settings) as workspace:
            while not self._is_over and time.monotonic() < end:
                self._alarm.wait(_LOOK_SECONDS)
                self._alarm.clear()
                if self._is_over or not self._look(workspace):
                    break
        self._finish()

    def _look(self, workspace: Workspace) -> bool:
        """Show what has changed; returns whether the deployment runs."""
        name = self._deployment.model
        try:
            if self._is_clicked:
                self._is_clicked = False
                now = workspace.deployment_stop(name)
            else:
                now = workspace.deployment(name)
        except DeploymentNotFoundError:
            return False
        except ModelOpError:
            # A database that is locked, say. The next look comes.
            self._button.disabled = False
            self._button.description = STOP
            return True
        before, self._deployment = self._deployment, now
        if now.id != before.id or not now.state.is_running:
            return False
        if state(now) != state(before):
            self._display.show_above_widget(now)
        return True

    def _finish(self) -> None:
        """Leave an output that needs nothing of this process."""
        close_button(self._button)
        self._display.remove_widget()
        self._display.show_result(self._deployment)
