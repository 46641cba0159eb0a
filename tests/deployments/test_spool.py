"""An answer that is not read yet is kept in order, in memory and on disk."""

from __future__ import annotations

import asyncio

import pytest

from modelop_jupyter.deployments.spool import Spool

from ..waiting import PATIENCE


async def _read(spool: Spool) -> bytes:
    return b"".join([part async for part in _parts(spool)])


async def _parts(spool: Spool):  # type: ignore[no-untyped-def]
    while part := await spool.get():
        yield part


def test_what_is_put_comes_out_in_order() -> None:
    """Some of it while other parts are put, and some of it from the file."""
    parts = [b"%d," % number * 50 for number in range(3000)]

    async def run() -> bytes:
        with Spool(memory=1000, disk=200_000) as spool:
            reading = asyncio.ensure_future(_read(spool))
            for part in parts:
                await spool.put(part)
            spool.close()
            return await reading

    assert asyncio.run(run()) == b"".join(parts)


def test_nobody_has_to_read_before_everything_is_put() -> None:
    async def run() -> bytes:
        with Spool(memory=10) as spool:
            for _ in range(100):
                await spool.put(b"0123456789")
            spool.close()
            return await _read(spool)

    assert asyncio.run(run()) == b"0123456789" * 100


@pytest.mark.parametrize("reason", ["no more input", "full disk"])
def test_a_full_spool_waits_for_the_client(reason: str) -> None:
    async def run() -> bytes:
        disk = 1000 if reason == "no more input" else 1
        with Spool(memory=10, disk=disk) as spool:
            await spool.put(b"0123456789")
            await spool.put(b"a")
            if reason == "no more input":
                spool.end_input()
            putting = asyncio.ensure_future(spool.put(b"b"))
            await asyncio.sleep(0)
            assert not putting.done()
            found = await spool.get() + await spool.get()
            await asyncio.wait_for(putting, PATIENCE)
            return found + await spool.get()

    assert asyncio.run(run()) == b"0123456789ab"
