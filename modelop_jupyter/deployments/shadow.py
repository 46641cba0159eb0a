"""A snapshot that gets a copy of each record, and whose answers are only compared."""

from __future__ import annotations

import asyncio
import json

from modelop_jupyter.deployments.errors import RequestError
from modelop_jupyter.deployments.folder import DeploymentFolder
from modelop_jupyter.deployments.kept_lines import KeptLines
from modelop_jupyter.deployments.scoring import AnsweredRecord, Slots
from modelop_jupyter.deployments.serving import Serving
from modelop_jupyter.domain.deployments import ShadowDifference, ShadowReport

_MOST_BEHIND = 1000
_EXAMPLES = 5
_MOST_TEXT = 10_000
_SECONDS = 60.0


class Shadow:
    """Asks a second set of replicas for each record that the first has answered.

    It never holds up an answer: a record for which it is too far behind is dropped, and counted.
    """

    def __init__(self, serving: Serving, folder: DeploymentFolder) -> None:
        self.serving = serving
        self.is_ready = False
        self._compared = self._different = self._dropped = 0
        self._examples: list[ShadowDifference] = []
        folder.shadow_file.unlink(missing_ok=True)
        self._kept = KeptLines(folder.shadow_file)
        self._tasks: set[asyncio.Task[None]] = set()

    def handle_answer(self, answered: AnsweredRecord) -> None:
        """Ask for a record, too, and compare the two answers."""
        if not self.is_ready:
            return
        if len(self._tasks) >= _MOST_BEHIND:
            self._dropped += 1
            return
        task = asyncio.ensure_future(self._compare(answered))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @property
    def report(self) -> ShadowReport:
        """What was compared so far."""
        return ShadowReport(
            self.serving.plan.snapshot.number,
            self.is_ready,
            self._compared,
            self._different,
            self._dropped,
            tuple(self._examples),
        )

    def close(self) -> None:
        """Ask for nothing more."""
        self.is_ready = False
        for task in self._tasks:
            task.cancel()
        self._kept.close()

    async def _compare(self, answered: AnsweredRecord) -> None:
        try:
            lines = await self.serving.model.scorer.score(
                answered.text, Slots(answered.slot), _SECONDS
            )
        except RequestError as error:
            theirs = error.message
        else:
            theirs = b"\n".join(lines).decode("utf-8", "replace")
        ours = _text_of(answered)
        self._compared += 1
        if not _is_same(ours, theirs):
            self._different += 1
            record = answered.text.decode("utf-8", "replace")
            difference = ShadowDifference(*(text[:_MOST_TEXT] for text in (record, ours, theirs)))
            self._examples = [*self._examples, difference][-_EXAMPLES:]
            self._kept.add(difference)


def _text_of(answered: AnsweredRecord) -> str:
    if answered.error is not None:
        return answered.error.message
    lines = [line for _, text in answered.outputs for line in text.splitlines()]
    return b"\n".join(lines).decode("utf-8", "replace")


def _is_same(ours: str, theirs: str) -> bool:
    """Compare lines of JSON by their values, anything else as texts."""
    if ours == theirs:
        return True
    try:
        pair = [[json.loads(line) for line in text.splitlines()] for text in (ours, theirs)]
    except ValueError:
        return False
    return bool(pair[0] == pair[1])
