"""The audit log: written with what it records, and never changed."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from identity import audit
from identity.audit.service import PAGE_SIZE, read_entries
from kernel.work import Actor

from .conftest import at


async def actions(house, tenant):
    async with house.work(tenant) as work:
        return [entry.action for entry in (await read_entries(work)).entries]


async def test_what_is_done_to_members_and_roles_is_in_the_log(house, office, tenant, owner):
    clerk = await house.member(tenant, "viewer")
    await office.json("PUT", at(tenant, f"/api/v1/members/{clerk.id}/roles"), {"roles": ["sales"]})
    async with house.work(tenant) as work:
        entry = (await read_entries(work, object_=f"member:{clerk.id}")).entries[0]
    assert (entry.action, entry.actor_id, entry.actor_kind) == ("member.changed", owner.id, "person")
    assert (entry.before, entry.after) == ({"roles": ["viewer"]}, {"roles": ["sales"]})
    assert entry.ip == "203.0.113.7"
    assert entry.request_id
    assert "session.started" in await actions(house, tenant)


async def test_a_refused_change_leaves_no_entry(house, office, tenant, owner):
    before = await actions(house, tenant)
    await office.json("DELETE", at(tenant, f"/api/v1/members/{owner.id}"))
    assert await actions(house, tenant) == before


async def test_the_entry_goes_when_its_transaction_does(house, tenant):
    async def fail() -> None:
        async with house.work(tenant) as work:
            await audit.record(work, "thing.done", "thing:1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert "thing.done" not in await actions(house, tenant)


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"])
async def test_the_database_lets_nobody_change_an_entry(house, tenant, statement):
    async with house.work(tenant) as work:
        await audit.record(work, "thing.done", "thing:1")
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with house.work(tenant) as work:
            await work.session.execute(text(statement))


async def test_the_log_of_one_company_is_not_anothers(house, office, tenant, other):
    async with house.work(other) as work:
        await audit.record(work, "secret.done", "secret:1")
    page = await office.open(at(tenant, "/settings/audit"))
    assert page.status_code == 200
    assert "secret.done" not in page.text


async def test_only_who_may_reads_it(house, tenant):
    sales = house.browser()
    await sales.sign_in(await house.member(tenant, "sales"), at(tenant))
    assert (await sales.open(at(tenant, "/settings/audit"))).status_code == 403


async def test_the_log_is_read_page_by_page(house, office, tenant):
    async with house.work(tenant, Actor(id=None, name="Loader")) as work:
        for n in range(PAGE_SIZE + 5):
            await audit.record(work, "thing.counted", f"thing:{n}")
        first = await read_entries(work)
        second = await read_entries(work, before=first.next_before)
    assert len(first.entries) == PAGE_SIZE
    assert not {entry.id for entry in first.entries} & {entry.id for entry in second.entries}
    page = await office.open(at(tenant, "/settings/audit"))
    assert "before=" in page.text
    for edited in ("nonsense", "2026-01-01~x", "2026-01-01T00:00:00~00000000-0000-0000-0000-000000000000"):
        assert (await office.open(at(tenant, "/settings/audit"), params={"before": edited})).status_code == 200
