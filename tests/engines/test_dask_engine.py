"""Addresses that no client can be made for, and a session beside the threads of its client."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from modelop_jupyter.engines.base import TaskLost
from modelop_jupyter.engines.dask_engine import DaskEngine, DaskSession
from modelop_jupyter.errors import EngineError
from modelop_jupyter.jobs.nodes.node import run_task


def test_a_cluster_with_tls_needs_certificates() -> None:
    """Issue 14: an address that cannot be used has one sentence, and what to do."""
    with pytest.raises(EngineError, match="needs certificates for TLS") as raised:
        DaskEngine().open("tls://127.0.0.1:9", run_task)

    assert raised.value.hint is not None
    assert "distributed.comm.tls" in raised.value.hint


class EndsAnother(frozenset[str]):
    """The nodes of a task; while they are looked at, another task ends."""

    session: DaskSession

    def __and__(self, _: object) -> frozenset[str]:
        self.session._forget("other")
        return frozenset()


@pytest.fixture
def session() -> DaskSession:
    """A session whose cluster does not answer any more."""
    client = SimpleNamespace(subscribe_topic=lambda *_: None, status="closed")
    return DaskSession("dask://there", client, None, run_task, {})


def test_a_task_may_end_while_those_of_nodes_that_left_are_given_up(session: DaskSession) -> None:
    """Results arrive in threads of the client."""
    nodes = EndsAnother({"gone"})
    nodes.session = session
    session._restricted = {"task": nodes, "other": frozenset({"gone"})}
    session._futures = {"task": SimpleNamespace(), "other": SimpleNamespace()}  # type: ignore[dict-item]
    session._give_up_on_left()
    events = [session._events.get_nowait() for _ in range(session._events.qsize())]

    assert [(event.name, type(event)) for event in events] == [("task", TaskLost)]
