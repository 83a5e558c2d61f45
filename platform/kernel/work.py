"""The unit of work: one request or job, of one tenant, in one transaction."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from kernel import clock
from kernel.errors import Forbidden
from kernel.i18n import gettext as _


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """A company that uses the platform, as its registry row says.

    ``schema`` and ``role`` are opaque names of the database; ``slug`` is the sub-domain.  ``enabled`` are the verticals
    the tenant has switched on.
    """

    id: int
    schema: str
    role: str
    slug: str
    name: str
    enabled: frozenset[str] = frozenset()
    zone: str = "Asia/Shanghai"
    currency: str = "CNY"
    locale: str = "zh_CN"
    shard: str = "main"


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Who acts: a person, a program with a token, or the platform itself.  ``roles`` are codes of the roles held in the company."""

    id: UUID | None
    name: str
    permissions: frozenset[str] = frozenset()
    kind: Literal["person", "token", "system"] = "person"
    email: str = ""
    roles: frozenset[str] = frozenset()

    def may(self, permission: str) -> bool:
        """Whether the actor holds ``permission``; the platform itself holds all."""
        return self.kind == "system" or permission in self.permissions


SYSTEM = Actor(id=None, name="system", kind="system")


@dataclass(frozen=True)
class Contribution:
    """One declared value with the vertical (or core package) that gave it."""

    vertical: str
    item: Any


class Bus(Protocol):
    """Delivers events, and answers what the enabled verticals contribute.  ``kernel.events`` has the real one."""

    async def publish(self, work: "Work", event: Any) -> None: ...

    def contributions(self, hook: str, enabled: Collection[str]) -> Iterator[Contribution]: ...


@dataclass(frozen=True, kw_only=True)
class Work:
    """One request or job of one tenant: a session with its open transaction, who acts, and how to publish.

    Services take it first.  They flush; whoever opened it commits.
    """

    tenant: Tenant
    actor: Actor
    session: AsyncSession = field(repr=False)
    bus: Bus = field(repr=False)
    request_id: str = ""
    ip: str = ""

    async def publish(self, event: Any) -> None:
        """Run the event's in-transaction subscribers and posting rules now; the rest follow after the commit."""
        await self.bus.publish(self, event)

    def contributions(self, hook: str) -> Iterator[Contribution]:
        """What the cores and this tenant's enabled verticals gave for ``hook``."""
        return self.bus.contributions(hook, self.tenant.enabled)

    def today(self) -> date:
        """The tenant's calendar day."""
        return clock.today(self.tenant.zone)

    def require(self, permission: str) -> None:
        """Refuse unless the actor holds ``permission``.

        Raises:
            Forbidden: the actor does not.
        """
        if not self.actor.may(permission):
            raise Forbidden(_("You lack the permission %(permission)s; ask an administrator for it.", permission=permission))
