"""The methods about what users say of a model: ``workspace.metadata``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelop_jupyter.domain.metadata import (
    ModelMetadata,
    ModelTags,
    changed_metadata,
    changed_tags,
)
from modelop_jupyter.workspace.registration import write_existing

if TYPE_CHECKING:
    from modelop_jupyter.domain.models import Model
    from modelop_jupyter.registry import Draft
    from modelop_jupyter.workspace.home import Home

_NOTHING: Mapping[str, Any] = {}


class MetadataApi:
    """Tags and metadata of models: they are no part of its state, and no snapshot keeps them."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def tag(self, name: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> ModelTags:
        """Add tags to a model and remove others; without any, return those it has."""
        from modelop_jupyter.registry import Draft

        if not add and not remove:
            return ModelTags(name, self._home.registry.get_model(name).tags)

        def make(model: Model) -> Draft:
            return Draft(model.state, tags=changed_tags(name, model.tags, add, remove))

        return ModelTags(name, write_existing(name, make, self._home).model.tags)

    def meta(
        self, name: str, entries: Mapping[str, Any] = _NOTHING, remove: Sequence[str] = ()
    ) -> ModelMetadata:
        """Set entries of a model's metadata and remove others; without any, return what it has.

        A value is any JSON; ``a.b`` is the key b of the object a.
        """
        from modelop_jupyter.registry import Draft

        if not entries and not remove:
            return ModelMetadata(name, self._home.registry.get_model(name).meta)

        def make(model: Model) -> Draft:
            changed = changed_metadata(name, model.meta, entries, remove)
            return Draft(model.state, metadata=changed)

        return ModelMetadata(name, write_existing(name, make, self._home).model.meta)
