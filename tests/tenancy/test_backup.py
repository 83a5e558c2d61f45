"""One tenant's tables leave as a file and come back into another tenant, the same to the last byte."""

import json
import zipfile
from dataclasses import replace

import pytest
from sqlalchemy import text

from tenancy.backup import ArchiveRefused, load, save

ROOMS = [("Plain", None), ("", "empty name"), ("Zeile\nzwei", 'quote " and , comma'), ("房间", "\\N"), ("NULL", "null")]


@pytest.fixture
async def filled(house, clinic):
    """A tenant with rows that are hard to write down."""
    house = house.with_verticals(clinic())
    tenant = await house.tenant()
    await house.lifecycle.enable(tenant.id, "clinic")
    async with house.database.tenant_session(tenant) as session:
        for name, error in ROOMS:
            await session.execute(text("INSERT INTO clinic_room VALUES (gen_random_uuid(), :name, now(), now())"), {"name": name})
            columns = "id, event, event_id, payload, vertical, subscriber, attempts, due_at, last_error, created_at, updated_at"
            values = (
                "gen_random_uuid(), 'clinic.Made', gen_random_uuid(), '{\"a\": [1, null]}', 'clinic', 'x', 0, now(), :error, now(), now()"
            )
            await session.execute(text(f"INSERT INTO outbox_event ({columns}) VALUES ({values})"), {"error": error})
    return house, await house.now(tenant)


async def claimed(house, slug):
    async with house.database.registry_session() as session:
        return await house.provisioner.claim(session, slug=slug, name="Restored")


async def rows(house, tenant):
    async with house.database.tenant_session(tenant) as session:
        return [
            (await session.execute(text(f"SELECT * FROM {table} ORDER BY id"))).all()
            for table in ("clinic_room", "outbox_event", "vertical_settings", "document_sequence")
        ]


async def test_a_tenant_is_the_same_after_saving_and_loading(filled, tmp_path):
    house, tenant = filled
    await save(house.database, tenant, tmp_path / "tenant.zip")
    restored = await claimed(house, "restored-co")
    await load(house.database, house.catalog, house.lifecycle, restored, tmp_path / "tenant.zip")
    assert await rows(house, restored) == await rows(house, tenant)
    found = await house.now(restored)
    assert found.enabled == {"clinic"}
    assert restored.id not in await house.fleet.due()


async def test_a_damaged_archive_changes_nothing(filled, tmp_path):
    house, tenant = filled
    await save(house.database, tenant, tmp_path / "good.zip")
    with zipfile.ZipFile(tmp_path / "good.zip") as good, zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad:
        for name in good.namelist():
            bad.writestr(name, good.read(name).replace(b"Plain", b"Plein") if name == "clinic_room.csv" else good.read(name))
    target = await claimed(house, "damaged-co")
    with pytest.raises(ArchiveRefused, match="clinic_room is damaged"):
        await load(house.database, house.catalog, house.lifecycle, target, tmp_path / "bad.zip")
    assert (await house.now(target)).enabled == frozenset()
    async with house.database.tenant_session(target) as session:
        assert await session.scalar(text("SELECT count(*) FROM outbox_event")) == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"format": 9}, "format 9"),
        ({"heads": ["tenancy_0000"]}, "load it with its own release"),
        ({"verticals": {"gone": "1.0"}}, "needs gone"),
        ({"tables": {}}, "tables differ"),
    ],
)
async def test_an_archive_that_does_not_fit_is_refused(filled, tmp_path, change, reason):
    house, tenant = filled
    await save(house.database, tenant, tmp_path / "good.zip")
    with zipfile.ZipFile(tmp_path / "good.zip") as good, zipfile.ZipFile(tmp_path / "odd.zip", "w") as odd:
        for name in good.namelist():
            content = good.read(name)
            odd.writestr(name, json.dumps(json.loads(content) | change) if name == "manifest.json" else content)
    target = await claimed(house, f"odd-{len(reason)}")
    with pytest.raises(ArchiveRefused, match=reason):
        await load(house.database, house.catalog, house.lifecycle, replace(target), tmp_path / "odd.zip")
