"""``/models/NAME/content/ASSET``: what is written in an asset, but for passwords in addresses."""

from __future__ import annotations

from dataclasses import dataclass

from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.masking import masked
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.problems import TooLargeError
from modelop_jupyter.server.resources.assets import asset_of
from modelop_jupyter.server.words import ASSET, REF

_LARGEST = 64 * 1024 * 1024
_SHOWN = 1024 * 1024


@dataclass(frozen=True, slots=True)
class AssetContent:
    """An asset's text, None where it is no text; ``is_whole`` is false where it was cut."""

    path: str
    role: AssetRole
    digest: str
    size: int
    text: str | None
    is_whole: bool


def show_content(ask: Ask) -> AssetContent:
    asset = asset_of(ask)
    if asset.size > _LARGEST:
        raise TooLargeError(
            f"asset {asset.path} is larger than {_LARGEST >> 20} MB", "Open the file itself"
        )
    data = ask.desk.workspace.blobs.read(asset.digest)
    text = _text(data[:_SHOWN])
    return AssetContent(
        path=asset.path,
        role=asset.role,
        digest=asset.digest,
        size=asset.size,
        text=None if text is None else masked(text),
        is_whole=len(data) <= _SHOWN,
    )


def _text(data: bytes) -> str | None:
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # A character that was cut in two at the end is no reason to show nothing.
        return data[: error.start].decode() if error.start > len(data) - 4 else None


RESOURCE = Resource(
    path="/models/{name}/content/{path}",
    parameters={"name": REF, "path": ASSET},
    get=Operation(show_content, "Show the text of an asset.", AssetContent, is_slow=True),
)
