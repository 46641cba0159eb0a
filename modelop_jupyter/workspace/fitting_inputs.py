"""Whether the inputs of a job are as many as its function takes, told before it starts (spec 13.13)."""

from __future__ import annotations

import ast
import json
from warnings import catch_warnings, simplefilter

from modelop_jupyter.domain.jobs import JobKind
from modelop_jupyter.domain.models import ModelState
from modelop_jupyter.domain.roles import AssetRole, role_for
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.jobs.staging import Blobs, source_text

# Names of a second parameter that mean the older protocol: a call for each input.
_SLOTS = {"slot", "slot_no", "slotno", "slot_num", "slot_number"}


def require_inputs(kind: JobKind, given: int, state: ModelState, blobs: Blobs) -> None:
    """Raise :class:`InvalidError` where a metrics or train function takes more inputs than there are."""
    if kind is JobKind.BATCH:
        return
    name = state.entry_points.get(kind.entry_point)
    names = _required(source_text(state, blobs) or "", name or "")
    if len(names) <= given or names[1] in _SLOTS:
        return
    roles = _roles(state, blobs)
    said = [
        f"{each} ({role.label})" if (role := _role(place, each, roles)) else each
        for place, each in enumerate(names)
    ]
    hint = f"Name them in this order: {', '.join(said)}"
    if said == names and kind is JobKind.METRICS and len(names) == 2:
        hint += ". With ModelOp Center these are mostly the baseline data and the comparator data"
    inputs = "1 input is" if given == 1 else f"{given} inputs are"
    raise InvalidError(
        f"the {kind.value} function {name}({', '.join(names)}) takes {len(names)} inputs, and {inputs}"
        f" given: {' and '.join(said[given:])} {'is' if len(said) == given + 1 else 'are'} missing",
        hint,
    )


def _required(source: str, name: str) -> list[str]:
    """Return the parameters without a default of the function that a name means in the end."""
    try:
        with catch_warnings():
            simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    bound = [node for node in tree.body if name in _names_bound(node)]
    found = bound[-1] if bound else None
    # What a decorator makes of it takes whatever it takes.
    if not isinstance(found, ast.FunctionDef) or found.decorator_list:
        return []
    takes = [each.arg for each in (*found.args.posonlyargs, *found.args.args)]
    return takes[: len(takes) - len(found.args.defaults)]


def _names_bound(node: ast.stmt) -> set[str]:
    """Return what a statement may bind, also within an ``if`` or ``try``."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return {node.name}
    names = {
        each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    }
    for each in ast.walk(node):
        if isinstance(each, (ast.FunctionDef, ast.ClassDef)):
            names.add(each.name)
        if isinstance(each, ast.alias):
            names.add(each.asname or each.name)
    return names


def _roles(state: ModelState, blobs: Blobs) -> list[AssetRole | None]:
    """Return the roles that a monitor's ``required_assets.json`` asks for, in its order (spec 5.5)."""
    found: list[AssetRole | None] = []
    for holder in state.with_role(AssetRole.REQUIRED_ASSETS):
        try:
            entries = json.loads(blobs.read(holder.digest))
        except (ValueError, RecursionError):
            continue
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and entry.get("usage") == "INPUT_ASSET":
                word = entry.get("assetRole")
                known = isinstance(word, str) and word in AssetRole.__members__
                found.append(AssetRole[word] if known and isinstance(word, str) else None)
    return found


def _role(place: int, name: str, asked: list[AssetRole | None]) -> AssetRole | None:
    """Return the role of an input: the one asked for, else what the parameter's name says."""
    if place < len(asked):
        role = asked[place]
    else:
        role = role_for(f"{name}.csv")
        if role is AssetRole.TEST_DATA and "test" not in name.lower().split("_"):
            return None  # what any file of data is
    return None if role is AssetRole.UNKNOWN else role
