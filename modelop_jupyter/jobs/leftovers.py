"""What killed jobs leave beside their results, found when nobody is in charge of them any more."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path

from modelop_jupyter.environments.leftovers import Leftover
from modelop_jupyter.jobs.folder import JobFolder
from modelop_jupyter.jobs.plan import Plan

_PART = re.compile(r"\.modelop-(?:[0-9a-f]{8}-)?[0-9a-f]{12}\.part")
_DISSOLVED = "workers.done"


def leftovers_in(folder: JobFolder) -> Iterator[Leftover]:
    """Yield what lies in the folder of an ended job and is of no use: unfinished files, workers' folders."""
    if (folder.root / _DISSOLVED).exists():
        yield Leftover("workers' folders", folder.root / _DISSOLVED)
    for path in _children(folder.root):
        if _PART.fullmatch(path.name) and _is_file(path):
            yield Leftover("unfinished file", path)


def leftovers_beside_output(plan: Plan) -> Iterator[Leftover]:
    """Yield the beginnings of a job's output beside the user's path for it; the output itself never."""
    mark = f".modelop-{plan.id[:8]}-"
    targets = [each.target for each in (plan.output, *plan.other_outputs) if each.target]
    folders = dict.fromkeys(Path(target).parent for target in targets)
    for path in (path for folder in folders for path in _children(folder)):
        if path.name.startswith(mark) and _PART.fullmatch(path.name) and _is_file(path):
            yield Leftover("unfinished output", path)


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _is_file(path: Path) -> bool:
    """Say whether it is a file and no link to one."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False
