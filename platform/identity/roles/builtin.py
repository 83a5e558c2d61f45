"""The roles every company starts with."""

from collections.abc import Sequence

from sqlalchemy import and_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from identity.roles.model import RoleRow
from kernel.i18n import N_
from vertical import Role

OWNER = "owner"
PLATFORM = "platform"

BUILTIN = (
    Role(code=OWNER, label=N_("Owner"), permissions=("*",)),
    Role(code="admin", label=N_("Administrator"), permissions=("*", "!admin.company.*")),
    Role(
        code="accountant",
        label=N_("Accountant"),
        permissions=(
            "finance.*",
            "!finance.period.reopen",
            "!finance.cash.*",
            "order_to_cash.*",
            "crm.*.read",
            "crm.contract.receive",
            "master.*.read",
            "admin.audit.read",
        ),
    ),
    Role(
        code="chief_accountant",
        label=N_("Chief accountant"),
        permissions=("finance.*", "order_to_cash.*", "crm.*.read", "crm.contract.receive", "master.*.read", "admin.audit.read"),
    ),
    Role(
        code="reviewer",
        label=N_("Reviewer"),
        permissions=("finance.*.read", "finance.voucher.review", "order_to_cash.*.read", "crm.*.read", "master.*.read"),
    ),
    # Art. 37 of the Accounting Law: who keeps the cash does not also keep the ledger of income, cost, claims and debts.
    Role(
        code="cashier",
        label=N_("Cashier"),
        permissions=("finance.cash.*", "finance.voucher.read", "finance.report.read", "crm.order.read", "master.party.read"),
    ),
    Role(
        code="sales",
        label=N_("Sales"),
        permissions=(
            "crm.*",
            "!crm.*.manage",
            "!crm.pool.assign",
            "!crm.*_rule.*",
            "!crm.price*.create",
            "!crm.price*.update",
            "!crm.price*.delete",
            "!crm.price*.import",
            "!crm.price_floor.*",
            "!crm.contract.receive",
            "!crm.target.create",
            "!crm.target.update",
            "!crm.target.delete",
            "!crm.target.import",
            "master.party.*",
            "!master.party.delete",
            "master.product.read",
        ),
    ),
    Role(
        code="sales_manager",
        label=N_("Sales manager"),
        permissions=("crm.*", "master.party.*", "master.product.*", "master.employee.read", "master.department.read"),
    ),
    Role(
        code="service",
        label=N_("Service agent"),
        permissions=(
            "crm.ticket.*",
            "crm.article.*",
            "crm.order.read",
            "master.party.read",
            "master.party.create",
            "master.party.update",
            "master.product.read",
            "master.employee.read",
        ),
    ),
    # Sees everything, the log of who did what included, and changes nothing.
    Role(code="auditor", label=N_("Auditor"), permissions=("*.read",)),
    Role(code="viewer", label=N_("Viewer"), permissions=("*.read", "!admin.*")),
)

FORMERLY = (
    ("chief_accountant", ("finance.*", "order_to_cash.*", "crm.*.read", "master.*.read", "admin.audit.read")),  # no money for contracts
    (
        "accountant",
        ("finance.*", "!finance.period.reopen", "!finance.cash.*", "order_to_cash.*", "crm.*.read", "master.*.read", "admin.audit.read"),
    ),
    (
        "sales",
        ("crm.*", "!crm.*.manage", "!crm.pool.assign", "!crm.*_rule.*", "master.party.*", "!master.party.delete", "master.product.read"),
    ),  # could set prices and targets
    ("accountant", ("finance.*", "order_to_cash.*", "crm.*.read", "master.*.read", "admin.audit.read")),  # could reopen months
)
"""What roles of earlier releases allowed.  Where a company left one as it was, it follows this release."""


async def seed(session: AsyncSession, tenant_id: int, roles: Sequence[Role] = BUILTIN, *, source: str = PLATFORM) -> None:
    """Give a company roles that it does not have yet, or has as an earlier release made them; what it changed since stays.

    Safe to repeat; each upgrade does.  ``session`` is a registry session.  ``source`` is the vertical that brings the
    roles, ``platform`` for our own.
    """
    rows = [{"tenant_id": tenant_id, "code": r.code, "label": r.label, "permissions": list(r.permissions), "source": source} for r in roles]
    if rows:
        await session.execute(insert(RoleRow).on_conflict_do_nothing(), rows)
    now = {role.code: list(role.permissions) for role in roles}
    for code, formerly in FORMERLY:
        if source == PLATFORM and code in now:
            kept = and_(RoleRow.tenant_id == tenant_id, RoleRow.code == code, RoleRow.permissions == list(formerly))
            await session.execute(update(RoleRow).where(kept).values(permissions=now[code]))
