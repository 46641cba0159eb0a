"""The methods about aliases of snapshots: ``workspace.aliases``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelop_jupyter.domain.aliases import alias_word
from modelop_jupyter.errors import InvalidError
from modelop_jupyter.workspace.home import Home, now

if TYPE_CHECKING:
    from modelop_jupyter.domain.aliases import Alias, AliasMove


class AliasesApi:
    """The words that stand for snapshots of a model. Called with a model's name, it lists them."""

    def __init__(self, home: Home) -> None:
        self._home = home

    def __call__(self, name: str) -> list[Alias]:
        """List the aliases of a model."""
        return self._home.registry.aliases_of(name)

    def move(self, name: str, word: str, snapshot: int | str | None = None) -> Alias:
        """Let a word stand for a snapshot, from now on; without one, for the newest.

        ``snapshot`` is a number, or another alias of the model.
        Raises :class:`InvalidError` for what cannot be an alias, and :class:`NotFoundError`.
        """
        plain = alias_word(word)
        number = self._number(name, snapshot)
        return self._home.registry.move_alias(name, plain, number, now=now(), by=self._home.author)

    def remove(self, name: str, word: str) -> None:
        """Take an alias away; its history stays."""
        plain = alias_word(word)
        self._home.registry.take_alias_away(name, plain, now=now(), by=self._home.author)

    def history(self, name: str, word: str | None = None) -> list[AliasMove]:
        """List the moves of a model's aliases, or of one of them, newest first."""
        plain = None if word is None else alias_word(word)
        return self._home.registry.moves_of_aliases(name, plain)

    def _number(self, name: str, snapshot: int | str | None) -> int:
        if snapshot is not None:
            number = self._home.numbered(f"{name}@{snapshot}").number
            assert number is not None
            return number
        snapshots = self._home.registry.list_snapshots(name)
        if not snapshots:
            raise InvalidError(
                f"{name} has no snapshot that an alias could stand for",
                f"'snapshot {name}' takes one",
            )
        return snapshots[0].number
