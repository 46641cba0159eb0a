"""Whatever assets are called and hold, an export brings them back or says why not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from modelop_jupyter import Workspace
from modelop_jupyter.domain.assets import Asset, asset_path
from modelop_jupyter.domain.exchange import ImportSourceError
from modelop_jupyter.domain.models import EntryPoints, ModelState
from modelop_jupyter.domain.roles import AssetRole
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.exchange.manifest import parse
from modelop_jupyter.registry import Draft
from modelop_jupyter.settings import Settings

Tree = dict[str, tuple[bytes, AssetRole]]
NOW = datetime(2026, 11, 28, tzinfo=timezone.utc)

parts = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\0/\\:"), min_size=1, max_size=20
).filter(lambda part: part not in (".", ".."))
paths = st.lists(parts, min_size=1, max_size=3).map("/".join)
contents = st.tuples(st.binary(max_size=60), st.sampled_from(AssetRole))
trees = st.dictionaries(paths, contents, min_size=1, max_size=6)
words = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30)


@dataclass(frozen=True)
class Homes:
    """A folder and two homes, in which every example has a model of its own."""

    folder: Path
    here: Workspace
    there: Workspace
    numbers: Iterator[int] = field(default_factory=count)

    def names(self) -> tuple[str, Path]:
        """Return a model's name and a folder that nobody has used."""
        name = f"m{next(self.numbers)}"
        (self.folder / name).mkdir()
        return name, self.folder / name


@pytest.fixture(scope="module")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homes]:
    """Two homes that share nothing; making one takes longer than an example."""
    folder = tmp_path_factory.mktemp("homes")
    urls = [(folder / each, f"sqlite:///{folder / each}.db") for each in ("here", "there")]
    with Workspace(Settings(*urls[0])) as here, Workspace(Settings(*urls[1])) as there:
        yield Homes(folder, here, there)


def is_a_tree(found: list[str]) -> bool:
    """No file is another one's folder, also where names differ in case alone."""
    lower = [each.casefold() for each in found]
    return len({*lower}) == len(lower) and not any(
        other.startswith(f"{each}/") for each in lower for other in lower
    )


def registered(workspace: Workspace, name: str, tree: Tree) -> ModelState:
    assets = tuple(
        Asset(path, role, workspace.blobs.put(data), len(data))
        for path, (data, role) in sorted(tree.items())
    )
    state = ModelState(assets, assets[0].path, EntryPoints(score="f"), "3.11")
    return workspace.registry.change_model(name, lambda _: Draft(state), now=NOW).model.state


@settings(max_examples=40)
@given(tree=trees, target=st.sampled_from(["x.zip", "x"]), description=words)
def test_any_asset_comes_back(homes: Homes, tree: Tree, target: str, description: str) -> None:
    """Blanks, newlines, other scripts, empty files, every role; written twice it is the same."""
    assume(is_a_tree(list(tree)) and all(asset_path(path) == path for path in tree))
    name, folder = homes.names()
    state = registered(homes.here, name, tree)
    homes.here.register(name, description=description)
    first = homes.here.export(name, folder / target)
    again = homes.here.export(name, folder / target)
    found = homes.there.import_(folder / target)
    read = homes.there.blobs.read

    assert found.snapshot.state == state
    assert found.registration.model.description == description
    assert {each.path: read(each.digest) for each in found.snapshot.state.assets} == {
        path: data for path, (data, _) in tree.items()
    }
    assert (first.was_there, again.was_there) == (False, True)


@settings(max_examples=150)
@given(share=st.floats(0, 1, exclude_max=True), flips=st.integers(0, 255))
def test_a_damaged_zip_is_refused_or_does_not_matter(
    homes: Homes, share: float, flips: int
) -> None:
    """Any byte changed, any end cut off: one sentence and nothing recorded, or the same snapshot."""
    name, folder = homes.names()
    state = registered(homes.here, name, {"a.txt": (b"abc" * 20, AssetRole.UNKNOWN)})
    homes.here.export(name, folder / "x.zip")
    whole = bytearray((folder / "x.zip").read_bytes())
    place = int(share * len(whole))
    whole[place] ^= flips
    (folder / "x.zip").write_bytes(whole if flips else whole[:place])
    try:
        found = homes.there.import_(folder / "x.zip")
    except ImportSourceError as error:
        assert "\n" not in str(error)
        assert name not in homes.there.registry.model_names()
    else:
        assert (found.snapshot.model, found.snapshot.state) == (name, state)


shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["state", "assets", "path", "lock", "name"]), inner)
    ),
    max_leaves=8,
)


@given(said=st.binary(max_size=100) | shapes)
def test_any_manifest_is_refused_in_one_sentence(said: Any) -> None:
    """What is no manifest, as bytes and as JSON of another shape, is never a traceback."""
    data = said if isinstance(said, bytes) else json.dumps(said).encode()
    with pytest.raises(InvalidError, match=r"\Amanifest.json [^\n]*\Z"):
        parse(data)
