"""``/models/NAME/assets``: the files of a model and what they are for."""

from __future__ import annotations

from modelop_jupyter.domain.assets import Asset
from modelop_jupyter.domain.reports import Registration
from modelop_jupyter.errors import AssetNotFoundError
from modelop_jupyter.server.declarations import Ask, Operation, Resource
from modelop_jupyter.server.registering import NEW_ASSET, assets_of
from modelop_jupyter.server.words import ASSET, PATH, REF, ROLE, listing, record

_NEW = {
    **record(
        ("path",),
        **NEW_ASSET["properties"],
        folder={**PATH, "description": "The folder that the asset's path in the model begins in."},
    ),
    "examples": [{"path": "requirements.txt"}],
}


def list_assets(ask: Ask) -> list[Asset]:
    return ask.desk.workspace.asset_list(ask.path["name"])


def add_asset(ask: Ask) -> Registration:
    root, folder = ask.desk.root, ask.body.get("folder")
    ((file, role),) = assets_of([ask.body], root, folder=folder)
    return ask.desk.workspace.asset_add(
        ask.path["name"],
        file,
        role=role,
        folder=root.resolve(folder) if folder else None,
        within=root.folder,
    )


def show_asset(ask: Ask) -> Asset:
    return asset_of(ask)


def asset_of(ask: Ask) -> Asset:
    """Return the asset that a path names; raises :class:`AssetNotFoundError`."""
    wanted = ask.path["path"]
    assets = ask.desk.workspace.asset_list(ask.path["name"])
    for asset in assets:
        if asset.path == wanted:
            return asset
    raise AssetNotFoundError(wanted, [asset.path for asset in assets])


def change_role(ask: Ask) -> Registration:
    return ask.desk.workspace.asset_role(ask.path["name"], ask.path["path"], ask.body["role"])


def remove_asset(ask: Ask) -> Registration:
    return ask.desk.workspace.asset_remove(ask.path["name"], ask.path["path"])


RESOURCE = Resource(
    path="/models/{name}/assets",
    parameters={"name": REF},
    get=Operation(list_assets, "List the assets of a model or snapshot.", listing(Asset)),
    post=Operation(
        add_asset,
        "Add a file to a model, or new content of one that it has.",
        Registration,
        body=_NEW,
        status=201,
        is_slow=True,
    ),
)

ONE = Resource(
    path="/models/{name}/assets/{path}",
    parameters={"name": REF, "path": ASSET},
    get=Operation(show_asset, "Show an asset's role and size.", Asset),
    patch=Operation(
        change_role,
        "Say what an asset is for.",
        Registration,
        body={**record(("role",), role=ROLE), "examples": [{"role": "UNKNOWN"}]},
    ),
    delete=Operation(
        remove_asset, "Take an asset from a model; its snapshots keep it.", Registration
    ),
)
