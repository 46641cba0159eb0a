"""``main``: words in, one result on stdout, messages on stderr, an exit code."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from modelop_jupyter.cli import exits
from modelop_jupyter.commands.context import Context, ShellSession
from modelop_jupyter.commands.grammar import parse
from modelop_jupyter.commands.parser import Parser
from modelop_jupyter.commands.submitted import Submitted
from modelop_jupyter.commands.verb import Verb
from modelop_jupyter.domain.reports import Listing
from modelop_jupyter.errors import ModelOpError

_PROGRAM = "modelop"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        # A terminal of another encoding gets a '?' for what it cannot show, never a traceback.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code = _run(words)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader, such as head, has seen enough; the flush at exit must not complain either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.DONE
    return code


def _run(words: list[str]) -> int:
    if words[:1] == ["--version"]:
        print(f"modelop {version('modelop-jupyter')}")
        return exits.DONE
    as_json = "--json" in words
    if words[:1] == ["--json"]:
        words = [*words[1:], "--json"]
    try:
        verb, args = parse(words, program=_PROGRAM, extra=_json_option)
        return _do(verb, args)
    except ModelOpError as error:
        if as_json:
            _print_json(error.to_wire())
        print(f"modelop: {error}", file=sys.stderr)
        return exits.of_error(error)
    except KeyboardInterrupt:
        print("modelop: interrupted", file=sys.stderr)
        return exits.INTERRUPTED


def _json_option(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")


def _do(verb: Verb, args: Namespace) -> int:
    from modelop_jupyter.cli.follow import BuildLine, follow

    line = BuildLine()
    with contextlib.closing(Context(ShellSession(), progress=line)) as context:
        try:
            with contextlib.closing(line):
                value = verb.run(context, args)
        except KeyboardInterrupt:
            if not line.is_joined:
                raise
            print("modelop: stopped waiting; the build goes on", file=sys.stderr)
            return exits.INTERRUPTED
        if not isinstance(value, Submitted):
            _print(value, args)
            return exits.of_value(value)
        if value.background:
            _print(value.job.record, args)
            return exits.DONE
        summary, was_interrupted = follow(
            value.job, context.workspace, is_attached=value.is_attached
        )
        _print(summary, args)
        return exits.INTERRUPTED if was_interrupted else exits.of_job(summary.record)


def _print(value: Any, args: Namespace) -> None:
    if args.json:
        from modelop_jupyter.cli.documents import document_of

        _print_json(document_of(value))
        if isinstance(value, Listing) and value.more:
            print(f"modelop: {value.more}", file=sys.stderr)
        return
    from modelop_jupyter.display import text

    # Through a pipe each row stays on its line, for grep and its kin.
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    shown = text(value, program=_PROGRAM, width=width)
    if shown:
        print(shown)


def _print_json(document: Any) -> None:
    print(json.dumps(document, indent=2, ensure_ascii=not _is_unicode(), default=str))


def _is_unicode() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "").startswith("utf")
