"""A toast said with a redirect is shown by the page that follows.

``kernel.web.toast`` answers with a header that htmx acts upon.  On a redirect or a refresh nobody reads that header, so the
toast travels in a cookie for a few seconds; ``toast.js`` shows it and deletes the cookie.
"""

import json
from urllib.parse import quote

from litestar.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "toast"
LIFETIME_S = 20
LENGTH_MAX = 3000


class CarryToasts:
    """Turns the toast of an answer that leads elsewhere into a cookie."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_carrying(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = dict(message["headers"])
                leads_away = 300 <= message["status"] < 400 or b"hx-redirect" in headers or b"hx-refresh" in headers
                toast = toast_in(headers.get(b"hx-trigger")) if leads_away else None
                if toast is not None:
                    carried = f"{COOKIE}={toast}; Path=/; Max-Age={LIFETIME_S}; SameSite=Lax"
                    message["headers"] = [*message["headers"], (b"set-cookie", carried.encode())]
            await send(message)

        await self.app(scope, receive, send_carrying)


def toast_in(trigger: bytes | None) -> str | None:
    """The toast of an ``HX-Trigger`` header, quoted for a cookie; None where there is none or it is too long."""
    try:
        toast = json.loads(trigger or b"{}").get("toast")
    except (ValueError, AttributeError):
        return None
    value = quote(json.dumps(toast, ensure_ascii=False), safe="") if toast else ""
    return value if 0 < len(value) <= LENGTH_MAX else None
