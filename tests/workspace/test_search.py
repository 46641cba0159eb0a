"""Models are searched by what their jobs have measured."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from modelop_jupyter import Workspace
from tests.waiting import PATIENCE

SOURCE = """\
# modelop.metrics
def metrics(data):
    yield {"performance": [{"values": {"auc": float(data["auc"].mean())}}]}
"""


@pytest.mark.slow
def test_a_metrics_job_makes_its_model_found(workspace: Workspace) -> None:
    """Also one of a release that kept no metrics in the registry."""
    Path("m.py").write_text(SOURCE)
    Path("good.json").write_text('{"auc": 0.9}\n')
    workspace.register("m", "m.py")
    workspace.metrics("m", "good.json").wait(PATIENCE)
    found = [row.name for row in workspace.models(match="metrics.auc>=0.9")]
    engine = sa.create_engine(workspace.settings.registry_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("delete from newest_metrics")
    engine.dispose()
    again = [row.name for row in workspace.models(match="metrics.auc>=0.9")]

    assert (found, again) == (["m"], ["m"])
