"""The day, or the moment, as of which a model's requirements are resolved."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone

from modelop_jupyter.errors import InvalidError

NOW = "now"
GIT = "git"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z")
# Somewhere it is tomorrow already.
_EASTERNMOST = timedelta(hours=14)
_HINT = "Write a day such as 2024-01-31, a time such as 2024-01-31T12:00:00Z, or git"


def parse_as_of(text: str, now: datetime) -> str:
    """Return a day, or a time (RFC 3339), in its one spelling: ``2024-01-31``, ``2024-01-31T12:00:00Z``.

    Raises :class:`InvalidError` for anything else, and for the future.
    """
    try:
        if _DAY.match(text):
            day = date.fromisoformat(text)
            is_future = day > (now + _EASTERNMOST).date()
            spelled = day.isoformat()
        else:
            moment = _moment(text)
            is_future = moment > now
            spelled = as_time(moment)
    except ValueError:
        raise InvalidError(f"--as-of {text}: this is no day and no time", _HINT) from None
    if is_future:
        raise InvalidError(
            f"--as-of {text}: this is in the future", f"Write a day up to {now:%Y-%m-%d}"
        )
    return spelled


def as_time(moment: datetime) -> str:
    """Return a moment as it is stored, to the second."""
    utc = moment.astimezone(timezone.utc).replace(microsecond=0, tzinfo=None)
    return f"{utc.isoformat()}Z"


def cutoff(as_of: str) -> str:
    """Return the time before which files must have been uploaded: for a day, its end (UTC)."""
    if not _DAY.match(as_of):
        return as_of
    after = date.fromisoformat(as_of) + timedelta(days=1)
    return f"{after.isoformat()}T00:00:00Z"


def _moment(text: str) -> datetime:
    # Python 3.10 reads no Z.
    moment = datetime.fromisoformat(re.sub(r"[zZ]\Z", "+00:00", text))
    if moment.tzinfo is None:
        raise ValueError("a time without its zone")
    return moment
