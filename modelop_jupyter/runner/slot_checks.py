"""What checks the records of a slot: its Avro schema, or its JSON Schema."""

import re

from .errors import StageError
from .json_schema import JsonSchema
from .schema import Schema, SchemaError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .protocol import Check, Request


def slot_check(request: "Request", slot: int, side: str) -> "Check | None":
    """Return the check of a slot, None where it has no schema or checking is off.

    ``side`` is "input" or "output".
    """
    described = request["slots"].get(str(slot), {})
    schema, json_schema = described.get("schema"), described.get("json_schema")
    if (schema is None and json_schema is None) or not request["check_schemas"].get(side):
        return None
    try:
        if json_schema is not None:
            return JsonSchema(json_schema).check
        return Schema(schema).check
    except (SchemaError, TypeError, RecursionError, re.error) as error:
        message = f"the {side} schema of slot {slot} cannot be used: {error}"
        raise StageError("read", message) from error
