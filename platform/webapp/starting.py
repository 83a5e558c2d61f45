"""Brings a database to this release, whatever it was before."""

from collections.abc import Callable

from kernel.database import Database
from kernel.settings import Settings
from tenancy import setup
from tenancy.catalog import Catalog
from tenancy.fleet import Fleet, Report
from tenancy.provision import Provisioner
from webapp.app import lifecycle_of


async def bring_up(database: Database, catalog: Catalog, settings: Settings, say: Callable[[str], None]) -> Report:
    """Roles, the platform's tables, all tenants' tables, and spare tenants for sign-ups; safe to repeat and to interrupt.

    ``say`` hears what the operator should know, a sentence at a time.

    Raises:
        ServerUnfit: the server lacks something.
    """
    for note in await setup.prepare(database, app_password=settings.app_password):
        say(note)
    report = await migrate_tenants(database, catalog, say)
    await Provisioner(database, catalog).fill(settings.spare_tenants)
    return report


async def migrate_tenants(database: Database, catalog: Catalog, say: Callable[[str], None]) -> Report:
    """Bring every tenant's tables to this release."""
    fleet = Fleet(database, catalog, lifecycle_of(database, catalog))
    if due := await fleet.plan():
        say(f"Migrating {due} companies ...")
    report = await fleet.run()
    if report.failed:
        say(f"{report.failed} companies could not be migrated and stay closed: see jingwei tenants list and the log.")
    return report
