"""The program ``modelop``: the value of a verb on stdout, progress and errors on stderr, an exit code."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import signal
import sys
import threading
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modelop_jupyter.cli import exit_codes
from modelop_jupyter.commands.context import Context, ShellSession
from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.submit import SubmittedJob
from modelop_jupyter.commands.verb import Parser, Verb
from modelop_jupyter.domain.lists import Listing
from modelop_jupyter.errors import DeploymentFailedError, ModelOpError
from modelop_jupyter.masking import mask
from modelop_jupyter.remedies import as_text, completed

if TYPE_CHECKING:
    from modelop_jupyter.domain.reports import JobSummary
    from modelop_jupyter.workspace import Job

_PROGRAM = "modelop"


def run(words: Sequence[str]) -> int:
    """Run a command line and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # In a terminal of another encoding, characters that it lacks are shown as '?'.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = _run(list(words))
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as head, has ended; the flush at exit must not fail either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.DONE
    return code


def _run(words: list[str]) -> int:
    if words[:1] == ["--version"]:
        from importlib.metadata import version

        print(f"modelop {version('modelop-jupyter')}")
        return exit_codes.DONE
    as_json = "--json" in words
    if words[:1] == ["--json"]:
        words = [*words[1:], "--json"]
    try:
        verb, args = parse(words, program=_PROGRAM, extra=_json_option)
        return _run_verb(verb, args)
    except ModelOpError as error:
        if as_json:
            _print_json(error.to_wire())
        if isinstance(error, DeploymentFailedError):
            from modelop_jupyter.display import text

            print(text(error, program=_PROGRAM), file=sys.stderr)
        print(f"modelop: {error}", file=sys.stderr)
        if error.remedies:
            remedies = completed(error.remedies, [mask(word) for word in words])
            print(as_text(remedies, _PROGRAM), file=sys.stderr)
        return exit_codes.of_error(error)
    except KeyboardInterrupt:
        print("modelop: interrupted", file=sys.stderr)
        return exit_codes.INTERRUPTED


def _json_option(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document on stdout")


def _run_verb(verb: Verb, args: Namespace) -> int:
    from modelop_jupyter.cli.follow import BuildProgress, follow

    progress = BuildProgress()
    as_interrupt = _sigterm_as_interrupt() if verb.owns_job else contextlib.nullcontext()
    with as_interrupt, contextlib.closing(Context(ShellSession(), progress=progress)) as context:
        try:
            with contextlib.closing(progress):
                value = verb.value(context, args)
        except KeyboardInterrupt:
            if not progress.is_joined:
                raise
            print(
                "modelop: stopped waiting; the build, started by another process, continues",
                file=sys.stderr,
            )
            return exit_codes.INTERRUPTED
        if not isinstance(value, SubmittedJob):
            _print(value, args)
            return exit_codes.of_value(value)
        if value.background:
            _print(value.job.record, args)
            return exit_codes.DONE
        for remark in value.remarks:
            print(f"modelop: {remark}", file=sys.stderr)
        summary, was_interrupted = follow(value.job, context, is_attached=value.is_attached)
        if value.prints_output:
            _print_output(value.job, summary)
        else:
            _print(summary, args)
        return exit_codes.INTERRUPTED if was_interrupted else exit_codes.of_job(summary.record)


@contextlib.contextmanager
def _sigterm_as_interrupt() -> Iterator[None]:
    """Have SIGTERM raise :class:`KeyboardInterrupt`, as Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _print(value: Any, args: Namespace) -> None:
    if args.json:
        from modelop_jupyter.cli.json_output import document_of

        _print_json(document_of(value))
        if isinstance(value, Listing) and value.more:
            print(f"modelop: {value.more}", file=sys.stderr)
        return
    from modelop_jupyter.display import text

    # In a pipe each row is one line, for grep and similar programs.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    output = text(value, program=_PROGRAM, width=width)
    if output:
        print(output)


def _print_output(job: Job, summary: JobSummary) -> None:
    """Write a job's output to stdout as it is, and its summary to stderr."""
    from modelop_jupyter.display import text

    # The file is removed in a moment.
    record = replace(summary.record, output=None)
    shown = replace(summary, record=record, sample=(), spread=())
    print(text(shown, program=_PROGRAM), file=sys.stderr)
    if job.output is not None:
        sys.stdout.flush()
        with job.output.open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)


def _print_json(document: Any) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=not _is_unicode(), default=str))


def _is_unicode() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "").startswith("utf")
