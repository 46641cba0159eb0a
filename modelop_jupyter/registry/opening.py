"""Open the registry and the blob store of the settings, with what homes share."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from modelop_jupyter.domain.places import Place
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.registry.blobs import BlobStore, OwnBlobs, SharedBlobs
from modelop_jupyter.settings import Settings

if TYPE_CHECKING:
    from modelop_jupyter.registry.holding import BlobKeeper
    from modelop_jupyter.registry.shared_folder import SharedFolder
    from modelop_jupyter.registry.store import Registry


def open_registry(settings: Settings, *, begins_anew: bool = False) -> Registry:
    """Open the registry; see :meth:`Registry.open`. What others cannot have is never named in it."""
    from modelop_jupyter.registry.store import Registry

    return Registry.open(
        settings.registry_url,
        settings.home,
        begins_anew=begins_anew,
        keeper=_keeper(settings),
    )


def open_blobs(
    settings: Settings,
    *,
    holder_of: Callable[[str], str | None] = lambda _: None,
    registry: Callable[[], Registry] | None = None,
) -> BlobStore:
    """Return the blob store; ``registry`` returns that of the settings, open, where it is needed.

    Without one, a message does not say in which home a file is.
    """
    shared = shared_folder(settings)

    def places_of(digest: str) -> Collection[Place]:
        with contextlib.suppress(ModelOpError):
            if registry is not None:
                return registry().places_of([digest]).get(digest, ())
        return ()

    def on_lost(digest: str) -> None:
        with contextlib.suppress(ModelOpError):
            if registry is not None and shared is not None:
                registry().forget_held(digest, shared.place)

    return BlobStore(
        settings.blobs,
        holder_of=holder_of,
        places_of=places_of,
        on_lost=on_lost,
        is_shared=settings.is_shared,
        shared=shared,
    )


def shared_folder(settings: Settings) -> SharedFolder | None:
    """Return what homes share, None where they share nothing.

    Raises :class:`SharedFilesError` for an address that cannot be used, and :class:`InvalidError`
    for a limit that cannot be parsed: a job would only find out when it has ended.
    """
    if settings.blobs_url is None:
        return None
    _ = settings.largest_shared
    from modelop_jupyter.registry.shared_folder import SharedFolder

    return SharedFolder.at(settings.blobs_url)


def own_place(settings: Settings) -> Place:
    """Return the home of the settings, as other homes name it."""
    return Place(str(settings.home), socket.gethostname())


def _keeper(settings: Settings) -> BlobKeeper | None:
    blobs, shared = BlobStore(settings.blobs), shared_folder(settings)
    if shared is not None:
        return SharedBlobs(blobs, shared)
    return OwnBlobs(blobs, own_place(settings)) if settings.is_shared else None
