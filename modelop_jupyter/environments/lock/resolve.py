"""Resolve requirements to a lock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone

from modelop_jupyter.domain.environments import Lock
from modelop_jupyter.environments.context import BuildContext
from modelop_jupyter.environments.installers import select
from modelop_jupyter.environments.installers.base import ToolFailedError
from modelop_jupyter.environments.lock import pylock
from modelop_jupyter.environments.lock.request import ResolveRequest


def resolve(request: ResolveRequest, context: BuildContext) -> Lock:
    """Let an installer find versions that fit together, and lock them.

    Raises :class:`EnvironmentBuildError` that names the asset and line at fault.
    """
    remarks: list[str] = []

    def remark(text: str) -> None:
        remarks.append(text)
        context.reporter.start("resolving", text)

    when = f" as of {request.as_of}" if request.as_of else ""
    context.reporter.start(
        "resolving", f"{request.summary} for Python {request.interpreter.minor}{when}"
    )
    text = _canonical_text(request, context, remark)
    return replace(
        pylock.lock_of(text, request.interpreter, additions=request.additions),
        resolved=datetime.now(timezone.utc),
        made_for=request.interpreter,
        remark="; ".join(remarks) or None,
        as_of=request.as_of,
    )


def _canonical_text(
    request: ResolveRequest, context: BuildContext, remark: Callable[[str], None]
) -> str:
    if request.is_empty:
        return pylock.canonical(pylock.EMPTY, request.interpreter, request.requirements)
    with context.log as log:
        for line in request.indexes.describe():
            log.write(f"pip's configuration: {line}")
        try:
            data = select.resolve(request, context, remark=remark)
        except ToolFailedError as error:
            from modelop_jupyter.environments.diagnostics.translate import explain

            raise explain(error.messages, request, context) from None
        text = pylock.canonical(data, request.interpreter, request.requirements)
        log.write(text)
    return text
