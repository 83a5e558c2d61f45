"""Segments: what conditions find, checked against the same question in Python; how many, for whom; and nothing typed becomes SQL."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core_crm.marketing.segments.builder import read_form, shown, words
from core_crm.marketing.segments.fields import fields_of
from core_crm.marketing.segments.language import Group, Rule, SegmentWrong, anniversaries, check
from core_crm.marketing.segments.service import meeting
from core_crm.orders.model import Order, OrderState
from kernel import clock
from master_data.api import ConsentSource, Party, Proof, create_party, keep_consent
from messaging.channels import Channel

NOON = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
TODAY = date(2026, 11, 30)
_numbers = count(1)


@pytest.fixture(autouse=True)
def noon():
    with clock.frozen(NOON):
        yield


def order(party: UUID, days_ago: int, gross: str = "100", state: OrderState = OrderState.CONFIRMED, currency: str = "CNY") -> Order:
    n = next(_numbers)
    confirmed = state is not OrderState.DRAFT
    return Order(
        number=f"SO-{n}" if confirmed else None, state=state, party_id=party, party_name="x", currency=currency,
        rate=Decimal(7 if currency == "USD" else 1),
        ordered_on=TODAY - timedelta(days=days_ago), made_by="x", net=Decimal(gross), gross=Decimal(gross),
        confirmed_at=NOON if confirmed else None,
    )  # fmt: skip


@pytest.fixture
async def people(work) -> dict[str, UUID]:
    """甲 buys often, 乙 bought long ago, 丙 never, 丁 only in drafts and another currency."""
    found = {}
    values = {
        "甲": {"region": "华东", "tags": ["VIP", "老客户"], "stage": "customer", "custom": None},
        "乙": {"region": "华南", "tags": ["老客户"], "stage": "customer"},
        "丙": {"region": None, "tags": None, "stage": "potential"},
        "丁": {"region": "华东", "tags": ["新"], "stage": "interested"},
    }
    for name, given_ in values.items():
        found[name] = await create_party(work, name=name, kind="person", **{k: v for k, v in given_.items() if v is not None})
    work.session.add_all([order(found["甲"], n, "200") for n in (1, 30, 80)])
    work.session.add_all([order(found["乙"], 200, "5000"), order(found["甲"], 400, "10", OrderState.CANCELLED)])
    work.session.add_all([order(found["丁"], 5, "900", OrderState.DRAFT), order(found["丁"], 5, "900", currency="USD")])
    await work.session.flush()
    await keep_consent(work, found["甲"], Channel.EMAIL, Proof(source=ConsentSource.FORM, note="x"), granted=True)
    await keep_consent(work, found["乙"], Channel.EMAIL, Proof(source=ConsentSource.FORM, note="x"), granted=True)
    await keep_consent(work, found["乙"], Channel.EMAIL, Proof(source=ConsentSource.FORM), granted=False)
    return found


async def names(work, *rules, match="all") -> str:
    wanted = await meeting(work, Group(match=match, rules=list(rules)))
    return "".join(sorted(await work.session.scalars(select(Party.name).where(wanted)), key="甲乙丙丁".index))


R = Rule
CASES = [
    (R(field="orders.count", op="at_least", value="3", days=90), "甲"),
    (R(field="orders.count", op="at_least", value="3", days=79), ""),
    (R(field="orders.count", op="at_most", value="0"), "丙"),
    (R(field="orders.count", op="at_most", value="0", days=90), "乙丙"),
    (R(field="orders.count", op="at_least", value="0"), "甲乙丙丁"),
    (R(field="orders.amount", op="at_least", value="600", days=90), "甲丁"),
    (R(field="orders.amount", op="at_least", value="5,000"), "乙丁"),  # 900 dollars at 7
    (R(field="orders.amount", op="at_most", value="599.99"), "丙"),
    (R(field="orders.last", op="before_last", days=180), "乙"),
    (R(field="orders.last", op="within_last", days=30), "甲丁"),
    (R(field="orders.last", op="never"), "丙"),
    (R(field="region", op="is", value="华东"), "甲丁"),
    (R(field="region", op="is_not", value="华东"), "乙丙"),
    (R(field="region", op="contains", value="南"), "乙"),
    (R(field="region", op="contains", value="%"), ""),
    (R(field="region", op="empty"), "丙"),
    (R(field="region", op="filled"), "甲乙丁"),
    (R(field="tags", op="any_of", values=["VIP", "新"]), "甲丁"),
    (R(field="tags", op="none_of", values=["老客户"]), "丙丁"),
    (R(field="tags", op="empty"), "丙"),
    (R(field="stage", op="any_of", values=["customer"]), "甲乙"),
    (R(field="stage", op="none_of", values=["customer", "potential"]), "丁"),
    (R(field="is_customer", op="yes"), "甲乙丙丁"),
    (R(field="is_supplier", op="yes"), ""),
    (R(field="consent.email", op="yes"), "甲"),
    (R(field="consent.email", op="no"), "乙丙丁"),
    (R(field="consent.sms", op="yes"), ""),
    (R(field="created_at", op="within_last", days=0), "甲乙丙丁"),
    (R(field="created_at", op="before_last", days=0), ""),
    (R(field="created_at", op="until", value="2026-11-29"), ""),
    (R(field="created_at", op="from", value="2026-11-30"), "甲乙丙丁"),
    (R(field="name", op="is", value="甲' OR '1'='1"), ""),
    (R(field="no_such_field", op="is", value="x"), ""),
    (R(field="email", op="empty"), "甲乙丙丁"),
]


@pytest.mark.parametrize(("rule", "expected"), CASES, ids=lambda c: f"{c.field} {c.op}" if isinstance(c, Rule) else None)
async def test_a_condition_finds(work, people, rule, expected):
    assert await names(work, rule) == expected


async def test_groups_are_joined_by_all_or_any(work, people):
    east, often, never = (
        R(field="region", op="is", value="华东"),
        R(field="orders.count", op="at_least", value="3"),
        R(field="orders.last", op="never"),
    )
    assert await names(work, east, often) == "甲"
    assert await names(work, east, often, match="any") == "甲丁"
    assert await names(work, Group(rules=[east, often]), Group(match="any", rules=[never]), match="any") == "甲丙"
    assert await names(work) == "甲乙丙丁"


async def test_own_fields_can_be_asked_about(client, work_for, tenant):
    for code, kind in (("birthday", "date"), ("points", "number"), ("agreed", "check"), ("level", "choice")):
        body = {
            "stem": "master.party",
            "code": code,
            "label": code,
            "kind": kind,
            **({"options": ["金", "银"]} if kind == "choice" else {}),
        }
        assert (await client.post("/api/v1/custom-fields", json=body)).status_code == 201
    for name, custom in {
        "甲": {"birthday": "1990-12-03", "points": "120.5", "agreed": True, "level": "金"},
        "乙": {"birthday": "1988-02-29", "points": "3", "agreed": False},
        "丙": {},
    }.items():
        made = await client.post("/api/v1/parties", json={"name": name, "kind": "person", "custom": custom})
        assert made.status_code == 201, made.text
    work = await work_for(tenant)
    assert await names(work, R(field="custom.birthday", op="anniversary", days=7)) == "甲"
    assert await names(work, R(field="custom.birthday", op="empty")) == "丙"
    assert await names(work, R(field="custom.points", op="at_least", value="100")) == "甲"
    assert await names(work, R(field="custom.points", op="at_most", value="100")) == "乙"
    assert await names(work, R(field="custom.agreed", op="yes")) == "甲"
    assert await names(work, R(field="custom.agreed", op="no")) == "乙丙"
    assert await names(work, R(field="custom.level", op="none_of", values=["金"])) == "乙丙"
    with clock.frozen(datetime(2027, 2, 28, 4, 0, tzinfo=UTC)):
        assert await names(work, R(field="custom.birthday", op="anniversary", days=0)) == "乙"


def test_anniversaries_go_over_the_year_and_keep_the_29th_of_february():
    assert anniversaries(date(2026, 12, 31), 1) == ["01-01", "12-31"]
    assert anniversaries(date(2027, 2, 28), 0) == ["02-28", "02-29"]
    assert anniversaries(date(2028, 2, 28), 0) == ["02-28"]
    assert len(anniversaries(date(2027, 1, 1), 400)) == 366


async def test_what_cannot_be_asked_is_refused_by_place(client):
    rules = [
        {"type": "rule", "field": "region; DROP TABLE master_party", "op": "is", "value": "x"},
        {"type": "rule", "field": "region", "op": "= 1 OR 1", "value": "x"},
        {"type": "group", "rules": [{"type": "rule", "field": "orders.count", "op": "at_least", "value": "many"}]},
        {"type": "rule", "field": "orders.last", "op": "within_last"},
        {"type": "rule", "field": "tags", "op": "any_of"},
        {"type": "rule", "field": "custom.x')::text", "op": "is", "value": "x"},
    ]
    answer = await client.post("/api/v1/marketing/segments/preview", json={"type": "group", "rules": rules})
    assert (answer.status_code, answer.json()["code"]) == (422, "segment_wrong")
    assert [e["field"] for e in answer.json()["errors"]] == ["rules.0", "rules.1", "rules.2.rules.0", "rules.3", "rules.4", "rules.5"]
    deep: dict = {"type": "group", "rules": []}
    for _level in range(6):
        deep = {"type": "group", "rules": [deep]}
    assert (await client.post("/api/v1/marketing/segments/preview", json=deep)).status_code == 422
    many = {"type": "group", "rules": [{"type": "rule", "field": "name", "op": "filled"}] * 41}
    assert (await client.post("/api/v1/marketing/segments/preview", json=many)).status_code == 422
    assert (await client.post("/api/v1/marketing/segments/preview", json={"type": "group", "where": "1=1"})).status_code == 422


@given(st.text(max_size=40), st.sampled_from(["is", "contains", "is_not"]))
def test_no_value_gets_into_the_statement(value, op):
    """Compiled, the statement is the same whatever was typed, with letters or without."""
    from types import SimpleNamespace

    from core_crm.marketing.segments.fields import Field
    from core_crm.marketing.segments.language import condition

    fields = {"region": Field(key="region", label="x", kind="text")}
    work = SimpleNamespace(today=lambda: TODAY, tenant=SimpleNamespace(zone="Asia/Shanghai", currency="CNY"))
    rule = Group(rules=[Rule(field="region", op=op, value=value)])
    try:
        check(rule, fields, fields)
    except SegmentWrong:
        return
    plain = value.strip()
    base = Group(rules=[Rule(field="region", op=op, value="1" if plain.lower() == plain.upper() else "x")])
    assert str(condition(work, rule, fields)) == str(condition(work, base, fields))


BODY = {
    "name": "常客",
    "definition": {"type": "group", "rules": [{"type": "rule", "field": "region", "op": "is", "value": "华东"}]},
}


async def test_a_segment_is_kept_and_counts_what_the_reader_may_see(client, client_for, other_client, tenant):
    for n, region in enumerate(("华东", "华东", "华南")):
        await client.post("/api/v1/parties", json={"name": f"客户{n}", "region": region})
    made = await client.post("/api/v1/marketing/segments", json=BODY)
    assert made.status_code == 201, made.text
    path = f"/api/v1/marketing/segments/{made.json()['id']}"
    reach = (await client.get(f"{path}/reach")).json()
    assert (reach["total"], reach["email"], reach["whole"], [s["name"] for s in reach["sample"]]) == (2, 0, True, ["客户0", "客户1"])
    seller = await client_for(tenant, role="sales")
    theirs = (await seller.get(f"{path}/reach")).json()
    assert (theirs["total"], theirs["whole"], theirs["sample"]) == (0, False, [])
    assert (await other_client.get(path)).status_code == 404
    assert (await other_client.get(f"{path}/reach")).status_code == 404
    assert (await other_client.get("/api/v1/marketing/segments")).json() == []
    changed = await client.put(path, json=BODY | {"name": "华东", "version": made.json()["version"]})
    assert changed.json()["name"] == "华东"
    assert (await client.put(path, json=BODY | {"version": made.json()["version"]})).status_code == 409
    reader = await client_for(tenant, permissions={"crm.marketing.read"})
    assert (await reader.put(path, json=BODY)).status_code == 403


async def test_a_hidden_field_cannot_be_asked_about(client, client_for, tenant, database):
    from identity.roles.model import RoleRow
    from master_data.api import FieldRight
    from master_data.scopes.model import FieldRule

    reader = await client_for(tenant, permissions={"crm.marketing.read", "master.party.read"})
    async with database.registry_session() as session:
        role = await session.scalar(select(RoleRow.code).where(RoleRow.tenant_id == tenant.id, RoleRow.label == "Test"))
    async with database.work(tenant) as work:
        work.session.add(FieldRule(role=role, stem="master.party", field="region", field_right=FieldRight.HIDDEN))
    asked = await reader.post("/api/v1/marketing/segments/preview", json=BODY["definition"])
    assert (asked.status_code, asked.json()["code"]) == (403, "segment_field_hidden")
    orders = {"type": "group", "rules": [{"type": "rule", "field": "orders.last", "op": "never"}]}
    assert (await reader.post("/api/v1/marketing/segments/preview", json=orders)).status_code == 403  # they see no orders
    assert "region" not in {f["key"] for f in (await reader.get("/api/v1/marketing/segments/fields")).json()}


async def test_a_list_is_put_together_by_hand(client, client_for, other_client, tenant):
    ids = [(await client.post("/api/v1/parties", json={"name": f"客户{n}"})).json()["id"] for n in range(3)]
    made = (await client.post("/api/v1/marketing/segments", json={"name": "展会", "kind": "static"})).json()
    path = f"/api/v1/marketing/segments/{made['id']}"
    assert (await client.post(f"{path}/members", json={"party_ids": ids[:2]})).json() == {"added": 2}
    assert (await client.post(f"{path}/members", json={"party_ids": ids})).json() == {"added": 1}
    assert (await client.delete(f"{path}/members/{ids[0]}")).status_code == 204
    assert (await client.delete(f"{path}/members/{ids[0]}")).status_code == 404
    assert (await client.get(f"{path}/reach")).json()["total"] == 2
    foreign = (await other_client.post("/api/v1/parties", json={"name": "别家客户"})).json()["id"]
    assert (await client.post(f"{path}/members", json={"party_ids": [foreign]})).json() == {"added": 0}
    seller = await client_for(tenant, role="sales")
    assert (await seller.post(f"{path}/members", json={"party_ids": ids})).json() == {"added": 0}
    dynamic = (await client.post("/api/v1/marketing/segments", json=BODY)).json()
    assert (await client.post(f"/api/v1/marketing/segments/{dynamic['id']}/members", json={"party_ids": ids})).status_code == 422
    assert (await client.post(f"/marketing/segments/{made['id']}/members", data={"name": "客户0"})).status_code == 303
    assert "客户0" in (await client.get(f"/marketing/segments/{made['id']}")).text


FORM = {
    "name": "老客户", "kind": "dynamic", "active": "1", "match": "any",
    "g0.match": "all", "g0.r0.field": "orders.count", "g0.r0.op": "at_least", "g0.r0.value": "3", "g0.r0.days": "90",
    "g0.r1.field": "region", "g0.r1.op": "is", "g0.r1.value": "华东",
    "g1.match": "all", "g1.r0.field": "stage", "g1.r0.op": "any_of", "g1.r0.values": ["customer", "lost"],
}  # fmt: skip


async def test_the_builder_is_drawn_anew_with_its_count(client):
    await client.post("/api/v1/parties", json={"name": "甲", "stage": "customer"})
    drawn = await client.post("/marketing/segments/builder", data=FORM)
    assert (drawn.status_code, drawn.text.count("<fieldset"), 'value="90"' in drawn.text) == (200, 2, True)
    assert ">甲</a>" in drawn.text
    more = await client.post("/marketing/segments/builder", data=FORM | {"do": "add-0"})
    assert 'name="g0.r2.field"' in more.text
    less = await client.post("/marketing/segments/builder", data=FORM | {"do": "drop-1-0"})
    assert 'name="g1.r0.field"' not in less.text
    wrong = await client.post("/marketing/segments/builder", data=FORM | {"g0.r0.value": "viele"})
    assert (wrong.status_code, "notice warn" in wrong.text) == (200, True)
    saved = await client.post("/marketing/segments/new", data=FORM)
    assert saved.status_code == 303, saved.text
    shown_ = (await client.get(saved.headers["location"])).text
    assert ('value="lost" selected' in shown_, 'value="90"' in shown_) == (True, True)
    listed = (await client.get("/marketing/segments")).text
    assert "90" in listed
    refused = await client.post("/marketing/segments/new", data=FORM | {"name": ""})
    assert (refused.status_code, 'id="e-f-name"' in refused.text) == (422, True)


async def test_what_the_form_reads_is_what_it_draws(work):
    class Form(dict):
        def getall(self, name, default):
            value = self.get(name, default)
            return value if isinstance(value, list) else [value]

    group = read_form(Form(FORM))
    fields = await fields_of(work)
    drawn = shown(group, fields)
    assert [[rule["field"] for rule in g["rules"]] for g in drawn["groups"]] == [["orders.count", "region"], ["stage"]]
    assert (group.match, group.rules[0].rules[0].days, group.rules[1].rules[0].values) == ("any", 90, ["customer", "lost"])
    assert "90" in words(group, fields)
