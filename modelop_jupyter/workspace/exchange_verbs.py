"""The verbs about whole models: compared with one another, handed on, taken in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from modelop_jupyter.domain.exchange import Exported, Imported
from modelop_jupyter.domain.reports import Registration
from modelop_jupyter.workspace.home import now
from modelop_jupyter.workspace.model_verbs import ModelVerbs

if TYPE_CHECKING:
    from modelop_jupyter.domain.model_diffs import ModelDiff


class ExchangeVerbs(ModelVerbs):
    """What is done with a model as a whole."""

    def diff(self, before: str, after: str) -> ModelDiff:
        """Say in what two snapshots differ; a name alone is the model as it is now."""
        from modelop_jupyter.workspace.diffing import diff

        return diff(before, after, self)

    def export(self, ref: str, path: str | Path, *, format: str = "modelop") -> Exported:
        """Write a model or snapshot to a folder, or to a file that ends in ``.zip``.

        ``format`` is ``modelop``, which :meth:`import_` reads, ``git``, a repository as ModelOp
        Center imports it, or ``mlflow``. Raises :class:`ExportTargetError` where something else is.
        """
        from modelop_jupyter.workspace.exchange.exporting import export

        return export(ref, path, format, self)

    def import_(self, path: str | Path) -> Imported:
        """Register what an export of the format ``modelop`` holds under its name, with its lock.

        It becomes a snapshot, the one there is if there is an equal one. Raises
        :class:`ImportSourceError` for what is damaged; nothing is changed then.
        """
        from modelop_jupyter.registry import Draft
        from modelop_jupyter.workspace.exchange.importing import take_in

        manifest = take_in(Path(path).expanduser(), self.blobs)
        change, snapshot, is_new = self.registry.take_in(
            manifest.name,
            Draft(
                manifest.state,
                manifest.description,
                manifest.tags,
                lock=manifest.lock.digest if manifest.lock else None,
            ),
            label=manifest.snapshot,
            now=now(),
            keeps_lock=self.environments.asks_the_same,
        )
        model = change.model
        registration = Registration(
            model=model,
            created=change.created,
            changes=change.changes,
            warnings=(*self._warnings(model), *self.environments.notes(model)),
            notes=self._notes(model),
            environment=self._prepare(model),
        )
        return Imported(registration, self.environments.remember(snapshot), is_new)
