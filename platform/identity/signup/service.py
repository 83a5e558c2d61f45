"""Signing up: what happens in one transaction, and what comes after it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from identity.members.service import add_member
from identity.people import passwords
from identity.people.model import Person
from identity.people.service import clean_email, clean_name, create_person, find_by_email
from identity.roles.builtin import OWNER, seed
from identity.signin.service import send_verification
from identity.throttle.service import Limit, count_attempt
from kernel.database import Database
from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.settings import Settings
from kernel.work import Tenant
from messaging import mail
from tenancy.provision import Provisioner
from tenancy.slugs import checked

COMPANY_LENGTH_MAX = 100
PER_ADDRESS = 20


class Opening(Protocol):
    """Prepares a company's books and lists once its tenant is claimed."""

    async def open(self, tenant_id: int) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Application:
    """What a person typed to sign up."""

    company: str
    slug: str
    name: str
    email: str
    password: str
    locale: str


class SignUpRefused(Invalid):
    """Several fields are wrong; ``errors`` says which."""

    code = "sign_up_refused"


async def sign_up(
    database: Database, settings: Settings, provisioner: Provisioner, opening: Opening, given: Application, *, ip: str
) -> tuple[Person, Tenant] | None:
    """A new person with a new company.  None where the address has an account: its owner gets a letter instead.

    Raises:
        SignUpRefused: something typed cannot be used.
        SlugTaken: another company has the address.
        TooManyAttempts: from this address.
    """
    given = _cleaned(given)
    await count_attempt(database, [Limit(f"signup-from|{ip}", PER_ADDRESS), Limit(f"signup|{given.email.lower()}", 5)])
    async with database.registry_session() as session:
        known = await find_by_email(session, given.email)
        if known is not None:
            await _tell_owner(session, settings, known, given)
            return None
        person = await create_person(session, email=given.email, name=given.name, password=given.password, locale=given.locale)
        tenant = await found_company(session, provisioner, person.id, company=given.company, slug=given.slug, locale=given.locale)
        await send_verification(session, settings, person)
    await opening.open(tenant.id)
    return person, tenant


async def add_company(
    database: Database, provisioner: Provisioner, opening: Opening, person_id: UUID, *, company: str, slug: str, locale: str
) -> Tenant:
    """One more company for somebody who is signed in.

    Raises:
        Invalid: the name or the address cannot be used.
    """
    company = clean_company(company)
    await count_attempt(database, [Limit(f"company|{person_id}", 10)])
    async with database.registry_session() as session:
        tenant = await found_company(session, provisioner, person_id, company=company, slug=checked(slug), locale=locale)
    await opening.open(tenant.id)
    return tenant


async def found_company(
    session: AsyncSession, provisioner: Provisioner, person_id: UUID, *, company: str, slug: str, locale: str
) -> Tenant:
    """A tenant of the pool becomes the company, and the person its owner."""
    tenant = await provisioner.claim(session, slug=slug, name=company, locale=locale)
    await seed(session, tenant.id)
    await add_member(session, tenant.id, person_id, [OWNER])
    return tenant


def clean_company(text: str) -> str:
    """A company's name without surplus blanks.

    Raises:
        Invalid: empty, too long, or with control characters.
    """
    name = " ".join(text.split())
    if not name or len(name) > COMPANY_LENGTH_MAX or not name.isprintable():
        raise Invalid(_("Enter the company's name, of at most %(most)s characters.", most=COMPANY_LENGTH_MAX), field="company")
    return name


def _cleaned(given: Application) -> Application:
    """The application in its normal form, or all that is wrong with it at once."""
    errors: list[FieldError] = []

    def tried(clean: Callable[[str], str], text: str) -> str:
        try:
            return clean(text)
        except Invalid as error:
            errors.extend(error.errors)
            return ""

    company, slug = tried(clean_company, given.company), tried(checked, given.slug)
    name, email = tried(clean_name, given.name), tried(clean_email, given.email)

    def strong(password: str) -> str:
        passwords.check_strength(password, hints=(company, name, email))
        return password

    tried(strong, given.password)
    if errors:
        raise SignUpRefused(_("Please check the marked fields."), errors=errors)
    return Application(company=company, slug=slug, name=name, email=email, password=given.password, locale=given.locale)


async def _tell_owner(session: AsyncSession, settings: Settings, person: Person, given: Application) -> None:
    values = {"name": person.name, "company": given.company, "address": f"{settings.base_url}/signin?next=/signup"}
    await mail.queue(session, mail.Letter(template="account_exists", to=person.email, locale=person.locale, values=values))
