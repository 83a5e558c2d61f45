"""What can be done with the members of a company.

Changes of members live in schema ``public``, the audit log in the company's schema: ``session`` is a registry session
that the caller commits last but one, ``work`` the unit of work that is committed after it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from identity import audit
from identity.access import SignedIn
from identity.members.model import Invitation, Member
from identity.people.model import Person
from identity.roles.builtin import OWNER
from identity.roles.service import check_may_give, check_may_touch, lock_company
from identity.sessions.service import end_in_tenant
from identity.tokens.model import ApiToken
from kernel import clock
from kernel.errors import Conflict, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from tenancy.catalog import Catalog
from tenancy.registry import TenantRow, TenantState

MEMBERS_MAX = 2000


class MemberNotFound(NotFound):
    code = "member_not_found"


class LastOwner(Conflict):
    code = "last_owner"


@dataclass(frozen=True, kw_only=True)
class MemberView:
    """A line of the list of members."""

    person_id: UUID
    name: str
    email: str
    verified: bool
    roles: tuple[str, ...]
    joined_at: datetime


@dataclass(frozen=True, kw_only=True)
class Company:
    """A company a person belongs to."""

    id: int
    slug: str
    name: str
    roles: tuple[str, ...]


async def add_member(session: AsyncSession, tenant_id: int, person_id: UUID, roles: Collection[str]) -> None:
    """Make the person a member, or add ``roles`` to those they have."""
    statement = insert(Member).values(tenant_id=tenant_id, person_id=person_id, roles=list(roles))
    both = select(func.array_agg(text("DISTINCT code"))).select_from(
        func.unnest(Member.roles.concat(statement.excluded.roles)).alias("code")
    )
    await session.execute(
        statement.on_conflict_do_update(index_elements=["tenant_id", "person_id"], set_={"roles": both.scalar_subquery()})
    )


async def companies_of(session: AsyncSession, person_id: UUID) -> list[Company]:
    """The companies the person can enter, by name."""
    query = (
        select(TenantRow.id, TenantRow.slug, TenantRow.name, Member.roles)
        .join(Member, Member.tenant_id == TenantRow.id)
        .where(Member.person_id == person_id, TenantRow.state == TenantState.ACTIVE)
        .order_by(TenantRow.name, TenantRow.id)
        .limit(200)
    )
    return [Company(id=r.id, slug=r.slug, name=r.name, roles=tuple(r.roles)) for r in await session.execute(query)]


async def is_member(session: AsyncSession, tenant_id: int, person_id: UUID) -> bool:
    return await session.get(Member, (tenant_id, person_id)) is not None


async def list_members(session: AsyncSession, tenant_id: int) -> list[MemberView]:
    query = (
        select(Person.id, Person.name, Person.email, Person.verified_at, Member.roles, Member.joined_at)
        .join(Member, Member.person_id == Person.id)
        .where(Member.tenant_id == tenant_id)
        .order_by(Member.joined_at, Person.id)
        .limit(MEMBERS_MAX)
    )
    return [_view(row) for row in await session.execute(query)]


async def get_member(session: AsyncSession, tenant_id: int, person_id: UUID) -> MemberView:
    """
    Raises:
        MemberNotFound: nobody of this company.
    """
    query = (
        select(Person.id, Person.name, Person.email, Person.verified_at, Member.roles, Member.joined_at)
        .join(Member, Member.person_id == Person.id)
        .where(Member.tenant_id == tenant_id, Person.id == person_id)
    )
    row = (await session.execute(query)).one_or_none()
    if row is None:
        raise MemberNotFound(_("There is no such member in this company."))
    return _view(row)


async def change_roles(
    work: Work, session: AsyncSession, who: SignedIn, person_id: UUID, roles: Collection[str], catalog: Catalog
) -> MemberView:
    """Give a member other roles; it counts from their next request.

    Raises:
        MemberNotFound: nobody of this company.
        GrantRefused: a role given or taken away allows more than ``who`` may do.
        LastOwner: nobody would own the company.
    """
    await lock_company(session, work.tenant.id)
    before = await get_member(session, work.tenant.id, person_id)
    new = list(dict.fromkeys(roles))
    await check_may_give(session, work.tenant.id, who, new, catalog)
    await check_may_touch(session, work.tenant.id, who, before.roles, catalog)
    if OWNER in before.roles and OWNER not in new:
        await _check_other_owner(session, work.tenant.id, person_id)
    row = await session.get_one(Member, (work.tenant.id, person_id))
    row.roles = new
    await session.flush()
    old = {"roles": list(before.roles)}
    await audit.record(work, "member.changed", f"member:{person_id}", name=before.name, before=old, after={"roles": new})
    return await get_member(session, work.tenant.id, person_id)


async def remove_member(work: Work, session: AsyncSession, who: SignedIn, person_id: UUID, catalog: Catalog) -> None:
    """End a membership, with the sessions, tokens and open invitations that go with it.  Members may remove themselves.

    Raises:
        MemberNotFound: nobody of this company.
        GrantRefused: the member may do more than ``who``.
        LastOwner: nobody would own the company.
    """
    await lock_company(session, work.tenant.id)
    before = await get_member(session, work.tenant.id, person_id)
    if person_id != who.person_id:
        await check_may_touch(session, work.tenant.id, who, before.roles, catalog)
    if OWNER in before.roles:
        await _check_other_owner(session, work.tenant.id, person_id)
    await session.execute(delete(Member).where(Member.tenant_id == work.tenant.id, Member.person_id == person_id))
    await session.execute(delete(ApiToken).where(ApiToken.tenant_id == work.tenant.id, ApiToken.person_id == person_id))
    await end_in_tenant(session, person_id, work.tenant.id)
    theirs = (Invitation.tenant_id == work.tenant.id, Invitation.invited_by == person_id, Invitation.accepted_at.is_(None))
    await session.execute(update(Invitation).where(*theirs, Invitation.revoked_at.is_(None)).values(revoked_at=clock.now()))
    facts = {"name": before.name, "email": before.email, "roles": list(before.roles)}
    await audit.record(work, "member.removed", f"member:{person_id}", name=before.name, before=facts)


async def _check_other_owner(session: AsyncSession, tenant_id: int, person_id: UUID) -> None:
    query = (
        select(Member.person_id)
        .join(Person, Person.id == Member.person_id)
        .where(Member.tenant_id == tenant_id, Member.person_id != person_id, Member.roles.contains([OWNER]), Person.disabled_at.is_(None))
        .limit(1)
    )
    if await session.scalar(query) is None:
        raise LastOwner(_("The company needs an owner. Make somebody else owner first."), field="roles")


def _view(row: Any) -> MemberView:
    person_id, name, email, verified_at, roles, joined_at = row
    return MemberView(
        person_id=person_id, name=name, email=email, verified=verified_at is not None, roles=tuple(roles), joined_at=joined_at
    )
