"""A job from its start to its end marker."""

import _thread
import atexit
import faulthandler
import io
import signal
import sys
import time
import traceback

from .batch import Batch
from .errors import CannotWrite, JobError, describe, plain_error, said
from .functions import call_init, find_function
from .journal import REASONS, Journal
from .lifeline import Lifeline
from .proof import modules, proof
from .source import import_by_itself, read_request
from .stopping import Stop, Stopped, die_of, leave_if_forked
from .warned import WarningsFilter
from .whole import run_whole

EXIT_SECONDS = 5  # what the model's atexit functions get


def main(folder):
    started = time.monotonic()
    Stop.listen()
    Lifeline.hold()
    faulthandler.enable()
    if sys.version_info < (3, 7):  # it does not know -X utf8
        for name in ("stdout", "stderr"):
            text = io.TextIOWrapper(getattr(sys, name).buffer, "utf-8", "backslashreplace", line_buffering=True)
            setattr(sys, name, text)
    end = {"status": "COMPLETE", "error": None, "metrics": None, "stopped_early": False}
    journal = request = None
    try:
        request = read_request(folder)
        if request.get("range"):
            write_whole_lines()
        journal = Journal(folder, request["inputs"], request.get("range"))
        if request.get("resume"):
            journal.remember()
        journal.replace("proof.json", proof())
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
    finish(journal, request, end, time.monotonic() - started, folder)


def write_whole_lines():
    """Write a line in one piece: the console is one for all workers, and print() writes words."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # Python 3.6 does so anyway, by what is said above
            stream.reconfigure(line_buffering=True, write_through=False)


def run(folder, request, journal, end):
    work = request["work"]
    user_warnings = WarningsFilter(journal)
    journal.log("info", "state changes to RUNNING")
    journal.last_tick()
    module = user_code("import", work, import_by_itself, request, folder)
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


def finish(journal, request, end, seconds, folder):
    """Say how it ended, in ModelOp's words and order (spec 2.8), and write the end marker.

    The last line, the state, is the host's: what it has yet to do can end otherwise.
    """
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
        journal.last_tick()
        if request and request.get("learn"):
            journal.replace("modules.json", {"modules": modules()})
    except CannotWrite as error:
        failed, end["status"] = True, "ERROR"
        end["error"] = end["error"] or plain_error("write", str(error))
    end["result"] = "FAILURE" if failed else "SUCCESS"
    end["counts"] = journal.counts()
    end["stages"] = journal.stages
    end["reason"] = reason
    end["warnings"] = journal.warnings
    end["seconds"] = round(seconds, 3)
    journal.replace("result.json", end)


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
