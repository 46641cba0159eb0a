"""``/previews``: what a registration would record, without recording it."""

from __future__ import annotations

from dataclasses import replace

from modelop_jupyter.domain.previews import Preview
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.registering import REGISTRATION, wish_of


def preview_model(ask: Ask) -> Preview:
    wish = wish_of(ask)
    preview = ask.desk.workspace.preview(
        wish.name,
        wish.path,
        captured=wish.captured,
        assets=wish.assets,
        python=wish.python,
        source=wish.source,
        chosen=wish.chosen,
        folder=wish.folder,
        within=ask.desk.root.folder,
    )
    # What a form ticks comes back as an asset, and those have the paths of the file browser.
    proposals = tuple(
        replace(each, path=(wish.place / each.path).as_posix()) for each in preview.proposals
    )
    return replace(preview, proposals=proposals)


RESOURCE = Resource(
    path="/previews",
    post=Operation(
        preview_model,
        "Show the source, functions, assets and requirements that registering would record.",
        Preview,
        body=REGISTRATION,
        is_slow=True,
    ),
)
