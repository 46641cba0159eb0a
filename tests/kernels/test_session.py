"""The end of a request: its reply and the rest of its output come by two ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from itertools import chain, count, repeat
from types import SimpleNamespace
from typing import Any

import pytest

from modelop_jupyter.domain.kernels import KernelRecord
from modelop_jupyter.kernels import session
from modelop_jupyter.kernels.output import KernelDiedError
from modelop_jupyter.kernels.session import KernelRequest, KernelSession

from .conftest import Shown

Messages = Sequence[tuple[str, dict[str, Any]]]
RECORD = KernelRecord("k", "m", "e", 1, 0.0, datetime.now(timezone.utc), "connection.json")


def message(channel: str, kind: str, **content: Any) -> Messages:
    """Return what one poll receives: a message that belongs to the request."""
    return [(channel, {"msg_type": kind, "content": content, "parent_header": {"msg_id": "r"}})]


def followed(shown: Shown, *polls: Messages, monkeypatch: pytest.MonkeyPatch) -> KernelRequest:
    """Follow a request that receives these messages, and then no more."""
    received: Iterator[Messages] = chain(polls, repeat([]))
    monkeypatch.setattr(KernelSession, "_receive", lambda _: next(received))
    request = KernelRequest("r", shown, lambda _: None)
    KernelSession(RECORD)._follow(request, shown)
    return request


def test_output_that_comes_after_the_reply_is_shown_however_long_that_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The page may be slow to show what the kernel was quick to send."""
    clock = count(step=60)
    monkeypatch.setattr(session, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    shown = Shown()
    followed(
        shown,
        message("shell", "execute_reply", status="ok"),
        message("iopub", "stream", name="stdout", text="one "),
        [],
        message("iopub", "stream", name="stdout", text="two"),
        message("iopub", "status", execution_state="idle"),
        monkeypatch=monkeypatch,
    )

    assert shown.out == "one two"


def test_a_kernel_that_ends_before_it_is_idle_has_not_died(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """exit() ends it soon after its reply."""

    def refuse(_: KernelSession) -> None:
        raise KernelDiedError

    monkeypatch.setattr(KernelSession, "_require_alive", refuse)
    request = followed(
        Shown(),
        message("shell", "execute_reply", status="ok", payload=[{"source": "ask_exit"}]),
        monkeypatch=monkeypatch,
    )

    assert request.has_exited
