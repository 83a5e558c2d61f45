"""Inviting people and accepting an invitation.

An invitation belongs to one address: who accepts becomes a member under the account of that address, new or existing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from identity import audit
from identity.access import SignedIn
from identity.members.model import Invitation, Member
from identity.members.service import add_member
from identity.opaque import digest, new_secret
from identity.people import passwords
from identity.people.model import Person
from identity.people.service import authenticate, clean_email, clean_name, create_person, find_by_email, mark_verified
from identity.roles.service import check_may_give, check_may_touch, lock_company
from kernel import clock
from kernel.errors import Conflict, DomainError, Forbidden, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from messaging import mail
from tenancy.catalog import Catalog

LIFETIME = timedelta(hours=72)
WAITING_MAX = 200


class InvitationRefused(DomainError):
    """It was used, revoked, ran out, or never existed."""

    status_code, code = 410, "invitation_expired"


class InvitationNotFound(NotFound):
    code = "invitation_not_found"


class AlreadyMember(Conflict):
    code = "already_member"


class AddressUnproved(Forbidden):
    """Who has not proved their own address cannot send mail in the company's name."""

    code = "address_unproved"


class WrongPassword(Invalid):
    code = "wrong_password"


@dataclass(frozen=True, kw_only=True)
class WaitingInvitation:
    """A line of the list of open invitations."""

    id: UUID
    email: str
    roles: tuple[str, ...]
    expires_at: datetime
    expired: bool
    invited_by: str


@dataclass(frozen=True, kw_only=True)
class OpenedInvitation:
    """What the invited person sees.  ``known`` says whether the address already has an account."""

    id: UUID
    email: str
    inviter: str
    known: bool
    name: str


async def invite(
    work: Work, session: AsyncSession, who: SignedIn, email: str, roles: Collection[str], *, address: str, catalog: Catalog
) -> Invitation:
    """Invite an address into the actor's company.  An earlier invitation of that address stops working.

    ``address`` is where the link leads, up to the secret, which is put behind it.

    Raises:
        AddressUnproved: the inviter has not opened the link in their own verification mail.
        GrantRefused: a role allows more than the inviter may do.
        AlreadyMember: they are in already.
    """
    if not who.verified:
        raise AddressUnproved(_("Confirm your own e-mail address before you invite others: open the link we sent you."))
    email = clean_email(email)
    await lock_company(session, work.tenant.id)
    await check_may_give(session, work.tenant.id, who, roles, catalog)
    waiting = await session.scalar(select(func.count()).select_from(Invitation).where(*_waiting(work.tenant.id)))
    if (waiting or 0) >= WAITING_MAX:
        raise Conflict(_("%(most)s invitations are waiting already; revoke some first.", most=WAITING_MAX))
    person = await find_by_email(session, email)
    if person is not None and await session.get(Member, (work.tenant.id, person.id)) is not None:
        raise AlreadyMember(_("%(email)s is a member of this company already.", email=email), field="email")
    earlier = update(Invitation).where(*_waiting(work.tenant.id), Invitation.email_key == email.lower())
    await session.execute(earlier.values(revoked_at=clock.now()))
    secret = new_secret()
    row = Invitation(
        tenant_id=work.tenant.id,
        email=email,
        email_key=email.lower(),
        roles=list(dict.fromkeys(roles)),
        digest=digest(secret),
        invited_by=who.person_id,
        expires_at=clock.now() + LIFETIME,
    )
    session.add(row)
    await session.flush()
    values = {"company": work.tenant.name, "inviter": who.name, "address": address + secret, "hours": int(LIFETIME.total_seconds() // 3600)}
    locale = person.locale if person is not None else work.tenant.locale
    await mail.queue(session, mail.Letter(template="invitation", to=email, locale=locale, values=values), tenant_id=work.tenant.id)
    await audit.record(work, "member.invited", f"invitation:{row.id}", name=email, after={"roles": row.roles})
    return row


async def revoke(work: Work, session: AsyncSession, who: SignedIn, invitation_id: UUID, catalog: Catalog) -> None:
    """
    Raises:
        InvitationNotFound: no open invitation of this company.
        GrantRefused: it was given by somebody who may do more.
    """
    row = await session.scalar(select(Invitation).where(Invitation.id == invitation_id, *_unused(work.tenant.id)).with_for_update())
    if row is None:
        raise InvitationNotFound(_("There is no such invitation; it may have been accepted."))
    await check_may_touch(session, work.tenant.id, who, row.roles, catalog)
    row.revoked_at = clock.now()
    await session.flush()
    await audit.record(work, "invitation.revoked", f"invitation:{row.id}", name=row.email, before={"roles": list(row.roles)})


async def list_waiting(session: AsyncSession, tenant_id: int) -> list[WaitingInvitation]:
    """Invitations that nobody accepted or revoked, those that ran out included."""
    query = (
        select(Invitation, Person.name)
        .outerjoin(Person, Person.id == Invitation.invited_by)
        .where(*_unused(tenant_id))
        .order_by(Invitation.created_at.desc())
        .limit(WAITING_MAX)
    )
    now = clock.now()
    return [
        WaitingInvitation(
            id=row.id,
            email=row.email,
            roles=tuple(row.roles),
            expires_at=row.expires_at,
            expired=row.expires_at <= now,
            invited_by=name or "",
        )
        for row, name in await session.execute(query)
    ]


async def open_invitation(session: AsyncSession, tenant_id: int, secret: str) -> OpenedInvitation:
    """What is offered.  Looking does not use it up: mail scanners look, too.

    Raises:
        InvitationRefused: it does not work, or not any more.
    """
    row = await session.scalar(select(Invitation).where(*_waiting(tenant_id), Invitation.digest == digest(secret)))
    if row is None:
        raise refused()
    person = await find_by_email(session, row.email)
    inviter = await session.get(Person, row.invited_by) if row.invited_by else None
    return OpenedInvitation(
        id=row.id, email=row.email, inviter=inviter.name if inviter else "", known=person is not None, name=person.name if person else ""
    )


async def accept(session: AsyncSession, tenant_id: int, secret: str, *, name: str, password: str, locale: str) -> tuple[Person, Invitation]:
    """Become a member: with a new account, or with the password of the one the address has.

    Raises:
        InvitationRefused: it does not work, or not any more; also for the second of two at the same moment.
        WrongPassword: the address has an account with another password.
    """
    used = update(Invitation).where(*_waiting(tenant_id), Invitation.digest == digest(secret)).values(accepted_at=clock.now())
    row = await session.scalar(used.returning(Invitation))
    if row is None:
        raise refused()
    person = await find_by_email(session, row.email)
    if person is not None:
        person = await authenticate(session, row.email, password)
        if person is None:
            raise WrongPassword(_("The password is wrong."), field="password")
        await mark_verified(session, person.id)
    else:
        name = clean_name(name)
        passwords.check_strength(password, hints=(name, row.email))
        person = await create_person(session, email=row.email, name=name, password=password, locale=locale, verified=True)
    await add_member(session, tenant_id, person.id, row.roles)
    return person, row


def refused() -> InvitationRefused:
    return InvitationRefused(_("This invitation was used, withdrawn, or has expired. Ask for a new one."))


def _unused(tenant_id: int) -> list[Any]:
    return [Invitation.tenant_id == tenant_id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None)]


def _waiting(tenant_id: int) -> list[Any]:
    return [*_unused(tenant_id), Invitation.expires_at > clock.now()]
