"""Run one job, from its start to its end marker. Begin to read here.

``main`` runs the job of a folder and turns whatever ends it into ``result.json`` (``finish``). On
the way ``run`` imports the model (source.py), calls its ``init`` (functions.py), and then

    a batch         Batch.run (batch.py) reads each input with JsonLinesLoop (json_lines.py), or
                    with RecordLoop (record_loop.py) for CSV, text and record sets, calls the score
                    function for each record, and gives what that yields to Output (output.py)
    metrics, train  run_dataset (dataset.py) calls the function once, with DataFrames (frames.py)

**A record's failure is counted** by ``count_problem`` in record_problems.py, whatever went wrong
with the record; its counts are fields of the Journal (journal.py), which also writes log and
progress.

An error in import, ``init``, the request or a file of the job folder makes the job ERROR; a bad
record, or an error in score, metrics or train, makes it COMPLETE / FAILURE (spec 2.4).
"""

import _thread
import atexit
import faulthandler
import io
import signal
import sys
import time
import traceback
import warnings

from .accelerators.codec import fast_codec
from .batch import Batch
from .dataset import run_dataset
from .errors import CannotWrite, StageError, describe_exception, error_document, exception_line
from .functions import call_init, find_function
from .journal import REASONS, Journal
from .json_lines import StandardCodec
from .lifeline import HeldLifeline
from .observer import Observer, plain_values
from .printed import PrintedText
from .proof import loaded_modules, proof
from .requests import answer_requests
from .source import import_into_own_process, read_request
from .termination import Terminated, Termination, exit_by_signal, exit_if_forked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TextIO, TypeVar

    from .protocol import Request, Result

    T = TypeVar("T")

EXIT_SECONDS = 5  # that the model's atexit functions get


def main(folder: str) -> None:
    """Run the job of a folder. Dies of SIGTERM without an end marker, as a cancelled job does."""
    started = time.monotonic()
    Termination.listen()
    HeldLifeline.hold()
    faulthandler.enable()
    if sys.version_info < (3, 7):  # noqa: UP036
        use_utf8()
    end: Result = {"status": "COMPLETE", "error": None, "metrics": None, "stopped_early": False}
    journal: Any = None  # Terminated is raised in a model only, when there is one
    request: Request | None = None
    observer: Observer | None = None
    try:
        request = read_request(folder)
        if request.get("check"):
            observer = Observer(request["work"])
            observer.start()
        if request.get("range"):
            write_whole_lines()
        journal = Journal(folder, request["inputs"], request.get("range"))
        if request.get("resume"):
            journal.read_earlier_log()
        journal.write_json("proof.json", proof())
        run(folder, request, journal, end, started)
    except Terminated:
        exit_if_forked()
        journal.report_now()
        exit_by_signal(signal.SIGTERM)
    except StageError as error:
        end["status"] = "ERROR"
        end["error"] = error.cause or error_document(error.stage, error.message)
    except (CannotWrite, Exception) as error:  # a full disk, or a mistake of ours: never hidden
        exit_if_forked()
        stage = "write" if isinstance(error, CannotWrite) else "read"
        document = error_document(stage, str(error))
        document["exception"] = type(error).__name__
        document["traceback"] = traceback.format_exc()
        end["status"], end["error"] = "ERROR", document
    exit_if_forked()
    if observer is not None and journal is not None:
        journal.write_json("observations.json", observer.report())
    finish(journal, request, end, time.monotonic() - started, folder)


def run(folder: str, request: "Request", journal: Journal, end: "Result", started: float) -> None:
    """Import the model, call its ``init``, and run the batch or the function of a whole dataset."""
    work = request["work"]
    user_warnings = UserWarnings(journal)
    journal.log("info", "state changes to RUNNING")
    journal.report_now()
    is_batch = request["kind"] == "batch"
    if is_batch:
        # Before the model's import: what it logs goes to the stderr that is there by then.
        journal.printed = PrintedText(
            folder,
            request["inputs"],
            journal.current_record,
            resumes=bool(request.get("resume")),
        )
        journal.printed.watch()
    # Before any code of the model runs: loading the codec hides some modules for a moment.
    codec = fast_codec(request.get("codec")) if is_batch or is_deployment(request) else None
    module = call_model("import", work, import_into_own_process, request, folder)
    init = request["entry_points"].get("init")
    if init:
        call_model(
            "init", work, call_init, find_function(module, init, "init"), folder, request["kind"]
        )
    end["ready_seconds"] = round(time.monotonic() - started, 3)
    journal.log("info", "init succeeded")
    if request.get("check"):
        journal.write_json("globals.json", {"values": plain_values(vars(module))})
    if is_deployment(request):
        user_warnings.make_fatal()
        answer_requests(request, journal, codec or StandardCodec(), module)
    elif is_batch:
        batch = Batch(request, journal, codec or StandardCodec())
        user_warnings.make_fatal()
        batch.run(module)
        end["stopped_early"] = batch.stopped_early
        if batch.output.rows:
            end["header_record"] = batch.output.rows.header_record
    else:
        run_dataset(request, journal, module, end, user_warnings.make_fatal)


def is_deployment(request: "Request | None") -> bool:
    """Say whether requests are answered: there is no result then."""
    return request is not None and request["kind"] == "deployment"


def call_model(stage: str, work: str, function: "Callable[..., T]", *arguments: "Any") -> "T":
    """Run code of the model outside of scoring: whatever it raises ends the job (spec 13.4)."""
    Termination.in_model = True
    try:
        return function(*arguments)
    except (Terminated, CannotWrite, StageError):
        raise
    except BaseException as error:
        exit_if_forked()
        document = describe_exception(error, work, stage)
        raise StageError(stage, document["message"], document) from error
    finally:
        Termination.in_model = False


def finish(
    journal: "Journal | None",
    request: "Request | None",
    end: "Result",
    seconds: float,
    folder: str,
) -> None:
    """Log how the job ended, in ModelOp's words and order (spec 2.8), and write the end marker.

    The last line of the log, the state, is the host's: what it has yet to do can end otherwise.
    """
    if journal is None:  # there is no request
        journal = Journal(folder, [])
    failed = end["status"] == "ERROR" or bool(journal.stages)
    reason = REASONS[next(iter(journal.stages))] if journal.stages else None
    try:
        if end["error"] and end["status"] == "ERROR":
            error = end["error"]
            if error.get("traceback"):
                journal.log("info", f"MODEL-CONSOLE: {error['traceback']}")
            journal.log("error", f"{error['stage']} failed: {exception_line(error)}")
            reason = reason or exception_line(error)
        else:
            journal.log("info", "state changes to FINISHING")
            if failed and not is_deployment(request):
                journal.log("warning", f'jobResult set to failure: "{reason}"')
        run_exit_functions()
        journal.log("info", "MODEL-CONSOLE: Model runner exits")
        journal.report_now()
        if journal.printed:
            journal.printed.close()
        if request and request.get("learn"):
            journal.write_json("modules.json", {"modules": loaded_modules()})
    except CannotWrite as cannot_write:
        failed, end["status"] = True, "ERROR"
        end["error"] = end["error"] or error_document("write", str(cannot_write))
    end["result"] = "FAILURE" if failed else "SUCCESS"
    end["counts"] = journal.counts()
    end["stages"] = journal.stages
    end["reason"] = reason
    end["warnings"] = journal.warnings
    end["seconds"] = round(seconds, 3)
    end["memory"] = most_memory()
    journal.write_json("result.json", end)


def most_memory() -> int:
    """Return the most bytes of memory that this process has had, 0 where the system does not say.

    Linux counts for ``getrusage`` what the process that started this one had, too.
    """
    try:
        with open("/proc/self/status", "rb") as file:
            for line in file:
                if line.startswith(b"VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        import resource
    except ImportError:  # Windows
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )


def run_exit_functions() -> None:
    """Run what the model registered with ``atexit``; one that hangs does not keep the job."""
    done = _thread.allocate_lock()
    done.acquire()

    def run_all() -> None:
        try:
            atexit._run_exitfuncs()
        finally:
            done.release()

    _thread.start_new_thread(run_all, ())
    done.acquire(True, EXIT_SECONDS)


def use_utf8() -> None:
    """Make stdout and stderr UTF-8 in Python 3.6, which does not know ``-X utf8``."""
    for name in ("stdout", "stderr"):
        buffer = getattr(sys, name).buffer
        text = io.TextIOWrapper(buffer, "utf-8", "backslashreplace", line_buffering=True)
        setattr(sys, name, text)


def write_whole_lines() -> None:
    """Write a line in one piece: the console is one for all workers, and print() writes words."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # Python 3.6 does so anyway, see use_utf8()
            stream.reconfigure(line_buffering=True, write_through=False)


class UserWarnings:
    """UserWarnings of the model: reported while it loads, errors once it works (spec 13.5).

    The filter is set before the import, so that one which the model sets itself goes before it.
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        with warnings.catch_warnings():  # Python 3.6 writes a filter otherwise than later ones
            warnings.filterwarnings("always", category=UserWarning)
            self.filter = warnings.filters[0]
        # A warm process has set it before it loaded its libraries.
        if self.filter not in warnings.filters:
            warnings.filterwarnings("always", category=UserWarning)
        self.previous = warnings.showwarning
        self.show: Any = self._show
        warnings.showwarning = self.show

    def _show(
        self,
        message: "Warning | str",
        category: "type[Warning]",
        filename: str,
        lineno: int,
        file: "TextIO | None" = None,
        line: "str | None" = None,
    ) -> None:
        if issubclass(category, UserWarning):
            self.journal.warnings.append(f"{category.__name__}: {message}")
        self.previous(message, category, filename, lineno, file, line)

    def make_fatal(self) -> None:
        """Turn the filter into one that raises, and show warnings as before again."""
        if warnings.showwarning == self.show:
            warnings.showwarning = self.previous
        filters: Any = warnings.filters
        if self.filter in filters:
            filters[filters.index(self.filter)] = ("error", *self.filter[1:])
            # Behind the one above it changes nothing, but makes Python forget what it has cached.
            warnings.filterwarnings("error", category=UserWarning, append=True)
