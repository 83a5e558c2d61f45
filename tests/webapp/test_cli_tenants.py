"""What an operator does with companies: save one, set one up from a file, see how all stand."""

import stat
import zipfile

import pytest
from sqlalchemy import func, select, text, update

from identity.members.model import Member
from identity.people.model import Person
from kernel.work import Tenant
from tenancy.directory import directory_of
from tenancy.registry import TenantRow
from webapp import cli_archive, cli_tenants
from webapp.cli_shared import Refused

OWNER = "archive@example.com"


@pytest.fixture
async def owner(database) -> str:
    async with database.registry_session() as session:
        if await session.scalar(select(Person.id).where(Person.email_key == OWNER)) is None:
            session.add(Person(name="林晓", email=OWNER, email_key=OWNER))
    return OWNER


@pytest.fixture
async def saved(new_tenant, database, tmp_path):
    """A school and its archive."""
    school: Tenant = await new_tenant("education")
    async with database.registry_session() as session:
        await session.execute(update(TenantRow).where(TenantRow.id == school.id).values(zone="Asia/Urumqi"))
    async with database.work(school) as work:
        await work.session.execute(text("UPDATE vertical_settings SET values = '{\"vat_percent\": 6}'"))
    file = tmp_path / "school.zip"
    await cli_archive.write(database, school.slug.upper(), file)
    return file


async def test_a_backup_is_restored_as_a_new_company(saved, database, catalog, owner):
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    made = await cli_archive.read(database, catalog, saved, "restored-school", owner=owner)
    found = await directory_of(database).by_id(made.id)
    assert found is not None
    assert (found.slug, found.name, found.zone, found.enabled) == ("restored-school", "青禾商贸有限公司", "Asia/Urumqi", {"education"})
    async with database.work(found) as work:
        assert await work.session.scalar(text("SELECT values ->> 'vat_percent' FROM vertical_settings")) == "6"
    async with database.registry_session() as session:
        assert await session.scalar(select(func.count()).where(Member.tenant_id == made.id)) == 1


async def test_what_cannot_be_restored_leaves_the_address_free(saved, database, catalog, owner, tmp_path):
    bad = tmp_path / "bad.zip"
    with zipfile.ZipFile(saved) as good, zipfile.ZipFile(bad, "w") as archive:
        for name in good.namelist():
            archive.writestr(name, b"x" + good.read(name) if name == "vertical_settings.csv" else good.read(name))
    with pytest.raises(Refused, match=r"bad\.zip cannot be restored\. Table vertical_settings is damaged"):
        await cli_archive.read(database, catalog, bad, "second-try", owner=owner)
    assert await directory_of(database).by_slug("second-try") is None
    await cli_archive.read(database, catalog, saved, "second-try", owner=owner, name="第二家")
    (tmp_path / "no.zip").write_bytes(b"PK")
    with pytest.raises(Refused, match="no archive"):
        await cli_archive.read(database, catalog, tmp_path / "no.zip", "third-try", owner=owner)


async def test_restoring_asks_for_an_owner_and_a_free_address(saved, database, catalog, owner, tenant):
    with pytest.raises(Refused, match="Nobody has an account"):
        await cli_archive.read(database, catalog, saved, "nobodys", owner="nobody@example.com")
    with pytest.raises(Refused, match="is taken"):
        await cli_archive.read(database, catalog, saved, tenant.slug, owner=owner)


async def test_a_backup_overwrites_nothing(saved, database, tenant, tmp_path):
    with pytest.raises(Refused, match="exists already"):
        await cli_archive.write(database, tenant.slug, saved)
    with pytest.raises(Refused, match="There is no folder"):
        await cli_archive.write(database, tenant.slug, tmp_path / "no" / "x.zip")
    with pytest.raises(Refused, match="There is no company"):
        await cli_archive.write(database, "nowhere", tmp_path / "x.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["school.zip"]


async def test_the_status_of_all_counts_who_is_behind_and_how_tables_look(database, catalog, tenant, capsys):
    await cli_tenants._show_fleet(database, catalog)
    said = capsys.readouterr().out
    assert "all at this release" in said
    assert " active" in said
    assert "structure    " in said
    async with database.registry_session() as session:
        heads = await session.scalar(select(TenantRow.heads).where(TenantRow.id == tenant.id))
        await session.execute(update(TenantRow).where(TenantRow.id == tenant.id).values(heads=["tenancy_0001"]))
    await cli_tenants._show_fleet(database, catalog)
    assert "1 behind this release: run jingwei migrate" in capsys.readouterr().out
    async with database.registry_session() as session:
        await session.execute(update(TenantRow).where(TenantRow.id == tenant.id).values(heads=heads))
