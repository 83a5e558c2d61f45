"""What can be done with a person's account.  All of it runs in a registry session."""

from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from identity.people import passwords
from identity.people.model import Person
from kernel import clock
from kernel.errors import Invalid
from kernel.i18n import LOCALES
from kernel.i18n import gettext as _

NAME_LENGTH_MAX = 80


class InvalidEmail(Invalid):
    code = "invalid_email"


def clean_email(text: str) -> str:
    """The address in its normal form.  Addresses inside a company's own network are accepted too.

    Raises:
        InvalidEmail: it is no address a mail server could use.
    """
    try:
        found = validate_email(text.strip(), check_deliverability=False, globally_deliverable=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise InvalidEmail(_("Enter an e-mail address, like lin@example.com."), field="email") from error
    return found.normalized


def clean_name(text: str) -> str:
    """A person's name without surplus blanks.

    Raises:
        Invalid: it is empty, too long, or holds control characters.
    """
    name = " ".join(text.split())
    if not name or not name.isprintable():
        raise Invalid(_("Enter your name."), field="name")
    if len(name) > NAME_LENGTH_MAX:
        raise Invalid(_("Use at most %(most)s characters.", most=NAME_LENGTH_MAX), field="name")
    return name


async def find_by_email(session: AsyncSession, email: str) -> Person | None:
    person: Person | None = await session.scalar(select(Person).where(Person.email_key == email.strip().lower()))
    return person


async def create_person(session: AsyncSession, *, email: str, name: str, password: str, locale: str, verified: bool = False) -> Person:
    """A new account.  ``email``, ``name`` and ``password`` were cleaned and checked; the address is not taken."""
    person = Person(
        name=name,
        email=email,
        email_key=email.lower(),
        password_hash=await passwords.hash_password(password),
        locale=locale if locale in LOCALES else LOCALES[0],
        verified_at=clock.now() if verified else None,
    )
    session.add(person)
    await session.flush()
    return person


async def authenticate(session: AsyncSession, email: str, password: str) -> Person | None:
    """The person with that address and password.  An unknown address takes as long as a wrong password."""
    person = await find_by_email(session, email)
    stored = person.password_hash if person is not None and person.disabled_at is None else None
    if not await passwords.verify(password, stored) or person is None or stored is None:
        return None
    if passwords.needs_rehash(stored):
        person.password_hash = await passwords.hash_password(password)
    return person


async def set_password(session: AsyncSession, person: Person, password: str) -> None:
    """Replace the password.  Ending the person's sessions is the caller's business.

    Raises:
        WeakPassword: see ``passwords.check_strength``.
    """
    passwords.check_strength(password, hints=(person.name, person.email))
    person.password_hash = await passwords.hash_password(password)
    await session.flush()


async def mark_verified(session: AsyncSession, person_id: UUID) -> None:
    """The address was proved to be the person's: they opened a link that only went there."""
    await session.execute(update(Person).where(Person.id == person_id, Person.verified_at.is_(None)).values(verified_at=clock.now()))
