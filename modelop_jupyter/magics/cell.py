"""Running the cell of ``%%modelop model`` as if it stood there without the magic."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell


def run_cell(shell: InteractiveShell, cell: str) -> None:
    """Run a cell in the user's namespace; its last expression is displayed, its error raised.

    A nested ``shell.run_cell`` would report the error, and the magic could then only raise it a
    second time. So the code is run here, and an error gets the traceback of a plain cell, without
    the frames of the magic.
    """
    number = len(shell.history_manager.input_hist_raw) - 1
    name = shell.compile.cache(cell, number, raw_code=cell)
    try:
        text = shell.transform_cell(cell)
        tree = shell.transform_ast(shell.compile.ast_parse(text, filename=name))
    except SyntaxError as error:
        # For a SyntaxError IPython would show how it came to be parsed: frames of ours.
        lines = shell.SyntaxTB.structured_traceback(type(error), error, [])
        # Python 3.13 has a private kind of it for input that is cut short.
        kind = type(error).__name__
        kind = "SyntaxError" if kind.startswith("_") else kind
        raise _shown(type(kind, (Exception,), {})(str(error)), lines) from None
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
        _shown(error, lines)
        raise


def _shown(error: BaseException, lines: list[str]) -> BaseException:
    """Have IPython show an error by these lines."""
    error._render_traceback_ = lambda: lines  # type: ignore[attr-defined]
    return error
