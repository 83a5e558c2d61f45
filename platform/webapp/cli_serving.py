"""The web server of the commands ``up`` and ``serve``."""

import asyncio
import errno
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from webapp.cli_shared import Refused
from workflow.api import close_all

GRACE_S = 5


class Server(uvicorn.Server):
    """Uvicorn without its signal handlers: the command stops it, and goes on with its own clean-up."""

    def __init__(self, app: Any, *, trust_proxy: bool, started: Callable[[], None] | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                lifespan="on",
                proxy_headers=trust_proxy,
                forwarded_allow_ips="*" if trust_proxy else None,
                timeout_graceful_shutdown=GRACE_S,
            )
        )
        self._say_started = started

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._say_started is not None:
            self._say_started()

    async def serve_until(self, stop: asyncio.Event, sockets: list[socket.socket]) -> None:
        """Serve on ``sockets`` until ``stop`` is set; requests at hand get a few seconds to end."""
        stopping = asyncio.create_task(self._forward(stop))
        try:
            await self.serve(sockets)
        finally:
            stopping.cancel()

    async def _forward(self, stop: asyncio.Event) -> None:
        await stop.wait()
        close_all()  # open streams end by themselves, so that the others need not wait for them
        self.should_exit = True


def listen(port: int, host: str | None = None) -> list[socket.socket]:
    """Sockets bound to the port: ``host``, or both loopback addresses, as browsers take either for ``localhost``.

    Raises:
        Refused: another program has the port, or the address is not ours.
    """
    sockets: list[socket.socket] = []
    for family, address in [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")] if host is None else _addresses(host):
        bound = socket.socket(family, socket.SOCK_STREAM)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            bound.bind((address, port))
        except OSError as error:
            bound.close()
            if host is None and family == socket.AF_INET6 and error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                continue  # a machine without IPv6
            for other in sockets:
                other.close()
            raise Refused(_why(error, address, port)) from None
        sockets.append(bound)
    return sockets


def port_asked() -> int:
    """The port of ``PORT``, 8000 where it is not set.

    Raises:
        Refused: it is no port.
    """
    value = os.environ.get("PORT") or "8000"
    if not value.isdecimal() or not 1 <= int(value) <= 65535:
        raise Refused(f"PORT must be a number from 1 to 65535, not {value!r}.")
    return int(value)


def _addresses(host: str) -> list[tuple[socket.AddressFamily, str]]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except socket.gaierror:
        raise Refused(f"HOST {host!r} is no address of this machine.") from None
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _why(error: OSError, address: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use by another program: stop it, or choose another port with PORT={port + 1 if port < 65535 else 8001}."
    if error.errno == errno.EACCES:
        return f"Port {port} needs the rights of root: choose one above 1023 with PORT=8000."
    return f"The address {address}:{port} cannot be used: {error.strerror}."
