"""Score the records of all inputs, slot by slot."""

import time

from .errors import CannotWrite, JobError, describe, said
from .functions import GENERATORS, find_function, score_arity
from .output import Output, check_safely
from .records import read_records
from .recordsets import import_pandas, record_set
from .schema import MASK, schema_of
from .stopping import Stop, Stopped, leave_if_forked

EAGER = 1000  # records written at once, so that a short job that dies has lost nothing
PERCENT_AFTER = 100  # records before --max-errors P% is judged


class Feed:
    """One input and the function that scores it, settled before the first record."""

    def __init__(self, request, module, number):
        item = request["inputs"][number]
        slot = request["slots"].get(str(item["slot"]), {})
        name = slot.get("action") or request["entry_points"].get("score")
        if name in ("unused", "none"):
            said = "slot %s: models that read their Slot themselves are not supported" % item["slot"]
            raise JobError("import", said)
        self.number, self.item, self.slot = number, item, item["slot"]
        self.function = find_function(module, name, "score")
        self.arity = score_arity(self.function, "the score function %r" % name)
        self.schema, self.check = slot.get("schema"), schema_of(request, item["slot"], "input")
        self.takes_sets = bool(slot.get("recordsets"))


class Batch:
    """Score the records of all inputs, slot by slot, whatever they hold."""

    def __init__(self, request, journal):
        self.work, self.inputs = request["work"], request["inputs"]
        self.limit, self.max_errors = request.get("limit"), request.get("max_errors")
        self.request, self.journal = request, journal
        self.output = Output(request, journal)
        self.stopped_early = False

    def run(self, module):
        feeds = [Feed(self.request, module, number) for number in range(len(self.inputs))]
        for feed in feeds:
            if self.stopped_early != "max_errors":
                (self.score_set if feed.takes_sets else self.score_records)(feed)

    def good_records(self, feed):
        """Yield (index, value, raw) of the records to score; count and keep those that are refused."""
        journal, limit, check, begun = self.journal, self.limit, feed.check, self.journal.begun
        before = dict(journal.stages)
        begun[0], begun[1] = feed.number, -1
        index = -1
        try:
            for malformed, value, raw in read_records(feed.item, journal, feed.schema):
                index += 1
                if limit is not None and index >= limit:
                    self.stopped_early = "limit"
                    break
                begun[1] = index
                problem = check_safely(check, value) if check and not malformed else None
                if not malformed and not problem:
                    yield index, value, raw
                    continue
                if malformed:
                    stage, message, reason = "input encoding", malformed.message, malformed.reason
                else:
                    stage, message, reason = "input schema", problem[0] + problem[1], problem[0]
                journal.problem(stage, message, index, feed.slot, raw, log=[rejected(stage, reason)])
                if self.record_done():
                    break
        finally:
            for stage in ("input encoding", "input schema"):
                count = journal.stages.get(stage, 0) - before.get(stage, 0)
                if count:
                    journal.log("error", "%d input record(s) rejected by %s" % (count, stage.split()[1]))

    def score_records(self, feed):
        for index, value, raw in self.good_records(feed):
            error = self.call(feed, value, index + 1)
            if error is not None:
                self.failed(error, feed, index, raw, 1)
            elif self.output.refused:
                self.refused(feed, index, raw, 1)
            if self.record_done():
                break

    def score_set(self, feed):
        """Hand over the whole input in one call (spec 2.1, recordsets); an error in it is one of all records."""
        pandas = import_pandas("this model takes record sets")
        values = [value for _, value, _ in self.good_records(feed)]
        if self.stopped_early == "max_errors" or (self.journal.begun[1] >= 0 and not values):
            return
        error = self.call(feed, record_set(pandas, values), 1)
        if error is not None:
            self.failed(error, feed, 0, None, len(values))
        elif self.output.refused:
            self.refused(feed, 0, None, min(len(values), len(self.output.refused)))
        self.record_done(len(values))

    def call(self, feed, value, sequence):
        """Call the model and write what it gives; return its exception, if any."""
        write = self.output.write
        Stop.in_model = True
        try:
            if feed.arity == 1:
                result = feed.function(value)
            else:
                result = feed.function(*(value, feed.slot, sequence)[: feed.arity])
            if isinstance(result, GENERATORS):
                for one in result:
                    write(one)
            elif result is not None:
                write(result)
        except (Stopped, CannotWrite):
            raise
        except BaseException as error:  # whatever a model raises, sys.exit() too, is that record's failure
            return error
        finally:
            Stop.in_model = False
        return None

    def failed(self, error, feed, index, raw, counted):
        """Keep a record whose model raised: it failed once, whatever it had written before."""
        leave_if_forked()
        del self.output.refused[:]
        described = describe(error, self.work)
        log = model_error_log(described)
        self.journal.problem("model", described["message"], index, feed.slot, raw, counted, described, log)

    def refused(self, feed, index, raw, counted):
        """Keep a record some of whose outputs were refused: it is rejected once, for the first of them."""
        refused, self.output.refused = self.output.refused, []
        log = []
        for stage in ("output encoding", "output schema"):
            lines = [rejected(one, reason) for one, _, reason in refused if one == stage]
            if lines:
                log += lines + [("error", "%d output record(s) rejected by %s" % (len(lines), stage.split()[1]))]
        self.journal.problem(refused[0][0], refused[0][1], index, feed.slot, raw, counted, log=log)

    def record_done(self, records=1):
        """Count what was begun, write when it is time, return whether to stop (``--max-errors``)."""
        journal = self.journal
        journal.records_in += records
        if Stop.requested:
            raise Stopped()
        now = time.monotonic()
        if now >= journal.next_tick or journal.records_in <= EAGER:
            journal.tick(now)
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


def rejected(stage, reason):
    """Return ModelOp's line for a rejected record (spec 2.4); its content is masked."""
    link = " with reason " if stage.endswith("encoding") else ": "
    return "error", "Record rejected by %s%s%s: %s" % (stage.split()[1], link, reason, MASK)


def model_error_log(described):
    """Return ModelOp's two lines for an exception, its spelling included."""
    message = described["message"]
    return [
        ("info", "MODEL-CONSOLE: An error occured when processing the model: " + message),
        ("info", "MODEL-CONSOLE: " + said(described)),
    ]
