"""Errors that end a job, and exceptions of the model as data."""

import os
import re
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))

TOLD = 4000  # characters of an exception's message that are kept


class JobError(Exception):
    """The job cannot go on: it ends with status ERROR."""

    def __init__(self, stage, message, cause=None):
        Exception.__init__(self, message)
        self.stage, self.message, self.cause = stage, message, cause


class CannotWrite(BaseException):
    """A file of ours cannot be written (a full disk); no ``except`` of a model shall catch this."""


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
        if frames and not frames[-1].filename.startswith(work) and os.path.dirname(frames[-1].filename) != HERE:
            last = frames[-1]
            lines.append("  raised in %s, line %s, in %s" % (short_path(last.filename, work), last.lineno, last.name))
        if lines:
            lines.insert(0, "Traceback (most recent call last):")
        lines += "".join(traceback.format_exception_only(type(error), error)).rstrip().split("\n")
        blocks.append("\n".join(lines).replace(work + os.sep, ""))
    return "\n\nwhich led to:\n\n".join(blocks)


def plain_error(stage, message):
    return {"stage": stage, "exception": None, "message": message, "traceback": None}


def said(error):
    kind, message = error.get("exception"), error["message"]
    return message if not kind or kind == message else "%s: %s" % (kind, message)
