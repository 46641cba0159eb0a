"""Blobs that several homes share: put there before they are named, fetched once, verified."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import pytest

from modelop_jupyter.domain.assets import digest_of
from modelop_jupyter.domain.places import Place
from modelop_jupyter.errors import BlobError, SharedFilesError
from modelop_jupyter.registry import BlobStore, Registry
from modelop_jupyter.registry.blobs import OwnBlobs, SharedBlobs, blob_name
from modelop_jupyter.registry.opening import open_blobs, open_registry
from modelop_jupyter.registry.shared_folder import SharedFolder
from modelop_jupyter.settings import Settings

from .saving import save_model

ABC = digest_of(b"abc")


@dataclass(frozen=True)
class Team:
    """A shared folder, and what of it a test may damage."""

    root: Path

    def settings(self, name: str) -> Settings:
        url = f"sqlite:///{self.root / 'team.db'}"
        return Settings(self.root / name, url, blobs_url=f"file://{self.root / 'shared'}")

    def blobs(self, name: str) -> BlobStore:
        return open_blobs(self.settings(name))

    def registry(self, name: str) -> Registry:
        return open_registry(self.settings(name))

    def object(self, digest: str) -> Path:
        return self.root / "shared" / blob_name(digest)

    def put(self, digest: str, data: bytes) -> None:
        self.object(digest).parent.mkdir(parents=True)
        (self.root / "shared" / "modelop-shared.json").touch()
        self.object(digest).write_bytes(data)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


READS: dict[str, Callable[[BlobStore, Path], bytes]] = {
    "read": lambda blobs, _: blobs.read(ABC),
    "fetch": lambda blobs, _: blobs.fetch(ABC).read_bytes(),
    "copy": lambda blobs, target: (blobs.copy_to(ABC, target), target.read_bytes())[1],
}


@pytest.mark.parametrize("way", READS)
def test_what_another_home_has_shared_is_fetched_once(team: Team, tmp_path: Path, way: str):
    """Whoever reads it first gets it; the second time the shared folder is not asked."""
    team.put(ABC, b"abc")
    blobs = team.blobs("here")
    first = READS[way](blobs, tmp_path / "copy")
    team.object(ABC).unlink()

    assert first == READS[way](blobs, tmp_path / "copy") == b"abc"
    assert [path.name for path in blobs.root.rglob("*") if path.is_file()] == [ABC[7:]]


def test_bytes_that_are_not_what_was_shared_are_never_stored(team: Team):
    """The error names the object; nothing is left of it, not even under a temporary name."""
    team.put(ABC, b"abd")
    blobs = team.blobs("here")
    with pytest.raises(BlobError, match=r"shared/blobs/ba/.* is not what was stored") as caught:
        blobs.read(ABC)

    assert caught.value.code == "blob"
    assert [path for path in blobs.root.rglob("*") if path.is_file()] == []


def test_a_damaged_file_is_replaced_by_the_shared_one(team: Team):
    """It would be an error in a home that shares nothing."""
    team.put(ABC, b"abc")
    blobs = team.blobs("here")
    path = blobs.path(blobs.put(b"abc"))
    path.chmod(0o600)
    path.write_bytes(b"xyz")

    assert blobs.read(ABC) == b"abc"
    assert path.read_bytes() == b"abc"


def test_what_nobody_has_says_so(team: Team):
    """Neither the home nor the shared folder."""
    team.put(digest_of(b"other"), b"other")
    with pytest.raises(BlobError, match=f"neither in this home nor at file://{team.root}/shared"):
        team.blobs("here").read(ABC)


def test_a_shared_folder_that_is_not_mounted_has_not_lost_its_files(team: Team, make, now):
    """The registry goes on to know that they are there."""
    blobs = team.blobs("here")
    with team.registry("here") as registry:
        digest = blobs.put(b"abc")
        save_model(registry, "churn", make.state(model__py="abc"), now=now)
        (team.root / "shared").rename(team.root / "unmounted")
        there = open_blobs(team.settings("there"), registry=lambda: registry)
        with pytest.raises(BlobError, match="nothing is shared there"):
            there.read(digest)

        assert digest in registry.places_of([digest])


def test_what_a_model_names_is_shared_before_it_is_on_record(team: Team, make, now):
    """Who sees the model can read its files."""
    with team.registry("here") as registry:
        team.blobs("here").put(b"abc")
        save_model(registry, "churn", make.state(model__py="abc"), now=now)
    with team.registry("there") as registry:
        (model,) = registry.list_models()

    assert team.blobs("there").read(model.state.assets[0].digest) == b"abc"


class Onlooker(SharedBlobs):
    """Another home that looks at the registry while files are on their way to the shared folder."""

    def __init__(self, team: Team) -> None:
        super().__init__(team.blobs("here"), SharedFolder.at(f"{team.root}/shared"))
        self._registry = team.registry("there")
        self.seen: list[list[str]] = []

    def keep(self, digests: Collection[str]) -> set[str]:
        kept = super().keep(digests)
        self.seen.append(self._registry.model_names())
        return kept

    def close(self) -> None:
        self._registry.close()


def test_nobody_sees_a_model_before_its_files(team: Team, make, now):
    """Also where its state is only known inside of the transaction that writes it."""
    settings = team.settings("here")
    team.blobs("here").put(b"abc")
    with (
        contextlib.closing(Onlooker(team)) as onlooker,
        Registry.open(settings.registry_url, settings.home, keeper=onlooker) as registry,
    ):
        save_model(registry, "churn", make.state(model__py="abc"), now=now)

        assert onlooker.seen == [[]]
        assert registry.model_names() == ["churn"]


def test_a_lock_is_shared_before_it_is_on_record(team: Team, make, now):
    """A job of another home runs with it."""
    with team.registry("here") as registry:
        team.blobs("here").put(b"abc")
        model = save_model(registry, "churn", make.state(), now=now).model
        registry.set_lock(model, ABC)

    assert team.blobs("there").read(ABC) == b"abc"


def test_what_cannot_be_shared_is_not_recorded(team: Team, make, now):
    """The files stay in the home; when the shared folder can be written, the same again does it."""
    shared = team.root / "shared"
    shared.write_text("a file")
    blobs = team.blobs("here")
    blobs.put(b"abc")
    with team.registry("here") as registry:
        with pytest.raises(SharedFilesError, match="the files that homes share at file://"):
            save_model(registry, "churn", make.state(model__py="abc"), now=now)
        refused = registry.list_models()
        shared.unlink()
        save_model(registry, "churn", make.state(model__py="abc"), now=now)

        assert refused == []
        assert blobs.read(ABC) == b"abc"
        assert [model.name for model in registry.list_models()] == ["churn"]


def test_a_damaged_file_is_not_shared(team: Team):
    """It would spread to all homes."""
    blobs = BlobStore(team.root / "here" / "blobs")
    path = blobs.path(blobs.put(b"abc"))
    path.chmod(0o600)
    path.write_bytes(b"xyz")
    shared = SharedFolder.at(f"file://{team.root / 'shared'}")

    assert SharedBlobs(blobs, shared).keep([ABC]) == set()
    assert not team.object(ABC).exists()


def test_the_registry_knows_which_home_has_what(url: str, home: Path, make, now):
    """Where nothing is shared, files are in the home that registered them."""
    blobs, place = BlobStore(home / "blobs"), Place("/data/home", "ws17")
    blobs.put(b"abc")
    with Registry.open(url, home, keeper=OwnBlobs(blobs, place)) as registry:
        save_model(registry, "churn", make.state(model__py="abc", other__py="gone"), now=now)

        assert registry.places_of([ABC, digest_of(b"gone")]) == {ABC: {place}}


def test_a_folder_that_all_machines_have_is_an_address(team: Team):
    """An absolute path means what file:// means; a relative one would be another for each process."""
    assert SharedFolder.at("/net/team").place == SharedFolder.at("file:///net/team/").place
    with pytest.raises(SharedFilesError, match="Set MODELOP_BLOBS_URL to an address"):
        SharedFolder.at("team/blobs")
