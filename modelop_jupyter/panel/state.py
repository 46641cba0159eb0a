"""What the panel does: verbs of the grammar, called without a widget.

So it does what the magic does, and says what it says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.register import captured
from modelop_jupyter.commands.submitted import Submitted
from modelop_jupyter.domain.reports import Registration
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.panel.draft import JobDraft
from modelop_jupyter.panel.seen import Seen

PROGRAM = "%modelop"


class State(Seen):
    """One panel. Verbs may take their time, and are called in any thread."""

    def choose(self, model: str) -> None:
        """Show another model."""
        with self._attempt():
            self.model, self.job, self.summary = model, None, None
            self.requirements = self.proof = self.preview = None
            self.refresh()

    def look_at_notebook(self, name: str, assets: Sequence[tuple[str, str]] = ()) -> None:
        """Preview what registering this notebook would record; ``assets`` are files and their roles."""
        with self._attempt():
            words = self._registering(name, "", assets)
            _, args = parse(words, program=PROGRAM)
            self.preview = None
            self.preview = self._context.workspace.preview(
                name, captured=captured(self._context, args), assets=assets, folder=Path.cwd()
            )

    def register(
        self, name: str, *, description: str = "", assets: Sequence[tuple[str, str]] = ()
    ) -> bool:
        """Register this notebook's model, and show it; say whether it is registered."""
        with self._attempt("register"):
            self._do(self._registering(name, description, assets))
            self.preview = None
            if name != self.model:
                self.model, self.job, self.summary = name, None, None
                self.requirements = self.proof = None
            self.refresh()
        return not self.problem

    def add_asset(self, path: str) -> bool:
        """Add a file to the model; say whether it is one of its assets."""
        self._change("asset", "add", self._named, path)
        return not self.problem

    def set_role(self, asset: str, role: str) -> None:
        """Give an asset a role, by its label."""
        self._change("asset", "role", self._named, asset, role)

    def remove_asset(self, asset: str) -> None:
        """Take an asset from the model."""
        self._change("asset", "remove", self._named, asset)

    def check(self) -> None:
        """Compare the requirements with what the source imports."""
        with self._attempt("check"):
            self.requirements = self._do(["requirements", self._named, "--check"])

    def infer(self) -> None:
        """Write requirements from the imports, with the versions of this notebook."""
        self._change("requirements", self._named, "--infer", "--write")

    def build(self) -> None:
        """Build the model's environment."""
        self._change("env", "build", self._named, busy="build")

    def prove(self) -> None:
        """Look from inside the environment: it must hold its lock and nothing else."""
        with self._attempt("prove"):
            self.proof = self._do(["env", "prove", self._named])

    def start_kernel(self) -> None:
        """Start the model's isolated kernel."""
        self._change("kernel", "start", self._named, busy="kernel")

    def stop_kernel(self) -> None:
        """Stop it."""
        self._change("kernel", "stop", self._named, busy="kernel")

    def run(self, draft: JobDraft) -> bool:
        """Start a job and show it; say whether it has started."""
        with self._attempt("run"):
            submitted: Submitted = self._do(draft.words())
            self.job, self.summary = submitted.job.id, None
            self.view = self._context.workspace.show(draft.model)
            self._look_at_jobs()
        return not self.problem

    def stop(self, job: str) -> None:
        """Stop a job and everything it started."""
        with self._attempt():
            self._do(["job", "cancel", job])
            self._look_at_jobs()

    def show(self, job: str) -> None:
        """Show how a job stands, or what came out of it."""
        with self._attempt():
            self.job, self.summary = job, None
            self._look_at_jobs()

    def _registering(
        self, name: str, description: str, assets: Sequence[tuple[str, str]]
    ) -> list[str]:
        words = ["register", name]
        if description.strip():
            words += ["--description", description.strip()]
        for path, role in assets:
            words += ["--asset", f"{path}={role}"]
        return words

    def _change(self, *words: str, busy: str = "") -> None:
        with self._attempt(busy):
            value = self._do(words)
            self.said = _sentence(value)
            self.refresh()

    def _do(self, words: Sequence[str]) -> Any:
        verb, args = parse(words, program=PROGRAM)
        return verb.run(self._context, args)

    def fail(self, error: Exception) -> None:
        """Keep what went wrong that nobody has foreseen."""
        self.problem = f"{type(error).__name__}: {error}"

    @contextmanager
    def _attempt(self, busy: str = "") -> Iterator[None]:
        """Do something; where it cannot be done, keep the sentence that says why."""
        self.problem = self.said = ""
        self.busy |= {busy} - {""}
        try:
            yield
        except ModelOpError as error:
            self.problem = str(error)
        except Exception as error:  # noqa: BLE001 - there is no cell that could show a traceback
            self.fail(error)
        finally:
            self.busy -= {busy}


def _sentence(value: Any) -> str:
    """Return what a verb did in one sentence; nothing where the panel shows it anyway."""
    if isinstance(value, Registration):
        return "; ".join([*value.changes, *value.warnings]) or "Nothing changed."
    return ""
