"""What can be done with roles and who may do it.

One rule keeps everybody in their place: **nobody gives what they do not hold.**  "Holds" is reckoned over all that is
installed, enabled or not, so that a role which grows with the next vertical counts for what it will become.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from identity import audit
from identity.access import SignedIn
from identity.members.model import Invitation, Member
from identity.opaque import new_secret
from identity.roles.builtin import BUILTIN, OWNER
from identity.roles.catalogue import all_codes, known_codes
from identity.roles.model import RoleRow
from identity.roles.patterns import joined, select_known
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from tenancy.catalog import Catalog

LABEL_LENGTH_MAX = 60


class RoleNotFound(NotFound):
    code = "role_not_found"


class RoleInUse(Conflict):
    code = "role_in_use"


class RoleFixed(Conflict):
    """The owner's role always holds everything."""

    code = "role_fixed"


class GrantRefused(Forbidden):
    """Somebody would give, or take away, more than they hold themselves."""

    code = "grant_refused"


@dataclass(frozen=True, kw_only=True)
class RoleView:
    """A role as lists and forms show it; ``permissions`` are those it gives in this company now."""

    code: str
    label: str
    source: str
    permissions: frozenset[str]
    members: int
    follows: bool

    @property
    def fixed(self) -> bool:
        return self.code == OWNER

    @classmethod
    def of(cls, row: RoleRow, known: frozenset[str], members: int) -> "RoleView":
        return cls(
            code=row.code,
            label=_(row.label) if row.source else row.label,
            source=row.source,
            permissions=select_known((joined(row.permissions),), known),
            members=members,
            follows=any("*" in permission for permission in row.permissions),
        )


async def lock_company(session: AsyncSession, tenant_id: int) -> None:
    """Changes of members and roles of one company happen one after the other: "the last owner" needs that."""
    await session.execute(text("SELECT id FROM public.tenant WHERE id = :id FOR UPDATE"), {"id": tenant_id})


async def list_roles(session: AsyncSession, tenant_id: int, known: frozenset[str]) -> list[RoleView]:
    """The company's roles, ours first, with how many hold each."""
    rows = await session.scalars(
        select(RoleRow).where(RoleRow.tenant_id == tenant_id).order_by(RoleRow.created_at, RoleRow.code).limit(500)
    )
    counts: dict[str, int] = {}
    for codes in await session.scalars(select(Member.roles).where(Member.tenant_id == tenant_id)):
        for code in codes:
            counts[code] = counts.get(code, 0) + 1
    views = [RoleView.of(row, known, counts.get(row.code, 0)) for row in rows]
    order = {code: n for n, code in enumerate(role.code for role in BUILTIN)}
    return sorted(views, key=lambda view: (order.get(view.code, len(order)), not view.source, view.label))


async def list_givable(session: AsyncSession, tenant_id: int, who: SignedIn, catalog: Catalog) -> frozenset[str]:
    """Codes of the roles that ``who`` may give and take."""
    own = held(who, catalog)
    rows = await session.scalars(select(RoleRow).where(RoleRow.tenant_id == tenant_id))
    return frozenset(row.code for row in rows if _reach(row, catalog) <= own)


async def get_role(session: AsyncSession, tenant_id: int, code: str) -> RoleRow:
    """
    Raises:
        RoleNotFound: the company has no such role.
    """
    row = await session.get(RoleRow, (tenant_id, code))
    if row is None:
        raise RoleNotFound(_("There is no such role."))
    return row


def held(who: SignedIn, catalog: Catalog) -> frozenset[str]:
    """All that a member could ever do with what they hold today."""
    everything = select_known(who.grants, all_codes(catalog))
    return everything if who.scopes is None else everything & who.scopes


async def check_may_give(session: AsyncSession, tenant_id: int, who: SignedIn, codes: Collection[str], catalog: Catalog) -> None:
    """Refuse unless all roles ``codes`` exist and ``who`` holds everything in them.

    Raises:
        Invalid: no role is given.
        RoleNotFound: one does not exist.
        GrantRefused: one gives more than ``who`` holds.
    """
    if not codes:
        raise Invalid(_("Choose at least one role."), field="roles")
    known = await session.scalars(select(RoleRow.code).where(RoleRow.tenant_id == tenant_id, RoleRow.code.in_(codes)))
    if missing := sorted(set(codes) - set(known)):
        raise RoleNotFound(_("There is no role %(code)s.", code=missing[0]), field="roles")
    await check_may_touch(session, tenant_id, who, codes, catalog)


async def check_may_touch(session: AsyncSession, tenant_id: int, who: SignedIn, codes: Collection[str], catalog: Catalog) -> None:
    """Refuse to take part in what is above ``who``: a role of ``codes`` that allows more than they hold.

    Raises:
        GrantRefused: there is one.
    """
    own = held(who, catalog)
    for row in await session.scalars(select(RoleRow).where(RoleRow.tenant_id == tenant_id, RoleRow.code.in_(codes))):
        if not _reach(row, catalog) <= own:
            raise GrantRefused(
                _("You cannot give or change the role %(role)s: it allows more than you may do.", role=_(row.label)), field="roles"
            )


async def create_role(
    work: Work, session: AsyncSession, who: SignedIn, label: str, permissions: Collection[str], catalog: Catalog
) -> RoleRow:
    """A role of the company's own.

    Raises:
        Invalid: no name, or a permission the company does not have.
        GrantRefused: it would give more than ``who`` holds.
    """
    await lock_company(session, work.tenant.id)
    chosen = _checked(permissions, work, who, catalog)
    row = RoleRow(
        tenant_id=work.tenant.id, code=f"custom-{new_secret()[:8].lower()}", label=_clean_label(label), permissions=chosen, source=""
    )
    session.add(row)
    await session.flush()
    await audit.record(work, "role.created", f"role:{row.code}", name=row.label, after=_facts(row))
    return row


async def change_role(
    work: Work, session: AsyncSession, who: SignedIn, code: str, label: str, permissions: Collection[str], catalog: Catalog
) -> RoleRow:
    """Give a role another name and other permissions.  A role of ours that is changed no longer follows our patterns.

    Raises:
        RoleFixed: it is the owner's.
        GrantRefused: it allows, or would allow, more than ``who`` may do.
    """
    await lock_company(session, work.tenant.id)
    row = await get_role(session, work.tenant.id, code)
    if row.code == OWNER:
        raise RoleFixed(_("The owner's role always allows everything."))
    await check_may_touch(session, work.tenant.id, who, [code], catalog)
    before = _facts(row)
    row.permissions = _checked(permissions, work, who, catalog)
    if not row.source or _clean_label(label) != _(row.label):
        row.label = _clean_label(label)
    await session.flush()
    await audit.record(work, "role.changed", f"role:{row.code}", name=row.label, before=before, after=_facts(row))
    return row


async def delete_role(work: Work, session: AsyncSession, who: SignedIn, code: str, catalog: Catalog) -> None:
    """
    Raises:
        RoleFixed: it is the owner's.
        RoleInUse: somebody holds it or was invited to it.
        GrantRefused: it allows more than ``who`` may do.
    """
    await lock_company(session, work.tenant.id)
    row = await get_role(session, work.tenant.id, code)
    if row.code == OWNER:
        raise RoleFixed(_("The owner's role always allows everything."))
    await check_may_touch(session, work.tenant.id, who, [code], catalog)
    holds = select(Member.person_id).where(Member.tenant_id == work.tenant.id, Member.roles.contains([code])).limit(1)
    waits = (
        select(Invitation.id)
        .where(Invitation.tenant_id == work.tenant.id, Invitation.roles.contains([code]), Invitation.accepted_at.is_(None))
        .where(Invitation.revoked_at.is_(None))
        .limit(1)
    )
    if (await session.scalar(holds)) is not None or (await session.scalar(waits)) is not None:
        raise RoleInUse(_("Members or invitations still use this role; give them another one first."))
    await session.execute(delete(RoleRow).where(RoleRow.tenant_id == work.tenant.id, RoleRow.code == code))
    await audit.record(work, "role.deleted", f"role:{code}", name=row.label, before=_facts(row))


def _reach(row: RoleRow, catalog: Catalog) -> frozenset[str]:
    return select_known((joined(row.permissions),), all_codes(catalog))


def _checked(permissions: Collection[str], work: Work, who: SignedIn, catalog: Catalog) -> list[str]:
    chosen = set(permissions)
    if unknown := sorted(chosen - known_codes(catalog, work.tenant.enabled)):
        raise Invalid(_("There is no permission %(code)s.", code=unknown[0]), field="permissions")
    if surplus := sorted(chosen - held(who, catalog)):
        raise GrantRefused(_("You cannot give %(code)s: you do not hold it yourself.", code=surplus[0]), field="permissions")
    return sorted(chosen)


def _clean_label(text_: str) -> str:
    label = " ".join(text_.split())
    if not label or len(label) > LABEL_LENGTH_MAX or not label.isprintable():
        raise Invalid(_("Enter a name of at most %(most)s characters.", most=LABEL_LENGTH_MAX), field="label")
    return label


def _facts(row: RoleRow) -> dict[str, Any]:
    return {"label": row.label, "permissions": list[str](row.permissions)}


def labels_of(codes: Sequence[str], roles: Sequence[RoleView]) -> list[str]:
    """Names of roles by their codes."""
    names = {role.code: role.label for role in roles}
    return [names.get(code, code) for code in codes]
