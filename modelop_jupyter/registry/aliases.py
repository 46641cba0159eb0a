"""The aliases of snapshots, and each move of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from modelop_jupyter.domain.aliases import Alias, AliasMove
from modelop_jupyter.errors import AliasNotFoundError, SnapshotNotFoundError
from modelop_jupyter.registry.queries import present_model, snapshot_refs
from modelop_jupyter.registry.tables import alias_moves, aliases, models, snapshots

NewId = Callable[[], str]

_ALIASES = sa.select(aliases, models.c.name.label("model")).join(models)


def move_alias(
    connection: sa.Connection,
    name: str,
    word: str,
    number: int,
    *,
    new_id: NewId,
    now: datetime,
    by: str | None,
) -> Alias:
    """Let a word stand for a snapshot; where it does already, nothing is recorded."""
    row = present_model(connection, name)
    of_number = (snapshots.c.model_id == row["id"], snapshots.c.number == number)
    if connection.scalar(sa.select(snapshots.c.id).where(*of_number)) is None:
        raise SnapshotNotFoundError(f"{name}@{number}", snapshot_refs(connection, row))
    is_it = (aliases.c.model_id == row["id"], aliases.c.word == word)
    before = connection.execute(_ALIASES.where(*is_it)).mappings().one_or_none()
    if before is not None and before["number"] == number:
        return _alias(before)
    values = {"number": number, "moved": now, "moved_by": by}
    if before is None:
        connection.execute(aliases.insert(), {"model_id": row["id"], "word": word, **values})
    else:
        connection.execute(aliases.update().where(*is_it).values(values))
    _record(connection, row["id"], word, number, new_id=new_id, now=now, by=by)
    return Alias(name, word, number, now, by)


def take_alias_away(
    connection: sa.Connection,
    name: str,
    word: str,
    *,
    new_id: NewId,
    now: datetime,
    by: str | None,
) -> None:
    """Remove an alias; raises :class:`AliasNotFoundError` where the model has none of this word."""
    row = present_model(connection, name)
    is_it = (aliases.c.model_id == row["id"], aliases.c.word == word)
    if connection.execute(aliases.delete().where(*is_it)).rowcount == 0:
        raise _not_found(connection, name, word)
    _record(connection, row["id"], word, None, new_id=new_id, now=now, by=by)


def number_of_alias(connection: sa.Connection, name: str, word: str) -> int:
    """Return the snapshot that an alias stands for; raises :class:`AliasNotFoundError`."""
    row = present_model(connection, name)
    query = sa.select(aliases.c.number)
    query = query.where(aliases.c.model_id == row["id"], aliases.c.word == word)
    number = connection.scalar(query)
    if number is None:
        raise _not_found(connection, name, word)
    return int(number)


def aliases_of(connection: sa.Connection, name: str) -> list[Alias]:
    """Return the aliases of a model by their words."""
    row = present_model(connection, name)
    query = _ALIASES.where(aliases.c.model_id == row["id"]).order_by(aliases.c.word)
    return [_alias(found) for found in connection.execute(query).mappings()]


def words_by_number(connection: sa.Connection, model_id: str) -> dict[int, tuple[str, ...]]:
    """Return the aliases of each snapshot of a model that has one."""
    query = sa.select(aliases.c.number, aliases.c.word).where(aliases.c.model_id == model_id)
    words: dict[int, tuple[str, ...]] = {}
    for number, word in connection.execute(query.order_by(aliases.c.word)):
        words[number] = (*words.get(number, ()), word)
    return words


def moves_of_aliases(connection: sa.Connection, name: str, word: str | None) -> list[AliasMove]:
    """Return the moves of a model's aliases, or of one of them, newest first."""
    row = present_model(connection, name)
    query = sa.select(alias_moves).where(alias_moves.c.model_id == row["id"])
    if word is not None:
        query = query.where(alias_moves.c.word == word)
    moves = connection.execute(query.order_by(alias_moves.c.moved.desc())).mappings()
    found = [
        AliasMove(name, move["word"], move["number"], move["moved"], move["moved_by"])
        for move in moves
    ]
    if word is not None and not found:
        raise _not_found(connection, name, word)
    return found


def _record(
    connection: sa.Connection,
    model_id: str,
    word: str,
    number: int | None,
    *,
    new_id: NewId,
    now: datetime,
    by: str | None,
) -> None:
    values = {"id": new_id(), "model_id": model_id, "word": word, "number": number}
    connection.execute(alias_moves.insert(), {**values, "moved": now, "moved_by": by})


def _not_found(connection: sa.Connection, name: str, word: str) -> AliasNotFoundError:
    return AliasNotFoundError(
        f"{name}@{word}", [alias.ref for alias in aliases_of(connection, name)]
    )


def _alias(row: sa.RowMapping) -> Alias:
    return Alias(row["model"], row["word"], row["number"], row["moved"], row["moved_by"])
