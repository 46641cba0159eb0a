"""The calls of a check: a sample's records in an order of its own, each of them timed."""

import time

from .record_loop import RecordLoop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .record_problems import InputRecord


class CheckedCalls(RecordLoop):
    """Scores the records of a sample in the order that the request's ``check`` asks for.

    ``given`` is that of the input, with the first record again at the end; ``reversed`` is the
    other way round, ``second half`` leaves the first half out. Writes ``calls.json`` and, for the
    given order, ``sample.json``.
    """

    def score_each(self) -> None:
        import copy

        records = list(self._valid_records())
        calls: list[dict[str, Any]] = []
        check = self.batch.request.get("check")
        order = check["order"] if check else "given"
        if order == "given":
            values = [{"record": record.index, "value": value} for record, value in records]
            self.journal.write_json("sample.json", {"records": values})
        for record, value in in_order(records, order):
            record.output_span = self.output.empty_span()
            self.current[1] = record.index
            # A model may change what it is given, and has some of it again.
            value = copy.deepcopy(value)
            started = time.perf_counter()
            self.score(record, value, 1)
            seconds = time.perf_counter() - started
            self.output.commit()
            calls.append(
                {"record": record.index, "seconds": seconds, "end": self.output.file.total}
            )
            if self.batch.advance(1, self.offset, self.index):
                break
        self.journal.write_json("calls.json", {"calls": calls})


def in_order(
    records: "list[tuple[InputRecord, Any]]", order: str
) -> "list[tuple[InputRecord, Any]]":
    """Return the records to score, the first of which has the number 0 in no order but ``given``."""
    if order == "reversed":
        return records[::-1]
    if order == "second half":
        return records[len(records) // 2 :]
    return records + records[:1]
