"""Times in requests: their schema, and their values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from modelop_jupyter.errors import InvalidError
from modelop_jupyter.server.rest.json_schema import Schema

MOMENT: Schema = {
    "type": "string",
    "maxLength": 40,
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T",
    "examples": ["2026-11-22T00:00:00Z"],
}


def moment_of(values: Mapping[str, Any], name: str) -> datetime | None:
    """Return the time of a parameter, UTC where it has no offset; None without one.

    Raises :class:`InvalidError` for a text that is no time.
    """
    if name not in values:
        return None
    text = values[name]
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise InvalidError(
            f"{name}: {text!r} is no such time", "Write it as in 2026-11-22T00:00:00Z"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
