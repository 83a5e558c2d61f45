"""Starting, renewing and ending sessions.  All of it runs in a registry session."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from identity.opaque import digest, new_secret
from identity.sessions.device import device_of
from identity.sessions.model import SessionRow
from kernel import clock
from kernel.ids import new_id
from tenancy.registry import TenantRow

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(days=30)
PROOF = timedelta(minutes=30)
"""How long a password counts as just entered, for what needs it again."""
AGENT_LENGTH_MAX = 300


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Where a request comes from."""

    ip: str = ""
    agent: str = ""


@dataclass(frozen=True, kw_only=True)
class OpenSession:
    """A line of the list of one's sessions.  ``company`` is empty for the platform's own host."""

    id: UUID
    company: str
    created_at: datetime
    seen_at: datetime
    ip: str
    agent: str

    @property
    def device(self) -> str:
        return device_of(self.agent)


async def start(
    session: AsyncSession,
    person_id: UUID,
    tenant_id: int | None,
    visitor: Visitor,
    *,
    replacing: UUID | None = None,
    handed_from: SessionRow | None = None,
) -> str:
    """Sign the person in on one host; the answer is the cookie's value.

    The value is always new: whatever the browser brought is not taken over.  ``replacing`` ends the session it had there.
    ``handed_from`` is the session on another host that vouches for the person.
    """
    if replacing is not None:
        await end(session, replacing)
    secret, session_id, now = new_secret(), new_id(), clock.now()
    session.add(
        SessionRow(
            id=session_id,
            digest=digest(secret),
            person_id=person_id,
            tenant_id=tenant_id,
            family=handed_from.family if handed_from else session_id,
            created_at=now,
            seen_at=now,
            proved_at=handed_from.proved_at if handed_from else now,
            expires_at=now + ABSOLUTE,
            ip=visitor.ip,
            agent=visitor.agent[:AGENT_LENGTH_MAX],
        )
    )
    await session.flush()
    return secret


async def prove(session: AsyncSession, session_id: UUID) -> str:
    """The person has just shown the password again: the same session under a new value."""
    secret = new_secret()
    changed = update(SessionRow).where(SessionRow.id == session_id).values(digest=digest(secret), proved_at=clock.now())
    await session.execute(changed)
    return secret


async def end(session: AsyncSession, session_id: UUID) -> None:
    await session.execute(delete(SessionRow).where(SessionRow.id == session_id))


async def sign_out(session: AsyncSession, session_id: UUID) -> None:
    """End a session and those of other hosts that came from the same sign-in."""
    family = select(SessionRow.family).where(SessionRow.id == session_id).scalar_subquery()
    await session.execute(delete(SessionRow).where(SessionRow.family == family))


async def end_all(session: AsyncSession, person_id: UUID, *, keep: UUID | None = None) -> None:
    """Sign the person out everywhere, but for the session ``keep``."""
    gone = delete(SessionRow).where(SessionRow.person_id == person_id)
    await session.execute(gone if keep is None else gone.where(SessionRow.id != keep))


async def end_in_tenant(session: AsyncSession, person_id: UUID, tenant_id: int) -> None:
    await session.execute(delete(SessionRow).where(SessionRow.person_id == person_id, SessionRow.tenant_id == tenant_id))


async def end_own(session: AsyncSession, person_id: UUID, session_id: UUID) -> bool:
    """End one of the person's sessions; False when it is none of theirs."""
    ended = await session.execute(
        delete(SessionRow).where(SessionRow.id == session_id, SessionRow.person_id == person_id).returning(SessionRow.id)
    )
    return ended.scalar() is not None


async def list_open(session: AsyncSession, person_id: UUID) -> list[OpenSession]:
    """The person's sessions that still work, the latest first."""
    now = clock.now()
    query = (
        select(SessionRow, TenantRow.name)
        .outerjoin(TenantRow, TenantRow.id == SessionRow.tenant_id)
        .where(SessionRow.person_id == person_id, SessionRow.expires_at > now, SessionRow.seen_at > now - IDLE)
        .order_by(SessionRow.seen_at.desc())
        .limit(100)
    )
    return [
        OpenSession(id=row.id, company=company or "", created_at=row.created_at, seen_at=row.seen_at, ip=row.ip, agent=row.agent)
        for row, company in await session.execute(query)
    ]


async def forget_ended(session: AsyncSession) -> None:
    """Drop sessions that ran out."""
    now = clock.now()
    await session.execute(delete(SessionRow).where(or_(SessionRow.expires_at < now, SessionRow.seen_at < now - IDLE)))
