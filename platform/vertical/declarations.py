"""What a vertical is, and what it adds to the shell: pages, permissions, jobs, searches.

All declarations are frozen values; the host stamps each with the vertical that gave it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any, Literal

from kernel.events import Event
from kernel.work import Work


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """Identity and compatibility of a vertical.

    ``name`` is the entry-point name and the prefix of all it owns: tables ``name_*``,
    permissions ``name.*``, routes ``/name``, settings ``name.*``.
    ``requires_api`` is a PEP 440 range of ``vertical.API_VERSION``.
    """

    name: str
    version: str
    title: str
    summary: str
    publisher: str
    requires_api: str
    requires_verticals: Sequence[str] = ()
    icon: str = "puzzle"
    industry: Literal["retail", "manufacturing", "healthcare", "education", "other"] = "other"


@dataclass(frozen=True, kw_only=True)
class Migrations:
    """Alembic revisions of the vertical: a package directory with one linear history."""

    directory: Traversable


@dataclass(frozen=True, kw_only=True)
class NavItem:
    """A menu entry.  ``icon`` names a Tabler icon; ``mobile`` puts it among the tabs of a phone, there as ``short`` where the label
    is long; ``badge`` counts what waits.
    """

    label: str
    path: str
    section: Literal["main", "sales", "marketing", "service", "products", "finance", "operations", "people", "reports", "settings"]
    permission: str | None = None
    icon: str = "circle"
    order: int = 100
    mobile: bool = False
    short: str = ""
    badge: Callable[[Work], Awaitable[int | None]] | None = None


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A fragment in a named slot of a core page, e.g. ``master.party.side``: ``render(work, **what the slot passes)``."""

    slot: str
    render: Callable[..., Awaitable[str]]
    permission: str | None = None
    order: int = 100


@dataclass(frozen=True, kw_only=True)
class Permission:
    code: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Role:
    """A starting set of permissions; the tenant may edit it afterwards."""

    code: str
    label: str
    permissions: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class DocumentType:
    """A numbered document.  ``gapless`` numbers are drawn inside the confirming transaction."""

    key: str
    label: str
    pattern: str = "{prefix}-{year}-{number:05d}"
    prefix: str
    reset: Literal["never", "year", "month"] = "year"
    gapless: bool = False


@dataclass(frozen=True, kw_only=True)
class Subscriber:
    """Calls ``handle(work, event)``.  ``in_transaction`` fails the publisher when it fails; ``after_commit`` is retried from the outbox."""

    event: type[Event]
    handle: Callable[..., Awaitable[None]]
    when: Literal["in_transaction", "after_commit"] = "after_commit"


@dataclass(frozen=True, kw_only=True)
class Widget:
    """A dashboard tile: ``render(work)`` answers its HTML.  Without ``permission`` every member sees it."""

    key: str
    title: str
    render: Callable[..., Awaitable[str]]
    permission: str | None = None
    size: Literal["small", "wide"] = "small"


@dataclass(frozen=True, kw_only=True)
class Job:
    """Runs ``run(work)`` once per enabled tenant at each tick of ``cron`` (tenant's time zone).

    Without ``cron`` it runs only when ``kernel.jobs.enqueue(work, key, **arguments)`` asks for it, as ``run(work, **arguments)``.
    """

    key: str
    cron: str = ""
    run: Callable[..., Awaitable[None]]
    timeout_s: int = 300


@dataclass(frozen=True, kw_only=True)
class Pricing:
    """What a tenant must have bought.  ``price_lookup_key`` names the Stripe add-on price."""

    minimum_plan: Literal["free", "starter", "growth", "enterprise"] = "free"
    price_lookup_key: str | None = None
    meters: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A reason not to go on, in words a tenant administrator can act on."""

    code: str
    message: str
    blocking: bool = True


@dataclass(frozen=True, kw_only=True)
class TenantContext:
    """What a lifecycle hook may touch: one tenant, one open transaction, its own settings."""

    tenant: str
    session: Any
    work: Work
    settings: Any = None


@dataclass(frozen=True, kw_only=True)
class SearchHit:
    """One find of the command palette."""

    title: str
    path: str
    hint: str = ""
    icon: str = "file"


@dataclass(frozen=True, kw_only=True)
class Searcher:
    """Finds records for the command palette: ``search(work, text, limit)``."""

    key: str
    label: str
    permission: str
    search: Callable[[Work, str, int], Awaitable[Sequence[SearchHit]]]
