"""The loop over CSV rows, texts and record sets."""

from .errors import CannotWrite
from .functions import GENERATORS
from .output import check_safely
from .record import Record
from .records import read_records
from .recordsets import import_pandas, record_set
from .stopping import Stop, Stopped


class Rows:
    """One input, record by record."""

    def __init__(self, batch, feed, stream, index):
        self.batch, self.feed, self.index = batch, feed, index
        self.journal, self.output, self.state = batch.journal, batch.output, batch.journal.begun
        self.stream, self.offset = stream, stream.offset
        self.function = feed.caller(self.state)

    def good(self):
        """Yield the records to score and their values; count and keep those that are refused."""
        batch, feed, check = self.batch, self.feed, self.feed.check
        for malformed, value, raw, place in read_records(feed, self.stream):
            if batch.is_over(self.index):
                break
            record = Record(self.index, raw, place, self.output.here())
            self.state[1] = self.index
            self.index += 1
            self.offset = sum(place)
            problem = check_safely(check, value) if check and not malformed else None
            if malformed:
                batch.bad.malformed(feed, record, malformed)
            elif problem:
                batch.bad.misfit(feed, record, problem)
            elif record.index in batch.doomed:
                batch.bad.doomed(feed, record, batch.doomed[record.index])
            else:
                yield record, value
                continue
            if batch.done(1, self.offset, self.index):
                break

    def score_each(self):
        self.journal.position = lambda: self.stream.progress(self.offset)
        for record, value in self.good():
            self.score(record, value, 1)
            if self.batch.done(1, self.offset, self.index):
                break

    def score_set(self):
        """Hand over the whole input in one call (spec 2.1, recordsets); an error in it is one of all records."""
        pandas = import_pandas("this model takes record sets")
        values = [value for _, value in self.good()]
        if self.batch.stopped_early == "max_errors" or (self.state[1] >= 0 and not values):
            return
        self.score(Record(0, None), record_set(pandas, values), len(values))
        self.batch.done(len(values), self.offset, self.index)

    def score(self, record, value, counted):
        batch, mark = self.batch, len(self.output.fresh)
        self.output.spill(mark)
        self.state[2] = 1
        error = self.call(value)
        self.state[2] = 0
        if error is not None:
            record.output = self.output.span(mark)
            batch.bad.failed(self.feed, record, error, counted)
        elif self.output.refused:
            record.output = self.output.span(mark)
            batch.bad.refused(self.feed, record, min(counted, len(self.output.refused)))
        self.output.spilled = None

    def call(self, value):
        """Call the model and write what it gives; return its exception, if any."""
        output = self.output
        Stop.in_model = True
        try:
            result = self.function(value)
            if isinstance(result, GENERATORS):
                for one in result:
                    output.write_yielded(one)
            elif result is not None:
                output.write(result)
        except (Stopped, CannotWrite):
            raise
        except BaseException as error:  # whatever a model raises, sys.exit() too, is that record's failure
            return error
        finally:
            Stop.in_model = False
        return None
