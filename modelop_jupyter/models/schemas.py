"""Which schema asset, Avro or JSON Schema, is bound to which slot (spec 1.2, 7.3)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.json_schemas import is_json_schema
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.source_code.smart_tags import schema_asset
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.models.source import BlobReader, tags_of

Read = Callable[[str], bytes]
_DIRECTIONS = {"input": 0, "output": 1}
_AVRO_ENDING = ".avsc"
_ENDINGS = (_AVRO_ENDING, ".json")


def schema_assets(state: ModelState) -> list[Asset]:
    """Return the schemas of a model, those in files of Avro first."""
    assets = state.with_role(AssetRole.MODEL_SCHEMA)
    return [a for ending in _ENDINGS for a in assets if a.name.lower().endswith(ending)]


def by_direction(state: ModelState, direction: str) -> list[Asset]:
    """Return the schemas whose file name says ``input`` or ``output`` (spec 7.3).

    Where there are files of Avro, those of other names do not count: ModelOp knows Avro only.
    """
    found = [asset for asset in schema_assets(state) if direction in asset.name.lower()]
    avro = [asset for asset in found if asset.name.lower().endswith(_AVRO_ENDING)]
    return avro or found


def bound(state: ModelState, slots: Mapping[int, str | None]) -> dict[int, Asset]:
    """Return the schema asset of each slot: the one its tag names, else by its file's direction.

    A tag binds by name, not path, with or without ``.avsc``; one that names nothing binds nothing.
    """
    schemas = {asset.path: asset for asset in schema_assets(state)}
    assets: dict[int, Asset] = {}
    for slot, name in slots.items():
        asset = schemas.get(schema_asset(name, schemas) or "") if name else None
        if asset is None:
            direction = next((d for d, number in _DIRECTIONS.items() if number == slot), None)
            candidates = by_direction(state, direction) if direction else []
            asset = candidates[0] if len(candidates) == 1 else None
        if asset is not None:
            assets[slot] = asset
    return assets


def definition(asset: Asset, read: Read) -> Any:
    """Return the parsed schema; raises :class:`InvalidError` when it is no JSON."""
    try:
        return json.loads(read(asset.digest).decode("utf-8-sig"))
    except ValueError as error:
        raise InvalidError(
            f"schema {asset.path} is not JSON ({error})", "Fix the file and add it again"
        ) from None


def is_json(asset: Asset, read: Read) -> bool:
    """Return whether a schema asset is JSON Schema; one that is no JSON at all is not."""
    try:
        return is_json_schema(definition(asset, read), asset.name)
    except InvalidError:
        return False


def of_slot(state: ModelState, slot: int, blobs: BlobReader) -> tuple[Asset, Any] | None:
    """Return the schema asset of a slot with its content; None without one, or where that is no JSON.

    Registering and running say what is wrong with it.
    """
    names = {one.number: one.schema for one in tags_of(state, blobs).slots}
    asset = bound(state, {slot: names.get(slot)}).get(slot)
    if asset is None:
        return None
    try:
        return asset, definition(asset, blobs.read)
    except InvalidError:
        return None
