"""Files and requirements that a user has declined for a model: they are not suggested again.

What was declined is remembered as it was: a file with another content, and a requirement with another
version, is suggested as any other. It is kept in the home folder, one file for each model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from modelop_jupyter import files
from modelop_jupyter.domain.models import Model
from modelop_jupyter.domain.previews import Preview, Proposal, RequirementsPlan
from modelop_jupyter.workspace.home import Home
from modelop_jupyter.workspace.registration import RegistrationRequest


@dataclass(frozen=True, slots=True)
class Declined:
    """The digests of declined files by their paths beside the source, and lines of requirements."""

    files: Mapping[str, str] = field(default_factory=dict)
    requirements: frozenset[str] = frozenset()

    def mark(self, proposal: Proposal, folder: Path) -> Proposal:
        """Return a proposal that is not suggested if it was declined as it is."""
        digest = self.files.get(proposal.path)
        if not proposal.is_suggested or digest is None:
            return proposal
        if digest != files.digest_of(folder / proposal.path):
            return proposal
        return replace(proposal, is_suggested=False, is_declined=True)

    def mark_requirements(self, plan: RequirementsPlan) -> RequirementsPlan:
        """Return requirements that are not suggested if all their new lines were declined."""
        if not plan.is_suggested or not plan.added <= self.requirements:
            return plan
        return replace(plan, is_suggested=False, is_declined=True)


def declined_for(model: Model | None, home: Home) -> Declined:
    """Return what was declined for a model; nothing for a new one, or where it cannot be read."""
    if model is None:
        return Declined()
    try:
        stored = json.loads(_file(model, home).read_bytes())
        return Declined(dict(stored["files"]), frozenset(stored["requirements"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Declined()


def keep_declined(model: Model, request: RegistrationRequest, preview: Preview, home: Home) -> None:
    """Remember what a registration leaves of the suggestions that its preview shows."""
    folder, had = request.source_folder or Path(), {asset.path for asset in model.state.assets}
    left = [
        it.path
        for it in preview.proposals
        if (it.is_suggested or it.is_declined) and it.problem is None and it.path not in had
    ]
    plan = preview.requirements
    is_left = plan is not None and (plan.is_suggested or plan.is_declined) and not request.infers
    lines = sorted(plan.added) if plan is not None and is_left else []
    file = _file(model, home)
    if not left and not lines:
        file.unlink(missing_ok=True)
        return
    digests = {path: files.digest_of(folder / path) for path in left}
    file.parent.mkdir(mode=0o700, exist_ok=True)
    files.write_text(file, json.dumps({"files": digests, "requirements": lines}))


def forget_declined(model: Model, home: Home) -> None:
    """Forget what was declined for a model that is removed."""
    _file(model, home).unlink(missing_ok=True)


def _file(model: Model, home: Home) -> Path:
    return home.settings.home / "declined" / f"{model.id}.json"
