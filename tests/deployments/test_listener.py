"""The socket on which a deployment answers."""

from __future__ import annotations

import os
import socket

import pytest

from modelop_jupyter.deployments.listener import bind
from modelop_jupyter.errors import InvalidError, PortTakenError

from ..ports import free_port


def test_the_port_is_ours_from_then_on() -> None:
    """Who comes second is told who has it."""
    port = free_port()
    with bind("127.0.0.1", port), pytest.raises(PortTakenError) as caught:
        bind("127.0.0.1", port)

    assert f"(process {os.getpid()})" in str(caught.value)


def test_without_a_port_it_is_the_one_before() -> None:
    port = free_port()
    with bind("127.0.0.1", None, before=port) as listener:
        assert listener.getsockname()[1] == port


def test_where_that_is_taken_it_is_another_one() -> None:
    port = free_port()
    with bind("127.0.0.1", port), bind("127.0.0.1", None, before=port) as other:
        assert other.getsockname()[1] != port


def test_a_host_of_another_machine_is_refused() -> None:
    with pytest.raises(InvalidError, match=r"--host 192\.0\.2\.1, port 8003: "):
        bind("192.0.2.1", 8003)


def test_a_host_that_is_none_is_refused() -> None:
    with pytest.raises(InvalidError, match="--host no host: "):
        bind("no host", 8003)


def test_it_answers_on_ipv6() -> None:
    if not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    with bind("::1", free_port()) as listener:
        assert listener.getsockname()[0] == "::1"
