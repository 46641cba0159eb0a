"""The loop over JSON lines: what a million records need only once is done once for many of them."""

import time
import types

from .codec import Blank, read_line
from .errors import CannotWrite
from .functions import GENERATORS
from .jsontext import malformed_json
from .malformed import DAMAGES, damaged
from .output import MUCH, check_safely
from .record import Record
from .stopping import Stop, Stopped
from .stream import Blocks

SLICE = 256  # lines between two looks at the clock, where they take no time
SHORT, LONG = 0.001, 0.01  # seconds that a slice takes: more lines are taken below, fewer above
MALFORMED, MISFIT, RAISED, REFUSED = range(4)


class Trouble:
    """A record that is out: what kind of trouble it is, and where its output began in ``fresh``."""

    def __init__(self, kind, detail, mark):
        self.kind, self.detail, self.mark = kind, detail, mark


class Misfit(Exception):
    """A record that the schema does not allow: what is said of it, and its reason for the log."""


def scorer(feed, output, codec, state):
    """Return the function that scores lines in a row until one of them is blank or in trouble.

    It gets an iterator of lines, what reads them, and the first one's index; it returns the next index, and the
    trouble if there is one.
    """
    generator = types.GeneratorType
    check, refused, fresh = feed.check, output.refused, output.fresh
    doubt = codec.doubt
    encode, option = (codec.write, codec.option) if output.is_plain else (lambda *_: doubt, None)
    rare = max(doubt)
    write, spill = output.write, output.spill
    slot_of, write_to = output.slot_of, output.write_to
    function = feed.caller(state)

    def checked(decode):
        def read(line):
            value = decode(line)
            problem = check_safely(check, value)
            if problem:
                raise Misfit(*problem)
            return value

        return read

    def score(rows, decode, index):
        nonlocal fresh
        read, read_again = (decode, read_line) if check is None else (checked(decode), checked(read_line))
        is_odd = False  # some output of the record at hand has been settled, or is refused
        for index, line in enumerate(rows, index):
            state[1] = index
            mark = len(fresh)
            try:
                value = read(line)
            except Exception:
                try:
                    value = read_again(line)
                except Blank:
                    return index, None
                except Misfit as misfit:
                    return index + 1, Trouble(MISFIT, misfit.args, mark)
                except (ValueError, RecursionError) as error:
                    return index + 1, Trouble(MALFORMED, error, mark)
            try:
                result = function(value)
                kind = type(result)
                yields = True
                if kind is not generator:
                    if result is None:
                        result = ()
                    elif kind is dict or not isinstance(result, GENERATORS):
                        result, yields = (result,), False
                for one in result:
                    if type(one) is tuple and yields and slot_of(one) is not None:
                        spill(mark)
                        mark, is_odd = -1, True
                        write_to(*one)
                        continue
                    try:
                        document = encode(one, None, option)
                        # One byte is found sooner than a word, and most documents have no such byte.
                        is_good = rare not in document or document.find(doubt) < 0
                    except Exception:
                        is_good = False
                    if is_good:
                        fresh += document
                        if len(fresh) < MUCH:
                            continue
                    spill(mark)
                    mark, is_odd = -1, True
                    if not is_good:
                        write(one)
            except (Stopped, CannotWrite):
                raise
            except BaseException as error:  # whatever a model raises, sys.exit() too, is that record's failure
                return index + 1, Trouble(RAISED, error, mark)
            if is_odd:
                if refused:
                    return index + 1, Trouble(REFUSED, None, mark)
                output.spilled, is_odd = None, False
        return index + 1, None

    return score


class Lines:
    """One input of JSON lines, scored in slices."""

    def __init__(self, batch, feed, stream, index):
        self.batch, self.feed, self.index = batch, feed, index
        self.journal, self.state = batch.journal, batch.journal.begun
        self.blocks = Blocks(stream)
        self.score = scorer(feed, batch.output, batch.codec, self.state)
        self.size = 1
        self.lines = ()
        self.place, self.offset = 0, 0  # a line of the block and where it begins
        self.journal.position = lambda: stream.progress(self.offset)

    def run(self):
        try:
            self.run_blocks()
        except DAMAGES as error:
            self.index += 1
            self.state[1] = self.index - 1
            record = Record(self.state[1], None, [self.blocks.end, 0], self.batch.output.here())
            self.batch.bad.malformed(self.feed, record, damaged(error))
            self.batch.done(1, self.blocks.end, self.index)

    def run_blocks(self):
        for self.lines in self.blocks:
            decode = self.batch.codec.reader(self.blocks.text)
            self.place, self.offset = 0, self.blocks.offset
            place = 0
            while place < len(self.lines):
                begun, room = self.index, self.batch.room(self.index, self.size)
                if room > 0:
                    place += self.slice(self.lines[place : place + room], place, decode)
                else:
                    if self.lines[place].strip():
                        if self.batch.is_over(self.index):
                            return
                        self.pass_over(place)
                    place += 1
                self.go_to(place)
                if self.batch.done(self.index - begun, self.offset, self.index):
                    return

    def slice(self, lines, place, decode):
        """Score some lines, the first of which has a place in the block; return how many were taken."""
        first, state, rows = self.index, self.state, iter(lines)
        began = time.monotonic()
        state[2] = 1
        Stop.in_model = True
        try:
            self.index, trouble = self.score(rows, decode, first)
        except Stopped:
            self.journal.records_in += state[1] - first
            raise
        finally:
            Stop.in_model = False
        state[1], state[2] = self.index - 1, 0
        taken = len(lines) - rows.__length_hint__()
        if trouble:
            self.tell(trouble, place + taken - 1)
        took = time.monotonic() - began
        self.size = min(SLICE, self.size * 2) if took < SHORT else self.size if took < LONG else 1
        return taken

    def go_to(self, place):
        self.offset += sum(map(len, self.lines[self.place : place])) + place - self.place
        self.place = place

    def record(self, place):
        """Return the record in a line of the block as it is told to the host."""
        self.go_to(place)
        line = self.lines[place]
        return Record(self.index - 1, line.strip(b" \t\r\n"), [self.offset, len(line)])

    def tell(self, trouble, place):
        bad, feed, record = self.batch.bad, self.feed, self.record(place)
        record.output = self.batch.output.span(trouble.mark)
        if trouble.kind == MALFORMED:
            bad.malformed(feed, record, malformed_json(trouble.detail, record.raw))
        elif trouble.kind == MISFIT:
            bad.misfit(feed, record, trouble.detail)
        elif trouble.kind == RAISED:
            bad.failed(feed, record, trouble.detail)
        else:
            bad.refused(feed, record)

    def pass_over(self, place):
        self.index += 1
        self.state[1] = self.index - 1
        record = self.record(place)
        record.output = self.batch.output.here()
        self.batch.bad.doomed(self.feed, record, self.batch.doomed[record.index])
