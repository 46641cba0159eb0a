"""The model and the snapshot that an export was made of, under the ids and the number they had there."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from modelop_jupyter.domain.models import Model, Snapshot
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.exchange.manifest import DOCUMENT, Manifest

_HIGHEST = 2**31


def original(manifest: Manifest, document: bytes) -> tuple[Model, Snapshot]:
    """Return the model and its snapshot; of an export that is none of a snapshot, one with the number 1.

    ``document`` is ModelOp's JSON of it. Raises :class:`InvalidError` for something else.
    """
    try:
        return _of_document(manifest, json.loads(document.decode()))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InvalidError(f"{DOCUMENT} is not the document of a model") from None


def _of_document(manifest: Manifest, document: Mapping[str, Any]) -> tuple[Model, Snapshot]:
    stored = document.get("storedModel", document)
    number = document["version"] if stored is not document else 1
    if not 0 < number < _HIGHEST:
        raise ValueError(number)
    lock = manifest.lock.digest if manifest.lock else None
    model = Model(
        id=_identity(stored),
        name=manifest.name,
        state=manifest.state,
        created=_moment(stored["createdDate"]),
        modified=_moment(stored["lastModifiedDate"]),
        description=manifest.description,
        tags=manifest.tags,
        meta=manifest.metadata,
        lock=lock,
    )
    snapshot = Snapshot(
        id=_identity(document) if stored is not document else str(uuid.uuid4()),
        model=manifest.name,
        number=number,
        name=manifest.snapshot or manifest.name,
        state=manifest.state,
        created=_moment(document["createdDate"]),
        lock=lock,
    )
    return model, snapshot


def _identity(document: Mapping[str, Any]) -> str:
    return str(uuid.UUID(document["id"]))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
