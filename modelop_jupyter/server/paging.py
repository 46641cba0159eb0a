"""Lists that are answered a page at a time: what is asked for, and what comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.pages import Page
from modelop_jupyter.server.declarations import Ask, Operation, Schema
from modelop_jupyter.server.words import answer, listing

if TYPE_CHECKING:
    from modelop_jupyter.server.sources import Source

_OFFSET: Schema = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1, "default": 0}
_LIMIT: Schema = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}


def paged(
    run: Callable[[Ask], Page],
    summary: str,
    kind: Any,
    *,
    query: Mapping[str, Schema] | None = None,
    is_slow: bool = False,
    made_of: tuple[Source, ...] = (),
) -> Operation:
    """Declare what answers with some rows of a kind; ``query`` is what may be asked besides."""
    return Operation(
        run,
        summary,
        answer(rows=listing(kind), offset=_OFFSET, total={"type": "integer", "minimum": 0}),
        query={"offset": _OFFSET, "limit": _LIMIT, **(query or {})},
        is_slow=is_slow,
        made_of=made_of,
    )
