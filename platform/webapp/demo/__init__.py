"""The demo company: made once, on the first start, so that there is something to look at."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core_finance.api import find_ledger
from identity.members.service import add_member
from identity.people.service import create_person, find_by_email
from identity.signup.service import found_company
from kernel import i18n
from kernel.database import Database
from kernel.settings import Settings
from kernel.work import Tenant, Work
from tenancy.catalog import Catalog
from tenancy.directory import directory_of
from tenancy.provision import Provisioner
from tenancy.registry import TenantRow
from vertical import TenantContext
from webapp.app import lifecycle_of
from webapp.demo import names
from webapp.demo.company import fill

LOCALE = "zh_CN"


@dataclass(frozen=True)
class DemoSummary:
    """Where the demo company is and how to get in.  All its people have one password, made for this installation."""

    company: str
    address: str
    emails: Sequence[str]
    password: str

    def lines(self) -> list[str]:
        """What the operator reads on the screen."""
        return [
            f"The demo company is at {self.address}",
            f"  sign in as {self.emails[0]} with the password {self.password}",
            f"  or as {', '.join(self.emails[1:])}",
        ]


async def load(database: Database, catalog: Catalog, settings: Settings, say: Callable[[str], None] = lambda _text: None) -> Sequence[str]:
    """Make the demo company where it is missing, and say how to sign in.  Safe to repeat, and to interrupt."""
    summary = summary_of(settings)
    tenant_id = await _founded(database, catalog, summary)
    lifecycle = lifecycle_of(database, catalog)
    tenant = await directory_of(database).by_id(tenant_id)
    if tenant is None:
        return summary.lines()
    async with database.work(tenant) as work:
        if await find_ledger(work) is not None:
            return summary.lines()
    say("Loading the demo company ...")
    await lifecycle.open(tenant_id)
    shown = [name for name in catalog.verticals if catalog.implements(name, "load_demo_data")]
    for name in shown:
        await lifecycle.enable(tenant_id, name)
    async with database.work(await _reread(database, tenant)) as work:
        await fill_company(work, catalog, shown)
    return summary.lines()


def summary_of(settings: Settings) -> DemoSummary:
    """How to sign in to the demo company of this installation."""
    return DemoSummary(
        company=names.COMPANY,
        address=settings.tenant_url(names.SLUG),
        emails=tuple(names.email_of(person) for person in names.PEOPLE),
        password=f"demo-{settings.derive('demo-password')[:10]}",
    )


async def fill_company(work: Work, catalog: Catalog, verticals: Sequence[str]) -> int:
    """A year of trade, and the demo data of ``verticals``; how many orders were confirmed."""

    async def opened() -> None:
        for name in verticals:
            by = replace(work, actor=replace(work.actor, name=names.SALES.name))
            context = TenantContext(tenant=work.tenant.slug, session=work.session, work=by)
            await catalog.call_one(name, "load_demo_data", context=context)

    with i18n.using(LOCALE):
        return await fill(work, opened=opened)


async def _founded(database: Database, catalog: Catalog, summary: DemoSummary) -> int:
    """The company's tenant and its people, in one transaction of the registry."""
    async with database.registry_session() as session:
        found = await session.scalar(select(TenantRow.id).where(TenantRow.slug == names.SLUG))
        if found is not None:
            return int(found)
        people = [
            await _person(session, email, person.name, summary.password) for email, person in zip(summary.emails, names.PEOPLE, strict=True)
        ]
        tenant = await found_company(
            session, Provisioner(database, catalog), people[0], company=names.COMPANY, slug=names.SLUG, locale=LOCALE
        )
        for person_id, person in zip(people[1:], names.PEOPLE[1:], strict=True):
            await add_member(session, tenant.id, person_id, [person.role])
    return tenant.id


async def _person(session: AsyncSession, email: str, name: str, password: str) -> UUID:
    known = await find_by_email(session, email)
    if known is None:
        known = await create_person(session, email=email, name=name, password=password, locale=LOCALE, verified=True)
    return known.id


async def _reread(database: Database, tenant: Tenant) -> Tenant:
    directory = directory_of(database)
    directory.forget(tenant.id)
    found = await directory.by_id(tenant.id)
    return found or tenant
