"""Calls to addresses that a company has chosen: never into our own network, and never where a redirect leads.

A name is looked up once, every address it has must be a public one, and the connection goes to the address that was
checked, so that a name which changes its mind gains nothing (DNS rebinding).  TLS still checks the name.
"""

import asyncio
import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

TIMEOUT_S = 15
ANSWER_BYTES_MAX = 256 * 1024


class EgressRefused(Exception):
    """The address is not one that may be called."""


class EgressFailed(Exception):
    """Nothing, or nothing whole, came back.  ``sent`` tells whether the other side may have read the request."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    body: bytes


async def call(method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes = b"", private: bool = False) -> Answer:
    """The answer of ``url``, whatever its status.  ``private`` allows addresses of our own network, for development.

    Raises:
        EgressRefused: the address is no http address, or a private one.
        EgressFailed: the connection failed.
    """
    return await asyncio.to_thread(_call, method, url, dict(headers or {}), body, private=private)


async def open_socket(host: str, port: int, *, private: bool = False) -> socket.socket:
    """A connected socket to a vetted address of ``host``.

    Raises:
        EgressRefused, EgressFailed
    """

    def connect() -> socket.socket:
        address = vetted(host, port, private=private)
        try:
            return socket.create_connection((address, port), TIMEOUT_S)
        except OSError as error:
            raise EgressFailed(f"{host}:{port} {error}", sent=False) from error

    return await asyncio.to_thread(connect)


def vetted(host: str, port: int, *, private: bool = False) -> str:
    """An address of ``host``, all of which may be called.

    Raises:
        EgressRefused, EgressFailed
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise EgressFailed(f"{host}: {error}", sent=False) from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or (not private and not all(_public(address) for address in addresses)):
        raise EgressRefused(f"{host} is not a public address")
    return addresses[0]


def _public(text: str) -> bool:
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if address in ipaddress.ip_network("64:ff9b::/96"):  # NAT64 hides an IPv4 address in its last 32 bits
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return address.is_global and not address.is_multicast


class _Vetted(http.client.HTTPConnection):
    """Connects to the checked address, and speaks to the name."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S)
        self._address, self._context = address, context

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), TIMEOUT_S)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host) if self._context else plain


def _call(method: str, url: str, headers: dict[str, str], body: bytes, *, private: bool) -> Answer:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise EgressRefused(f"{parts.scheme}://{parts.hostname} is no http address")
    if parts.scheme == "http" and not private:
        raise EgressRefused("only https addresses are called")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if not private and port != 443:
        raise EgressRefused("only port 443 is called")
    context = ssl.create_default_context() if parts.scheme == "https" else None
    connection = _Vetted(parts.hostname, port, vetted(parts.hostname, port, private=private), context)
    sent = False
    try:
        connection.connect()
        sent = True
        connection.request(method, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = connection.getresponse()
        return Answer(status=answer.status, body=answer.read(ANSWER_BYTES_MAX))
    except (OSError, http.client.HTTPException) as error:
        raise EgressFailed(f"{parts.hostname}: {type(error).__name__} {error}", sent=sent) from error
    finally:
        connection.close()
