"""Run one job of one model, inside the model's own environment.

    <environment>/bin/python -I -u -X utf8 main.py JOB_FOLDER

This file is executed, never imported by our package, and needs nothing but the standard library of
CPython 3.6 or newer. It speaks with the host only through files of the job folder:

    request.json    read    what to run: source, functions, slots, inputs, output, options
    job.json        read    the ModelOp job; its text is what ``init`` gets as ``rawJson``
    work/                   the model's working directory; ``outputDir/`` is made here
    events.jsonl    append  {"t", "event": "log", "level", "text", "console"} and {"t", "event": "progress",
                            records_in, scored, rejected, failed, records_out, bytes, total_bytes}
    errors.jsonl    append  one object per rejected or failed record, the only place that holds its content
    progress.bin    write   two native 64 bit integers: number of the input (as in the request) and index of
                            the record in it that was begun last; -1, -1 before the first. It is a memory map,
                            so it is true even after ``kill -9``.
    outputs/X.part  write   the output as far as it is known; the host renames it
    result.json     write   the end marker, the last thing done: no such file, no end (spec 13.12)

stdout and stderr belong to the model. Output, errors and events of the first thousand records are written at
once, later ones at least every 0.1 s. SIGTERM writes what is there and dies of it, without an end marker.

A newcomer reads from the end: ``main`` and ``run`` (11) call the sections in their order: being stopped (1), what
is written to the job folder (2), exceptions as data (3), loading the source (4), which function is called how (5),
cutting inputs into records (6), checking them (7), values as JSON and CSV (8), the batch loop (9), metrics and
training (10).

How a job ends: an error in import, ``init``, the request or a file of ours makes it ERROR; a bad record or an
error in score, metrics or train makes it COMPLETE / FAILURE (spec 2.4).
"""

import os
import sys

# -I keeps the script's folder out of sys.path; older or embedded interpreters may not.
_HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [path for path in sys.path if path and os.path.abspath(path) != _HERE]

import _thread
import atexit
import collections.abc
import csv
import faulthandler
import gzip
import importlib
import importlib.machinery
import importlib.util
import io
import json
import json.decoder
import json.encoder
import mmap
import re
import signal
import time
import traceback
import types
import warnings
import zlib

MASK = "**********"
BOM = b"\xef\xbb\xbf"
ENV_JOB = "MODELOP_JOB_FOLDER"  # lets processes that a model spawns find the module `model`
GENERATORS = (types.GeneratorType, collections.abc.Generator)
TICK = 0.1  # seconds between two writes of progress
EAGER = 1000  # records written at once, so that a short job that dies has lost nothing
LOGGED = 2000  # lines of the log that the bad records of one stage may fill
TOLD = 4000  # characters of an exception's message that are kept
BLOCK = 1 << 20
ROW_LINES = 10000  # a quoted CSV field that spans more lines than this was never closed
PERCENT_AFTER = 100  # records before --max-errors P% is judged
EXIT_SECONDS = 5  # what the model's atexit functions get

REASONS = {
    "input encoding": "input record rejected by encoding",
    "input schema": "input record rejected by schema",
    "model": "An output error occurred during model execution, please check the engine logs for details",
    "output encoding": "output record rejected by encoding",
    "output schema": "output record rejected by schema",
}


class JobError(Exception):
    """The job cannot go on: it ends with status ERROR."""

    def __init__(self, stage, message, cause=None):
        Exception.__init__(self, message)
        self.stage, self.message, self.cause = stage, message, cause


class CannotWrite(BaseException):
    """A file of ours cannot be written (a full disk); no ``except`` of a model shall catch this."""


class Stopped(BaseException):
    """SIGTERM came: write what is there and go."""


# ---- 1. Being stopped ---------------------------------------------------------------------------------------


class Stop:
    """Whether to stop. The model's code is interrupted, our own bookkeeping is not."""

    process = os.getpid()
    requested = False
    in_model = False

    @classmethod
    def on_signal(cls, number, _frame):
        if os.getpid() != cls.process:  # a process forked by the model: it dies as any other
            die_of(number)
        cls.requested = True
        if cls.in_model:
            raise Stopped()

    @classmethod
    def listen(cls):
        cls.process = os.getpid()
        signal.signal(signal.SIGTERM, cls.on_signal)


def die_of(number):
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    os._exit(128 + number)


def leave_if_forked():
    """End a process that the model forked and let run on: it shares our files and must not touch them."""
    if os.getpid() != Stop.process:
        os._exit(0)


def hidden(descriptor):
    """Move a descriptor up, where a model that closes 3 to 255 does not meet it; never inherited."""
    try:
        import fcntl

        moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 600)
    except (ImportError, OSError):
        return descriptor
    os.close(descriptor)
    return moved


# ---- 2. The job folder --------------------------------------------------------------------------------------


class Appender:
    """A file written in large pieces."""

    def __init__(self, path, flags=os.O_APPEND):
        flags |= os.O_WRONLY | os.O_CREAT | getattr(os, "O_BINARY", 0)
        self.path = path
        self.descriptor = hidden(os.open(path, flags, 0o666))
        self.parts = []
        self.size = 0

    def add(self, data):
        self.parts.append(data)
        self.size += len(data)
        if self.size > BLOCK:
            self.flush()

    def flush(self):
        if not self.parts:
            return
        leave_if_forked()
        in_model, Stop.in_model = Stop.in_model, False
        try:
            rest = memoryview(b"".join(self.parts))
            del self.parts[:]
            self.size = 0
            while rest:
                rest = rest[os.write(self.descriptor, rest) :]
        except OSError as error:
            raise CannotWrite("%s cannot be written: %s" % (os.path.basename(self.path), error.strerror))
        finally:
            Stop.in_model = in_model


class Journal:
    """What the host learns about the job: events, errors, counts, progress and the end marker."""

    def __init__(self, folder, inputs):
        self.folder = folder
        self.console = os.path.join(folder, "console.log")
        self.events = Appender(os.path.join(folder, "events.jsonl"))
        self.errors = Appender(os.path.join(folder, "errors.jsonl"))
        self.output = None
        self.records_in = self.rejected = self.failed = self.records_out = 0
        self.stages = {}
        self.logged = {}
        self.warnings = []
        self.bytes_done = 0
        self.position = lambda: 0  # bytes consumed of the input at hand
        try:
            self.bytes_total = sum(os.path.getsize(item["path"]) for item in inputs)
        except OSError:
            self.bytes_total = None
        self.next_tick = 0.0
        self.begun = self._map_progress()

    def _map_progress(self):
        path = os.path.join(self.folder, "progress.bin")
        with open(path, "wb") as file:  # real pages: a hole in a full disk would be a SIGBUS later
            file.write(b"\xff" * 16)
        with open(path, "r+b") as file:
            return memoryview(mmap.mmap(file.fileno(), 16)).cast("q")

    def log(self, level, text):
        """Write a line of ModelOp's log and where in the console it belongs."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except Exception:  # a model may have closed or replaced it
                pass
        try:
            console = os.stat(self.console).st_size
        except OSError:
            console = 0
        self._event({"event": "log", "level": level, "text": text, "console": console})

    def _event(self, event):
        event["t"] = round(time.time(), 3)
        self.events.add(json.dumps(event).encode() + b"\n")

    def problem(self, stage, message, index, slot, raw, counted=1, error=None, log=None):
        """Count and keep records that are out for one reason; ``log`` holds texts that tell no content."""
        self.stages[stage] = self.stages.get(stage, 0) + counted
        if stage == "model":
            self.failed += counted
        else:
            self.rejected += counted
        described = error or {}
        line = {
            "index": index,
            "slot": slot,
            "stage": stage,
            "message": message,
            "exception": described.get("exception"),
            "traceback": described.get("traceback"),
            "record": record_text(raw),
        }
        self.errors.add(json.dumps(line).encode() + b"\n")
        for level, text in log or ():
            self.log_one(stage, level, text)

    def log_one(self, stage, level, text):
        """Log a bad record, up to a number: a million of them are in errors.jsonl, not in the log."""
        count = self.logged[stage] = self.logged.get(stage, 0) + 1
        if count <= LOGGED:
            self.log(level, text)
        elif count == LOGGED + 1:
            self.log("warning", "further records with this error are only counted: " + REASONS[stage])

    def counts(self):
        return {
            "records_in": self.records_in,
            "scored": self.records_in - self.rejected - self.failed,
            "rejected": self.rejected,
            "failed": self.failed,
            "records_out": self.records_out,
        }

    def tick(self, now):
        """Write everything there is, and how far the job is when that is due."""
        if self.output:
            self.output.flush()
        self.errors.flush()
        if now >= self.next_tick or self.records_in < 10:
            self.next_tick = now + TICK
            event = dict(self.counts(), event="progress", total_bytes=self.bytes_total)
            event["bytes"] = self.bytes_done + self.position()
            self._event(event)
        self.events.flush()

    def last_tick(self):
        self.next_tick = 0.0
        self.tick(time.monotonic())

    def finish(self, result):
        """Write the end marker."""
        leave_if_forked()
        path = os.path.join(self.folder, "result.json")
        try:
            with open(path + ".tmp", "w", encoding="utf-8") as file:
                json.dump(result, file)
            os.replace(path + ".tmp", path)
        except OSError as error:
            raise CannotWrite("result.json cannot be written: %s" % error.strerror)


def record_text(raw):
    """Return a record as it stood in its file."""
    if isinstance(raw, list):  # the lines of a CSV row
        raw = b"".join(raw)
    if isinstance(raw, bytes):
        raw = raw.decode("utf-8", "replace").rstrip("\r\n")
    if raw is not None and len(raw) > 100000:
        raw = raw[:100000] + "…"
    return raw


# ---- 3. Errors of the model ---------------------------------------------------------------------------------


def describe(error, work, stage=None):
    """Turn an exception into data: kind, message (never empty), the model's own frames."""
    name = type(error).__name__
    try:
        message = str(error)[:TOLD]
    except Exception:  # an exception class of the model may do anything
        message = ""
    if isinstance(error, SystemExit):
        message = "the model called sys.exit(%s)" % message
    described = {"stage": stage, "exception": name, "message": message or name, "file": None, "line": None}
    try:
        described["traceback"] = model_traceback(error, work)
        own = [frame for frame in frames_of(error) if frame.filename.startswith(work)]
        if own:
            described["file"], described["line"] = short_path(own[-1].filename, work), own[-1].lineno
        elif isinstance(error, SyntaxError) and error.filename:
            described["file"], described["line"] = short_path(error.filename, work), error.lineno
    except Exception as problem:
        described["traceback"] = "%s (no traceback: %s)" % (name, type(problem).__name__)
    if isinstance(error, ImportError) and error.name:
        described["module"] = error.name
    return described


def frames_of(error):
    return traceback.extract_tb(error.__traceback__)


def short_path(path, work):
    """Return a path as the user knows it: within the model's folder, or within the library."""
    if path.startswith(work + os.sep):
        return path[len(work) + 1 :]
    return re.sub(r".*[\\/](site-packages|lib[\\/]python[^\\/]*)[\\/]", "", path)


def model_traceback(error, work):
    """Format an exception and its causes with the model's frames, and where a library raised it."""
    chain = []
    while error is not None and len(chain) < 5 and all(error is not one for one in chain):
        chain.insert(0, error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    blocks = []
    for error in chain:
        lines = []
        frames = frames_of(error)
        for frame in frames:
            if frame.filename.startswith(work):
                where = short_path(frame.filename, work)
                lines.append('  File "%s", line %s, in %s' % (where, frame.lineno, frame.name))
                lines += ["    " + frame.line] if frame.line else []
        if len(lines) > 60:
            lines[40:-20] = ["  … %d more frames of the model" % ((len(lines) - 60) // 2)]
        if frames and not frames[-1].filename.startswith(work) and frames[-1].filename != __file__:
            last = frames[-1]
            lines.append("  raised in %s, line %s, in %s" % (short_path(last.filename, work), last.lineno, last.name))
        if lines:
            lines.insert(0, "Traceback (most recent call last):")
        lines += "".join(traceback.format_exception_only(type(error), error)).rstrip().split("\n")
        blocks.append("\n".join(lines).replace(work + os.sep, ""))
    return "\n\nwhich led to:\n\n".join(blocks)


# ---- 4. Loading the model -----------------------------------------------------------------------------------


class SourceLoader(importlib.machinery.SourceFileLoader):
    """Load a source of any extension and encoding, leaving no ``__pycache__`` beside it."""

    def get_code(self, fullname):
        return compile(self.get_source(fullname), self.path, "exec", dont_inherit=True)

    def get_source(self, fullname):
        return source_text(self.get_data(self.path))


def source_text(data):
    """Decode a Python source: BOM, PEP 263, and Latin-1 where it is none of what it says."""
    import tokenize

    try:
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            text = data.decode("utf-16")
        else:
            encoding = tokenize.detect_encoding(io.BytesIO(data).readline)[0]
            text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError):
        text = data.decode("latin-1")
    return io.IncrementalNewlineDecoder(None, True).decode(text, True)


class ModelFinder:
    """Find the module ``model`` by path, for us and for processes that the model spawns."""

    def __init__(self, path):
        self.path = path

    def find_spec(self, name, path=None, target=None):
        if name != "model":
            return None
        return importlib.util.spec_from_file_location(name, self.path, loader=SourceLoader(name, self.path))


def read_request(folder):
    with open(os.path.join(folder, "request.json"), encoding="utf-8") as file:
        request = json.load(file)
    if request.get("protocol") != 1:
        raise ValueError("the request speaks protocol %r, this runner 1" % request.get("protocol"))
    request["work"] = os.path.join(folder, request["work"])
    request["source"] = os.path.normpath(os.path.join(request["work"], request["source"]))
    for item in request["inputs"] + [request["output"] or {"path": ""}]:
        item["path"] = os.path.join(folder, item["path"])
    return request


def import_model(request):
    """Import the source as ``model``; its folders come last on sys.path so that they shadow nothing (13.2)."""
    work = request["work"]
    for path in (work, os.path.dirname(request["source"])):
        if path not in sys.path:
            sys.path.append(path)
    os.chdir(work)
    os.makedirs("outputDir", exist_ok=True)
    sys.meta_path.insert(0, ModelFinder(request["source"]))
    return importlib.import_module("model")


def call_init(function, folder):
    """Call ``init`` with the job when it takes an argument (13.4)."""
    with open(os.path.join(folder, "job.json"), encoding="utf-8", newline="") as file:
        raw = file.read()
    takes = parameters(function, "init")
    wants = takes is None or takes.positional or takes.spreads
    result = function({"rawJson": raw, "job": json.loads(raw)}) if wants else function()
    if isinstance(result, GENERATORS):  # a `yield` in init: run it all the same
        for _ in result:
            pass


class WarningsFilter:
    """UserWarnings are told while the model loads, and errors once it works (13.5).

    The filter is put in place before the import, so that one which the model sets itself goes before it.
    """

    def __init__(self, journal):
        self.journal = journal
        warnings.filterwarnings("always", category=UserWarning)
        self.entry = warnings.filters[0]
        self.shown_by = warnings.showwarning
        self.watcher = warnings.showwarning = self.show

    def show(self, message, category, filename, lineno, file=None, line=None):
        if issubclass(category, UserWarning):
            self.journal.warnings.append("%s: %s" % (category.__name__, message))
        self.shown_by(message, category, filename, lineno, file, line)

    def make_fatal(self):
        if warnings.showwarning == self.watcher:
            warnings.showwarning = self.shown_by
        if self.entry in warnings.filters:
            place = warnings.filters.index(self.entry)
            warnings.filters[place] = ("error",) + self.entry[1:]
            # Behind the one above it changes nothing, but it makes Python forget what it has cached.
            warnings.filterwarnings("error", category=UserWarning, append=True)


# ---- 5. The functions and what they take --------------------------------------------------------------------

SLOT_NAMES = {"slot", "slot_no", "slotno", "slot_num", "slot_number"}
SEQUENCE_NAMES = {"seq", "seq_no", "seqno", "seq_num", "seq_number", "sequence", "sequence_no", "sequence_number"}


class Parameters:
    """The positional parameters of a function: their names, and how many have no default."""

    def __init__(self, positional, required, spreads):
        self.positional, self.required, self.spreads = positional, required, spreads

    @property
    def is_slot_protocol(self):
        return len(self.positional) > 1 and self.positional[1] in SLOT_NAMES


def parameters(function, label):
    """Return the Parameters of a function, None where Python cannot tell (a function written in C)."""
    import inspect

    if not callable(function):
        raise JobError("import", "%s is a %s, not a function" % (label, type(function).__name__))
    for one in (function, getattr(function, "func", None), getattr(function, "__call__", None)):
        if inspect.iscoroutinefunction(one) or inspect.isasyncgenfunction(one):
            raise JobError("import", "%s is an async function; the runtime calls plain functions" % label)
    try:
        if sys.version_info >= (3, 14):  # annotations are evaluated when asked for; names in them may not exist
            import annotationlib

            found = inspect.signature(function, annotation_format=annotationlib.Format.STRING).parameters.values()
        else:
            found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    positional = [p for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    keywords = [p.name for p in found if p.kind == p.KEYWORD_ONLY and p.default is p.empty]
    if keywords:
        raise JobError("import", "%s needs the keyword %r, which the runtime does not pass" % (label, keywords[0]))
    return Parameters(
        [p.name for p in positional],
        sum(p.default is p.empty for p in positional),
        any(p.kind == p.VAR_POSITIONAL for p in found),
    )


def score_arity(function, label):
    """Return with how many of (record, slot, sequence) to call a score function (13.9).

    Parameters with a default keep it, except a second and third that are called as a slot and a sequence
    number are; ``*args`` alone gets the record.
    """
    takes = parameters(function, label)
    if takes is None:
        return 1
    if takes.required > 3:
        count = takes.required
        raise JobError("import", "%s has %d parameters; it can take (record[, slot[, sequence]])" % (label, count))
    if not takes.positional and not takes.spreads:
        raise JobError("import", "%s has no parameter; it must take (record[, slot[, sequence]])" % label)
    arity = max(1, takes.required)
    for names in (SLOT_NAMES, SEQUENCE_NAMES)[arity - 1 :]:
        if len(takes.positional) <= arity or takes.positional[arity] not in names:
            break
        arity += 1
    return arity


def find_function(module, name, kind):
    if not name:
        raise JobError("import", "the model has no %s function" % kind)
    try:
        return getattr(module, name)
    except AttributeError:
        raise JobError("import", "the %s function %r is not defined in the source" % (kind, name))


# ---- 6. Reading records -------------------------------------------------------------------------------------


class CountedFile(io.RawIOBase):
    """The bytes of one input, counted as they are read."""

    def __init__(self, path):
        io.RawIOBase.__init__(self)
        try:
            self.file = io.FileIO(hidden(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))), "rb")
        except OSError as error:
            raise JobError("read", "an input cannot be read: %s" % error.strerror)
        self.count = 0

    def readable(self):
        return True

    def readinto(self, buffer):
        leave_if_forked()
        try:
            size = self.file.readinto(buffer)
        except OSError as error:
            raise JobError("read", "an input cannot be read: %s" % error.strerror)
        self.count += size
        return size

    def close(self):
        self.file.close()
        io.RawIOBase.close(self)


class Unzipped(io.RawIOBase):
    """Gzip data piece by piece, so that what stands before a damage is read."""

    def __init__(self, file):
        io.RawIOBase.__init__(self)
        self.file = gzip.GzipFile(fileobj=file, mode="rb")

    def readable(self):
        return True

    def readinto(self, buffer):
        data = self.file.read1(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Malformed:
    """A record that is none: ``reason`` for the log, ``message`` for people."""

    def __init__(self, reason, message):
        self.reason, self.message = reason, message


def read_records(item, journal, schema=None):
    """Yield (malformed or None, value, raw) for every record of an input."""
    counted = CountedFile(item["path"])
    stream = io.BufferedReader(Unzipped(counted) if item.get("gzip") else counted, BLOCK)
    journal.position = lambda: counted.count - (0 if item.get("gzip") else len(stream.peek()))
    try:
        if stream.peek(3)[:3] == BOM:
            stream.read(3)
        if item["format"] == "csv":
            yield from csv_records(stream, schema)
        elif item["format"] == "text":
            yield from text_records(stream)
        else:
            yield from json_records(stream)
    except (EOFError, OSError, zlib.error) as error:
        yield Malformed("damaged gzip data", "the compressed data is damaged: %s" % error), None, None
    finally:
        journal.bytes_done += journal.position()
        journal.position = lambda: 0
        counted.close()


def _no_constant(word):
    raise ValueError(word + " is not JSON")


scan_json = json.JSONDecoder(parse_constant=_no_constant).scan_once


def parse_json(text):
    """Mean what ``json.loads`` means, only without NaN and Infinity; ``text`` has no space around it."""
    try:
        value, end = scan_json(text, 0)
    except StopIteration as stop:
        raise json.JSONDecodeError("Expecting value", text, stop.value)
    if end != len(text):
        raise json.JSONDecodeError("Extra data", text, json.decoder.WHITESPACE.match(text, end).end())
    return value


def json_records(lines):
    for line in lines:
        line = line.strip(b" \t\r\n")
        if not line:
            continue
        try:
            value = parse_json(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            yield malformed_json(error, line), None, line
            continue
        yield None, value, line


CONSTANT = re.compile(r'"(?:[^"\\]|\\.)*"|(NaN|-?Infinity)')


def constant_position(text):
    """Return where in a text, counted from 1, the first NaN or Infinity stands."""
    return next((match.start() + 1 for match in CONSTANT.finditer(text) if match.group(1)), 1)


def malformed_json(error, line):
    """Name the place and kind of a mistake as ModelOp's decoder does, and say it to people."""
    text = line.decode("utf-8", "replace")
    if isinstance(error, RecursionError):
        return Malformed("{1,invalid_json}", "nested too deep")
    if isinstance(error, UnicodeDecodeError):
        return Malformed("{%d,invalid_string}" % (error.start + 1), "not UTF-8 at byte %d" % (error.start + 1))
    if not isinstance(error, json.JSONDecodeError):  # NaN, or a number with too many digits
        return Malformed("{%d,invalid_json}" % constant_position(text), str(error))
    kind = "invalid_json"
    if error.msg.startswith(("Unterminated", "Invalid control", "Invalid \\")):
        kind = "invalid_string"
    elif error.pos >= len(text):
        kind = "truncated_json"
    elif error.msg == "Extra data":
        kind = "invalid_trailing_data"
    place = error.pos + 1
    return Malformed("{%d,%s}" % (place, kind), "not JSON: %s at character %d" % (error.msg, place))


def text_records(stream):
    """A whole file is one record (13.8)."""
    data = stream.read()
    if not data:
        return
    try:
        yield None, data.decode("utf-8"), data
    except UnicodeDecodeError as error:
        place = error.start + 1
        yield Malformed("{%d,invalid_utf8}" % place, "not UTF-8 at byte %d" % place), None, data


class CsvLines:
    """Feed ``csv.reader`` with lines; those of the row at hand are in ``taken``, its flaw in ``flaw``."""

    def __init__(self, lines):
        self.lines = lines
        self.again = []  # lines to be read once more, the next one last
        self.taken = []
        self.flaw = None

    def __iter__(self):
        return self

    def __next__(self):
        line = self.again.pop() if self.again else next(self.lines)
        self.taken.append(line)
        if len(self.taken) > ROW_LINES:
            raise csv.Error("a quoted cell does not end")
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            self.flaw = "not UTF-8 at byte %d" % (error.start + 1)
            text = line.decode("utf-8", "replace")
        if "\0" in text:
            self.flaw = "a NUL character"
            text = text.replace("\0", "")
        return text


def csv_records(stream, schema):
    """Yield a dict per row by RFC 4180; rows with too few or too many cells are rejected (13.7)."""
    csv.field_size_limit(2**31 - 1)
    lines = CsvLines(stream)
    names = readers = None
    rows = csv.reader(lines, delimiter=sniff_delimiter(lines), strict=True)
    while True:
        del lines.taken[:]
        lines.flaw = None
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            if names is None:
                raise JobError("read", "the header of the CSV input cannot be read: %s" % error)
            lines.again += reversed(lines.taken[1:])  # an open quote must not swallow the rows behind it
            yield Malformed(str(error), "not CSV: %s" % error), None, lines.taken[:1]
            continue
        if len(row) < 2 and not b"".join(lines.taken).strip():
            continue
        if names is None:
            names, readers = csv_header(row, schema)
        elif lines.flaw:
            yield Malformed(lines.flaw, lines.flaw), None, lines.taken
        elif len(row) != len(names):
            said = "%d cells where the header has %d" % (len(row), len(names))
            yield Malformed(said, said), None, lines.taken
        else:
            yield None, {name: read(text) for name, read, text in zip(names, readers, row)}, lines.taken


def sniff_delimiter(lines):
    """Comma; semicolon or tab where the header has that one and no comma."""
    for line in lines.lines:
        if line.strip():
            lines.again.append(line)
            header = re.sub(rb'"[^"]*"', b"", line)
            found = [mark for mark in (b",", b";", b"\t") if mark in header]
            return found[0].decode() if len(found) == 1 else ","
    return ","


def csv_header(row, schema):
    """Return the names of the columns, told apart as pandas does, and what reads their cells."""
    fields = {}
    if isinstance(schema, dict) and isinstance(schema.get("fields"), list):
        fields = {field.get("name"): field.get("type") for field in schema["fields"] if isinstance(field, dict)}
    if fields and len(fields) == len(row) and not set(row) & set(fields):
        row = list(fields)  # the header speaks another language: the schema's names go first (spec 2.1)
    names = []
    for number, name in enumerate(row):
        name = unique = name or "Unnamed: %d" % number
        copy = 0
        while unique in names:
            copy += 1
            unique = "%s.%d" % (name, copy)
        names.append(unique)
    return names, [cell_reader(fields[name]) if name in fields else read_cell for name in names]


NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z").match


def read_cell(text):
    """Return None for an empty cell, a number where that loses nothing, else the text (13.7).

    A number is what JSON calls one, so ``007``, ``1_000``, ``+5``, ``.5``, ``0x10``, ``nan`` and `` 1`` stay
    text. ``1.50`` is 1.5; whole numbers of any size stay whole; a fraction whose digits a float cannot hold
    stays text, as does ``-0``.
    """
    if not text:
        return None
    match = NUMBER(text)
    if not match:
        return text
    fraction, exponent = match.groups()
    if fraction is None and exponent is None:
        return int(text) if len(text) < 4000 and text != "-0" else text
    if len(text) <= 16 and not exponent:  # up to 15 digits always survive
        return float(text)
    from decimal import Decimal

    try:
        is_same = Decimal(repr(float(text))) == Decimal(text)
    except ArithmeticError:  # an exponent beyond all bounds
        is_same = False
    return float(text) if is_same else text


def cell_reader(kind):
    """Return what reads the cells of a column whose type a schema tells."""
    kinds = kind if isinstance(kind, list) else [kind]
    kinds = [one.get("type") if isinstance(one, dict) else one for one in kinds]
    keeps_empty = "string" in kinds and "null" not in kinds

    def read(text):
        if not text and not keeps_empty:
            return None
        for one in kinds:
            value = read_as(one, text)
            if value is not None:
                return value
        return text

    return read


def read_as(kind, text):
    """Return a cell as a value of an Avro type, None where it is none."""
    try:
        if kind in ("int", "long"):
            return int(text) if re.match(r"-?[0-9]+\Z", text) else None
        if kind in ("float", "double"):
            return float(text) if re.match(r"[-+]?[0-9.]+([eE][-+]?[0-9]+)?\Z", text) else None
        if kind == "boolean":
            return {"true": True, "false": False}.get(text.lower())
        if kind in ("record", "array", "map"):
            return parse_json(text.strip())
    except (ValueError, RecursionError):
        return None
    return text if kind in ("string", "enum", "bytes", "fixed") else None


# ---- 7. Schemas ---------------------------------------------------------------------------------------------


class SchemaError(Exception):
    """A schema that is none."""


def _is_whole(bits):
    return lambda value: type(value) is int and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)


def _is(*kinds):
    return lambda value: type(value) in kinds


PRIMITIVES = {
    "null": _is(type(None)),
    "boolean": _is(bool),
    "int": _is_whole(32),
    "long": _is_whole(64),
    "float": _is(int, float),
    "double": _is(int, float),
    "bytes": _is(str),
    "string": _is(str),
}


class Schema:
    """A lenient checker of values as JSON makes them (spec 7.1).

    ``check(value)`` returns None, or what is wrong (with the content masked) and where in the value. Unions are
    untagged, whole numbers pass for fractions, extra fields and attributes are ignored, odd names accepted.
    Whole numbers have Avro's ranges. A field may be absent only when it is ``scoringOptional``.
    """

    def __init__(self, schema):
        self.named = {}
        self.check = self._checker(schema, "")

    def _checker(self, schema, space):
        """Return what checks values of a schema; ``space`` is the namespace around it."""
        if isinstance(schema, list):
            return self._union(schema, space)
        if isinstance(schema, str):
            return self._reference(schema, space)
        kind = self._need(schema, "type")
        if kind in ("record", "error", "enum", "fixed"):
            return self._definition(kind, schema, space)
        if kind == "array":
            return self._container("Array", list, self._checker(self._need(schema, "items"), space))
        if kind == "map":
            return self._container("Map", dict, self._checker(self._need(schema, "values"), space))
        return self._checker(kind, space)

    @staticmethod
    def _need(schema, key):
        if not isinstance(schema, dict) or key not in schema:
            raise SchemaError("%.80s has no %r" % (json.dumps(schema), key))
        return schema[key]

    @staticmethod
    def _simple(label, is_one):
        wrong = ("%s expected, not %s" % (label, MASK), "")
        return lambda value: None if is_one(value) else wrong

    def _reference(self, name, space):
        if name in PRIMITIVES:
            return self._simple(name.capitalize(), PRIMITIVES[name])
        for full in (name, space + "." + name, name.rpartition(".")[2]):
            if full in self.named:
                holder = self.named[full]
                return lambda value: holder[0](value)  # not filled yet where a type is used inside itself
        raise SchemaError("unknown type %r" % name)

    def _definition(self, kind, schema, space):
        name = str(schema.get("name", ""))
        space = schema.get("namespace") or name.rpartition(".")[0] or space
        holder = []
        for full in (name, "%s.%s" % (space, name), name.rpartition(".")[2]):
            self.named[full] = holder
        if kind == "enum":
            symbols = self._need(schema, "symbols")
            holder.append(self._simple("Enum", lambda value: type(value) is str and value in symbols))
        elif kind == "fixed":
            size = self._need(schema, "size")
            holder.append(self._simple("Fixed", lambda value: type(value) is str and len(value) == size))
        else:
            holder.append(self._record(name, self._need(schema, "fields"), space))
        return holder[0]

    def _record(self, name, fields, space):
        wrong = ("Record expected, not " + MASK, "")
        checks = []
        for field in fields:
            key, kind = self._need(field, "name"), self._need(field, "type")
            try:
                check = self._checker(kind, space)
            except SchemaError as error:
                raise SchemaError("field %r: %s" % (key, error))
            missing = ("Field '%s' missing for record '%s'" % (key, name), "")
            checks.append((key, check, None if field.get("scoringOptional") in (True, "true") else missing))

        def check_record(value):
            if type(value) is not dict:
                return wrong
            for key, check, problem in checks:
                if key in value:
                    problem = check(value[key])
                    if problem:
                        return problem[0], " in %r%s" % (key, problem[1])
                elif problem:
                    return problem
            return None

        return check_record

    @staticmethod
    def _container(label, kind, check):
        wrong = ("%s expected, not %s" % (label, MASK), "")

        def check_items(value):
            if type(value) is not kind:
                return wrong
            for place, item in enumerate(value.values() if kind is dict else value):
                problem = check(item)
                if problem:
                    return problem[0], " in item %d%s" % (place, problem[1])
            return None

        return check_items

    def _union(self, branches, space):
        checks = [self._checker(branch, space) for branch in branches]
        labels = [branch.get("type") if isinstance(branch, dict) else branch for branch in branches]
        wrong = ("%s expected, not %s" % (" or ".join(str(label).capitalize() for label in labels), MASK), "")

        def check_union(value):
            problem = wrong
            for check in checks:
                found = check(value)
                if found is None:
                    return None
                if found[1] or found[0].startswith("Field"):  # the branch that was meant: it failed further in
                    problem = found
            return problem

        return check_union


def schema_of(request, slot, side):
    """Return the checker of a slot, None where it has no schema or checking is off."""
    schema = request["slots"].get(str(slot), {}).get("schema")
    if schema is None or not request["check_schemas"].get(side):
        return None
    try:
        return Schema(schema).check
    except (SchemaError, TypeError, RecursionError) as error:
        raise JobError("read", "the %s schema of slot %s cannot be used: %s" % (side, slot, error))


# ---- 8. Values to JSON --------------------------------------------------------------------------------------


class Unwritable(Exception):
    """A value that has no place in the output; ``reason`` tells no content."""

    def __init__(self, message, reason=None):
        Exception.__init__(self, message)
        self.message, self.reason = message, reason or message


def json_form(value):
    """Return what JSON knows for a value that ``json`` does not (13.10); no library is imported for it.

    Missing values of pandas (NA, NaT) are null; a DataFrame is the list of its rows, a Series a list, or an
    object where its index has names; spans of time are seconds; sets are lists, sorted where that can be.
    """
    kind = type(value)
    family = {parent.__name__ for parent in kind.__mro__}
    library = kind.__module__.partition(".")[0]
    if family & {"NAType", "NaTType"}:
        return None
    if library == "pandas" and hasattr(value, "to_dict"):
        return pandas_form(value)
    if library == "numpy" and value.dtype.kind in "mM":
        if value.dtype.kind == "m":
            return (value / sys.modules["numpy"].timedelta64(1, "s")).tolist()
        return value.astype("datetime64[us]").tolist()
    if isinstance(value, (bytes, bytearray, memoryview, complex)):
        raise Unwritable("%s has no JSON form" % kind.__name__)
    if "Decimal" in family:
        return int(value) if value.as_tuple().exponent == 0 else float(value)
    if "Enum" in family:
        return value.value
    if family & {"UUID", "PurePath"}:
        return str(value)
    for method in ("isoformat", "total_seconds", "tolist"):  # dates, spans; arrays and scalars of any library
        if method in dir(kind):
            form = getattr(value, method)()
            return float(form) if type(form) is kind else form
    if isinstance(value, collections.abc.Mapping):
        return dict(value)
    if isinstance(value, (collections.abc.Set, collections.abc.Sequence)):
        try:
            return sorted(value) if isinstance(value, collections.abc.Set) else list(value)
        except TypeError:
            return list(value)
    raise Unwritable("%s has no JSON form" % kind.__name__)


def pandas_form(value):
    if hasattr(value, "columns"):
        return value.to_dict(orient="records")
    if type(value.index).__name__ == "RangeIndex":
        return value.tolist()
    return value.to_dict()


def plain(value, depth=0):
    """Rebuild a value with keys that JSON knows; only used where ``json`` refused one."""
    if depth > 200:
        raise RecursionError
    if isinstance(value, dict):
        return {json_key(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, depth + 1) for item in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    return plain(json_form(value), depth + 1)


def json_key(key):
    if key is None or isinstance(key, (str, int, float)):
        return key
    form = json_form(key)
    if isinstance(form, (list, dict)) or form is None:
        raise Unwritable("%s cannot be a key in JSON" % type(key).__name__)
    return form


def make_encoder(ascii_only):
    """Return what encodes one value as parts of text; what ``json`` sets up anew for each value is kept."""
    if json.encoder.c_make_encoder is None:
        encoder = json.JSONEncoder(default=json_form, ensure_ascii=ascii_only, allow_nan=False)
        return lambda value, _indent: encoder.iterencode(value)
    quote = json.encoder.encode_basestring_ascii if ascii_only else json.encoder.encode_basestring
    return json.encoder.c_make_encoder(_markers, json_form, quote, None, ": ", ", ", False, False, False)


_markers = {}  # the containers being encoded; left full by an exception
_encode = make_encoder(False)
_encode_ascii = make_encoder(True)


def to_json(value):
    """Return a value as one line of UTF-8 JSON; raise Unwritable where it has none."""
    try:
        return "".join(_encode(value, 0)).encode("utf-8")
    except Exception as error:  # the model's objects may do anything when they are looked at
        return to_json_with_care(value, error)


def to_json_with_care(value, error):
    _markers.clear()
    try:
        if isinstance(error, UnicodeEncodeError):  # half a pair of surrogates: only its escape can be written
            return "".join(_encode_ascii(value, 0)).encode("ascii")
        if isinstance(error, TypeError):
            return "".join(_encode_ascii(plain(value), 0)).encode("ascii")
    except Exception as second:
        error = second
        _markers.clear()
    if isinstance(error, Unwritable):
        raise error
    if isinstance(error, RecursionError):
        raise Unwritable("nested too deep")
    if isinstance(error, ValueError):
        raise unwritable_value(value, error)
    raise Unwritable("%s while it was made JSON" % type(error).__name__)


def unwritable_value(value, error):
    """Say that a record holds itself, or where in it a NaN stands, counted as ModelOp's decoder does."""
    if "ircular" in str(error):
        return Unwritable("the record contains itself")
    try:
        text = json.dumps(value, default=json_form, ensure_ascii=False)
    except Exception:
        return Unwritable("a value that JSON does not have", "{1,invalid_json}")
    found = [match.group(1) for match in CONSTANT.finditer(text) if match.group(1)]
    return Unwritable("%s is not JSON" % (found or ["a value"])[0], "{%d,invalid_json}" % constant_position(text))


def json_line(document):
    return document + b"\n"


class CsvRows:
    """RFC 4180 rows; the first record names the columns, missing and null fields are empty cells."""

    def __init__(self):
        self.names = None
        self.text = io.StringIO(newline="")
        self.writer = csv.writer(self.text, lineterminator="\r\n")

    def line(self, document):
        record = json.loads(document.decode("utf-8"))
        if type(record) is not dict or not record:
            raise Unwritable("a row of CSV must be an object with fields")
        first = self.names is None
        names = list(record) if first else self.names
        extra = [name for name in record if name not in names]
        if extra:
            raise Unwritable("%d fields that the header does not have" % len(extra))
        try:
            if first:
                self.writer.writerow(names)
            self.writer.writerow([self.cell(record.get(name)) for name in names])
            data = self.text.getvalue().encode("utf-8")
        except (csv.Error, UnicodeEncodeError):
            raise Unwritable("text that CSV cannot hold")
        finally:
            self.text.seek(0)
            self.text.truncate()
        self.names = names
        return data

    @staticmethod
    def cell(value):
        if value is None or isinstance(value, str):
            return value
        return json.dumps(value, ensure_ascii=False)


# ---- 9. Batch -----------------------------------------------------------------------------------------------


class Output:
    """Where a batch's output records go: made JSON, checked, written. What is refused waits in ``refused``."""

    def __init__(self, request, journal):
        path, slots = request["output"]["path"], request["slots"]
        os.makedirs(os.path.dirname(path), exist_ok=True)
        self.journal = journal
        self.file = journal.output = Appender(path, os.O_TRUNC)
        self.line = CsvRows().line if request["output"]["format"] == "csv" else json_line
        slot = min([int(number) for number in slots if int(number) % 2] or [1])
        self.check = schema_of(request, slot, "output")
        self.write = self.write_rows if slots.get(str(slot), {}).get("recordsets") else self.write_one
        self.refused = []  # (stage, message, reason for the log) of the call at hand

    def write_one(self, value):
        try:
            document = to_json(value)
            problem = self.check and check_safely(self.check, json.loads(document.decode("utf-8")))
            if problem:
                self.refused.append(("output schema", problem[0] + problem[1], problem[0]))
                return
            data = self.line(document)
        except Unwritable as error:
            self.refused.append(("output encoding", error.message, error.reason))
            return
        self.file.add(data)
        self.journal.records_out += 1

    def write_rows(self, value):
        """Write the rows of a frame, series or matrix as records (13.10), anything else as one."""
        rows = [value]
        library = type(value).__module__.partition(".")[0]
        if library == "pandas" and hasattr(value, "columns"):
            rows = value.to_dict(orient="records")
        elif library in ("pandas", "numpy") and getattr(value, "ndim", 0):
            rows = list(value) if value.dtype.kind in "mM" else value.tolist()
        for row in rows:
            self.write_one(row)


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


def check_safely(check, value):
    try:
        return check(value)
    except RecursionError:
        return "nested too deep", ""


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


def import_pandas(why):
    try:
        import pandas
    except ImportError as error:
        remedy = "add pandas to the model's requirements"
        raise JobError("read", "%s, and pandas cannot be imported (%s): %s" % (why, error, remedy))
    return pandas


def record_set(pandas, values):
    """Records become a DataFrame, arrays a numpy matrix, anything else a Series (spec 2.1)."""
    if all(type(value) is dict for value in values):
        return pandas.DataFrame(values)
    if all(type(value) is list for value in values) and len({len(value) for value in values}) == 1:
        import numpy

        return numpy.array(values)
    return pandas.Series(values)


# ---- 10. Metrics and training -------------------------------------------------------------------------------


class Unreadable(Exception):
    """An input that cannot be made a DataFrame."""


def read_frame(pandas, item, journal):
    """Read a whole input with the environment's own pandas and its defaults (13.13)."""
    options = {"compression": "gzip" if item.get("gzip") else None}
    path = item["path"]
    try:
        if item["format"] == "csv":
            return pandas.read_csv(path, **options)
        with open_input(item) as file:
            if item["format"] == "text":
                return pandas.Series([file.read().decode("utf-8")])
            shape, bom = json_shape(file)
        if bom:
            options["encoding"] = "utf-8-sig"
        if shape == "array":
            journal.log("info", "json autodetected to be a single array of containing multiple records")
        try:
            if shape != "document":
                return pandas.read_json(path, lines=shape == "lines", **options)
        except (ValueError, TypeError, AttributeError, OverflowError):
            pass  # values mixed or huge, NaN: Python's json reads what pandas' own reader cannot
        return frame_of(pandas, json_values(item, shape))
    except (ValueError, EOFError, OSError, RecursionError, zlib.error) as error:
        raise Unreadable("%s cannot be read as %s: %s" % (item["name"], item["format"], first_line(error)))


def first_line(error):
    return (str(error).splitlines() or [type(error).__name__])[0][:200]


def open_input(item):
    return gzip.open(item["path"], "rb") if item.get("gzip") else open(item["path"], "rb")


def json_shape(file):
    """Return "lines", "array" or "document" (one object over several lines), and whether there is a BOM."""
    line = b"\n"
    bom = False
    while line and not line.strip():
        line = file.readline()
        if line.startswith(BOM):
            bom, line = True, line[3:] or b"\n"
    if not line:
        return "lines", bom
    is_array = line.lstrip().startswith(b"[")
    if is_array and not any(rest.strip() for rest in file):
        return "array", bom
    try:
        json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):
        return ("array" if is_array else "document"), bom
    return "lines", bom


def json_values(item, shape):
    with open_input(item) as file:
        if shape == "lines":
            return [json.loads(line.decode("utf-8-sig")) for line in file if line.strip()]
        whole = json.loads(file.read().decode("utf-8-sig"))
        return whole if isinstance(whole, list) else [whole]


def frame_of(pandas, values):
    if all(isinstance(value, dict) for value in values):
        return pandas.DataFrame(values)
    return pandas.Series(values, dtype=object)


class Nothing:
    """The function has given nothing so far."""


def call_once(function, frames, slots, takes):
    """Call a metrics or train function; return the first object that it yields or returns (13.13, 13.14)."""
    if takes is not None and takes.is_slot_protocol:
        arity = max(2, min(3, takes.required))
        calls = [(frame, slot, 1)[:arity] for frame, slot in zip(frames, slots)]
    elif takes is None or takes.spreads:
        calls = [tuple(frames)]
    else:
        calls = [tuple(frames[: len(takes.positional)])]
    first = Nothing
    for arguments in calls:
        result = function(*arguments)
        if not isinstance(result, GENERATORS):
            result = () if result is None else (result,)
        for one in result:
            if first is Nothing:
                first = one
    return first


def run_whole(request, journal, module, end, fatal):
    """Run a metrics or train job: everything in one call."""
    kind, work = request["kind"], request["work"]
    name = request["entry_points"].get(kind)
    function = find_function(module, name, kind)
    takes = parameters(function, "the %s function %r" % (kind, name))
    pandas = import_pandas("a %s function takes DataFrames" % kind)
    frames = []
    for item in request["inputs"]:
        try:
            frames.append(read_frame(pandas, item, journal))
        except Unreadable as error:
            end["error"] = plain_error("read", str(error))
            journal.log("error", "1 input record(s) rejected by encoding")
            return whole_failed(journal, "input encoding", str(error))
        journal.bytes_done += os.path.getsize(item["path"])
        journal.tick(time.monotonic())
        if Stop.requested:
            raise Stopped()
    fatal()
    Stop.in_model = True
    try:
        result = call_once(function, frames, [item["slot"] for item in request["inputs"]], takes)
    except (Stopped, CannotWrite):
        raise
    except BaseException as error:
        Stop.in_model = False
        leave_if_forked()
        end["error"] = described = describe(error, work, kind)
        return whole_failed(journal, "model", described["message"], described, model_error_log(described))
    finally:
        Stop.in_model = False
    if kind == "metrics":
        keep_metrics(request, journal, end, result)


def keep_metrics(request, journal, end, result):
    if result is Nothing:
        journal.warnings.append("the metrics function gave no result")
        return
    try:
        document = to_json(result)
    except Unwritable as error:
        end["error"] = plain_error("metrics", error.message)
        log = [rejected("output encoding", error.reason), ("error", "1 output record(s) rejected by encoding")]
        return whole_failed(journal, "output encoding", error.message, log=log)
    os.makedirs(os.path.dirname(request["output"]["path"]), exist_ok=True)
    journal.output = Appender(request["output"]["path"], os.O_TRUNC)
    journal.output.add(document + b"\n")
    journal.records_out = 1
    end["metrics"] = json.loads(document.decode("utf-8"))


def whole_failed(journal, stage, message, described=None, log=()):
    journal.problem(stage, message, 0, 0, None, counted=0, error=described, log=log)
    journal.stages[stage] = 1


# ---- 11. From start to end ----------------------------------------------------------------------------------


def user_code(stage, work, function, *arguments):
    """Run code of the model outside of scoring: whatever it raises ends the job (13.4)."""
    Stop.in_model = True
    try:
        return function(*arguments)
    except (Stopped, CannotWrite, JobError):
        raise
    except BaseException as error:
        leave_if_forked()
        described = describe(error, work, stage)
        raise JobError(stage, described["message"], described)
    finally:
        Stop.in_model = False


def run(folder, request, journal, end):
    work = request["work"]
    user_warnings = WarningsFilter(journal)
    journal.log("info", "state changes to RUNNING")
    journal.last_tick()
    module = user_code("import", work, import_model, request)
    init = request["entry_points"].get("init")
    if init:
        user_code("init", work, call_init, find_function(module, init, "init"), folder)
    journal.log("info", "init succeeded")
    if request["kind"] == "batch":
        batch = Batch(request, journal)
        user_warnings.make_fatal()
        batch.run(module)
        end["stopped_early"] = batch.stopped_early
    else:
        run_whole(request, journal, module, end, user_warnings.make_fatal)


def run_exit_functions():
    """Run what the model registered with ``atexit``; a function that hangs does not keep the job."""
    done = _thread.allocate_lock()
    done.acquire()

    def run_all():
        try:
            atexit._run_exitfuncs()
        finally:
            done.release()

    _thread.start_new_thread(run_all, ())
    done.acquire(True, EXIT_SECONDS)


def main(folder):
    started = time.monotonic()
    Stop.listen()
    os.environ[ENV_JOB] = folder
    faulthandler.enable()
    if sys.version_info < (3, 7):  # it does not know -X utf8
        for name in ("stdout", "stderr"):
            text = io.TextIOWrapper(getattr(sys, name).buffer, "utf-8", "backslashreplace", line_buffering=True)
            setattr(sys, name, text)
    end = {"status": "COMPLETE", "error": None, "metrics": None, "stopped_early": False}
    journal = request = None
    try:
        request = read_request(folder)
        journal = Journal(folder, request["inputs"])
        run(folder, request, journal, end)
    except Stopped:
        leave_if_forked()
        journal.last_tick()
        die_of(signal.SIGTERM)
    except JobError as error:
        end["status"] = "ERROR"
        end["error"] = error.cause or plain_error(error.stage, error.message)
    except (CannotWrite, Exception) as error:  # a full disk, or a mistake of ours: said, never hidden
        leave_if_forked()
        end["status"] = "ERROR"
        end["error"] = plain_error("write" if isinstance(error, CannotWrite) else "read", str(error))
        end["error"].update(exception=type(error).__name__, traceback=traceback.format_exc())
    leave_if_forked()
    finish(journal, end, time.monotonic() - started, folder)


def finish(journal, end, seconds, folder):
    """Say how it ended, in ModelOp's words and order (spec 2.8), and write the end marker."""
    if journal is None:  # there is no request
        journal = Journal(folder, [])
    failed = end["status"] == "ERROR" or bool(journal.stages)
    reason = REASONS[next(iter(journal.stages))] if journal.stages else None
    try:
        if end["status"] == "ERROR":
            error = end["error"]
            if error.get("traceback"):
                journal.log("info", "MODEL-CONSOLE: " + error["traceback"])
            journal.log("error", "%s failed: %s" % (error["stage"], said(error)))
            reason = reason or said(error)
        else:
            journal.log("info", "state changes to FINISHING")
            if failed:
                journal.log("warning", 'jobResult set to failure: "%s"' % reason)
        run_exit_functions()
        journal.log("info", "MODEL-CONSOLE: Model runner exits")
        journal.log("info", "state changes to " + ("ERROR" if end["status"] == "ERROR" else "FINISHED"))
        journal.last_tick()
    except CannotWrite as error:
        failed, end["status"] = True, "ERROR"
        end["error"] = end["error"] or plain_error("write", str(error))
    end["result"] = "FAILURE" if failed else "SUCCESS"
    end["counts"] = journal.counts()
    end["stages"] = journal.stages
    end["reason"] = reason
    end["warnings"] = journal.warnings
    end["seconds"] = round(seconds, 3)
    journal.finish(end)


def plain_error(stage, message):
    return {"stage": stage, "exception": None, "message": message, "traceback": None}


def said(error):
    kind, message = error.get("exception"), error["message"]
    return message if not kind or kind == message else "%s: %s" % (kind, message)


if __name__ == "__main__":
    try:
        main(os.path.realpath(sys.argv[1]))
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # threads that the model left behind do not keep it alive (13.12)
elif __name__ == "__mp_main__" and ENV_JOB in os.environ:
    # A process spawned by the model: `model` must be found there too, or nothing of it could be unpickled.
    sys.meta_path.insert(0, ModelFinder(read_request(os.environ[ENV_JOB])["source"]))
