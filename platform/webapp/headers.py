"""Response headers that hold the browser to our rules."""

from typing import Any
from urllib.parse import urlsplit

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from kernel.settings import Settings


class SecurityHeaders:
    """Sets the content security policy and its relatives on every answer; a handler's own header wins."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in security_headers(settings).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message["headers"])
                own = dict(headers)
                headers += [pair for pair in self._headers if pair[0] not in own]
                if own.get(b"content-type", b"").startswith(b"text/html") and b"cache-control" not in own:
                    headers.append((b"cache-control", b"no-store"))  # a company's pages stay out of shared and disk caches
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, send_with_headers)


def content_security_policy(settings: Settings) -> str:
    """Nothing from elsewhere, no inline script, no eval.

    Forms may lead from the platform's host to a company's and back: browsers hold redirects after a form to
    ``form-action`` too.  Style *attributes* are allowed because ECharts positions its tooltips with them; style
    elements are not.
    """
    scheme = urlsplit(settings.base_url).scheme
    hosts = f"{scheme}://{settings.base_host} {scheme}://*.{settings.base_host}"
    rules = {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "style-src-attr": "'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "form-action": f"'self' {hosts}",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def security_headers(settings: Settings) -> dict[str, Any]:
    headers = {
        "Content-Security-Policy": content_security_policy(settings),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(self), microphone=(), payment=(), usb=(), interest-cohort=()",
    }
    if settings.secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers
