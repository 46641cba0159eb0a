"""Tags and metadata: what users say of a model beside its content."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelop_jupyter.errors import InvalidError, nearest

_LONGEST_TAG = 128
_KEY = re.compile(r"[^\s.=:~<>]+(\.[^\s.=:~<>]+)*")


@dataclass(frozen=True, slots=True)
class ModelTags:
    """The tags of a model."""

    model: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelMetadata:
    """The metadata of a model."""

    model: str
    metadata: Mapping[str, Any]


def changed_tags(
    name: str, tags: Sequence[str], add: Sequence[str], remove: Sequence[str]
) -> tuple[str, ...]:
    """Return a model's tags with some more and without others; raises :class:`InvalidError`."""
    for tag in remove:
        if tag not in tags:
            close = nearest(tag, tags)
            listed = f"Its tags are: {', '.join(tags)}" if tags else "It has no tags"
            raise InvalidError(
                f"{name} has no tag {tag!r}", f"Did you mean {close!r}?" if close else listed
            )
    kept = [tag for tag in tags if tag not in remove]
    return tuple(dict.fromkeys([*kept, *map(_tag, add)]))


def _tag(text: str) -> str:
    plain = text.strip()
    if not plain or len(plain) > _LONGEST_TAG or not plain.isprintable() or plain[0] in "+-":
        raise InvalidError(
            f"{text!r} cannot be a tag: it is a text of up to {_LONGEST_TAG} characters on one line"
            " that does not start with + or -"
        )
    return plain


def changed_metadata(
    name: str, metadata: Mapping[str, Any], entries: Mapping[str, Any], remove: Sequence[str]
) -> dict[str, Any]:
    """Return a model's metadata with entries set and removed; ``a.b`` is the key b of the object a.

    Raises :class:`InvalidError` for a key that cannot be, or that is not there.
    """
    changed: dict[str, Any] = json.loads(json.dumps(metadata))
    for key in remove:
        *above, last = _parts(key)
        holder = _holder(name, changed, above, key, makes=False)
        if last not in holder:
            close = nearest(key, [path for path, _ in leaves(metadata)])
            raise InvalidError(
                f"{name} has no metadata {key!r}", f"Did you mean {close!r}?" if close else None
            )
        del holder[last]
    for key, value in entries.items():
        *above, last = _parts(key)
        _holder(name, changed, above, key, makes=True)[last] = value
    return changed


def leaves(metadata: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the values of metadata with their keys, those of an object as ``a.b``."""
    for key, value in metadata.items():
        path = f"{above}{key}"
        if isinstance(value, Mapping) and value:
            yield from leaves(value, f"{path}.")
        else:
            yield path, value


def value_text(value: Any) -> str:
    """Return a value of metadata as it is shown: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parts(key: str) -> list[str]:
    if not _KEY.fullmatch(key):
        raise InvalidError(
            f"{key!r} cannot be a key of metadata: it is a word without blanks, '=', ':', '~', '<' and"
            " '>'",
            "Write one such as owner, or owner.team for a key of an object",
        )
    return key.split(".")


def _holder(
    name: str, metadata: dict[str, Any], above: Sequence[str], key: str, *, makes: bool
) -> dict[str, Any]:
    """Return the object that holds a key."""
    holder = metadata
    for depth, part in enumerate(above, 1):
        inner = holder.setdefault(part, {}) if makes else holder.get(part, {})
        if not isinstance(inner, dict):
            raise InvalidError(
                f"{key!r} cannot be set: {'.'.join(above[:depth])} of {name} is no object but"
                f" {value_text(inner)}"
            )
        holder = inner
    return holder
