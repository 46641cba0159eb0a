"""Records that are tried again: how often, and after which exceptions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from modelop_jupyter.errors import InvalidError

MOST = 100
DEFAULT_COUNT = 3
DEFAULT_EXCEPTIONS = ("ConnectionError", "TimeoutError")

# What is offered while names are typed: of Python, and of libraries that talk to services.
TRANSIENT = (
    *DEFAULT_EXCEPTIONS,
    "OSError",
    "botocore.exceptions",
    "google.api_core.exceptions",
    "http.client.HTTPException",
    "httpx.TransportError",
    "requests.exceptions",
    "socket.gaierror",
    "sqlalchemy.exc.OperationalError",
    "urllib.error",
    "urllib3.exceptions",
)

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a record is tried again, and after which ``exceptions``.

    Each of these is a class's name, ``module.Name``, or a module for all that it defines; a subclass
    counts as its base.
    """

    count: int
    exceptions: tuple[str, ...]

    @classmethod
    def asked(
        cls, count: int | None, exceptions: str | Iterable[str | type[BaseException]] | None
    ) -> Retries | None:
        """Return what was asked for, None where nothing was.

        The one has a default where the other is given. Raises :class:`InvalidError`.
        """
        if isinstance(exceptions, str):
            exceptions = exceptions.split(",")
        names = tuple(dict.fromkeys(map(_name_of, exceptions or ())))
        if count is None and not names:
            return None
        count = DEFAULT_COUNT if count is None else count
        if not 1 <= count <= MOST:
            raise InvalidError(
                f"a record cannot be tried again {count} times",
                f"Give a number from 1 to {MOST}, or leave --retry out",
            )
        return cls(count, names or DEFAULT_EXCEPTIONS)

    @property
    def words(self) -> tuple[str, ...]:
        """The options of a command that ask for the same."""
        return "--retry", str(self.count), "--retry-on", ",".join(self.exceptions)


def _name_of(exception: str | type[BaseException]) -> str:
    if isinstance(exception, type):
        is_builtin = exception.__module__ == "builtins"
        name = exception.__qualname__
        return name if is_builtin else f"{exception.__module__}.{name}"
    name = exception.strip()
    if not _NAME.fullmatch(name):
        raise InvalidError(
            f"{name!r} is not the name of an exception or a module",
            "Separate names by commas, such as ConnectionError,requests.exceptions",
        )
    return name
