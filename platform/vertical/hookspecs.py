"""Everything a vertical may contribute.  Contributions are read once at start: pure, no I/O, no tenant.

Lifecycle hooks run for one vertical and one tenant, in that tenant's transaction; they
may be coroutines.  Implement only what you need.
"""

from collections.abc import AsyncIterator, Awaitable, Sequence
from importlib.resources.abc import Traversable
from typing import Any

import pluggy

from vertical.books import AccountTemplate, Invariant, PeriodEndCheck, PeriodEndStep, PostingRule
from vertical.declarations import (
    DocumentType,
    Job,
    Manifest,
    Migrations,
    NavItem,
    Panel,
    Permission,
    Pricing,
    Problem,
    Role,
    Searcher,
    Subscriber,
    TenantContext,
    Widget,
)
from vertical.reporting import Report
from vertical.resources import Resource
from vertical.teamwork import ApprovalKind, NotificationKind, RecordKind

GROUP = "vertical"
"""Entry-point group and pluggy project of verticals."""

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)

# --- contributions -----------------------------------------------------------


@hookspec
def manifest() -> Manifest:
    """Identity, version and compatibility.  The only hook a vertical must implement."""
    raise NotImplementedError


@hookspec
def models() -> Sequence[type]:
    """ORM classes derived from ``kernel.orm.TenantBase``; table names start with ``<name>_``."""
    raise NotImplementedError


@hookspec
def migrations() -> Migrations:
    """The Alembic history of those tables."""
    raise NotImplementedError


@hookspec
def resources() -> Sequence[Resource]:
    """Declared reference tables (``vertical.Resource``): API, pages, CSV and permissions."""
    raise NotImplementedError


@hookspec
def routes() -> Sequence[Any]:
    """Litestar controllers of the REST API, mounted at ``/api/v1/<name>``."""
    raise NotImplementedError


@hookspec
def pages() -> Sequence[Any]:
    """Litestar controllers that answer HTML, mounted at ``/<name>``."""
    raise NotImplementedError


@hookspec
def templates() -> Traversable:
    """Directory of Jinja templates, addressed as ``<name>/...``."""
    raise NotImplementedError


@hookspec
def static_files() -> Traversable:
    """Directory served at ``/static/<name>``."""
    raise NotImplementedError


@hookspec
def translations() -> Traversable:
    """Directory of gettext catalogs: ``<locale>/LC_MESSAGES/messages.mo``."""
    raise NotImplementedError


@hookspec
def navigation() -> Sequence[NavItem]:
    """Menu entries, shown to those who hold their permission."""
    raise NotImplementedError


@hookspec
def panels() -> Sequence[Panel]:
    """Fragments placed in the named slots of core pages."""
    raise NotImplementedError


@hookspec
def permissions() -> Sequence[Permission]:
    """Permission codes ``<name>.<noun>.<verb>``."""
    raise NotImplementedError


@hookspec
def roles() -> Sequence[Role]:
    """Roles created when a tenant enables the vertical."""
    raise NotImplementedError


@hookspec
def accounts() -> Sequence[AccountTemplate]:
    """Accounts added to the tenant's chart."""
    raise NotImplementedError


@hookspec
def posting_rules() -> Sequence[PostingRule]:
    """How events become journal entries.  A vertical never writes the ledger itself."""
    raise NotImplementedError


@hookspec
def period_end_steps() -> Sequence[PeriodEndStep]:
    """Steps on the way to the close of a month, beside those of finance."""
    raise NotImplementedError


@hookspec
def period_end_checks() -> Sequence[PeriodEndCheck]:
    """What is looked at before a month is closed."""
    raise NotImplementedError


@hookspec
def invariants() -> Sequence[Invariant]:
    """What must hold in the books at any moment, such as "the claims that are open are what insurers owe"."""
    raise NotImplementedError


@hookspec
def document_types() -> Sequence[DocumentType]:
    """Numbered documents and their sequences."""
    raise NotImplementedError


@hookspec
def events() -> Sequence[type]:
    """Events this vertical publishes, for webhooks and for other verticals."""
    raise NotImplementedError


@hookspec
def subscribers() -> Sequence[Subscriber]:
    """Reactions to events of the cores or of verticals named in ``requires_verticals``."""
    raise NotImplementedError


@hookspec
def record_kinds() -> Sequence[RecordKind]:
    """Documents written by hand that tasks, notifications and approvals may be about."""
    raise NotImplementedError


@hookspec
def notification_kinds() -> Sequence[NotificationKind]:
    """Occasions on which this vertical tells members something."""
    raise NotImplementedError


@hookspec
def approval_kinds() -> Sequence[ApprovalKind]:
    """What a company may want decided before it happens."""
    raise NotImplementedError


@hookspec
def reports() -> Sequence[Report]:
    """Reports in the report list."""
    raise NotImplementedError


@hookspec
def widgets() -> Sequence[Widget]:
    """Dashboard tiles."""
    raise NotImplementedError


@hookspec
def searchers() -> Sequence[Searcher]:
    """What the command palette finds beside pages and commands."""
    raise NotImplementedError


@hookspec
def jobs() -> Sequence[Job]:
    """Scheduled work, run per enabled tenant."""
    raise NotImplementedError


@hookspec
def settings_schema() -> type:
    """A ``msgspec.Struct`` with defaults: the tenant's settings page and their validation."""
    raise NotImplementedError


@hookspec
def pricing() -> Pricing:
    """Plan, add-on price and meters."""
    raise NotImplementedError


# --- lifecycle: one vertical, one tenant -------------------------------------


@hookspec
def check_enable(context: TenantContext) -> Sequence[Problem] | Awaitable[Sequence[Problem]]:
    """Reasons this tenant cannot enable the vertical now."""
    raise NotImplementedError


@hookspec
def on_enable(context: TenantContext) -> Awaitable[None] | None:
    """Seed data once tables, accounts, roles and sequences exist.  Must be safe to repeat."""
    raise NotImplementedError


@hookspec
def on_upgrade(context: TenantContext, from_version: str) -> Awaitable[None] | None:
    """Adjust data after the tables were migrated from ``from_version``."""
    raise NotImplementedError


@hookspec
def load_demo_data(context: TenantContext) -> Awaitable[None] | None:
    """Fill a trial tenant."""
    raise NotImplementedError


@hookspec
def check_disable(context: TenantContext) -> Sequence[Problem] | Awaitable[Sequence[Problem]]:
    """Reasons not to disable: open documents, verticals that need this one."""
    raise NotImplementedError


@hookspec
def on_disable(context: TenantContext) -> Awaitable[None] | None:
    """Stop what runs outside (webhooks at a carrier, say).  Data stays."""
    raise NotImplementedError


@hookspec
def export_data(context: TenantContext) -> AsyncIterator[tuple[str, bytes]]:
    """Files handed to the tenant before a purge."""
    raise NotImplementedError


@hookspec
def erase_person(context: TenantContext, party_id: Any) -> Awaitable[None] | None:
    """Remove or anonymise what the vertical holds on one person (GDPR art. 17)."""
    raise NotImplementedError


@hookspec
def on_purge(context: TenantContext) -> Awaitable[None] | None:
    """Last word before the vertical's tables are dropped.  Journal entries remain."""
    raise NotImplementedError
