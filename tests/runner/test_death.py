"""What a model may do to its process (spec 13.12), and being stopped."""

from __future__ import annotations

import signal

import pytest

from ..waiting import PATIENCE, wait_until
from .harness import Stage, terminate


@pytest.mark.parametrize(
    ("misdeed", "code"),
    [
        ("os._exit(0)", 0),
        ("os.kill(os.getpid(), 9)", -signal.SIGKILL),
        ("os.abort()", -signal.SIGABRT),
        ("import ctypes; ctypes.string_at(0)", -signal.SIGSEGV),
    ],
)
def test_a_runner_that_dies_leaves_no_end_marker(stage: Stage, misdeed: str, code: int) -> None:
    """What was written before, the record begun last and the console are there (spec 13.12)."""
    source = (
        f"import os\ndef score(r):\n    print('scoring', r)\n    if r == 3: {misdeed}\n    return r"
    )
    ran = stage(source, "1\n2\n3\n4\n")

    assert not ran.has_end
    assert ran.returncode == code
    assert ran.begun == (0, 2)
    assert ran.records == [1, 2]
    assert ran.console.startswith("scoring 1\nscoring 2\nscoring 3\n")
    assert [e["scored"] for e in ran.events if e["event"] == "progress"][-1] == 2


def test_threads_left_behind_do_not_keep_it_alive(stage: Stage) -> None:
    """Nor does an atexit function that never ends (spec 13.12)."""
    source = """
import atexit, threading, time
threading.Thread(target=time.sleep, args=(600,)).start()
atexit.register(print, "at exit")
def score(r): return r
"""
    ran = stage(source, "1\n")

    assert ran.ended == ("COMPLETE", "SUCCESS")
    assert ran.console == "at exit\n"


@pytest.mark.parametrize(
    "misdeed",
    [
        "sys.stdout.close(); sys.stderr.close()",
        "os.close(1); os.close(2)",
        "os.closerange(3, 256)",
        "sys.stdout = sys.stderr = sys.__stdout__ = None",
        "os.chdir('/')",
        "__import__('shutil').rmtree(os.getcwd())",
        "os.write(1, bytes(range(256)))",
        "__import__('threading').Thread(target=lambda: 1/0).start()",
        "os.environ.clear(); sys.path.clear(); sys.modules.clear()",
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)",
        "__import__('builtins').__dict__.pop('print')",
        "__import__('warnings').resetwarnings()",
        "__import__('gc').disable(); sys.setrecursionlimit(50)",
    ],
)
def test_a_model_may_treat_its_process_badly(stage: Stage, misdeed: str) -> None:
    """The job goes on and ends as it should (spec 2.8, 13.11)."""
    source = f"import os, sys, signal\ndef score(r):\n    if r == 1: {misdeed}\n    return r"
    ran = stage(source, "0\n1\n2\nx\n")

    assert ran.has_end, ran.console
    assert ran.ended == ("COMPLETE", "FAILURE")
    assert ran.records == [0, 1, 2]
    assert ran.counts == (4, 3, 1, 0, 3)


@pytest.mark.parametrize("end", ["return r", "raise ValueError", "sys.exit(0)"])
def test_a_forked_child_that_runs_on_changes_nothing(stage: Stage, end: str) -> None:
    """Each record is written and counted once (spec 13.11)."""
    source = f"""
import os, sys, time
def score(r):
    if r == 1:
        child = os.fork()
        if child == 0:
            {end}
        os.waitpid(child, 0)
    return r
"""
    ran = stage(source, "0\n1\n2\n")

    assert ran.records == [0, 1, 2]
    assert ran.counts == (3, 3, 0, 0, 3)
    assert ran.ended == ("COMPLETE", "SUCCESS")


def test_a_pool_of_forked_processes_works(stage: Stage) -> None:
    """A model may use multiprocessing; terminating the pool is no end of the job."""
    source = """
import multiprocessing
def double(x): return 2 * x
def score(record):
    with multiprocessing.get_context("fork").Pool(2) as pool:
        return pool.map(double, record)
"""
    ran = stage(source, "[1, 2]\n[3]\n")

    assert ran.records == [[2, 4], [6]]
    assert ran.ended == ("COMPLETE", "SUCCESS")


@pytest.mark.parametrize(
    ("own", "wanted"),
    [("", "SIG_DFL"), ("signal.signal(signal.SIGTERM, signal.SIG_IGN)", "SIG_IGN")],
)
def test_a_forked_process_has_the_signal_handlers_of_the_model(
    stage: Stage, own: str, wanted: str
) -> None:
    """Else a worker that waits for a lock would never hear of SIGTERM, and its pool never end."""
    source = f"""
import multiprocessing
import signal
{own}
def handler(_): return repr(signal.getsignal(signal.SIGTERM))
def score(record):
    with multiprocessing.get_context("fork").Pool(1) as pool:
        found = pool.map(handler, [0])
        pool.close()
        pool.join()
    return found
"""
    ran = stage(source, "1\n")

    assert [wanted in text for [text] in ran.records] == [True]


@pytest.mark.parametrize(
    "source",
    [
        "import time\ndef score(r):\n    if r == 2: time.sleep(60)\n    return r",
        "import time\ndef score(r):\n    try:\n        if r == 2: time.sleep(60)\n    except Exception: pass\n    return r",
    ],
)
def test_a_stopped_runner_keeps_what_it_has(stage: Stage, source: str) -> None:
    """SIGTERM: outputs and counts are written, there is no end marker."""
    process, ran = stage.start(source, "0\n1\n2\n3\n")
    wait_until(lambda: (ran.folder / "progress.bin").exists() and ran.begun == (0, 2))

    assert terminate(process) == -signal.SIGTERM
    assert not ran.has_end
    assert ran.records == [0, 1]
    last = [event for event in ran.events if event["event"] == "progress"][-1]
    assert (last["records_in"], last["scored"], last["records_out"]) == (2, 2, 2)


def test_a_runner_can_be_stopped_in_init(stage: Stage) -> None:
    """SIGTERM while the model loads."""
    source = "import time\nprint('loading', flush=True)\ntime.sleep(60)"
    process, ran = stage.start(source, "0\n")
    wait_until(lambda: ran.console == "loading\n")

    assert terminate(process) == -signal.SIGTERM
    assert not ran.has_end


def test_a_full_disk_is_told(stage: Stage) -> None:
    """An output that cannot be written is an error of the job, not of a record."""
    source = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
    source += "import signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    source += "def score(r): return 'x' * 1000"
    ran = stage(source, "0\n" * 10)

    assert ran.ended == ("ERROR", "FAILURE")
    assert ran.result["error"]["stage"] == "write"
    assert ran.result["error"]["message"].startswith("out.json.part cannot be written: ")


@pytest.mark.parametrize("request_text", ["", "{}", '{"protocol": 2}'])
def test_a_request_that_is_none_is_told(stage: Stage, request_text: str) -> None:
    """A host of another version gets an end marker too."""
    process, ran = stage.start("x = 1")
    process.wait(timeout=PATIENCE)
    (ran.folder / "request.json").write_text(request_text)
    (ran.folder / "result.json").unlink()
    (ran.folder / "work/code.py").unlink()
    again = stage.again(ran)

    assert again.ended == ("ERROR", "FAILURE")
    assert again.result["error"]["message"]
