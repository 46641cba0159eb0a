"""``/roles``: what an asset can be for, in ModelOp's spelling and words."""

from __future__ import annotations

from dataclasses import dataclass

from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.words import listing


@dataclass(frozen=True, slots=True)
class RoleLine:
    """A role and its label."""

    role: AssetRole
    label: str


def list_roles(ask: Ask) -> list[RoleLine]:  # noqa: ARG001 - an operation's signature
    return [RoleLine(role, role.label) for role in AssetRole]


RESOURCE = Resource(
    path="/roles", get=Operation(list_roles, "List the asset roles.", listing(RoleLine))
)
