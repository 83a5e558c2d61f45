"""Signing in by password, and the letters that belong to an account."""

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from identity.members.service import is_member
from identity.people.model import Person
from identity.people.service import authenticate, find_by_email, mark_verified, set_password
from identity.sessions.service import end_all
from identity.throttle.service import Limit, clear_attempts, count_attempt, sign_in_limits
from identity.tickets.model import Purpose
from identity.tickets.service import LIFETIME, issue, redeem
from identity.tokens.model import ApiToken
from kernel.database import Database
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.settings import Settings
from kernel.work import Tenant
from messaging import mail


class SignInRefused(Invalid):
    """Wrong address, wrong password, or no member of this company: the same words for all three."""

    code = "sign_in_refused"


async def check_password(database: Database, email: str, password: str, *, ip: str, tenant: Tenant | None) -> Person:
    """The person who may sign in here.

    Raises:
        TooManyAttempts: for this account, or from this address.
        SignInRefused: anything else.
    """
    limits = sign_in_limits(email, ip)
    await count_attempt(database, limits)
    async with database.registry_session() as session:
        person = await authenticate(session, email, password)
        if person is not None and tenant is not None and not await is_member(session, tenant.id, person.id):
            person = None
    if person is None:
        raise SignInRefused(
            _("E-mail address or password is wrong, or you are not a member of this company.")
            if tenant
            else _("E-mail address or password is wrong.")
        )
    await clear_attempts(database, limits)
    return person


async def send_verification(session: AsyncSession, settings: Settings, person: Person) -> None:
    """A link that proves the address.  An earlier one stops working."""
    secret = await issue(session, Purpose.VERIFY, person.id, bound_to=person.email_key)
    hours = int(LIFETIME[Purpose.VERIFY].total_seconds() // 3600)
    values = {"name": person.name, "address": f"{settings.base_url}/verify/{secret}", "hours": hours}
    await mail.queue(session, mail.Letter(template="verify", to=person.email, locale=person.locale, values=values))


async def send_reset(database: Database, settings: Settings, email: str, *, ip: str) -> None:
    """A link to choose a new password, if the address has an account; nothing tells the asker which.

    Raises:
        TooManyAttempts: for this address.
    """
    await count_attempt(database, [Limit(f"reset|{email.strip().lower()}", 3), Limit(f"reset-from|{ip}", 20)])
    async with database.registry_session() as session:
        person = await find_by_email(session, email)
        if person is None or person.disabled_at is not None:
            return
        secret = await issue(session, Purpose.RESET, person.id, bound_to=person.email_key)
        minutes = int(LIFETIME[Purpose.RESET].total_seconds() // 60)
        values = {"name": person.name, "address": f"{settings.base_url}/password/reset/{secret}", "minutes": minutes}
        await mail.queue(session, mail.Letter(template="reset", to=person.email, locale=person.locale, values=values))


async def verify_address(session: AsyncSession, secret: str) -> None:
    """
    Raises:
        TicketRefused: the link does not work, or the person has another address now.
    """
    ticket = await redeem(session, Purpose.VERIFY, secret)
    person = await session.get_one(Person, ticket.person_id)
    if person.email_key == ticket.bound_to:
        await mark_verified(session, person.id)


async def reset_password(session: AsyncSession, settings: Settings, secret: str, password: str) -> Person:
    """Choose a new password by the link in a letter; all sessions of the person end.

    Raises:
        TicketRefused: the link does not work.
        WeakPassword: the password is too easy; the link still works, as nothing is kept.
    """
    ticket = await redeem(session, Purpose.RESET, secret)
    person = await session.get_one(Person, ticket.person_id)
    await set_password(session, person, password)
    await end_all(session, person.id)
    if person.verified_at is None:
        # Somebody else may have signed up with this address and kept a way in.
        await session.execute(delete(ApiToken).where(ApiToken.person_id == person.id))
    await mark_verified(session, person.id)
    await send_password_changed(session, settings, person)
    return person


async def send_password_changed(session: AsyncSession, settings: Settings, person: Person) -> None:
    """Tells the person, in case it was somebody else."""
    values = {"name": person.name, "address": f"{settings.base_url}/password/forgot"}
    await mail.queue(session, mail.Letter(template="password_changed", to=person.email, locale=person.locale, values=values))
