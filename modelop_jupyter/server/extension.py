"""The extension as Jupyter Server sees it: its settings, its handlers, its beginning and end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_server.extension.application import ExtensionApp
from traitlets import Unicode

from modelop_jupyter.server.desk import Desk
from modelop_jupyter.server.events import SCHEMA, Beat
from modelop_jupyter.server.handler import ResourceHandler
from modelop_jupyter.server.paths import Root
from modelop_jupyter.server.resources import resources
from modelop_jupyter.settings import Settings

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

PREFIX = "/modelop-jupyter"


class ModelOpExtension(ExtensionApp):
    """Serves models, environments and jobs below ``/modelop-jupyter``. Nothing is opened at start."""

    name = "modelop_jupyter"
    extension_url = PREFIX
    load_other_extensions = True

    home = Unicode(
        "", help="The home folder; by default MODELOP_HOME or the platform's user data folder."
    ).tag(config=True)
    registry_url = Unicode(
        "", help="The registry as an SQLAlchemy URL; by default MODELOP_REGISTRY_URL or SQLite."
    ).tag(config=True)

    desk: Desk
    _beat: Beat

    def initialize_settings(self) -> None:
        """Make what all requests share."""
        server = self._server
        self.desk = Desk(self._settings(), self._root())
        server.event_logger.register_event_schema(SCHEMA)
        self._beat = Beat(self.desk, server.event_logger)

    def initialize_handlers(self) -> None:
        """Give every resource its path."""
        base_path = self._server.base_url.rstrip("/") + PREFIX
        self.handlers.extend(
            (PREFIX + each.pattern, ResourceHandler, {"resource": each, "desk": self.desk})
            for each in resources(base_path)
        )

    def wake(self) -> None:
        """Watch for changes for a while: somebody is there to be told."""
        self._beat.wake()

    async def stop_extension(self) -> None:
        """Let go of everything; jobs go on."""
        await self._beat.stop()
        self.desk.close()

    @property
    def _server(self) -> ServerApp:
        server = self.serverapp
        if server is None:
            raise RuntimeError("the extension is not linked to a server")
        return server

    def _settings(self) -> Settings:
        chosen = {"MODELOP_HOME": self.home, "MODELOP_REGISTRY_URL": self.registry_url}
        given = {name: value for name, value in chosen.items() if value}
        home = self.home or os.environ.get("MODELOP_HOME", "")
        path = Path(home).expanduser()
        if home and not path.is_absolute():
            # A server that did not start would say less; its kernels are told the same.
            given["MODELOP_HOME"] = os.environ["MODELOP_HOME"] = str(path.absolute())
            self.log.warning(
                "The home folder is the relative path %s: %s is used. Other processes refuse it;"
                " set MODELOP_HOME to an absolute path.",
                home,
                path.absolute(),
            )
        return Settings.from_environment({**os.environ, **given})

    def _root(self) -> Root:
        contents = self._server.contents_manager
        # Contents may live elsewhere than in files: then the server's own folder is what it has.
        folder = getattr(contents, "root_dir", None) or self._server.root_dir
        return Root(Path(folder).expanduser(), shows_hidden=bool(contents.allow_hidden))
