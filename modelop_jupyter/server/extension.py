"""The extension as Jupyter Server loads it: its traits, its handlers, its start and stop."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_server.extension.application import ExtensionApp
from traitlets import Unicode

from modelop_jupyter.server.changes.events import SCHEMA, ChangeNotifier
from modelop_jupyter.server.context import ServerContext
from modelop_jupyter.server.file_root import FileRoot
from modelop_jupyter.server.proxy.handler import DeploymentHandler
from modelop_jupyter.server.proxy.page import DeploymentPageHandler
from modelop_jupyter.server.resources.fields import MODEL_NAME_PATTERN
from modelop_jupyter.server.rest.handler import ResourceHandler
from modelop_jupyter.server.routes import resources
from modelop_jupyter.settings import Settings

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

PREFIX = "/modelop-jupyter"


class ModelOpExtension(ExtensionApp):
    """Serves models, environments and jobs below ``/modelop-jupyter``; opens no database at start."""

    name = "modelop_jupyter"
    extension_url = PREFIX
    load_other_extensions = True

    home = Unicode(
        "", help="The home folder; by default MODELOP_HOME or the platform's user data folder."
    ).tag(config=True)
    registry_url = Unicode(
        "", help="The registry as an SQLAlchemy URL; by default MODELOP_REGISTRY_URL or SQLite."
    ).tag(config=True)

    context: ServerContext
    _notifier: ChangeNotifier

    def initialize_settings(self) -> None:
        """Create what all requests share."""
        server = self._server
        self.context = ServerContext(self._settings(), self._root())
        server.event_logger.register_event_schema(SCHEMA)
        self._notifier = ChangeNotifier(self.context, server.event_logger)

    def initialize_handlers(self) -> None:
        """Register a handler for every resource."""
        base_path = self._server.base_url.rstrip("/") + PREFIX
        self.handlers.extend(
            (
                PREFIX + resource.pattern,
                ResourceHandler,
                {"resource": resource, "context": self.context},
            )
            for resource in resources(base_path)
        )
        path = f"{PREFIX}/deployments/(?P<name>{MODEL_NAME_PATTERN})"
        options = {"context": self.context}
        prefix = f"{base_path}/deployments/"
        self.handlers += [
            (f"{path}(?P<slash>/?)", DeploymentPageHandler, options),
            (f"{path}/(?P<path>.+)", DeploymentHandler, {**options, "prefix": prefix}),
        ]

    def wake(self) -> None:
        """Look for changes for a while: a client has just sent a request."""
        self._notifier.wake()

    async def stop_extension(self) -> None:
        """Stop looking for changes and close the database; jobs keep running."""
        await self._notifier.stop()
        self.context.close()

    @property
    def _server(self) -> ServerApp:
        server = self.serverapp
        if server is None:
            raise RuntimeError("the extension is not linked to a server")
        return server

    def _settings(self) -> Settings:
        traits = {"MODELOP_HOME": self.home, "MODELOP_REGISTRY_URL": self.registry_url}
        overrides = {name: value for name, value in traits.items() if value}
        home = self.home or os.environ.get("MODELOP_HOME", "")
        path = Path(home).expanduser()
        if home and not path.is_absolute():
            # A warning tells the user more than a server that does not start. The kernels inherit it.
            overrides["MODELOP_HOME"] = os.environ["MODELOP_HOME"] = str(path.absolute())
            self.log.warning(
                "The home folder is the relative path %s: %s is used. Other processes refuse it;"
                " set MODELOP_HOME to an absolute path.",
                home,
                path.absolute(),
            )
        settings = Settings.from_environment({**os.environ, **overrides})
        for problem in settings.problems:
            self.log.warning("%s", problem)
        return settings

    def _root(self) -> FileRoot:
        contents = self._server.contents_manager
        # A contents manager that stores no files has no root_dir.
        folder = getattr(contents, "root_dir", None) or self._server.root_dir
        return FileRoot(Path(folder).expanduser(), allow_hidden=bool(contents.allow_hidden))
