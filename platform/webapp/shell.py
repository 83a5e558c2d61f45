"""What every page shows around its content: who is here, in which company, the menu, language, theme and density.

A middleware keeps the request at hand in a context variable, so that templates, also those of widgets and panels, ask
for it without being handed it.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from typing import Any

from litestar.datastructures import Headers
from litestar.types import ASGIApp, Receive, Scope, Send

from kernel import clock
from kernel.i18n import gettext as _
from kernel.work import Actor, Tenant
from webapp.assets import ASSETS
from webapp.edge import ANONYMOUS, cookie

THEMES = ("auto", "light", "dark")
DENSITIES = ("cozy", "compact")
DEFAULT_ZONE = "Asia/Shanghai"


@dataclass(frozen=True)
class Shell:
    """The request at hand, as templates see it.  Without one (a job draws a mail, say) it is a stranger's."""

    scope: Mapping[str, Any]

    @property
    def _state(self) -> Mapping[str, Any]:
        state: Mapping[str, Any] = self.scope.get("state", {})
        return state

    @property
    def path(self) -> str:
        return str(self.scope.get("path", "/"))

    @property
    def tenant(self) -> Tenant | None:
        return self._state.get("tenant")

    @property
    def actor(self) -> Actor:
        return self._state.get("actor") or ANONYMOUS

    @property
    def signed_in(self) -> bool:
        return self._state.get("actor") is not None

    @property
    def request_id(self) -> str:
        return str(self._state.get("request_id", ""))

    @property
    def today(self) -> date:
        """The company's calendar day."""
        return clock.today(self.tenant.zone if self.tenant else DEFAULT_ZONE)

    @property
    def csrf_token(self) -> str:
        token = self._state.get("csrf")
        return str(token.value) if token is not None else ""

    @property
    def theme(self) -> str:
        return _one_of(THEMES, self._cookie("theme"))

    @property
    def density(self) -> str:
        return _one_of(DENSITIES, self._cookie("density"))

    def may(self, permission: str | None) -> bool:
        """Whether the person holds ``permission``; None asks for nothing."""
        return permission is None or self.actor.may(permission)

    def script_config(self) -> dict[str, Any]:
        """What the scripts need to know, as JSON in a ``meta`` element."""
        return {
            "build": ASSETS.build,
            "scripts": {name: ASSETS.url(f"{name}.js") for name in ("echarts", "sortable", "alpine")},
            "worker": "/sw.js",
            "text": {
                "undo": _("Undo"),
                "failed": _("The server could not do that. Nothing was changed; try again."),
                "refused": _("You may not do this; ask an administrator for the right."),
                "offline": _("No connection. What you typed is still here; try again."),
                "empty": _("Enter an amount first."),
            },
        }

    def _cookie(self, name: str) -> str | None:
        return cookie(Headers.from_scope(self.scope), name) if "headers" in self.scope else None  # type: ignore[arg-type]


_current: ContextVar[Shell] = ContextVar("shell", default=Shell({}))  # noqa: B039 - a Shell is immutable


def current() -> Shell:
    """The shell of the request at hand."""
    return _current.get()


def zone() -> str:
    """The time zone in which moments are shown."""
    tenant = current().tenant
    return tenant.zone if tenant else DEFAULT_ZONE


@contextmanager
def using(scope: Mapping[str, Any]) -> Iterator[None]:
    """Within the block ``scope`` is the request at hand."""
    token = _current.set(Shell(scope))
    try:
        yield
    finally:
        _current.reset(token)


class ShellContext:
    """Makes each request the one at hand.  What other middlewares find out later is seen when a template asks."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with using(scope):
            await self.app(scope, receive, send)


def _one_of(allowed: tuple[str, ...], value: str | None) -> str:
    return value if value in allowed else allowed[0]
