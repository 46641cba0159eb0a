"""Where the samples of checks are kept, so that an export can take one along."""

from __future__ import annotations

import json

from modelop_jupyter import files
from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.domain.verification import VerificationSample
from modelop_jupyter.domain.wire import from_wire, mismatch, to_wire
from modelop_jupyter.errors import HomeError
from modelop_jupyter.workspace.home import Home


def keep(sample: VerificationSample, snapshot: Snapshot, home: Home) -> None:
    """Keep a sample as that of a snapshot's last check; raises :class:`HomeError`."""
    folder = home.settings.samples
    try:
        files.make_private(folder)
        files.write_text(folder / f"{snapshot.id}.json", json.dumps(to_wire(sample)))
    except OSError as error:
        raise HomeError(str(folder), error.strerror or str(error)) from None


def verification_sample(owner: Model | Snapshot, home: Home) -> VerificationSample | None:
    """Return the sample of the last check of a snapshot, or of the one that equals the model as it is.

    None where there was no check in this home, and for a damaged file.
    """
    snapshots = [owner] if isinstance(owner, Snapshot) else _equal_snapshots(owner, home)
    for snapshot in snapshots:
        try:
            data = json.loads((home.settings.samples / f"{snapshot.id}.json").read_bytes())
        except (OSError, ValueError):
            continue
        if mismatch(VerificationSample, data) is None:
            return from_wire(VerificationSample, data)
    return None


def _equal_snapshots(model: Model, home: Home) -> list[Snapshot]:
    snapshots = home.registry.list_snapshots(model.name)
    return [snapshot for snapshot in snapshots if snapshot.state.digest == model.state.digest]
