"""The verb about a home whose list does not tell all that is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelop_jupyter.workspace.home import Home

if TYPE_CHECKING:
    from modelop_jupyter.domain.repairs import Repair


class RepairVerbs(Home):
    """What puts a home right."""

    def repair(self) -> Repair:
        """Put models, snapshots and jobs on record again that the job folders tell of.

        What is on record stays as it is, so that it can be done at any time. A model that no job ran
        is told of by nothing.
        """
        from modelop_jupyter.workspace.repairing import repair

        if "registry" not in self.__dict__:
            self.__dict__["registry"] = self._opened(begins_anew=True)
        return repair(self.settings.jobs, self.registry, self.blobs)
