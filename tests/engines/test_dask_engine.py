"""Addresses that no client can be made for."""

from __future__ import annotations

import pytest

from modelop_jupyter.engines.dask_engine import DaskEngine
from modelop_jupyter.errors import EngineError
from modelop_jupyter.jobs.nodes.node import run_task


def test_a_cluster_with_tls_needs_certificates() -> None:
    """Issue 14: an address that cannot be used has one sentence, and what to do."""
    with pytest.raises(EngineError, match="needs certificates for TLS") as raised:
        DaskEngine().open("tls://127.0.0.1:9", run_task)

    assert raised.value.hint is not None
    assert "distributed.comm.tls" in raised.value.hint
