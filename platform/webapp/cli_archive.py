"""The commands ``tenants backup`` and ``tenants restore``."""

import asyncio
from pathlib import Path

from sqlalchemy import delete, func, update

from identity.members.model import Member
from identity.roles.model import RoleRow
from kernel.database import Database
from kernel.work import Tenant
from tenancy import backup as archives
from tenancy.catalog import Catalog
from tenancy.directory import directory_of, notify
from tenancy.registry import TENANTS, TenantRow, TenantState, tenant_of
from webapp.app import lifecycle_of
from webapp.cli_shared import Refused, run, say, settings_with_database
from webapp.cli_tenants import found
from webapp.cli_up import connected


def backup(slug: str, file: Path) -> None:
    """Write the archive of one company; a file that exists is not overwritten."""

    async def main(_stop: asyncio.Event) -> None:
        async with connected(settings) as (database, _catalog):
            await write(database, slug, file)
            say(f"Saved {slug} to {file}.")

    with settings_with_database() as settings:
        run(main)


def restore(file: Path, slug: str, *, owner: str, name: str) -> None:
    """Set a new company up from an archive and print its address."""

    async def main(_stop: asyncio.Event) -> None:
        async with connected(settings) as (database, catalog):
            tenant = await read(database, catalog, file, slug, owner=owner, name=name)
            print(settings.tenant_url(tenant.slug))

    if not file.is_file():
        raise Refused(f"There is no file {file}.")
    with settings_with_database() as settings:
        run(main)


async def write(database: Database, slug: str, file: Path) -> None:
    """The archive of the company ``slug`` at ``file``, whole or not at all, readable by its owner only.

    Raises:
        Refused: there is no such company, or the file exists.
    """
    _expect_room(file)
    async with database.registry_session() as session:
        row = (await session.execute(TENANTS.where(func.lower(TenantRow.slug) == slug.lower()))).first()
    if row is None:
        raise Refused(f"There is no company at the address {slug!r}.")
    part = file.with_name(f"{file.name}.part")
    try:
        part.touch(mode=0o600)
        await archives.save(database, tenant_of(row), part)
        part.rename(file)
    finally:
        part.unlink(missing_ok=True)


async def read(database: Database, catalog: Catalog, file: Path, slug: str, *, owner: str, name: str = "") -> Tenant:
    """A new company with what the archive holds; where that fails, the address is free again.

    Raises:
        Refused: the archive, the owner, the name or the address cannot be used.
    """
    try:
        tenant = await found(database, catalog, slug, name or archives.name_in(file), owner)
        try:
            await archives.load(database, catalog, lifecycle_of(database, catalog), tenant, file)
        except BaseException:
            await _give_back(database, tenant)
            raise
    except archives.ArchiveRefused as error:
        raise Refused(f"{file} cannot be restored. {error}") from error
    return tenant


def _expect_room(file: Path) -> None:
    if file.exists():
        raise Refused(f"{file} exists already: choose another name.")
    if not file.parent.is_dir():
        raise Refused(f"There is no folder {file.parent}.")


async def _give_back(database: Database, tenant: Tenant) -> None:
    """Make a spare of a company that was claimed and never filled: its schema is as it was before."""
    async with database.registry_session() as session:
        for table in (Member, RoleRow):
            await session.execute(delete(table).where(table.tenant_id == tenant.id))
        await session.execute(
            update(TenantRow)
            .where(TenantRow.id == tenant.id, TenantRow.opened_at.is_(None))
            .values(state=TenantState.SPARE, slug=None, name="", activated_at=None)
        )
        await notify(session, tenant.id)
    directory_of(database).forget(tenant.id)
