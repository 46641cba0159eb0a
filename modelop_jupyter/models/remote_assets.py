"""Assets that were added from an address: stored by their digest, and fetched again where they are gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.objects import ObjectState
from modelop_jupyter.errors import AssetFileError, BlobError, InvalidError, ObjectChangedError
from modelop_jupyter.registry.blobs import BlobStore
from modelop_jupyter.storage import BLOCK_SIZE, Address, ObjectFile, open_object


class Blobs(Protocol):
    """The part of the blob store that fetching needs."""

    def fetch(self, digest: str) -> Path: ...

    def put_as(self, digest: str, size: int, chunks: Iterable[bytes]) -> None: ...


def store_object(text: str, blobs: BlobStore) -> tuple[str, str, int, ObjectState | None]:
    """Fetch an object into the blob store; return its name, digest, size and state.

    The state is None for an address with credentials, which are kept nowhere.
    """
    address = Address.parse(text)
    if address.is_prefix or not address.name:
        raise AssetFileError(address.shown, "it names no object", "Name one object, or a glob")
    with open_object(address, is_read_through=True) as source:
        digest, size = blobs.put_stream(_blocks(source))
    return address.name, digest, size, None if address.holds_credentials else source.state


def fetch_missing(state: ModelState, blobs: Blobs) -> None:
    """Fetch the assets from remote storage that neither this machine has nor another home shares.

    Raises :class:`ObjectChangedError` for an object with other bytes than the snapshot's.
    """
    for asset in state.assets:
        if asset.remote is None or _is_here(asset.digest, blobs):
            continue
        try:
            with open_object(asset.remote.address, is_read_through=True) as source:
                blobs.put_as(asset.digest, asset.size, _blocks(source))
        except InvalidError:
            difference = asset.remote.difference(source.state)
            raise ObjectChangedError(
                asset.remote.address,
                f"has changed since it was added as the asset {asset.path}"
                + (f": {difference}" if difference else ""),
                "Put the earlier object there again, or add it anew, which makes a new snapshot",
            ) from None


def _is_here(digest: str, blobs: Blobs) -> bool:
    try:
        return blobs.fetch(digest).exists()
    except BlobError:
        return False


def _blocks(source: ObjectFile) -> Iterator[bytes]:
    while block := source.read(BLOCK_SIZE):
        yield block
