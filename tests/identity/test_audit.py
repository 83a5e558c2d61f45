"""The audit log: written with what it records, and never changed."""

import re
from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from identity import audit
from identity.audit import words
from identity.audit.model import AuditEntry
from identity.audit.service import PAGE_SIZE, AuditFilter, read_entries
from kernel import i18n
from kernel.work import Actor

from .conftest import at


async def actions(house, tenant):
    async with house.work(tenant) as work:
        return [entry.action for entry in (await read_entries(work)).entries]


async def test_what_is_done_to_members_and_roles_is_in_the_log(house, office, tenant, owner):
    clerk = await house.member(tenant, "viewer")
    await office.json("PUT", at(tenant, f"/api/v1/members/{clerk.id}/roles"), {"roles": ["sales"]})
    async with house.work(tenant) as work:
        entry = (await read_entries(work, AuditFilter(object_=f"member:{clerk.id}"))).entries[0]
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


@pytest.fixture
async def acts(house, tenant):
    """Three acts of two people around midnight in Shanghai."""
    moments = (("2026-11-30T15:59", "Lin", "Role 2025"), ("2026-11-30T16:01", "Wang", "Role 2026"), ("2026-12-01T15:59", "Lin", "=1+1"))
    async with house.work(tenant) as work:
        for number, (moment, who, name) in enumerate(moments):
            at_ = datetime.fromisoformat(f"{moment}:00+00:00")
            entry = AuditEntry(
                at=at_, actor_name=who, actor_kind="person", action="role.changed", object=f"role:{number}", object_name=name
            )
            entry.before, entry.after = (
                {"label": "A", "permissions": ["x", "y"]},
                {"label": "B", "permissions": ["x", "y"], "is_active": True},
            )
            work.session.add(entry)
    return tenant


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"who": "lin", "since": "2026-11-01"}, ["role:2", "role:0"]),
        ({"until": "2026-11-30", "since": "2026-11-30"}, ["role:0"]),
        ({"since": "2026-12-01", "until": "2026-12-01"}, ["role:2", "role:1"]),
        ({"action": "role.deleted"}, []),
        ({"object": "role:1"}, ["role:1"]),
        ({"object": "role 2025"}, ["role:0"]),
    ],
)
async def test_the_log_is_searched_by_who_when_what_and_object(office, acts, query, found):
    answer = (await office.open(at(acts, "/api/v1/audit"), params=query)).json()
    assert [item["object"] for item in answer["items"] if item["actor_name"] in ("Lin", "Wang")] == found


async def test_a_search_for_no_day_says_so_and_keeps_what_was_typed(office, acts):
    answer = await office.open(at(acts, "/api/v1/audit"), params={"since": "yesterday"})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "since")
    page = await office.open(at(acts, "/settings/audit"), params={"since": "yesterday", "who": "Lin"})
    assert page.status_code == 200
    assert 'value="yesterday"' in page.text
    assert 'value="Lin"' in page.text


async def test_the_api_pages_through_the_log_by_key(office, acts):
    query, seen = {"action": "role.changed", "limit": 2}, []
    while True:
        answer = (await office.open(at(acts, "/api/v1/audit"), params=query)).json()
        seen += [item["object"] for item in answer["items"]]
        if answer["next"] is None:
            break
        query = query | {"before": answer["next"]}
    assert seen == ["role:2", "role:1", "role:0"]
    edited = await office.open(at(acts, "/api/v1/audit"), params={"before": "nonsense"})
    assert (edited.status_code, edited.json()["errors"][0]["field"]) == (422, "before")


@pytest.mark.parametrize("address", ["/settings/audit/export.csv", "/api/v1/audit/export?form=csv"])
async def test_the_log_is_handed_out_as_a_file(office, acts, address):
    answer = await office.open(f"{at(acts, address)}{'&' if '?' in address else '?'}action=role.changed")
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-log.csv"'
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert len(lines) == 4
    assert "'=1+1" in lines[1]
    assert "A → B" in lines[1]
    assert (await office.open(at(acts, address.replace("csv", "xlsx")))).content[:2] == b"PK"


async def test_what_changed_is_shown_in_words_field_by_field(office, acts):
    page = (await office.open(at(acts, "/settings/audit"), params={"object": "role:1"}, headers={"Accept-Language": "en"})).text
    assert "Changed a role" in page
    assert "Role Role 2026" in page
    assert re.search(r'<th scope="row">Label</th><td>A</td><td>B</td>', page)
    assert re.search(r'<th scope="row">is active</th><td>—</td><td>Yes</td>|<th scope="row">In use</th><td>—</td><td>Yes</td>', page)
    assert "Permissions</th>" not in page


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, {"a_b": 1, "c": None}, [("a b", "", "1"), ("c", "", "")]),
        ({"a": [1, 2], "b": {"c": "x"}}, {"a": [1], "b": {"c": "y"}}, [("a", "1, 2", "1"), ("b · c", "x", "y")]),
        ({"a": "1"}, {"a": "1"}, []),
        ({"a": True}, None, [("a", "Yes", "")]),
        (None, {"q": [{"x": "1", "y": None}, {"x": "2"}]}, [("q", "", "1, 2")]),
    ],
)
def test_differences_are_those_of_fields(before, after, expected):
    with i18n.using("en"):
        assert [(d.field, d.before, d.after) for d in words.differences(before, after)] == expected


def test_two_packages_cannot_call_one_action_differently():
    with pytest.raises(ValueError, match="something else already"):
        words.name(actions={"role.changed": "Something else"}, kinds={}, fields={})


@pytest.mark.parametrize("package", ["platform", "plugins"])
def test_every_action_that_a_package_records_has_a_name(root, package):
    named = {code for code, _words in words.actions()}
    found = set()
    for path in (root / package).rglob("*.py"):
        source = path.read_text()
        if "record" in source and "identity.audit" in source:
            found |= set(re.findall(r"\brecord\(\s*work,\s*\"([a-z_]+\.[a-z_]+)\"", source))
    assert found - named == set()
