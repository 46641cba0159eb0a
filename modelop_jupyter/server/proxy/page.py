"""``/deployments/NAME/``: the page on which one tries a record."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado.web import authenticated

from modelop_jupyter.deployments.page import page
from modelop_jupyter.errors import ModelOpError
from modelop_jupyter.server.context import ServerContext
from modelop_jupyter.server.rest.base import BaseHandler


class DeploymentPageHandler(BaseHandler):
    """Sends the page that this package has, not what the deployment would send.

    As a page of Jupyter's address it may do what its user may. What comes from the port of a deployment
    may not, as another program can have the port by now. The policy of the page allows the script that
    stands in it and no other.
    """

    def initialize(self, name: str, context: ServerContext) -> None:
        super().initialize(name)
        self._context = context

    @property
    def methods(self) -> Sequence[str]:
        return ("get", "head")

    @property
    def content_security_policy(self) -> str:
        """Return the policy of Jupyter's pages: that of its other answers forbids all scripts."""
        policy: str = super(APIHandler, self).content_security_policy
        return policy

    def get_login_url(self) -> str:
        """Return where a browser is sent that is not logged in; other handlers answer 403."""
        url: str = super(APIHandler, self).get_login_url()
        return url

    @authenticated
    @authorized
    async def get(self, name: str, slash: str) -> None:
        await self._answer(name, slash)

    @authenticated
    @authorized
    async def head(self, name: str, slash: str) -> None:
        await self._answer(name, slash)

    async def _answer(self, name: str, slash: str) -> None:
        if slash:
            await self._send(name)
            return
        # The page asks for what lies below it.
        path, question_mark, query = str(self.request.uri).partition("?")
        self.redirect(f"{path}/{question_mark}{query}")

    async def _send(self, name: str) -> None:
        self.extensionapp.wake()
        deployments = self._context.workspace.deployments
        try:
            await self._context.run(partial(deployments.address, name))
        except ModelOpError as error:
            await self.finish_error(error)
            return
        content, headers = page()
        # To read the token sets its cookie, without which the page could send nothing.
        _ = self.xsrf_token
        policy = self.content_security_policy
        for key, value in headers.items():
            self.set_header(key, value)
        # Of two policies a browser keeps both.
        self.add_header("Content-Security-Policy", policy)
        await self.finish(content, set_content_type="text/html; charset=utf-8")
