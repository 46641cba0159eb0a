"""The socket on which a deployment answers."""

from __future__ import annotations

import errno
import socket

from modelop_jupyter.domain.deployments import FIRST_PORT
from modelop_jupyter.errors import InvalidError, PortTakenError

_PORTS = 100
_BACKLOG = 1024


def bind(host: str, port: int | None, *, before: int | None = None) -> socket.socket:
    """Return a socket that listens: from now on the port is this deployment's.

    Who connects before the model is initialised waits for that. Without a ``port`` it is the one
    ``before``, or the first free one from 8003 on. Raises
    :class:`PortTakenError`, and :class:`InvalidError` for a host that is not this machine.
    """
    if port is not None:
        return _bound(host, port)
    wanted = [*([before] if before else []), *range(FIRST_PORT, FIRST_PORT + _PORTS)]
    for number in wanted:
        try:
            return _bound(host, number)
        except PortTakenError:
            continue
    return _bound(host, 0)


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise InvalidError(
            f"--host {host}: {error.strerror or error}", "Name an address of this machine"
        ) from None
    listener = socket.socket(family, kind, protocol)
    # A port whose last connections are still being closed is free.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        # Two sockets may be bound to one port until one of them listens.
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(port, _owner_of(port)) from None
        reason = error.strerror or str(error)
        raise InvalidError(f"--host {host}, port {port}: {reason.lower()}") from None
    except BaseException:
        listener.close()
        raise
    return listener


def _owner_of(port: int) -> str | None:
    """Return the name and the id of the process that listens on a port, None where it is not known."""
    import psutil

    try:
        connections = psutil.net_connections("tcp")
    except psutil.Error:
        return None
    for connection in connections:
        address = connection.laddr
        if connection.status != psutil.CONN_LISTEN or not address or address.port != port:
            continue
        try:
            return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
        except psutil.Error:
            return None
    return None
