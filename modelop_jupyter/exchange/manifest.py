"""The manifest of an export: its files with digests, by which a damaged export is recognised."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from modelop_jupyter.domain.aliases import WORD_PATTERN
from modelop_jupyter.domain.assets import Asset, asset_path, check_tree
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, ModelState
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.domain.schema_sentences import Violation, sentence
from modelop_jupyter.domain.wire import OPTIONAL, from_wire, to_wire
from modelop_jupyter.errors import InvalidError

NAME = "manifest.json"
DOCUMENT = "model.json"
LOCK = "pylock.toml"
ASSETS = "assets/"
SAMPLE = "sample.json"
WHEELS = "wheels/"
_AS_OF = r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}Z)?$"
_FORMAT, _VERSION = "modelop-jupyter", 1

_TEXT = {"type": "string"}
_TEXT_OR_NONE = {"type": ["string", "null"]}
_FILE = {
    "type": "object",
    "required": ["digest", "size"],
    "properties": {
        "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
        "size": {"type": "integer", "minimum": 0},
    },
}
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "required": ["format", "version", "name", "snapshot", "digest", "state", "document", "lock"],
    "properties": {
        "format": {"const": _FORMAT},
        "version": {"const": _VERSION},
        "name": _TEXT,
        "description": _TEXT,
        "tags": {"type": "array", "items": _TEXT},
        "metadata": {"type": "object"},
        "aliases": {"type": "array", "items": {"type": "string", "pattern": f"^{WORD_PATTERN}$"}},
        "snapshot": _TEXT_OR_NONE,
        "digest": _TEXT,
        "document": _FILE,
        "lock": {"anyOf": [_FILE, {"type": "null"}]},
        "sample": _FILE,
        "wheels": {
            "type": "object",
            "required": ["python", "platform", "files"],
            "properties": {
                "python": _TEXT,
                "platform": _TEXT,
                "files": {
                    "type": "array",
                    "items": {
                        **_FILE,
                        "required": ["name", "digest", "size"],
                        "properties": {
                            **_FILE["properties"],  # type: ignore[dict-item]
                            "name": {"type": "string", "pattern": r"^[^/\\:\x00]+\.whl$"},
                        },
                    },
                },
            },
        },
        "state": {
            "type": "object",
            "required": ["assets", "primary_source", "entry_points", "python"],
            "properties": {
                "assets": {
                    "type": "array",
                    "items": {
                        **_FILE,
                        "required": ["path", "role", "digest", "size"],
                        "properties": {
                            **_FILE["properties"],  # type: ignore[dict-item]
                            "path": _TEXT,
                            "role": {"enum": [role.value for role in AssetRole]},
                        },
                    },
                },
                "primary_source": _TEXT_OR_NONE,
                "entry_points": {
                    "type": "object",
                    "properties": dict.fromkeys(ENTRY_POINT_KINDS, _TEXT_OR_NONE),
                },
                "python": _TEXT_OR_NONE,
                "as_of": {"type": "string", "pattern": _AS_OF},
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class File:
    """Digest and size of a file that is not an asset."""

    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class WheelFile:
    """A wheel in an export, under its own name."""

    name: str
    digest: str
    size: int


@dataclass(frozen=True, slots=True)
class WheelSet:
    """The wheels of the lock, for one version of Python on one platform."""

    python: str
    platform: str
    files: tuple[WheelFile, ...]

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)

    @property
    def target(self) -> str:
        """What they are for: ``Python 3.11 on linux-x86_64``."""
        return f"Python {self.python} on {self.platform}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """A model as an export holds it; ``snapshot`` is the label of the one that was exported.

    ``sample`` and ``wheels`` are for `run` alone; an import passes over them.
    """

    name: str
    state: ModelState
    document: File
    description: str = ""
    tags: tuple[str, ...] = ()
    snapshot: str | None = None
    lock: File | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict, metadata=OPTIONAL)
    aliases: tuple[str, ...] = field(default=(), metadata=OPTIONAL)
    sample: File | None = field(default=None, metadata=OPTIONAL)
    wheels: WheelSet | None = field(default=None, metadata=OPTIONAL)

    def files(self) -> Iterator[tuple[str, File | Asset]]:
        """Yield every file of the model with its place in the export."""
        yield DOCUMENT, self.document
        if self.lock is not None:
            yield LOCK, self.lock
        for asset in self.state.assets:
            yield ASSETS + asset.path, asset

    @property
    def size(self) -> int:
        """The bytes of the model's files."""
        return sum(file.size for _, file in self.files())

    def to_json(self) -> str:
        """Return the text of the manifest."""
        head = {"format": _FORMAT, "version": _VERSION, "digest": self.state.digest}
        return json.dumps(head | to_wire(self), indent=2, ensure_ascii=False) + "\n"


def parse(data: bytes) -> Manifest:
    """Read and check the bytes of a manifest; raises :class:`InvalidError`."""
    # Not jsonschema, which takes seconds to be imported where Jupyter's extras of it are installed.
    import fastjsonschema

    try:
        document = json.loads(data.decode())
        # Half a character, written as an escape, can be neither stored nor shown.
        json.dumps(document, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidError(f"{NAME} is not JSON ({error})") from None
    if (
        isinstance(document, dict)
        and document.get("format") == _FORMAT
        and document.get("version") != _VERSION
    ):
        raise InvalidError(
            f"{NAME} is of version {document.get('version')!r}, and {_VERSION} is what can be read",
            "Update modelop-jupyter",
        )
    try:
        fastjsonschema.validate(_SCHEMA, document)
    except fastjsonschema.JsonSchemaValueException as error:
        raise InvalidError(f"{NAME} cannot be used: {_sentence(error)}") from None
    manifest = from_wire(Manifest, document)
    paths = [asset.path for asset in manifest.state.assets]
    for path in paths:
        if "\0" in path or asset_path(path) != path:
            raise InvalidError(f"{path!r} is not a path below the model's folder")
    check_tree(paths)
    if len(set(paths)) < len(paths):
        raise InvalidError(f"{NAME} names an asset twice")
    if manifest.state.primary_source not in (None, *paths):
        raise InvalidError(f"{NAME} names a source that is not among the assets")
    if manifest.state.digest != document["digest"]:
        raise InvalidError(f"{NAME} was changed: its content does not match its digest")
    return manifest


def _sentence(error: Any) -> str:
    """Return what a value of the manifest has to be, from an error of fastjsonschema."""
    path = [int(part) if part.isdigit() else part for part in map(str, error.path[1:])]
    violation = Violation(path, error.value, error.rule, error.rule_definition, error.definition)
    return sentence(violation, whole="it")
