"""The error of links that lead out of a folder which is to be registered."""

from __future__ import annotations

from collections.abc import Sequence

from modelop_jupyter.errors import InvalidError

_SHOWN = 8


class LinkOutsideError(InvalidError):
    """A folder with links that lead out of it, so that what is registered is not in it."""

    code = "link_outside"

    def __init__(self, folder: str, links: Sequence[str]) -> None:
        more = f" and {len(links) - _SHOWN} more" if len(links) > _SHOWN else ""
        super().__init__(
            f"{folder}: links lead out of the folder: {', '.join(links[:_SHOWN])}{more}",
            "Copy what they name into the folder; in a notebook or terminal,"
            " 'register NAME PATH --follow-links' takes it from where it lies",
        )
        self.folder = folder
        self.links = tuple(links)
