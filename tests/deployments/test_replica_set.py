"""Records that replicas answer by the rules of a batch, and what becomes of those that end."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from modelop_jupyter.deployments.errors import (
    QueueFullError,
    ReplicaEndedError,
    RequestTimeoutError,
)

from ..waiting import PATIENCE
from .conftest import Serve

pytestmark = pytest.mark.slow

_MODEL = """\
import os
import time
import warnings
from pathlib import Path

# modelop.init
def begin():
    global factor
    factor = 2

# modelop.score
def score(record):
    if record.get("warn"):
        warnings.warn("odd record")
    if record.get("exit"):
        os._exit(record["exit"])
    if record.get("kill"):
        os.kill(os.getpid(), record["kill"])
    if record.get("wait_for"):
        Path(record["wait_for"] + ".begun").touch()
        while not Path(record["wait_for"]).exists():
            time.sleep(0.01)
    if record.get("nan"):
        yield {"y": float("nan")}
    yield {"y": record["x"] * factor}
"""


def test_a_record_is_answered_as_in_a_batch(serve: Serve) -> None:
    """Spec 9.3: what is POSTed goes to the score function, and what it yields is the reply."""

    async def run() -> list[str]:
        async with serve(_MODEL) as served:
            return [
                await served.ask('{"x": 21}'),
                await served.ask('{"x":\n  "a"}'),
            ]

    assert asyncio.run(run()) == ['{"y":42}', '{"y":"aa"}']


def test_init_gets_the_deployed_model(serve: Serve) -> None:
    """Spec 1.6: with the snapshot as its deployable model."""
    source = """\
import json

# modelop.init
def begin(given):
    global seen
    document = json.loads(given["rawJson"])
    name = document["deployableModel"]["storedModel"]["modelMetaData"]["name"]
    seen = [sorted(given), given["deployedModel"] == document, name]

# modelop.score
def score(record):
    return seen
"""

    async def run() -> str:
        async with serve(source) as served:
            return await served.ask("1")

    assert asyncio.run(run()) == '[["deployedModel","rawJson"],true,"served"]'


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ('{"x": ', "input encoding: not JSON: Expecting value at character 6"),
        ('{"x": NaN}', "input encoding: NaN is not JSON"),
        ("{}", "model: 'x'"),
        ('{"x": 1, "warn": true}', "model: odd record"),
        ('{"x": 1, "nan": true}', "output encoding: y is NaN, which is not JSON"),
    ],
)
def test_a_bad_record_has_the_reason_that_a_batch_gives(
    serve: Serve, record: str, problem: str
) -> None:
    """Spec 2.4, 13.5, 13.10; the next record is scored by the same process."""

    async def run() -> tuple[str, str, list[int | None]]:
        async with serve(_MODEL) as served:
            return await served.ask(record), await served.ask('{"x": 1}'), served.restarts

    assert asyncio.run(run()) == (problem, '{"y":2}', [])


def test_records_are_checked_by_the_input_schema_where_it_is_asked_for(serve: Serve) -> None:
    schema = Path("input_schema.avsc")
    schema.write_text('{"type": "record", "name": "R", "fields": [{"name": "x", "type": "int"}]}')

    async def run() -> tuple[str, str]:
        async with serve(_MODEL, schema, check_schemas="in") as served:
            return await served.ask('{"x": 1}'), await served.ask('{"x": "a"}')

    good, bad = asyncio.run(run())

    assert good == '{"y":2}'
    assert bad.startswith("input schema: ")


def test_the_records_of_each_input_slot_go_to_its_function(serve: Serve) -> None:
    """Spec 13.9, 13.18: with the slot as the second argument, and outputs to slots of their own."""
    source = """\
# modelop.slot.0: in-use
# modelop.slot.2: in-use
# modelop.slot.1: in-use
# modelop.slot.3: in-use

# modelop.score
def score(record, slot, sequence):
    yield {"x": record, "slot": slot, "sequence": sequence}
    yield 3, "third"
"""

    async def run() -> tuple[object, object]:
        async with serve(source) as served:
            first = await served.replicas.ask(0, b"7", PATIENCE)
            second = await served.replicas.ask(2, b"8", PATIENCE)
            return first.outputs, second.outputs

    assert asyncio.run(run()) == (
        ((1, b'{"x":7,"slot":0,"sequence":1}\n'), (3, b'"third"\n')),
        ((1, b'{"x":8,"slot":2,"sequence":2}\n'), (3, b'"third"\n')),
    )


def test_a_process_that_ends_in_a_record_is_replaced(serve: Serve) -> None:
    """The record fails; the next one waits for the new process."""

    async def run() -> tuple[int, str, list[int | None]]:
        async with serve(_MODEL) as served:
            with pytest.raises(ReplicaEndedError) as caught:
                await served.ask('{"x": 1, "exit": 3}')
            return caught.value.exit_code, await served.ask('{"x": 2}'), served.restarts

    assert asyncio.run(run()) == (3, '{"y":4}', [3])


def test_a_record_whose_process_is_killed_from_outside_has_a_second_try(
    serve: Serve, tmp_path: Path
) -> None:
    """As in a batch: whoever sends SIGKILL may not be the model."""
    gate = tmp_path / "gate"

    async def run() -> tuple[str, list[int | None]]:
        async with serve(_MODEL) as served:
            asked = asyncio.create_task(served.ask(f'{{"x": 1, "wait_for": "{gate}"}}'))
            begun = gate.with_suffix(".begun")
            while not begun.exists():
                await asyncio.sleep(0.01)
            pid = served.replicas.replicas[0].pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            while not served.restarts:
                await asyncio.sleep(0.01)
            gate.touch()
            return await asked, served.restarts

    assert asyncio.run(run()) == ('{"y":2}', [-signal.SIGKILL])


def test_a_record_that_kills_its_process_twice_fails(serve: Serve) -> None:
    async def run() -> tuple[int, list[int | None]]:
        async with serve(_MODEL) as served:
            with pytest.raises(ReplicaEndedError) as caught:
                await served.ask(f'{{"x": 1, "kill": {int(signal.SIGKILL)}}}')
            return caught.value.exit_code, served.restarts

    assert asyncio.run(run()) == (-signal.SIGKILL, [-signal.SIGKILL] * 2)


def test_a_record_over_its_time_is_ended_and_harms_no_other(serve: Serve, tmp_path: Path) -> None:
    """Its process is ended, and the next record waits for a new one."""

    async def run() -> tuple[bool, str, list[int | None]]:
        async with serve(_MODEL) as served:
            with pytest.raises(RequestTimeoutError) as caught:
                await served.ask(f'{{"x": 1, "wait_for": "{tmp_path / "never"}"}}', seconds=0.2)
            return caught.value.was_begun, await served.ask('{"x": 2}'), served.restarts

    assert asyncio.run(run()) == (True, '{"y":4}', [-signal.SIGKILL])


def test_a_full_queue_is_refused_at_once(serve: Serve, tmp_path: Path) -> None:
    """One record is scored, one waits, the third finds no place."""
    gate = tmp_path / "gate"

    async def run() -> list[str]:
        async with serve(_MODEL, queue=1) as served:
            first = asyncio.create_task(served.ask(f'{{"x": 1, "wait_for": "{gate}"}}'))
            second = asyncio.create_task(served.ask('{"x": 2}'))
            while not served.replicas.waiting:
                await asyncio.sleep(0.01)
            with pytest.raises(QueueFullError):
                await served.ask('{"x": 3}')
            gate.touch()
            return [await first, await second]

    assert asyncio.run(run()) == ['{"y":2}', '{"y":4}']


def test_a_record_that_waits_too_long_was_not_begun(serve: Serve, tmp_path: Path) -> None:
    gate = tmp_path / "gate"

    async def run() -> tuple[bool, str]:
        async with serve(_MODEL) as served:
            first = asyncio.create_task(served.ask(f'{{"x": 1, "wait_for": "{gate}"}}'))
            while not gate.with_suffix(".begun").exists():
                await asyncio.sleep(0.01)
            with pytest.raises(RequestTimeoutError) as caught:
                await served.ask('{"x": 2}', seconds=0.05)
            gate.touch()
            return caught.value.was_begun, await first

    assert asyncio.run(run()) == (False, '{"y":2}')


def test_several_replicas_score_at_once(serve: Serve, tmp_path: Path) -> None:
    """Two records that wait for the same file are both begun."""
    gates = [tmp_path / "a", tmp_path / "b"]

    async def run() -> list[str]:
        async with serve(_MODEL, size=2) as served:
            asked = [
                asyncio.create_task(served.ask(f'{{"x": 1, "wait_for": "{gate}"}}'))
                for gate in gates
            ]
            while not all(gate.with_suffix(".begun").exists() for gate in gates):
                await asyncio.sleep(0.01)
            for gate in gates:
                gate.touch()
            return await asyncio.gather(*asked)

    assert asyncio.run(run()) == ['{"y":2}'] * 2


def test_draining_answers_what_was_asked_and_runs_exit_functions(
    serve: Serve, tmp_path: Path
) -> None:
    gate, farewell = tmp_path / "gate", tmp_path / "farewell"
    source = f"import atexit\natexit.register(lambda: open({str(farewell)!r}, 'w'))\n{_MODEL}"

    async def run() -> list[str]:
        async with serve(source) as served:
            asked = [
                asyncio.create_task(served.ask(f'{{"x": {x}, "wait_for": "{gate}"}}'))
                for x in range(3)
            ]
            while not gate.with_suffix(".begun").exists():
                await asyncio.sleep(0.01)
            draining = asyncio.create_task(served.replicas.drain(PATIENCE))
            gate.touch()
            answers = await asyncio.gather(*asked)
            await draining
            assert served.replicas.replicas == ()
            return answers

    assert asyncio.run(run()) == ['{"y":0}', '{"y":2}', '{"y":4}']
    assert farewell.exists()


def test_records_without_an_answer_are_refused_when_all_is_ended(
    serve: Serve, tmp_path: Path
) -> None:
    """The one that is scored, the one that waits, and the next."""

    async def run() -> list[str]:
        async with serve(_MODEL) as served:
            text = f'{{"x": 1, "wait_for": "{tmp_path / "never"}"}}'
            asked = [asyncio.create_task(served.ask(text)) for _ in range(2)]
            while not served.replicas.waiting:
                await asyncio.sleep(0.01)
            await served.replicas.kill()
            asked.append(asyncio.create_task(served.ask(text)))
            errors = await asyncio.gather(*asked, return_exceptions=True)
            return [type(error).__name__ for error in errors]

    assert asyncio.run(run()) == ["StoppingError"] * 3


def test_a_record_that_nobody_waits_for_still_has_its_time(serve: Serve, tmp_path: Path) -> None:
    """A client that goes away does not keep a replica for ever."""

    async def run() -> tuple[str, list[int | None]]:
        async with serve(_MODEL) as served:
            never = tmp_path / "never"
            text = f'{{"x": 1, "wait_for": "{never}"}}'
            asked = asyncio.create_task(served.ask(text, seconds=1))
            while not never.with_suffix(".begun").exists():
                await asyncio.sleep(0.01)
            asked.cancel()
            return await served.ask('{"x": 2}'), served.restarts

    assert asyncio.run(run()) == ('{"y":4}', [-signal.SIGKILL])


def test_a_record_that_stops_waiting_leaves_its_place(serve: Serve, tmp_path: Path) -> None:
    gate = tmp_path / "gate"

    async def run() -> tuple[int, list[str]]:
        async with serve(_MODEL) as served:
            first = asyncio.create_task(served.ask(f'{{"x": 1, "wait_for": "{gate}"}}'))
            second = asyncio.create_task(served.ask('{"x": 2}'))
            while not served.replicas.waiting:
                await asyncio.sleep(0.01)
            second.cancel()
            await asyncio.wait([second])
            left = served.replicas.waiting
            gate.touch()
            return left, [await first, await served.ask('{"x": 3}')]

    assert asyncio.run(run()) == (0, ['{"y":2}', '{"y":6}'])


def test_a_model_whose_init_fails_is_not_started(serve: Serve) -> None:
    """Spec 13.4: an error in import or init ends it."""
    source = "# modelop.init\ndef begin():\n    raise ValueError('no file')\n" + (
        "# modelop.score\ndef score(record):\n    return record\n"
    )

    async def run() -> None:
        async with serve(source):
            pass

    with pytest.raises(ReplicaEndedError):
        asyncio.run(run())


def test_a_replica_without_its_connection_is_asked_for_nothing(serve: Serve) -> None:
    """It ends soon, and is replaced; whoever asks meanwhile waits for the next one."""

    async def run() -> tuple[str, bool]:
        async with serve(_MODEL) as served:
            (replica,) = served.replicas.replicas
            assert replica._transport is not None
            replica._transport.abort()
            answer = await served.ask('{"x": 1}')
            return answer, replica in served.replicas.replicas

    assert asyncio.run(run()) == ('{"y":2}', False)
