"""``/models/NAME/assets`` and ``.../content``: a model's files; ``/roles``: what they are for."""

from __future__ import annotations

from dataclasses import dataclass

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.reports import Registration
from modelop_jupyter.domain.roles import AssetRole, role_for
from modelop_jupyter.errors import AssetNotFoundError
from modelop_jupyter.masking import mask
from modelop_jupyter.server.errors import TooLargeError
from modelop_jupyter.server.resources.fields import ASSET_PATH, ASSET_ROLE, FILE_PATH, MODEL_REF
from modelop_jupyter.server.resources.registration import ASSET_TO_ADD, asset_to_add
from modelop_jupyter.server.rest.json_schema import array_schema, object_schema
from modelop_jupyter.server.rest.resource import Operation, Request, Resource

_MAX_READ_BYTES = 64 * 1024 * 1024
_MAX_SHOWN_BYTES = 1024 * 1024
_ADD_ASSET_BODY = {
    **object_schema(
        ("path",),
        **ASSET_TO_ADD["properties"],
        folder={
            **FILE_PATH,
            "description": "The folder that the asset's path in the model begins in.",
        },
    ),
    "examples": [{"path": "requirements.txt"}],
}


@dataclass(frozen=True, slots=True)
class AssetContent:
    """An asset and its text, None for binary data. ``is_whole`` is false if the text is cut.

    Passwords in URLs are masked.
    """

    path: str
    role: AssetRole
    digest: str
    size: int
    text: str | None
    is_whole: bool


@dataclass(frozen=True, slots=True)
class RoleLine:
    """An asset role and its label."""

    role: AssetRole
    label: str


@dataclass(frozen=True, slots=True)
class GuessedRole:
    """A file, and the role that its name stands for."""

    path: str
    role: AssetRole


def list_assets(request: Request) -> list[Asset]:
    return request.context.workspace.asset_list(request.path["name"])


def add_asset(request: Request) -> Registration:
    root, folder = request.context.root, request.body.get("folder")
    file, role = asset_to_add(request.body, root, folder=folder)
    return request.context.workspace.asset_add(
        request.path["name"],
        file,
        role=role,
        folder=root.resolve(folder) if folder else None,
        within=root.folder,
    )


def show_asset(request: Request) -> Asset:
    return _find_asset(request)


def _find_asset(request: Request) -> Asset:
    """Return the asset that the path names; raises :class:`AssetNotFoundError`."""
    path = request.path["path"]
    assets = request.context.workspace.asset_list(request.path["name"])
    for asset in assets:
        if asset.path == path:
            return asset
    raise AssetNotFoundError(path, [asset.path for asset in assets])


def change_role(request: Request) -> Registration:
    return request.context.workspace.asset_role(
        request.path["name"], request.path["path"], request.body["role"]
    )


def remove_asset(request: Request) -> Registration:
    return request.context.workspace.asset_remove(request.path["name"], request.path["path"])


def show_content(request: Request) -> AssetContent:
    asset = _find_asset(request)
    if asset.size > _MAX_READ_BYTES:
        raise TooLargeError(
            f"asset {asset.path} is larger than {_MAX_READ_BYTES >> 20} MB", "Open the file itself"
        )
    data = request.context.workspace.blobs.read(asset.digest)
    text = _decode(data[:_MAX_SHOWN_BYTES])
    return AssetContent(
        path=asset.path,
        role=asset.role,
        digest=asset.digest,
        size=asset.size,
        text=None if text is None else mask(text),
        is_whole=len(data) <= _MAX_SHOWN_BYTES,
    )


def _decode(data: bytes) -> str | None:
    """Return data as text, None if it is not UTF-8; a character cut at the end is left out."""
    if b"\0" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return data[: error.start].decode() if error.start > len(data) - 4 else None


def list_roles(request: Request) -> list[RoleLine]:  # noqa: ARG001 - an endpoint's signature
    return [RoleLine(role, role.label) for role in AssetRole]


def guess_roles(request: Request) -> list[GuessedRole]:
    return [GuessedRole(path, role_for(path)) for path in request.body["paths"]]


ASSETS = Resource(
    path="/models/{name}/assets",
    parameters={"name": MODEL_REF},
    get=Operation(list_assets, "List the assets of a model or snapshot.", array_schema(Asset)),
    post=Operation(
        add_asset,
        "Add a file to a model, or new content of one that it has.",
        Registration,
        body=_ADD_ASSET_BODY,
        status=201,
        is_slow=True,
    ),
)

ASSET = Resource(
    path="/models/{name}/assets/{path}",
    parameters={"name": MODEL_REF, "path": ASSET_PATH},
    get=Operation(show_asset, "Show an asset's role and size.", Asset),
    patch=Operation(
        change_role,
        "Set the role of an asset.",
        Registration,
        body={**object_schema(("role",), role=ASSET_ROLE), "examples": [{"role": "UNKNOWN"}]},
    ),
    delete=Operation(
        remove_asset, "Remove an asset from a model; its snapshots keep it.", Registration
    ),
)

CONTENT = Resource(
    path="/models/{name}/content/{path}",
    parameters={"name": MODEL_REF, "path": ASSET_PATH},
    get=Operation(show_content, "Show the text of an asset.", AssetContent, is_slow=True),
)

ROLES = Resource(
    path="/roles", get=Operation(list_roles, "List the asset roles.", array_schema(RoleLine))
)

ROLE_GUESSES = Resource(
    path="/roles/guesses",
    post=Operation(
        guess_roles,
        "Return the role that each file gets by its name when it is added without one.",
        array_schema(GuessedRole),
        body={
            **object_schema(("paths",), paths=array_schema(FILE_PATH, limit=1000)),
            "examples": [{"paths": ["requirements.txt"]}],
        },
    ),
)
