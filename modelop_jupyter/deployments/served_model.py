"""What answers requests at the moment, and what may be asked of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from modelop_jupyter.deployments.scoring import Scorer


@dataclass(frozen=True, slots=True)
class SlotSchema:
    """The parsed schema of a slot: Avro, or JSON Schema where it ``is_json``."""

    definition: Any
    is_json: bool = False


@dataclass(frozen=True, slots=True)
class ModelDescription:
    """What clients are told of a model.

    ``input_schema`` and ``output_schema`` are the schemas of its first slots, None where there is none. ``example`` is the JSON text of a record.
    """

    name: str
    ref: str
    text: str = ""
    input_schema: SlotSchema | None = None
    output_schema: SlotSchema | None = None
    example: str | None = None


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """What a request may be: ``seconds`` for a record unless it asks for others, ``body`` in bytes.

    Of JSON lines, each line may have so many bytes.
    """

    seconds: float = 5.0
    most_seconds: float = 3600.0
    body: int = 32_000_000


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A snapshot that answers requests, and the slots that it has."""

    description: ModelDescription
    scorer: Scorer
    inputs: frozenset[int] = frozenset({0})
    outputs: frozenset[int] = frozenset({1})
    limits: RequestLimits = field(default_factory=RequestLimits)

    @property
    def ref(self) -> str:
        return self.description.ref
