"""Each hook does what docs/hooks.md says, seen from where it shows."""

import asyncio
import inspect
import re
from contextlib import AsyncExitStack, nullcontext
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import select, text, update
from tests.core_finance.pages import submit

from kernel import clock, i18n
from kernel.ids import new_id
from tenancy.catalog import LIFECYCLE, LISTS, SINGLES
from tenancy.lifecycle import PURGE_AFTER
from tenancy.registry import TenantRow, TenantVertical
from vertical import hookspecs
from vertical.settings import settings_of

HOOKS = ["manifest", *LISTS, *SINGLES, *LIFECYCLE]


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_its_section_with_its_exact_arguments_and_a_test(root, hook):
    sections = re.findall(r"^### `(.+)`$", (root / "docs/hooks.md").read_text(), re.MULTILINE)
    arguments = ", ".join(inspect.signature(getattr(hookspecs, hook)).parameters)
    assert sections.count(f"{hook}({arguments})") == 1
    assert callable(globals().get(f"test_hook_{hook}"))


def test_the_page_knows_no_other_hook(root):
    sections = re.findall(r"^### `(\w+)\(", (root / "docs/hooks.md").read_text(), re.MULTILINE)
    assert sorted(sections) == sorted(HOOKS)


@pytest.fixture
async def both(gym_house, member_of_gym, stranger_to_gym):
    """A browser of a company with the gym, and one of a company without."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(gym_house.client(tenant)) for tenant in (member_of_gym, stranger_to_gym)]


def taught(number="GY-1", fee="80.00", party_id=None):
    from gym.classes import ClassTaught

    return ClassTaught(class_id=uuid4(), number=number, party_id=party_id or uuid4(), fee=Decimal(fee))


async def customer(house, tenant):
    async with house.client(tenant) as client:
        return (await client.post("/api/v1/parties", json={"kind": "organisation", "name": f"林氏商行{uuid4().hex}"})).json()["id"]


async def tables(house, tenant):
    query = "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(:schema)::oid AND relkind = 'r' AND relname LIKE '%gym%'"
    async with house.database.owner_engine.connect() as connection:
        return sorted((await connection.execute(text(query), {"schema": tenant.schema})).scalars())


def test_hook_manifest(gym_house):
    assert gym_house.catalog.manifests["gym"].title == "Gym"


async def test_hook_models(gym_house, member_of_gym, stranger_to_gym):
    assert "gym_locker" in await tables(gym_house, member_of_gym)
    assert await tables(gym_house, stranger_to_gym) == []


async def test_hook_migrations(gym_house, member_of_gym):
    async with gym_house.database.registry_session() as session:
        assert "gym_0001" in await session.scalar(select(TenantRow.heads).where(TenantRow.id == member_of_gym.id))
    assert "alembic_version_gym" in await tables(gym_house, member_of_gym)


async def test_hook_resources(both):
    inside, outside = both
    made = await inside.post("/api/v1/gym/lockers", json={"name": "A1"})
    assert made.status_code == 201, made.text
    assert "A1" in (await inside.get("/api/v1/gym/lockers")).text
    assert "A1" in (await inside.get("/gym/lockers", headers={"accept": "text/html"})).text
    assert (await outside.get("/api/v1/gym/lockers")).status_code == 404


async def test_hook_routes(both):
    inside, outside = both
    assert (await inside.get("/api/v1/gym/classes")).json() == ["Yoga"]
    assert (await outside.get("/api/v1/gym/classes")).status_code == 404


async def test_hook_pages(both):
    inside, outside = both
    assert (await inside.get("/gym/classes", headers={"accept": "text/html"})).status_code == 200
    assert (await outside.get("/gym/classes", headers={"accept": "text/html"})).status_code == 404


async def test_hook_templates(both):
    answer = await both[0].get("/gym/classes", headers={"accept": "text/html", "accept-language": "en"})
    assert "<h1>Gym classes</h1>" in answer.text


async def test_hook_static_files(both):
    answer = await both[0].get("/gym/classes", headers={"accept": "text/html"})
    [address] = re.findall(r'href="([^"]*gym\.css[^"]*)"', answer.text)
    assert "teal" in (await both[0].get(address)).text


async def test_hook_translations(both):
    with i18n.using("zh_CN"):
        assert i18n.gettext("Gym classes") == "健身课程"
    answer = await both[0].get("/gym/classes", headers={"accept": "text/html", "accept-language": "zh"})
    assert "<h1>健身课程</h1>" in answer.text


async def test_hook_navigation(both):
    inside, outside = [(await client.get("/", headers={"accept": "text/html"})).text for client in both]
    assert 'href="/gym/classes"' in inside
    assert "/gym/classes" not in outside


async def test_hook_panels(gym_house, member_of_gym, stranger_to_gym):
    pages = []
    for tenant in (member_of_gym, stranger_to_gym):
        async with gym_house.client(tenant) as client:
            made = await client.post("/api/v1/parties", json={"kind": "organisation", "name": "林氏商行"})
            assert made.status_code == 201, made.text
            pages.append((await client.get(f"/parties/{made.json()['id']}", headers={"accept": "text/html"})).text)
    assert "Trains with us: 林氏商行" in pages[0]
    assert "Trains with us" not in pages[1]


async def test_hook_permissions(gym_house, member_of_gym):
    async with gym_house.client(member_of_gym, permissions={"gym.class.read"}) as client:
        assert (await client.get("/api/v1/gym/classes")).status_code == 200
    async with gym_house.client(member_of_gym, permissions={"gym.class.teach"}) as client:
        assert (await client.get("/api/v1/gym/classes")).status_code == 403


async def test_hook_roles(gym_house, member_of_gym):
    async with gym_house.client(member_of_gym, role="gym.trainer") as client:
        assert (await client.get("/api/v1/gym/classes")).status_code == 200
        assert (await client.get("/api/v1/parties")).status_code == 403


async def set_up_books(house, tenant):
    """Open the tenant's ledger, through the core's public module."""
    from core_finance.api import ensure_ledger

    async with house.database.work(tenant) as work:
        await ensure_ledger(work)


async def test_hook_accounts(gym_house, member_of_gym, stranger_to_gym):
    await set_up_books(gym_house, member_of_gym)
    await set_up_books(gym_house, stranger_to_gym)
    assert [await count_of_accounts(gym_house, tenant) for tenant in (member_of_gym, stranger_to_gym)] == [1, 0]
    await gym_house.lifecycle.enable(stranger_to_gym.id, "gym")
    assert await count_of_accounts(gym_house, stranger_to_gym) == 1, "books that stand already get it too"


async def count_of_accounts(house, tenant):
    async with house.database.tenant_session(tenant) as session:
        return await session.scalar(text("SELECT count(*) FROM finance_account WHERE name = '健身课收入'"))


async def test_hook_posting_rules(gym_house, member_of_gym, stranger_to_gym):
    for tenant, lines in ((member_of_gym, 2), (stranger_to_gym, 0)):
        await set_up_books(gym_house, tenant)
        party = await customer(gym_house, tenant)
        async with gym_house.database.work(tenant) as work:
            await work.publish(taught(party_id=party))
        async with gym_house.database.tenant_session(tenant) as session:
            assert await session.scalar(text("SELECT count(*) FROM finance_voucher_line")) == lines


async def test_hook_invariants(gym_house, member_of_gym, stranger_to_gym):
    async def checked(tenant):
        async with gym_house.client(tenant) as client:
            run = (await client.post("/api/v1/finance/invariants")).json()
            return {r["key"]: (r["state"], [b["message"] for b in r["breaches"]]) for r in run["results"]}

    for tenant in (member_of_gym, stranger_to_gym):
        await set_up_books(gym_house, tenant)
    assert (await checked(member_of_gym))["gym.lockers_have_keys"] == ("holds", [])
    async with gym_house.client(member_of_gym) as client:
        await client.post("/api/v1/gym/lockers", json={"name": "Lost 7"})
        assert "Locker Lost 7 has no key." not in (await client.get("/finance/invariants")).text
        await submit(client, "/finance/invariants")
        assert "Locker Lost 7 has no key." in (await client.get("/finance/invariants")).text
    assert (await checked(member_of_gym))["gym.lockers_have_keys"] == ("broken", ["Locker Lost 7 has no key."])
    assert "gym.lockers_have_keys" not in await checked(stranger_to_gym)


async def test_hook_period_end_steps(gym_house, member_of_gym, stranger_to_gym):
    for tenant in (member_of_gym, stranger_to_gym):
        async with gym_house.client(tenant) as client:
            assert (await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})).status_code == 201
    async with gym_house.client(member_of_gym) as client:
        page = await client.get("/finance/close/202601", headers={"accept": "text/html", "accept-language": "en"})
        assert "Rent of the hall" in page.text
        steps = "/api/v1/finance/periods/202601/steps"
        [told] = [step for step in (await client.get(steps)).json() if step["package"] == "gym"]
        assert (told["state"], told["calculation"]["rows"]) == ("waiting", [["300.00"]])
        assert [(x["account"], x["debit"], x["credit"]) for x in told["missing"][0]] == [
            ("560299", "300.00", "0.00"),
            ("224199", "0.00", "300.00"),
        ]
        assert "core_finance.steps" in (await client.post("/api/v1/finance/periods/202601/close")).text
        for _time in range(2):
            done = (await client.post(f"{steps}/gym.rent/do")).json()
            assert (done["state"], len(done["posted"])) == ("done", 1)
        voucher = (await client.get(f"/api/v1/vouchers/{done['posted'][0]['id']}")).json()
        assert (voucher["kind"], voucher["source"]["path"]) == ("automatic", "/finance/close/202601#gym-rent")
        secret = [step for step in (await client.get("/api/v1/finance/periods/202602/steps")).json() if step["key"] == "gym.secret"]
        assert secret[0]["state"] == "blocked", "a calculation must not write"
    async with gym_house.database.tenant_session(member_of_gym) as session:
        assert await session.scalar(text("SELECT count(*) FROM gym_locker")) == 0
    async with gym_house.client(stranger_to_gym) as client:
        assert not [step for step in (await client.get(steps)).json() if step["package"] == "gym"]
        assert (await client.post(f"{steps}/gym.rent/do")).json()["code"] == "step_not_found"


async def test_hook_period_end_checks(gym_house, member_of_gym, stranger_to_gym):
    found = {}
    for tenant in (member_of_gym, stranger_to_gym):
        async with gym_house.client(tenant) as client:
            await client.post("/api/v1/finance/ledgers", json={"name": "Main", "start": "2026-01-01"})
            checks = (await client.get("/api/v1/finance/periods/202603/checks")).json()
            found[tenant.id] = {c["key"]: [f["message"] for f in c["findings"]] for c in checks if c["package"] == "gym"}
    assert found == {member_of_gym.id: {"gym.leak": ["Water leaks"], "gym.towels": ["A towel was lost in 202603"]}, stranger_to_gym.id: {}}
    async with gym_house.client(member_of_gym) as client:
        await client.post("/api/v1/finance/periods/202601/steps/gym.rent/do")
        await client.post("/api/v1/finance/periods/202601/steps/core_finance.transfer/do")
        assert (await client.post("/api/v1/finance/periods/202601/close")).json()["state"] == "closed", "a warning does not block"
        refused = (await client.post("/api/v1/finance/periods/202602/close")).json()
        assert "gym.leak" in {f["check"] for f in refused["findings"]}, "what could not be looked at is not well"


async def test_hook_document_types(gym_house, member_of_gym):
    from kernel.numbering import next_number

    [declared] = gym_house.catalog.by("gym", "document_types")
    async with gym_house.database.work(member_of_gym) as work:
        drawn = [await next_number(work, declared.key, prefix=declared.prefix, reset=declared.reset, on=work.today()) for _ in range(2)]
    assert [number[:3] for number in drawn] == ["GY-", "GY-"]
    assert int(drawn[1][-5:]) == int(drawn[0][-5:]) + 1


async def test_hook_events(gym_house, member_of_gym):
    bus = gym_house.database.bus
    event = taught()
    assert bus.name_of(event) == "gym.ClassTaught"
    assert (
        bus.decode("gym.ClassTaught", {"class_id": str(event.class_id), "number": "GY-1", "party_id": str(new_id()), "fee": "1"}).number
        == "GY-1"
    )


async def test_hook_subscribers(gym_house, member_of_gym, stranger_to_gym, seen):
    for tenant in (member_of_gym, stranger_to_gym):
        party = await customer(gym_house, tenant)
        async with gym_house.database.work(tenant) as work:
            await work.publish(taught(number="GY-7", party_id=party))
    assert seen == [("in_transaction", member_of_gym.id, "GY-7")]
    async with gym_house.database.tenant_session(member_of_gym) as session:
        row = (await session.execute(text("SELECT event, vertical FROM outbox_event"))).one()
    assert tuple(row) == ("gym.ClassTaught", "gym")


async def test_a_subscriber_in_the_transaction_fails_the_publisher(gym_house, member_of_gym):
    party = await customer(gym_house, member_of_gym)

    async def teach_and_fail():
        async with gym_house.database.work(member_of_gym) as work:
            await work.session.execute(text("INSERT INTO gym_locker VALUES (gen_random_uuid(), 'lost', now(), now())"))
            await work.publish(taught(number="GY-refused", party_id=party))

    with pytest.raises(ValueError, match="no room"):
        await teach_and_fail()
    async with gym_house.database.tenant_session(member_of_gym) as session:
        assert await session.scalar(text("SELECT count(*) FROM gym_locker")) == 0


async def told(client):
    return [(n["text"], n["path"]) for n in (await client.get("/api/v1/notifications")).json()["items"]]


async def test_hook_record_kinds(gym_house, member_of_gym, stranger_to_gym):
    from workflow.api import find_record, kinds

    async with gym_house.database.work(member_of_gym) as work:
        await work.session.execute(text("INSERT INTO gym_locker VALUES (gen_random_uuid(), 'north', now(), now())"))
        locker_id = await work.session.scalar(text("SELECT id FROM gym_locker WHERE name = 'north'"))
        found = await find_record(work, "gym.key", locker_id)
        assert (found.title, found.path) == ("Key of north", f"/gym/keys/{locker_id}")
    async with gym_house.database.work(stranger_to_gym) as work:
        assert "gym.key" not in kinds(work)


async def test_hook_notification_kinds(gym_house, both, member_of_gym, stranger_to_gym):
    from workflow.api import notify, persons_in_role

    inside, outside = both
    for tenant in (member_of_gym, stranger_to_gym):
        async with gym_house.database.work(tenant) as work:
            owners = await persons_in_role(work, "owner")
            with pytest.raises(LookupError) if tenant is stranger_to_gym else nullcontext():
                await notify(work, owners, kind="gym.key_lost", text="The key of %(name)s is lost.", values={"name": "north"}, path="/gym")
    assert await told(inside) == [("The key of north is lost.", "/gym")]
    assert await told(outside) == []
    kinds = {c["kind"]: c["channel"] for c in (await inside.get("/api/v1/notifications/choices")).json()}
    assert kinds["gym.key_lost"] == "both"
    assert "gym.key_lost" not in {c["kind"] for c in (await outside.get("/api/v1/notifications/choices")).json()}


async def test_hook_approval_kinds(gym_house, both, seen, member_of_gym):
    inside, outside = both
    locker = (await inside.post("/api/v1/gym/lockers", json={"name": "north"})).json()
    asked = {"kind": "gym.rename", "record_id": locker["id"]}
    assert (await outside.post("/api/v1/approvals", json=asked)).json()["code"] == "approval_not_by_hand"
    async with gym_house.client(member_of_gym) as boss:
        approval = (await inside.post("/api/v1/approvals", json=asked)).json()["approval"]
        assert (approval["label"], approval["facts"]) == ("储物柜的新名称", {"name": "by hand", "price": "100.00"})
        refused = await inside.patch(f"/api/v1/gym/lockers/{locker['id']}", json={"name": "south"})
        assert refused.json()["code"] == "record_under_approval"
        assert (await boss.post(f"/api/v1/approvals/{approval['id']}/reject", json={"reason": "no"})).json()["state"] == "rejected"
        assert seen[-1][0::2] == ("refused", "no")
        again = (await inside.post("/api/v1/approvals", json=asked)).json()["approval"]
        assert (await boss.post(f"/api/v1/approvals/{again['id']}/approve", json={})).json()["state"] == "approved"
    assert (await inside.get(f"/api/v1/gym/lockers/{locker['id']}")).json()["name"] == "by hand"


async def test_hook_reports(gym_house, member_of_gym, stranger_to_gym):
    async with gym_house.database.work(member_of_gym) as work:
        [report] = [c.item for c in work.contributions("reports") if c.vertical == "gym"]
        assert (await report.run(work, None)).rows == [("Yoga", member_of_gym.id)]
    async with gym_house.client(member_of_gym) as client:
        assert "Yoga" in (await client.get("/reports/gym/takings", headers={"accept": "text/html"})).text
        assert f"Yoga,{member_of_gym.id}" in (await client.get("/reports/gym/takings/export.csv")).text
    async with gym_house.client(stranger_to_gym) as client:
        assert (await client.get("/reports/gym/takings", headers={"accept": "text/html"})).status_code == 404
    async with gym_house.database.work(stranger_to_gym) as work:
        assert not [c for c in work.contributions("reports") if c.vertical == "gym"]


async def test_hook_widgets(both):
    inside, outside = [(await client.get("/", headers={"accept": "text/html"})).text for client in both]
    assert "gym.today" in inside or "Three classes today" in inside
    assert "gym.today" not in outside
    assert "Three classes today" not in outside


async def test_hook_searchers(both):
    inside, outside = [(await client.get("/palette", params={"q": "yoga"}, headers={"accept": "text/html"})).text for client in both]
    assert "Yoga at noon" in inside
    assert "Yoga at noon" not in outside


async def test_hook_jobs(gym_house, member_of_gym, stranger_to_gym, seen):
    from kernel.jobs import Worker
    from tenancy.directory import directory_of

    worker = Worker(gym_house.database, gym_house.catalog, directory_of(gym_house.database))
    running = asyncio.create_task(worker.run())
    try:
        async with gym_house.database.work(member_of_gym) as work:
            from kernel.jobs import enqueue

            await enqueue(work, "gym.nightly")
        async with asyncio.timeout(20):
            while ("nightly", member_of_gym.id) not in seen:  # noqa: ASYNC110 - the worker is another task with its own connection
                await asyncio.sleep(0.02)
    finally:
        worker.stop()
        await running
    assert seen.count(("nightly", member_of_gym.id)) == 1


async def test_hook_settings_schema(gym_house, member_of_gym):
    from gym.classes import Settings

    async with gym_house.database.work(member_of_gym) as work:
        assert await settings_of(work, "gym", Settings) == Settings(capacity=20)
    async with gym_house.client(member_of_gym) as client:
        assert 'name="capacity"' in (await client.get("/apps/gym/settings", headers={"accept": "text/html"})).text
        assert (await client.put("/api/v1/apps/gym/settings", json={"capacity": 12})).status_code == 200
    async with gym_house.database.work(member_of_gym) as work:
        assert await settings_of(work, "gym", Settings) == Settings(capacity=12)


async def test_hook_pricing(gym_house, both):
    assert gym_house.catalog.one("pricing", "gym").minimum_plan == "growth"
    said = {(await client.get("/apps/gym", headers={"accept": "text/html", "accept-language": "en"})).text for client in both}
    assert all("From the Growth plan, at a price of its own" in text for text in said)


async def test_hook_check_enable(gym_house, stranger_to_gym, seen):
    async with gym_house.database.registry_session() as session:
        await session.execute(update(TenantRow).where(TenantRow.id == stranger_to_gym.id).values(name="Too small"))
    outcome = await gym_house.lifecycle.enable(stranger_to_gym.id, "gym")
    assert [problem.code for problem in outcome.problems] == ["too_small"]
    assert seen == [("check_enable", stranger_to_gym.schema)]
    assert await tables(gym_house, stranger_to_gym) == []


async def test_hook_on_enable(gym_house, stranger_to_gym, seen):
    from gym.classes import Settings

    assert (await gym_house.lifecycle.enable(stranger_to_gym.id, "gym")).done
    assert seen[-1] == ("on_enable", stranger_to_gym.schema, Settings(capacity=20))


async def test_hook_on_upgrade(gym_house, member_of_gym, seen):
    async with gym_house.database.registry_session() as session:
        await session.execute(
            update(TenantVertical)
            .where(TenantVertical.tenant_id == member_of_gym.id, TenantVertical.vertical == "gym")
            .values(version="0.9")
        )
    assert await gym_house.lifecycle.bring_up(member_of_gym.id)
    assert seen == [("on_upgrade", member_of_gym.schema, "0.9")]
    assert not await gym_house.lifecycle.bring_up(member_of_gym.id)


async def test_hook_load_demo_data(gym_house, member_of_gym):
    await gym_house.lifecycle.load_demo_data(member_of_gym.id, "gym")
    async with gym_house.database.tenant_session(member_of_gym) as session:
        assert await session.scalar(text("SELECT name FROM gym_locker")) == "Demo locker"


async def test_hook_check_disable(gym_house, member_of_gym, seen):
    async with gym_house.database.registry_session() as session:
        await session.execute(update(TenantRow).where(TenantRow.id == member_of_gym.id).values(name="Busy"))
    outcome = await gym_house.lifecycle.disable(member_of_gym.id, "gym")
    assert [problem.code for problem in outcome.problems] == ["members"]
    assert (await gym_house.now(member_of_gym)).enabled == {"gym"}


async def test_hook_on_disable(gym_house, member_of_gym, seen):
    assert (await gym_house.lifecycle.disable(member_of_gym.id, "gym")).done
    assert seen == [("check_disable", member_of_gym.schema), ("on_disable", member_of_gym.schema)]
    async with gym_house.client(member_of_gym) as client:
        assert (await client.get("/api/v1/gym/classes")).status_code == 404


async def test_hook_export_data(gym_house, member_of_gym):
    assert [file async for file in gym_house.lifecycle.export(member_of_gym.id, "gym")] == [("lockers.csv", b"name\n")]


async def test_hook_erase_person(gym_house, member_of_gym, stranger_to_gym, seen):
    person = new_id()
    for tenant in (member_of_gym, stranger_to_gym):
        await gym_house.lifecycle.erase_person(tenant.id, person)
    assert seen == [("erase_person", member_of_gym.schema, person)]


async def test_hook_on_purge(gym_house, member_of_gym, seen):
    await gym_house.lifecycle.disable(member_of_gym.id, "gym")
    assert [name async for name, _ in gym_house.lifecycle.export(member_of_gym.id, "gym")] == ["lockers.csv"]
    with clock.frozen(clock.now() + PURGE_AFTER + timedelta(hours=1)):
        assert (await gym_house.lifecycle.purge(member_of_gym.id, "gym")).done
    assert seen[-1] == ("on_purge", member_of_gym.schema)
    assert await tables(gym_house, member_of_gym) == []
