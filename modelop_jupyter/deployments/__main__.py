"""Start the server process of a deployment: ``python -m modelop_jupyter.deployments FOLDER -``.

SIGTERM means stop: it answers what it was asked, and ends.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

from modelop_jupyter.deployments.folder import DeploymentFolder
from modelop_jupyter.deployments.http_server import new_event_loop
from modelop_jupyter.deployments.server import Server
from modelop_jupyter.engines import load_variables
from modelop_jupyter.jobs.supervision.ownership import announce
from modelop_jupyter.registry.opening import open_blobs
from modelop_jupyter.settings import Settings

LISTENER = "MODELOP_LISTENER"
"""The variable with the number of the socket on which it answers."""


def main(arguments: list[str]) -> int:
    """Serve the deployment of a folder until it is stopped."""
    load_variables(arguments[1])
    folder = DeploymentFolder(Path(arguments[0]))
    announce(folder)
    listener = socket.socket(fileno=int(os.environ.pop(LISTENER)))
    loop = new_event_loop()
    try:
        return loop.run_until_complete(_serve(folder, listener))
    finally:
        loop.close()


async def _serve(folder: DeploymentFolder, listener: socket.socket) -> int:
    settings = Settings.from_environment()
    server = Server(folder, listener, open_blobs(settings), settings)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    return await server.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
