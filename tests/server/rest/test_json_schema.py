"""The schema of a type says what ``to_wire`` makes of a value of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest
from jsonschema import Draft202012Validator

from modelop_jupyter.domain.wire import OPTIONAL, to_wire
from modelop_jupyter.server.rest.json_schema import SchemaComponents, schema_of_type


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Fruit:
    name: str | None = field(default=None, metadata=OPTIONAL)


@dataclass(frozen=True)
class Leaf:
    size: int


@dataclass(frozen=True)
class Tree:
    name: str
    leaves: tuple[Leaf, ...] = ()
    inner: Tree | None = None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (str, "a"),
        (int | None, None),
        (Literal["a", "b"], "b"),
        (tuple[float, ...], (1.5,)),
        (Mapping[str, int], {"a": 1}),
        (Colour, Colour.RED),
        (datetime, datetime(2026, 11, 22, tzinfo=timezone.utc)),
        (Path, Path("a")),
        (Any, {"whatever": [1]}),
        (Tree, Tree("oak", (Leaf(1),), Tree("twig"))),
        (Fruit, Fruit()),
        (Fruit, Fruit("apple")),
    ],
)
def test_a_value_has_the_shape_of_its_type(kind: Any, value: Any) -> None:
    """Every noun that is sent can be described."""
    components = SchemaComponents()
    schema = {**schema_of_type(kind, components), "components": {"schemas": components}}

    Draft202012Validator(schema).validate(to_wire(value))


def test_a_value_of_another_shape_is_noticed() -> None:
    """Fields that the document does not know would be a lie."""
    components = SchemaComponents()
    schema = {**schema_of_type(Leaf, components), "components": {"schemas": components}}

    assert not Draft202012Validator(schema).is_valid({"size": 1, "colour": "green"})
    assert not Draft202012Validator(schema).is_valid({"size": "1"})


def test_two_types_of_one_name_are_refused() -> None:
    """One would be described as the other."""
    components = SchemaComponents()
    schema_of_type(Leaf, components)
    other = dataclass(frozen=True)(type("Leaf", (), {"__annotations__": {"green": bool}}))

    with pytest.raises(TypeError, match="same name"):
        schema_of_type(other, components)


def test_a_type_without_a_shape_is_refused() -> None:
    """Nothing is described by a guess."""
    with pytest.raises(TypeError, match="no JSON Schema"):
        schema_of_type(complex, SchemaComponents())
