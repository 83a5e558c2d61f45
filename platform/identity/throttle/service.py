"""Counting attempts before they are made.

An attempt is counted first, in a transaction of its own, and the count is cleared when it succeeds: twenty guesses sent
at the same moment are twenty counted guesses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from identity.opaque import digest
from identity.throttle.model import Throttle
from kernel import clock
from kernel.database import Database
from kernel.errors import DomainError
from kernel.i18n import gettext as _

WINDOW = timedelta(minutes=15)
BLOCK_MAX = timedelta(hours=1)


@dataclass(frozen=True)
class Limit:
    """At most ``attempts`` within ``WINDOW`` of each other for ``key``; each one more doubles the wait."""

    key: str
    attempts: int

    @property
    def digest(self) -> bytes:
        return digest(self.key)


class TooManyAttempts(DomainError):
    status_code, code = 429, "too_many_attempts"


def sign_in_limits(email: str, ip: str) -> list[Limit]:
    """Few for one account from one address; more for one account from anywhere, so that a stranger cannot lock it easily."""
    account = email.strip().lower()
    return [Limit(f"signin|{account}|{ip}", 5), Limit(f"signin|{account}", 20), Limit(f"signin-from|{ip}", 60)]


async def count_attempt(database: Database, limits: Sequence[Limit]) -> None:
    """Count one attempt against all ``limits``.

    Raises:
        TooManyAttempts: one of them is used up; nothing is counted then.
    """
    async with database.registry_session() as session:
        now = clock.now()
        ordered = sorted(limits, key=lambda limit: limit.digest)
        new = [{"key": limit.digest, "count": 0, "last_at": now} for limit in ordered]
        await session.execute(insert(Throttle).values(new).on_conflict_do_nothing())
        query = select(Throttle).where(Throttle.key.in_([limit.digest for limit in ordered])).order_by(Throttle.key).with_for_update()
        rows = {row.key: row for row in await session.scalars(query)}
        for limit in ordered:
            row = rows[limit.digest]
            if row.blocked_until is not None and row.blocked_until > now:
                minutes = max(1, round((row.blocked_until - now).total_seconds() / 60))
                raise TooManyAttempts(_("Too many attempts. Try again in %(minutes)s minutes.", minutes=minutes))
        for limit in ordered:
            _count(rows[limit.digest], limit)


async def clear_attempts(database: Database, limits: Sequence[Limit]) -> None:
    """This attempt was right: forget those for the account.

    The sender's own count, the last of ``limits``, only loses this one: a whole office signs in from one address, and who
    guesses must not clear the count by signing in to an account of their own.
    """
    async with database.registry_session() as session:
        *account, sender = limits
        await session.execute(delete(Throttle).where(Throttle.key.in_([limit.digest for limit in account])))
        less = update(Throttle).where(Throttle.key == sender.digest, Throttle.count > 0)
        await session.execute(less.values(count=Throttle.count - 1, blocked_until=None))


async def forget_old(database: Database) -> None:
    """Drop counts that no longer matter."""
    async with database.registry_session() as session:
        await session.execute(delete(Throttle).where(Throttle.last_at < clock.now() - WINDOW - BLOCK_MAX))


def _count(row: Throttle, limit: Limit) -> None:
    now = clock.now()
    forgotten = row.last_at < now - WINDOW and (row.blocked_until is None or row.blocked_until < now - WINDOW)
    row.count = 1 if forgotten else row.count + 1
    row.last_at = now
    surplus = row.count - limit.attempts
    row.blocked_until = now + min(timedelta(minutes=2 ** min(surplus, 10)), BLOCK_MAX) if surplus >= 0 else None
