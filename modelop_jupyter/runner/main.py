"""Run one job of one model, inside the model's own environment.

    <environment>/bin/python -I -u -X utf8 main.py JOB_FOLDER
    <environment>/bin/python -I -u -X utf8 main.py --prefork FOLDER   wait for jobs

The second form is in accelerators/prefork.py.

This file is executed, never imported by our package, and needs nothing but the standard library of
CPython 3.6 or newer. It exchanges data with the host only through files of the job folder; their
shapes are in protocol.pyi:

    request.json    read    what to run: source, functions, slots, inputs, output, options;
                            "resume": continue from checkpoint.json if there is one; "doomed":
                            {index: {exception, message}}, records to count as failed without
                            scoring them again; "range": {start, end}, the bytes of the one input
                            that are this runner's; "checkpoint_seconds": 1.0; "codec": {name, path}
                            of a fast JSON library; "learn": whether to write modules.json;
                            "other_outputs": [{slot, path, format}], the files of further output
                            slots; "spans": whether to write spans.bin; "check": {order}, to score
                            a sample in that order, and to see what the model touches; "retry":
                            {count, exceptions}, to try records again that raise one of these
    job.json        read    the ModelOp job; its text is what ``init`` gets as ``rawJson``
    work/                   the model's working directory; ``outputDir/`` is made here
    proof.json      write   what this process runs with, before the model's source is imported
    events.jsonl    append  {"t", "event": "log", "level", "text", "console"}, with "record" where
                            it is about one, and {"t", "event": "progress", records_in, scored,
                            rejected, failed, records_out, bytes, total_bytes}, with "retried" and
                            "retries" where records may be tried again
    errors.jsonl    append  one object per rejected or failed record, the only place that holds its
                            content; "input": [offset, length] of it in the unzipped input,
                            "output": [start, end] of what it had written; "tries" of one that was
                            tried again, "printed" of one that wrote to stdout or stderr
    printed.jsonl   append  {"index", "slot", "text", "left_out"} of each record that wrote to stdout or
                            stderr: the last 4000 bytes, and how many are left out before them
    printed.bin     write   the text of the record that wrote last, see printed.py
    progress.bin    write   three native 64 bit integers: number of the input (as in the request),
                            index of the record in it that was begun last, and in a record the number
                            of the try, 0 between records; -1, -1, 0 before the first. It is a memory map, so it
                            is true even after ``kill -9``.
    checkpoint.json write   how far input, output and errors belong together, about once a second,
                            where a job can resume at all: one input of lines, no record sets
    calls.json      write   of a check: {calls: [{record, seconds, end}]}, "end" as in spans.bin
    sample.json, globals.json write of a check: the values of the records, and of the model's globals
                            once it is initialised
    observations.json write of a check: files, hosts and so on outside of work/ that were touched
    spans.bin       write   a native 64 bit integer for each record: where its output ends
    modules.json    write   the modules that were loaded at the end, of Python and of libraries
    outputs/X.part  write   the output as far as it is known; the host renames it
    result.json     write   the end marker, the last thing done: without it the runner has died
                            (spec 13.12)

stdout and stderr belong to the model. Output, errors and events of the first thousand records are
written at once, later ones at least every 0.1 s. SIGTERM writes what is buffered and then ends the
process, without an end marker.

Each file beside this one holds one subject; ``job.py`` is where to begin to read. They are loaded
as a package whose name nobody else uses and which is forgotten at once: a model can neither import
nor shadow them. Annotations that are more than the name of a builtin are quoted, and what only they
need is imported under ``TYPE_CHECKING``: Python 3.6 would evaluate them, and importing ``typing``
would take milliseconds of every job.
"""

import os
import sys

# -I keeps the script's folder out of sys.path; older or embedded interpreters may not.
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:] = [path for path in sys.path if path and os.path.abspath(path) != HERE]

import importlib  # noqa: E402
import importlib.util  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PACKAGE = "_modelop_runner"


def load(*names: str) -> "list[Any]":
    """Return files beside this one as modules that no ``import`` finds afterwards.

    All that share anything must be asked for in one call: a second one makes them anew.
    """
    spec: Any = importlib.util.spec_from_file_location(
        PACKAGE, os.path.join(HERE, "__init__.py"), submodule_search_locations=[HERE]
    )
    sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
    try:
        return [importlib.import_module(f"{PACKAGE}.{name}") for name in names]
    finally:
        for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
            del sys.modules[name]
        for path in [path for path in sys.path_importer_cache if path.startswith(HERE)]:
            del sys.path_importer_cache[path]


def main(arguments: "list[str]") -> None:
    """Run the job of a folder; with ``--prefork``, wait for jobs and run each in a fork."""
    if arguments[0] == "--prefork":
        prefork, job = load("accelerators.prefork", "job")
        other, arguments = prefork.serve(arguments[1])  # returns in each fork
        sys.argv[1:] = arguments
        if other:
            importlib.import_module(other).main(arguments)
            return
    else:
        (job,) = load("job")
    job.main(os.path.realpath(arguments[0]))


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)
    os._exit(0)  # threads that the model left behind do not keep it alive (spec 13.12)
