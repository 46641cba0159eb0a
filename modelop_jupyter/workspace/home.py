"""A home folder: its registry, blobs, environments and jobs, each opened when first used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from functools import cached_property, lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from modelop_jupyter import files
from modelop_jupyter.domain.models import Model, ModelRef, ModelState, Snapshot
from modelop_jupyter.errors import HomeError

if TYPE_CHECKING:
    from modelop_jupyter.domain.environments import EnvironmentSpec
    from modelop_jupyter.domain.reports import Step
    from modelop_jupyter.jobs.cleanup.cleanup import Cleanup
    from modelop_jupyter.jobs.service import JobService
    from modelop_jupyter.models.environments import ModelEnvironments
    from modelop_jupyter.registry import BlobStore, Registry
    from modelop_jupyter.settings import Settings

_CACHED_SPECS = 2000


class Home:
    """What the components of a workspace share: the parts of one folder, and how references resolve."""

    def __init__(
        self, settings: Settings, *, progress: Callable[[Step], None] | None = None
    ) -> None:
        self.settings = settings
        self.progress = progress
        self._registry: Registry | None = None

    def open(self) -> None:
        """Open the registry and the blob store."""
        self.registry  # noqa: B018
        self.blobs  # noqa: B018

    def close(self) -> None:
        """Close the database; running jobs go on."""
        if self._registry is not None:
            self._registry.close()
            self._registry = None

    @property
    def registry(self) -> Registry:
        """The registry, opened when first used."""
        if self._registry is None:
            self._registry = self._open_registry(begins_anew=False)
        return self._registry

    def open_registry_anew(self) -> Registry:
        """Return the registry; unless it is open, a database that was lost begins anew."""
        if self._registry is None:
            self._registry = self._open_registry(begins_anew=True)
        return self._registry

    def _open_registry(self, *, begins_anew: bool) -> Registry:
        from modelop_jupyter.registry.opening import open_registry

        home = self.settings.home
        try:
            files.make_private(home)
        except OSError as error:
            raise HomeError(str(home), error.strerror or str(error)) from None
        self._require_folders()
        return open_registry(self.settings, begins_anew=begins_anew)

    def _require_folders(self) -> None:
        settings = self.settings
        for path in (settings.jobs, settings.blobs, settings.environments):
            if path.exists() and not path.is_dir():
                raise HomeError(str(path), "it is not a folder", "Move it away, and try again")

    @cached_property
    def blobs(self) -> BlobStore:
        """The store of the bytes of all assets."""
        from modelop_jupyter.registry.opening import open_blobs

        self._require_folders()
        return open_blobs(self.settings, holder_of=self._holder_of, registry=lambda: self.registry)

    @contextmanager
    def scratch(self) -> Iterator[Home]:
        """Yield this home with a blob store whose new bytes are gone afterwards."""
        from modelop_jupyter.registry.scratch_blobs import ScratchBlobs

        with TemporaryDirectory(prefix="modelop-scratch-") as folder:
            home = Home(self.settings, progress=self.progress)
            home._registry = self.registry
            home.blobs = ScratchBlobs(Path(folder) / "blobs", self.blobs)
            yield home

    def _holder_of(self, digest: str) -> str | None:
        """Return the model and the asset that have this digest, None where there is none."""
        for model in self.registry.list_models():
            owners: list[Model | Snapshot] = [model, *self.registry.list_snapshots(model.name)]
            for owner in owners:
                if holder := owner.holder_of(digest):
                    return holder
        return None

    @property
    def author(self) -> str | None:
        """Who is on record for what is registered and run here."""
        return self.settings.author

    @property
    def job_service(self) -> JobService:
        """What starts the jobs of this home and says how far they are."""
        from modelop_jupyter.jobs.service import JobService

        return JobService(self.settings, self.registry)

    @property
    def job_cleanup(self) -> Cleanup:
        """What removes jobs of this home."""
        from modelop_jupyter.jobs.cleanup.cleanup import Cleanup

        return Cleanup(self.job_service, self.registry, self.settings, now=now)

    @property
    def environments(self) -> ModelEnvironments:
        """The environments of this home and the models they belong to."""
        return self.environments_from(offline=False)

    @cached_property
    def _specs(self) -> Callable[[ModelState], EnvironmentSpec]:
        """Read what a state requires, cached: a state never changes, and reading takes a millisecond."""
        from modelop_jupyter.models.environment_spec import spec_of_state

        return lru_cache(_CACHED_SPECS)(partial(spec_of_state, blobs=self.blobs))

    def environments_from(
        self, *, offline: bool, progress: Callable[[Step], None] | None = None
    ) -> ModelEnvironments:
        """Return the environments; ``offline`` ones are built from the package cache alone.

        ``progress`` is called with the steps of a build instead of the workspace's.
        """
        from modelop_jupyter.models.environments import ModelEnvironments

        return ModelEnvironments(
            self.settings,
            self.registry,
            self.blobs,
            specs=self._specs,
            now=now,
            progress=progress or self.progress,
            offline=offline,
        )

    def find(self, ref: str) -> tuple[Model, Snapshot | None]:
        """Return the model that a reference names, and the snapshot of ``NAME@N`` or ``NAME@ALIAS``."""
        parsed = self.numbered(ref)
        model = self.registry.get_model(parsed.name)
        if parsed.number is None:
            return model, None
        return model, self.registry.get_snapshot(parsed.name, parsed.number)

    def numbered(self, ref: str) -> ModelRef:
        """Return a reference with the number that its alias stands for now.

        What is kept beyond a call, such as the name of a kernel, is kept with the number.
        """
        parsed = ModelRef.parse(ref)
        if parsed.alias is None:
            return parsed
        return ModelRef(parsed.name, self.registry.number_of_alias(parsed.name, parsed.alias))

    def owner(self, ref: str) -> Model | Snapshot:
        """Return what a reference names: a model as it is now, or a snapshot."""
        model, snapshot = self.find(ref)
        return snapshot or model

    def state(self, ref: str) -> ModelState:
        """Return the assets, entry points and Python of what a reference names."""
        return self.owner(ref).state

    def resolve_snapshot(self, ref: str) -> tuple[Model, Snapshot]:
        """Return the model and the snapshot that a job runs; taken now if the model has changed."""
        model, snapshot = self.find(ref)
        snapshot = snapshot or self.registry.take_snapshot(model.name, now=now(), by=self.author)[0]
        return model, self.environments.remember(snapshot)


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(timezone.utc)
