"""Where to send a browser: only to our own pages, whatever an address or a form says."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response
from litestar.response import Redirect
from litestar.status_codes import HTTP_303_SEE_OTHER

from identity.csrf import SAFE_METHODS

HOME = "/"
_LENGTH_MAX = 1000


def local_path(text: str | None) -> str:
    """``text`` if it is a path on this host; the home page otherwise.

    Browsers read ``//evil.example`` and ``/\\evil.example`` as other hosts, and skip control characters.
    """
    if not text or len(text) > _LENGTH_MAX or not text.startswith("/") or text.startswith(("//", "/\\")):
        return HOME
    if any(ord(character) <= 32 or ord(character) == 127 or character == "\\" for character in text):
        return HOME
    parts = urlsplit(text)
    return HOME if parts.scheme or parts.netloc else text


def go_to(request: Request[Any, Any, Any], address: str) -> Response[Any]:
    """Make the browser open ``address``, also when htmx asked: it cannot follow a redirect to another host by itself."""
    if request.headers.get("hx-request") == "true":
        return Response(None, status_code=200, headers={"HX-Redirect": address})
    return Redirect(address, status_code=HTTP_303_SEE_OTHER)


def path_asked(request: Request[Any, Any, Any]) -> str:
    """The page to come back to: the one asked for, or the one whose form or button made the request."""
    if request.headers.get("hx-request") == "true" or request.method not in SAFE_METHODS:
        current = urlsplit(request.headers.get("hx-current-url") or request.headers.get("referer") or "")
        return local_path(f"{current.path}?{current.query}" if current.query else current.path)
    query = request.url.query
    return local_path(f"{request.url.path}?{query}" if query else request.url.path)
