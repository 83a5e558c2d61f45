"""The commands about companies: ``migrate``, ``tenants list``, ``tenants create``, ``tenants status``."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from identity.people.service import find_by_email
from identity.signup.service import clean_company, found_company
from kernel import i18n
from kernel.database import Database
from kernel.errors import DomainError
from kernel.work import Tenant
from tenancy import migrate as migrations
from tenancy.catalog import Catalog
from tenancy.fleet import Fleet, fingerprints
from tenancy.lifecycle import states
from tenancy.provision import Provisioner
from tenancy.registry import MigrationRun, RunState, TenantRow, TenantState
from tenancy.slugs import checked
from webapp.app import lifecycle_of
from webapp.cli_shared import Refused, run, say, settings_with_database
from webapp.cli_up import connected
from webapp.starting import bring_up

PAGE = 500


def migrate() -> None:
    """Bring everything to this release; exit code 1 when a company could not be."""

    async def main(_stop: asyncio.Event) -> int:
        async with connected(settings) as (database, catalog):
            report = await bring_up(database, catalog, settings, say)
            say(f"{report.done} companies migrated, {report.failed} failed.")
            return 1 if report.failed or report.stopped else 0

    with settings_with_database() as settings:
        code = run(main)
    sys.exit(code)


def show_list() -> None:
    """Print all companies, one a line, by address."""

    async def main(_stop: asyncio.Event) -> None:
        async with connected(settings) as (database, _catalog):
            last = ""
            while rows := await _page(database, last):
                for row in rows:
                    note = f"\t{row.run_state}: {row.error}" if row.error else ""
                    print(f"{row.slug}\t{row.state}\t{row.schema}\t{settings.tenant_url(row.slug)}\t{row.name}{note}")
                last = rows[-1].slug

    with settings_with_database() as settings:
        run(main)


def create(slug: str, name: str, *, owner: str) -> None:
    """Set a company up, with a person who has an account as its owner."""

    async def main(_stop: asyncio.Event) -> None:
        async with connected(settings) as (database, catalog):
            tenant = await _create(database, catalog, slug, name, owner)
            print(settings.tenant_url(tenant.slug))

    with settings_with_database() as settings:
        run(main)


def show_status(slug: str) -> None:
    """Print what the registry knows about one company."""

    async def main(_stop: asyncio.Event) -> None:
        async with connected(settings) as (database, catalog):
            await _show_status(database, catalog, slug)

    with settings_with_database() as settings:
        run(main)


def show_fleet() -> None:
    """Print how many companies there are, how many are behind this release, and how many have each structure of tables."""

    async def main(_stop: asyncio.Event) -> None:
        async with connected(settings) as (database, catalog):
            await _show_fleet(database, catalog)

    with settings_with_database() as settings:
        run(main)


async def _page(database: Database, after: str) -> Sequence[Any]:
    query = (
        select(TenantRow.slug, TenantRow.name, TenantRow.schema, TenantRow.state, MigrationRun.error, MigrationRun.state.label("run_state"))
        .outerjoin(MigrationRun, (MigrationRun.tenant_id == TenantRow.id) & (MigrationRun.state == RunState.FAILED))
        .where(TenantRow.state != TenantState.SPARE, TenantRow.slug > after)
        .order_by(TenantRow.slug)
        .limit(PAGE)
    )
    async with database.registry_session() as session:
        return (await session.execute(query)).all()


async def _create(database: Database, catalog: Catalog, slug: str, name: str, owner: str) -> Tenant:
    tenant = await found(database, catalog, slug, name, owner)
    await lifecycle_of(database, catalog).open(tenant.id)
    return tenant


async def found(database: Database, catalog: Catalog, slug: str, name: str, owner: str) -> Tenant:
    """A new company with its owner, not opened yet.

    Raises:
        Refused: there is no such person, or the name or the address cannot be used.
    """
    async with database.registry_session() as session:
        person = await find_by_email(session, owner)
    if person is None:
        raise Refused(f"Nobody has an account with the address {owner}: sign up in the browser first.")
    with i18n.using("en"):
        try:
            async with database.registry_session() as session:
                return await found_company(
                    session,
                    Provisioner(database, catalog),
                    person.id,
                    company=clean_company(name),
                    slug=checked(slug),
                    locale=person.locale,
                )
        except DomainError as error:
            raise Refused("; ".join(each.message for each in error.errors) or error.message) from error


async def _show_fleet(database: Database, catalog: Catalog) -> None:
    fleet = Fleet(database, catalog, lifecycle_of(database, catalog))
    async with database.registry_session() as session:
        counts = await session.execute(select(TenantRow.state, func.count()).group_by(TenantRow.state).order_by(TenantRow.state))
        for row in counts:
            print(f"companies    {row[1]} {row[0]}")
    due = len(await fleet.due())
    print(f"tables       {f'{due} behind this release: run jingwei migrate' if due else 'all at this release'}")
    for state, count in sorted((await fleet.status()).items()):
        print(f"last run     {count} {state}")
    for structure, count in sorted((await fingerprints(database)).items(), key=lambda each: -each[1]):
        print(f"structure    {structure[:16] or 'unknown'} {count}")


async def _show_status(database: Database, catalog: Catalog, slug: str) -> None:
    async with database.registry_session() as session:
        row = await session.scalar(select(TenantRow).where(func.lower(TenantRow.slug) == slug.lower()))
        if row is None:
            raise Refused(f"There is no company at the address {slug!r}.")
        last_run = await session.get(MigrationRun, row.id)
    verticals = await states(database, row.id)
    enabled = [name for name, state in verticals.items() if state == "enabled"]
    missing = sorted(set(migrations.heads(catalog, catalog.active(frozenset(enabled)))) - set(row.heads))
    print(f"name         {row.name}")
    print(f"state        {row.state}")
    print(f"schema       {row.schema} (role {row.role}, shard {row.shard})")
    print(f"zone         {row.zone}, {row.currency}, {row.locale}")
    print(f"tables       {'at this release' if not missing else 'behind: ' + ', '.join(missing)}")
    for name, state in sorted(verticals.items()):
        print(f"vertical     {name} {state}")
    if last_run is not None and last_run.error:
        print(f"last failure {last_run.error}")
