"""Issuing and redeeming tickets.  All of it runs in a registry session."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from identity.opaque import digest, new_secret
from identity.tickets.model import Purpose, Ticket
from kernel import clock
from kernel.errors import DomainError
from kernel.i18n import gettext as _

LIFETIME = {Purpose.VERIFY: timedelta(hours=24), Purpose.RESET: timedelta(minutes=30), Purpose.ENTER: timedelta(seconds=60)}


class TicketRefused(DomainError):
    """It was used, ran out, was replaced by a later one, or never existed; the holder is not told which."""

    status_code, code = 410, "link_expired"


async def issue(
    session: AsyncSession,
    purpose: Purpose,
    person_id: UUID,
    *,
    bound_to: str = "",
    tenant_id: int | None = None,
    session_id: UUID | None = None,
) -> str:
    """A new secret to hand out.  Earlier links of that purpose stop working; codes to enter a company do not disturb each other."""
    if purpose is not Purpose.ENTER:
        earlier = update(Ticket).where(Ticket.person_id == person_id, Ticket.purpose == purpose, Ticket.used_at.is_(None))
        await session.execute(earlier.values(used_at=clock.now()))
    secret = new_secret()
    session.add(
        Ticket(
            purpose=purpose,
            digest=digest(secret),
            person_id=person_id,
            bound_to=bound_to,
            tenant_id=tenant_id,
            session_id=session_id,
            expires_at=clock.now() + LIFETIME[purpose],
        )
    )
    await session.flush()
    return secret


async def look_at(session: AsyncSession, purpose: Purpose, secret: str) -> Ticket:
    """The ticket, if it would still be taken.  Looking does not use it: mail scanners open links too.

    Raises:
        TicketRefused: it would not.
    """
    ticket = await session.scalar(select(Ticket).where(*_valid(purpose, secret)))
    if ticket is None:
        raise _refused()
    return ticket


async def redeem(
    session: AsyncSession, purpose: Purpose, secret: str, *, bound_to: str | None = None, tenant_id: int | None = None
) -> Ticket:
    """The ticket, which is used up now, also when two ask at the same moment.

    Raises:
        TicketRefused: not valid, or bound to something else.
    """
    conditions = _valid(purpose, secret)
    if bound_to is not None:
        conditions.append(Ticket.bound_to == bound_to)
    if tenant_id is not None:
        conditions.append(Ticket.tenant_id == tenant_id)
    ticket: Ticket | None = await session.scalar(update(Ticket).where(*conditions).values(used_at=clock.now()).returning(Ticket))
    if ticket is None:
        raise _refused()
    return ticket


async def forget_old(session: AsyncSession) -> None:
    """Drop tickets that ran out a day ago."""
    await session.execute(delete(Ticket).where(Ticket.expires_at < clock.now() - timedelta(days=1)))


def _valid(purpose: Purpose, secret: str) -> list[Any]:
    return [Ticket.digest == digest(secret), Ticket.purpose == purpose, Ticket.used_at.is_(None), Ticket.expires_at > clock.now()]


def _refused() -> TicketRefused:
    return TicketRefused(_("This link has expired or was already used. Ask for a new one."))
