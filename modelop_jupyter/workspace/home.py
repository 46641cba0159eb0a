"""A home folder, opened where a verb first needs it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from functools import cached_property, lru_cache, partial
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from modelop_jupyter import files
from modelop_jupyter.domain.environments import BuildStep, EnvironmentSpec
from modelop_jupyter.domain.models import Model, ModelRef, ModelState, Snapshot
from modelop_jupyter.errors import HomeError
from modelop_jupyter.settings import Settings

if TYPE_CHECKING:
    from modelop_jupyter.jobs.cleanup import Cleanup
    from modelop_jupyter.jobs.service import JobService
    from modelop_jupyter.registry import BlobStore, Registry
    from modelop_jupyter.workspace.environments import ModelEnvironments

T = TypeVar("T", bound="Home")

_REMEMBERED = 2000


class Home:
    """Registry, blobs, environments and jobs of one folder, and how a reference is resolved there."""

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        progress: Callable[[BuildStep], None] | None = None,
    ) -> None:
        self.settings = settings or Settings.from_environment()
        self.progress = progress

    def __enter__(self: T) -> T:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database; running jobs go on."""
        if "registry" in self.__dict__:
            self.registry.close()
            del self.__dict__["registry"]

    @cached_property
    def registry(self) -> Registry:
        """The registry, opened when first used."""
        return self._opened()

    def _opened(self, *, begins_anew: bool = False) -> Registry:
        from modelop_jupyter.registry import Registry

        home = self.settings.home
        try:
            files.make_private(home)
        except OSError as error:
            raise HomeError(str(home), error.strerror or str(error)) from None
        self._require_folders()
        return Registry.open(self.settings.registry_url, home, begins_anew=begins_anew)

    def _require_folders(self) -> None:
        settings = self.settings
        for path in (settings.jobs, settings.blobs, settings.environments):
            if path.exists() and not path.is_dir():
                raise HomeError(str(path), "it is not a folder", "Move it away, and try again")

    @cached_property
    def blobs(self) -> BlobStore:
        """Where the bytes of all assets are."""
        from modelop_jupyter.registry import BlobStore

        self._require_folders()
        settings = self.settings
        return BlobStore(settings.blobs, holder_of=self._holder_of, is_shared=settings.is_shared)

    def _holder_of(self, digest: str) -> str | None:
        """Return the model and the asset that bytes belong to, None where nobody knows."""
        for model in self.registry.list_models():
            owners: list[Model | Snapshot] = [model, *self.registry.list_snapshots(model.name)]
            for owner in owners:
                if holder := owner.holder_of(digest):
                    return holder
        return None

    @property
    def job_service(self) -> JobService:
        from modelop_jupyter.jobs.service import JobService

        return JobService(self.settings, self.registry)

    @property
    def job_cleanup(self) -> Cleanup:
        """What removes jobs of this home."""
        from modelop_jupyter.jobs.cleanup import Cleanup

        return Cleanup(self.job_service, self.registry, self.settings, now=now)

    @property
    def environments(self) -> ModelEnvironments:
        """The environments of this home and the models they belong to."""
        return self.environments_from(offline=False)

    @cached_property
    def _specs(self) -> Callable[[ModelState], EnvironmentSpec]:
        """What states ask for, remembered: a state never changes, and reading it takes a millisecond."""
        from modelop_jupyter.jobs.environment import spec_of_state

        return lru_cache(_REMEMBERED)(partial(spec_of_state, blobs=self.blobs))

    def environments_from(self, *, offline: bool) -> ModelEnvironments:
        """Return the environments; ``offline`` ones are made of the package cache alone."""
        from modelop_jupyter.workspace.environments import ModelEnvironments

        return ModelEnvironments(
            self.settings,
            self.registry,
            self.blobs,
            specs=self._specs,
            progress=self.progress,
            offline=offline,
        )

    def pinned(self, ref: str) -> tuple[Model, Snapshot]:
        """Return the model and the snapshot a job points at, taken if the state has changed."""
        model, snapshot = self.find(ref)
        snapshot = snapshot or self.registry.take_snapshot(model.name, now=now())[0]
        return model, self.environments.remember(snapshot)

    def find(self, ref: str) -> tuple[Model, Snapshot | None]:
        parsed = ModelRef.parse(ref)
        model = self.registry.get_model(parsed.name)
        if parsed.number is None:
            return model, None
        return model, self.registry.get_snapshot(parsed.name, parsed.number)

    def owner(self, ref: str) -> Model | Snapshot:
        """Return what a reference names: a model as it is now, or a snapshot."""
        model, snapshot = self.find(ref)
        return snapshot or model

    def state_of(self, ref: str) -> ModelState:
        return self.owner(ref).state


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(timezone.utc)
