"""How environments are resolved and built: variables, tools, log and progress of one build."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from modelop_jupyter.domain.environments import Interpreter
from modelop_jupyter.environments.progress.status_file import Reporter
from modelop_jupyter.environments.store import EnvironmentStore
from modelop_jupyter.environments.subprocesses import BuildLog

InstallerName = Literal["uv", "pip"]
CreatorName = Literal["virtualenv", "venv"]


@dataclass(frozen=True, slots=True)
class BuildContext:
    """What resolving and building one lock need besides the request.

    ``environ`` are the variables of the user's process: pip's settings, proxies, caches, PATH.
    ``installer`` and ``creator`` force a tool; None tries uv, then pip, and virtualenv, then venv.
    ``interpreters`` finds all Pythons of this machine, the newest first. ``wheels``, by digest, are
    installed instead of what an index has. ``log`` is written only within its ``with`` block.
    """

    store: EnvironmentStore
    environ: Mapping[str, str]
    log: BuildLog
    reporter: Reporter
    interpreters: Callable[[], Sequence[Interpreter]]
    wheels: Mapping[str, Path] = field(default_factory=dict)
    installer: InstallerName | None = None
    creator: CreatorName | None = None

    def without_log(self) -> BuildContext:
        """Return this context with a log that keeps nothing."""
        return replace(self, log=BuildLog(self.log.path, self.log.mask))
