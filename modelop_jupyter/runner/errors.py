"""Errors that end a job, records that cannot be read, and the model's exceptions as data."""

import os
import re
import traceback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .protocol import ErrorDocument

HERE = os.path.dirname(os.path.abspath(__file__))
MAX_MESSAGE = 4000  # characters of an exception's message that are kept
MAX_CAUSES = 5
MAX_LINES, FIRST_LINES, LAST_LINES = 60, 40, 20  # of a traceback; two lines a frame


class StageError(Exception):
    """The job ends with status ERROR; ``cause`` is the model's exception as data."""

    def __init__(self, stage: str, message: str, cause: "ErrorDocument | None" = None) -> None:
        Exception.__init__(self, message)
        self.stage, self.message, self.cause = stage, message, cause


class CannotWrite(BaseException):
    """A file of the job folder cannot be written; no ``except Exception`` of a model catches it."""


class MalformedRecord:
    """Why some input is not a record: ``reason`` for ModelOp's log, ``message`` for people."""

    def __init__(self, reason: str, message: str) -> None:
        self.reason, self.message = reason, message


def describe_exception(
    error: BaseException, work: str, stage: "str | None" = None
) -> "ErrorDocument":
    """Return an exception as data: class, message (never empty), the model's own frames.

    ``work`` is the model's folder; ``file`` and ``line`` are the innermost place in it.
    """
    name = type(error).__name__
    try:
        message = str(error)[:MAX_MESSAGE]
    except Exception:  # an exception class of the model may do anything
        message = ""
    if isinstance(error, SystemExit):
        message = f"the model called sys.exit({message})"
    document: ErrorDocument = {
        "stage": stage,
        "exception": name,
        "message": message or name,
        "file": None,
        "line": None,
    }
    try:
        document["traceback"] = model_traceback(error, work)
        own = [frame for frame in frames_of(error) if frame.filename.startswith(work)]
        if own:
            document["file"], document["line"] = short_path(own[-1].filename, work), own[-1].lineno
        elif isinstance(error, SyntaxError) and error.filename:
            document["file"], document["line"] = short_path(error.filename, work), error.lineno
    except Exception as problem:
        document["traceback"] = f"{name} (no traceback: {type(problem).__name__})"
    if isinstance(error, ImportError) and error.name:
        document["module"] = error.name
    return document


def model_traceback(error: BaseException, work: str) -> str:
    """Format an exception and its causes with the model's frames, and where a library raised it."""
    blocks = []
    for cause in causes_of(error):
        lines = model_frames(frames_of(cause), work)
        if lines:
            lines.insert(0, "Traceback (most recent call last):")
        lines += "".join(traceback.format_exception_only(type(cause), cause)).rstrip().split("\n")
        blocks.append("\n".join(lines).replace(work + os.sep, ""))
    return "\n\nwhich led to:\n\n".join(blocks)


def causes_of(error: "BaseException | None") -> "list[BaseException]":
    """Return an exception and what led to it, the first cause first."""
    chain: list[BaseException] = []
    while error is not None and len(chain) < MAX_CAUSES and all(error is not one for one in chain):
        chain.insert(0, error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def model_frames(frames: traceback.StackSummary, work: str) -> "list[str]":
    """Return a traceback's lines for the model's frames, and for a library's frame that raised."""
    lines = []
    for frame in frames:
        if frame.filename.startswith(work):
            where = short_path(frame.filename, work)
            lines.append(f'  File "{where}", line {frame.lineno}, in {frame.name}')
            lines += ["    " + frame.line] if frame.line else []
    if len(lines) > MAX_LINES:
        left_out = (len(lines) - MAX_LINES) // 2
        lines[FIRST_LINES:-LAST_LINES] = [f"  … {left_out} more frames of the model"]
    if frames and not frames[-1].filename.startswith((work, HERE + os.sep)):
        last = frames[-1]
        where = short_path(last.filename, work)
        lines.append(f"  raised in {where}, line {last.lineno}, in {last.name}")
    return lines


def frames_of(error: BaseException) -> traceback.StackSummary:
    return traceback.extract_tb(error.__traceback__)


def short_path(path: str, work: str) -> str:
    """Return a path as the user knows it: within the model's folder, or within the library."""
    if path.startswith(work + os.sep):
        return path[len(work) + 1 :]
    return re.sub(r".*[\\/](site-packages|lib[\\/]python[^\\/]*)[\\/]", "", path)


def error_document(stage: str, message: str) -> "ErrorDocument":
    """Return an error of the runner's own as data."""
    return {"stage": stage, "exception": None, "message": message, "traceback": None}


def exception_line(error: "ErrorDocument") -> str:
    """Return an error as one line: ``ValueError: message``."""
    kind, message = error.get("exception"), error["message"]
    return message if not kind or kind == message else f"{kind}: {message}"
