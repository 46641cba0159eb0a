"""Run the cell of ``%%modelop model`` in the notebook's kernel, as a cell without the magic."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def run_cell(shell: InteractiveShell, cell: str) -> None:
    """Run a cell in the user's namespace; displays its last expression and raises its error.

    A nested ``shell.run_cell`` would report the error, and the magic could only raise it again. So
    the code is executed here, and an error gets the traceback of a plain cell, without the frames
    of the magic.
    """
    number = len(shell.history_manager.input_hist_raw) - 1
    name = shell.compile.cache(cell, number, raw_code=cell)
    try:
        text = shell.transform_cell(cell)
        tree = shell.transform_ast(shell.compile.ast_parse(text, filename=name))
    except SyntaxError as error:
        # For a SyntaxError IPython would show the frames of the parser.
        lines = shell.SyntaxTB.structured_traceback(type(error), error, [])
        # Python 3.13 has a private subclass for incomplete input.
        kind = type(error).__name__
        kind = "SyntaxError" if kind.startswith("_") else kind
        raise _with_traceback(type(kind, (Exception,), {})(str(error)), lines) from None
    last: list[ast.stmt] = []
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = [tree.body.pop()]
    module = ast.Module(tree.body, type_ignores=[])
    try:
        exec(shell.compile(module, name, "exec"), shell.user_global_ns, shell.user_ns)  # noqa: S102
        if last:
            code = shell.compile(ast.Interactive(last), name, "single")
            exec(code, shell.user_global_ns, shell.user_ns)  # noqa: S102
    except (Exception, KeyboardInterrupt) as error:
        traceback = error.__traceback__.tb_next if error.__traceback__ else None
        lines = shell.InteractiveTB.structured_traceback(type(error), error, traceback, tb_offset=0)
        _with_traceback(error, lines)
        raise


def _with_traceback(error: BaseException, lines: list[str]) -> BaseException:
    """Set the traceback lines that IPython shows of an error."""
    error._render_traceback_ = lambda: lines  # type: ignore[attr-defined]
    return error
