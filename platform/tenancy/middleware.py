"""From the request's Host to its tenant: exactly one address each, everything else is unknown."""

import re
from functools import lru_cache
from urllib.parse import urlsplit

from litestar.datastructures import Headers
from litestar.types import ASGIApp, Receive, Scope, Send

from kernel import logs
from kernel.database import Database
from kernel.errors import Forbidden, NotFound, Unavailable
from kernel.i18n import gettext as _
from kernel.settings import Settings
from tenancy import migrate
from tenancy.catalog import Catalog
from tenancy.directory import Entry, directory_of
from tenancy.registry import TenantState
from tenancy.slugs import SLUG

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class HostMiddleware:
    """Puts the tenant of the request into ``scope["state"]["tenant"]``; on the platform's own host there is None.

    Raises:
        NotFound: no tenant has this address, or the path belongs to a vertical that the tenant has not enabled.
        Forbidden: the tenant is suspended.
        Unavailable: its tables are not yet at the revision that this release needs.
    """

    def __init__(self, app: ASGIApp, settings: Settings, database: Database) -> None:
        self.app = app
        self.hosts = Hosts(settings.base_url)
        self.trust_proxy = settings.trust_proxy
        self.directory = directory_of(database)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers.from_scope(scope)
        host = headers.get("host", "")
        if self.trust_proxy and (forwarded := headers.get("x-forwarded-host")):
            host = forwarded
        slug = self.hosts.slug(host)
        tenant = None
        if slug:
            entry = await self.directory.by_slug(slug)
            if entry is None:
                raise NotFound(_("There is no company at this address."))
            catalog: Catalog = scope["litestar_app"].state.catalog
            _check(entry, catalog)
            tenant = entry.tenant
            if (vertical := vertical_of(scope["path"], catalog)) and vertical not in tenant.enabled:
                # Before anybody asks who the caller is: what is not switched on answers like what does not exist.
                raise NotFound(_("There is nothing at this address."))
            logs.bind(tenant=tenant.schema)
        elif slug is None:
            raise NotFound(_("There is no company at this address."))
        scope.setdefault("state", {})["tenant"] = tenant
        await self.app(scope, receive, send)


class Hosts:
    """Which Host headers are ours, given the platform's own address."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url.lower())
        port = _DEFAULT_PORTS[parts.scheme]
        self._base = parts.netloc.removesuffix(port)
        own = re.escape(self._base) + (f"(?:{port})?" if ":" not in self._base else "")
        self._pattern = re.compile(rf"(?:(?P<slug>{SLUG.pattern})\.)?{own}")

    def slug(self, host: str) -> str | None:
        """The slug in ``host``; empty for the platform's own address, None for a host that is not ours."""
        found = self._pattern.fullmatch(host.lower())
        return None if found is None else found["slug"] or ""


def vertical_of(path: str, catalog: Catalog) -> str | None:
    """The vertical below whose name ``path`` lies, be it a page or its API; None for the cores' addresses."""
    first, second, third, *_rest = *path.strip("/").split("/"), "", "", ""
    name = third if (first, second) == ("api", "v1") else first
    return name if name in catalog.manifests and name not in catalog.cores else None


def _check(entry: Entry, catalog: Catalog) -> None:
    if entry.state is TenantState.DELETING:
        raise NotFound(_("There is no company at this address."))
    if entry.state is TenantState.SUSPENDED:
        raise Forbidden(_("This company is suspended. Ask the operator of the platform."))
    if _behind(catalog, entry.tenant.enabled, entry.heads):
        raise Unavailable(_("This company is being updated. Try again in a minute."))


@lru_cache(maxsize=1024)
def _behind(catalog: Catalog, enabled: frozenset[str], heads: frozenset[str]) -> bool:
    """Whether the tables lack a revision; most companies stand at the same ones."""
    return migrate.behind(catalog, catalog.active(enabled), heads)
