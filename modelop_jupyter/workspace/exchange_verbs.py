"""The verbs about whole models: compared with one another, handed on, taken in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelop_jupyter.workspace.model_verbs import ModelVerbs

if TYPE_CHECKING:
    from modelop_jupyter.domain.model_diffs import ModelDiff


class ExchangeVerbs(ModelVerbs):
    """What is done with a model as a whole."""

    def diff(self, before: str, after: str) -> ModelDiff:
        """Say in what two snapshots differ; a name alone is the model as it is now."""
        from modelop_jupyter.workspace.diffing import diff

        return diff(before, after, self)
