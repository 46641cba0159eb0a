"""What is told of each record that was asked for."""

from __future__ import annotations

import asyncio

import pytest

from modelop_jupyter.deployments.errors import RequestError
from modelop_jupyter.deployments.scoring import AnsweredRecord, Scorer, Slots

from ..waiting import PATIENCE
from .conftest import Serve

pytestmark = pytest.mark.slow

_MODEL = """\
# modelop.score
def score(record):
    yield 1 / record
"""


def test_each_record_is_reported_once_with_what_it_got(serve: Serve) -> None:
    async def run() -> list[AnsweredRecord]:
        answered: list[AnsweredRecord] = []
        async with serve(_MODEL) as served:
            scorer = Scorer(served.replicas, 1, answered.append)
            with pytest.raises(RequestError):
                await scorer.score_body(b"[2, 0]", Slots(), PATIENCE)
        return answered

    good, bad = asyncio.run(run())

    assert (good.slot, good.text, good.outputs, good.error) == (0, b"2", ((1, b"0.5\n"),), None)
    assert (bad.text, bad.outputs) == (b"0", ())
    assert bad.error is not None
    assert bad.error.code == "model"
