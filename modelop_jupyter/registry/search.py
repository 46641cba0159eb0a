"""Search models: the texts that are kept of each, the newest metrics, and the conditions of a query."""

from __future__ import annotations

import operator
import platform
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from modelop_jupyter.domain.jobs import JobKind, JobRecord, JobResult
from modelop_jupyter.domain.metadata import leaves, value_text
from modelop_jupyter.domain.model_search import EQUAL, META, METRICS, TEXT, ModelQuery, Term
from modelop_jupyter.domain.models import ENTRY_POINT_KINDS, Model
from modelop_jupyter.domain.results.metric_paths import is_point
from modelop_jupyter.registry.queries import JOBS
from modelop_jupyter.registry.rows import job_of, model_of
from modelop_jupyter.registry.tables import (
    aliases,
    jobs,
    models,
    newest_metrics,
    search_terms,
    search_texts,
)

_INDEXED_AT_ONCE = 500
_LONGEST_TEXT = 20_000
_MOST_METRICS = 500
_LONGEST_PATH = 255
_PYTHON = "python"
# A path that no metric has: it says that a job's metrics were looked at.
_MARK = ""
_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
    "!=": operator.ne,
}


def index_model(connection: sa.Connection, model: Model, *, is_new: bool = False) -> None:
    """Keep the texts by which a model is found, in place of those before."""
    if not is_new:
        for table in (search_terms, search_texts):
            connection.execute(table.delete().where(table.c.model_id == model.id))
    texts = list(_texts(model))
    # One row of all: to look through a row for each takes several times as long.
    whole = _folded("\n".join([model.name, *(text for kind, _, text in texts if kind != _PYTHON)]))
    connection.execute(search_texts.insert(), {"model_id": model.id, "value": whole})
    rows = [
        {
            "model_id": model.id,
            "position": position,
            "kind": kind,
            "name": name.casefold(),
            "value": _folded(text),
        }
        for position, (kind, name, text) in enumerate(texts)
    ]
    if rows:
        connection.execute(search_terms.insert(), rows)


def _texts(model: Model) -> Iterator[tuple[str, str, str]]:
    """Return kind, name and text of all by which a model is found."""
    texts = [("description", "", model.description)]
    texts += [("tag", "", tag) for tag in model.tags]
    texts += [(META, key, value_text(value)) for key, value in leaves(model.meta)]
    texts += [("asset", "", asset.path) for asset in model.state.assets]
    called = [model.state.entry_points.get(kind) for kind in ENTRY_POINT_KINDS]
    captured = [function.name for function in model.origin.functions] if model.origin else []
    names = dict.fromkeys([*filter(None, called), *captured])
    texts += [("function", "", name) for name in names]
    texts.append((_PYTHON, "", model.state.python or ""))
    return (each for each in texts if each[2])


def _folded(text: str) -> str:
    return text.casefold()[:_LONGEST_TEXT]


def unindexed_models(connection: sa.Connection, *, limit: int = _INDEXED_AT_ONCE) -> list[Model]:
    """Return some models that a release before has written, of which no texts are kept."""
    is_indexed = sa.exists().where(search_texts.c.model_id == models.c.id)
    query = sa.select(models).where(models.c.removed.is_(False), ~is_indexed)
    rows = connection.execute(query.limit(limit)).mappings()
    return [model_of(row) for row in rows]


def keep_metrics(connection: sa.Connection, job: JobRecord, numbers: Mapping[str, float]) -> None:
    """Keep the numbers of a metrics job as the newest of its model, unless a later job has some."""
    model_id = connection.scalar(sa.select(jobs.c.model_id).where(jobs.c.id == job.id))
    if model_id is None:
        return
    of_model = newest_metrics.c.model_id == model_id
    later = (
        sa.select(jobs.c.id)
        .join(newest_metrics, newest_metrics.c.job_id == jobs.c.id)
        .where(of_model, newest_metrics.c.path == _MARK, jobs.c.created > job.created)
    )
    if connection.scalar(later) is not None:
        return
    kept = [
        (path, value)
        for path, value in numbers.items()
        if len(path) <= _LONGEST_PATH and path != _MARK and not is_point(path)
    ]
    connection.execute(newest_metrics.delete().where(of_model))
    connection.execute(
        newest_metrics.insert(),
        [
            {"model_id": model_id, "path": path, "value": value, "job_id": job.id}
            for path, value in [(_MARK, 0.0), *kept[:_MOST_METRICS]]
        ],
    )


def unmeasured_jobs(connection: sa.Connection) -> list[JobRecord]:
    """Return the last metrics job of each model whose metrics no release has looked at."""
    is_good = sa.and_(
        jobs.c.kind == JobKind.METRICS.value, jobs.c.result == JobResult.SUCCESS.value
    )
    is_known = sa.exists().where(newest_metrics.c.model_id == jobs.c.model_id)
    last = (
        sa.select(jobs.c.model_id, sa.func.max(jobs.c.created).label("created"))
        .where(is_good, ~is_known)
        .group_by(jobs.c.model_id)
        .subquery()
    )
    is_last = sa.and_(jobs.c.model_id == last.c.model_id, jobs.c.created == last.c.created)
    rows = connection.execute(JOBS.join(last, is_last).where(is_good)).mappings()
    return [job_of(row) for row in rows]


def conditions(query: ModelQuery) -> list[sa.ColumnElement[bool]]:
    """Return what a row of models has to meet."""
    return [
        sa.not_(_condition(term)) if term.is_negated else _condition(term) for term in query.terms
    ]


def _condition(term: Term) -> sa.ColumnElement[bool]:
    if term.field == METRICS:
        return _measured(term)
    value = term.value.casefold()
    if term.field == TEXT:
        return _has(search_texts, search_texts.c.value.contains(value, autoescape=True))
    if term.field == "alias":
        return _has(aliases, _matches(aliases.c.word, term))
    if term.field == "by":
        users = (models.c.created_by, models.c.modified_by)
        # Of a model without a user the comparison is NULL, which its negation would be, too.
        return sa.or_(
            *(_matches(sa.func.lower(sa.func.coalesce(user, "")), term) for user in users)
        )
    if term.field == "name":
        return _matches(models.c.key, term)
    is_kind = search_terms.c.kind == term.field
    if term.field == META:
        is_kind = sa.and_(is_kind, search_terms.c.name == term.key)
    found = _has(search_terms, is_kind, _matches(search_terms.c.value, term))
    return _of_python(term, found) if term.field == _PYTHON else found


def _of_python(term: Term, found: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return the condition for ``3.8``, which 3.8.19 meets, and all that chose no other Python."""
    if term.operator != EQUAL:
        return found
    is_python = search_terms.c.kind == _PYTHON
    within = search_terms.c.value.startswith(f"{term.value.casefold()}.", autoescape=True)
    found = sa.or_(found, _has(search_terms, is_python, within))
    if f"{platform.python_version()}.".startswith(f"{term.value}."):
        found = sa.or_(found, sa.not_(_has(search_terms, is_python)))
    return found


def _measured(term: Term) -> sa.ColumnElement[bool]:
    """Return the condition on a metric, by its path or the end of it."""
    known = _known_paths()
    is_it = sa.or_(known == term.key, known.endswith(f".{term.key}", autoescape=True))
    return _has(
        newest_metrics,
        newest_metrics.c.path.in_(sa.select(known).where(is_it)),
        _COMPARED[term.operator](newest_metrics.c.value, term.number),
    )


def _known_paths() -> sa.ColumnElement[str]:
    """Return the paths of all metrics, each once, by one step through the index for each.

    Models share most of them, and a ``SELECT DISTINCT`` would read the rows of all models.
    """
    path = newest_metrics.c.path
    paths = sa.select(sa.func.min(path).label("path")).cte("paths", recursive=True)
    following = sa.select(sa.func.min(path)).where(path > paths.c.path).scalar_subquery()
    known = paths.union_all(sa.select(following).where(paths.c.path.is_not(None)))
    return known.c.path


def _has(table: sa.Table, *where: sa.ColumnElement[bool]) -> sa.ColumnElement[bool]:
    """Return the condition that a model has such a row; read once, not for each model."""
    return models.c.id.in_(sa.select(table.c.model_id).where(*where))


def _matches(column: sa.ColumnElement[str], term: Term) -> sa.ColumnElement[bool]:
    value = term.value.casefold()
    if term.operator != EQUAL:
        return column.contains(value, autoescape=True)
    if not set(value) & set("*?"):
        return column == value
    pattern = value.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return column.like(pattern.replace("*", "%").replace("?", "_"), escape="/")
