"""The interface in a browser: textual-serve behind a secret address of this machine. Needs the extra `serve`.

Each browser tab runs an `askdocs` of its own. Everything lies under a random token in the path, so that only who was
given the address gets anything; requests that a page of another site could make the browser send are refused.
"""

from __future__ import annotations

import logging
import secrets
import shlex
import socket
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from aiohttp import web
from textual_serve.server import Server

from askdocs.errors import UsageError

ADDRESS = "127.0.0.1"
_TOKEN_BYTES = 24
_PAGE = Path(__file__).with_name("web")
_REFUSAL = "Open the whole address that `askdocs serve` has printed.\n"


def serve(index: str | None, port: int, announce: Callable[[str], None]) -> None:
    """Serve the interface over the index `index` (None: that of the settings) until interrupted.

    `announce` is told the address, once it answers. Port 0 takes one that is free. Raises UsageError if the port can't
    be had.
    """
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((ADDRESS, port))
            listening.listen()  # whoever comes as soon as the address is told waits a moment
        except OSError as exc:
            raise UsageError(f"port {port} can't be used ({exc.strerror}); choose another with --port") from exc
        # It would tell of each tab that ends a moment after the server.
        logging.getLogger("asyncio").setLevel(logging.ERROR)
        command = [sys.executable, "-m", "askdocs", *(("--index", index) if index else ())]
        server = _GuardedServer(command, listening.getsockname()[1], announce)
        web.run_app(server.application(), sock=listening, access_log=None, print=None)


class _GuardedServer(Server):
    """textual-serve with everything under a token, and 403 for all else."""

    def __init__(self, command: Sequence[str], port: int, announce: Callable[[str], None]) -> None:
        super().__init__(shlex.join(command), ADDRESS, port, "askdocs", templates_path=str(_PAGE))
        self._host = f"{ADDRESS}:{port}"
        self._token = secrets.token_urlsafe(_TOKEN_BYTES)
        self._announce = announce
        self._headers = {
            # Nothing is fetched from elsewhere, and nowhere learns the address.
            "Content-Security-Policy": (
                "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
                f"img-src 'self' data:; connect-src 'self' ws://{self._host}; "
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
            ),
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }

    async def application(self) -> web.Application:
        """The whole application."""
        served = await self._make_app()
        served.router.add_static("/askdocs", _PAGE)
        root = web.Application(middlewares=[self._guard])
        root.on_response_prepare.append(self._add_headers)
        root.add_subapp(f"/{self._token}", served)
        return root

    async def on_startup(self, app: web.Application) -> None:  # noqa: ARG002
        """Tell the address, instead of showing a banner."""
        self._announce(f"http://{self._host}/{self._token}/")

    @web.middleware
    async def _guard(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        given = request.path.split("/")[1].encode(errors="replace")
        known = secrets.compare_digest(given, self._token.encode())
        # A page elsewhere may have its name point to this machine ("DNS rebinding"), or open a WebSocket to it.
        headers = request.headers
        at_home = headers.get("Host") == self._host and headers.get("Origin") in (None, f"http://{self._host}")
        if not (known and at_home):
            raise web.HTTPForbidden(text=_REFUSAL)
        return await handler(request)

    async def _add_headers(self, _: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(self._headers)
