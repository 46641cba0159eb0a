"""Score the records of all inputs, slot by slot, whatever they hold."""

import bisect
import os
import struct
import time

from .badrecords import BadRecords
from .checkpoint import Checkpoint
from .codec import codec_for
from .feed import Feed
from .files import Appender
from .lines import Lines
from .output import Output
from .rows import Rows
from .stopping import Stop, Stopped
from .stream import Stream

EAGER = 1000  # records written at once, so that a short job that dies has lost nothing
PERCENT_AFTER = 100  # records before --max-errors P% is judged


class Batch:
    """Score the records of all inputs, slot by slot."""

    def __init__(self, request, journal):
        self.limit, self.max_errors = request.get("limit"), request.get("max_errors")
        self.doomed = {int(index): why for index, why in (request.get("doomed") or {}).items()}
        self.dooms = sorted(self.doomed)
        self.request, self.journal = request, journal
        self.codec = codec_for(request)
        self.output = Output(request, journal, self.codec)
        self.checkpoint = Checkpoint(request, journal, self.output) if Checkpoint.is_possible(request) else None
        self.bad = BadRecords(request["work"], journal, self.output)
        self.spans = spans_file(request, journal, self.checkpoint)
        self.stopped_early = False

    def run(self, module):
        feeds = [Feed(self.request, module, number) for number in range(len(self.request["inputs"]))]
        for feed in feeds:
            if self.stopped_early != "max_errors":
                self.score_input(feed)

    def score_input(self, feed):
        """Score an input, its range of it, or what a checkpoint leaves of it."""
        journal = self.journal
        part = self.request.get("range") or {"start": 0, "end": None}
        offset, index = part["start"], 0
        if self.checkpoint and self.checkpoint.offset is not None:
            offset, index = self.checkpoint.offset, self.checkpoint.index
        journal.begun[0], journal.begun[1], journal.begun[2] = feed.number, index - 1, 0
        before = dict(journal.stages) if feed.number else {}
        stream = Stream(feed.item, offset, part["end"])
        stream.begin = part["start"]  # what an earlier runner has read counts, too
        journal.position = lambda: stream.progress(stream.offset)
        try:
            if feed.takes_sets:
                Rows(self, feed, stream, index).score_set()
            elif feed.item["format"] in ("csv", "text"):
                Rows(self, feed, stream, index).score_each()
            else:
                Lines(self, feed, stream, index).run()
        finally:
            journal.bytes_done += journal.position()
            journal.position = lambda: 0
            stream.close()
            for stage in ("input encoding", "input schema"):
                count = journal.stages.get(stage, 0) - before.get(stage, 0)
                if count:
                    journal.log("error", "%d input record(s) rejected by %s" % (count, stage.split()[1]))

    def room(self, index, lines):
        """Return how many of some lines may be scored in a row, from a record on."""
        if self.journal.records_in < EAGER or self.spans:
            lines = 1
        if self.limit is not None:
            lines = min(lines, self.limit - index)
        if self.dooms:
            place = bisect.bisect_left(self.dooms, index)
            if place < len(self.dooms):
                lines = min(lines, self.dooms[place] - index)
        return lines

    def is_over(self, index):
        """Say whether a record is beyond the limit."""
        if self.limit is None or index < self.limit:
            return False
        self.stopped_early = "limit"
        return True

    def done(self, records, offset, index):
        """Count what was begun, write when it is time, return whether to stop (``--max-errors``).

        ``offset`` is where the next record stands, and ``index`` its number.
        """
        journal = self.journal
        journal.records_in += records
        if self.spans and records:
            self.output.settle()
            self.spans.add(struct.pack("=q", self.output.file.total))
            self.spans.flush()
        if Stop.requested:
            raise Stopped()
        now = time.monotonic()
        if now >= journal.next_tick or journal.records_in <= EAGER:
            journal.tick(now)
        if self.checkpoint and now >= self.checkpoint.next:
            self.checkpoint.save(offset, index)
        bad = journal.rejected + journal.failed
        if bad and self.max_errors:
            allowed, seen = self.max_errors, journal.records_in
            if "count" in allowed:
                is_over = bad > allowed["count"]
            else:
                is_over = seen >= PERCENT_AFTER and bad * 100.0 > allowed["percent"] * seen
            if is_over:
                self.stopped_early = "max_errors"
                return True
        return False


def spans_file(request, journal, checkpoint):
    """Return where it is noted at which byte of the output each record ends, None where nobody asks."""
    if not request.get("spans"):
        return None
    spans = Appender(os.path.join(journal.folder, "spans.bin"), 0)
    spans.cut(8 * (checkpoint.index if checkpoint else 0))
    return spans
