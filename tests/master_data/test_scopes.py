"""Who sees which records: every resource that keeps records apart, every scope, every way in."""

import csv
import io
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from master_data.api import Collaborator, Employee, Owned, Scope
from master_data.scopes.model import ScopeRule
from vertical.records import create_record
from webapp.app import load_catalog
from webapp.resource.fields import fields_of

CATALOG = load_catalog()
RESOURCES = [(c.vertical, c.item) for c in CATALOG.contributions("resources")]
APART = [(vertical, resource) for vertical, resource in RESOURCES if issubclass(resource.model, Owned)]
WAYS = ("list", "id", "search", "picker", "export", "file", "update", "delete")

EVERYBODY = {"mine", "read", "edit", "peer", "below", "stranger", "nobody"}
SEEN = {
    Scope.OWN: {"mine"},
    Scope.OWN_AND_COLLABORATING: {"mine", "read", "edit"},
    Scope.DEPARTMENT: {"mine", "read", "edit", "peer"},
    Scope.DEPARTMENT_TREE: {"mine", "read", "edit", "peer", "below"},
    Scope.ALL: EVERYBODY,
}
CHANGED = {scope: seen - {"read"} if scope != Scope.ALL else seen for scope, seen in SEEN.items()}


def valid(resource, mark):
    """Values that make a record: the required fields, each with something of its kind."""
    values = {}
    for field in fields_of(resource, "form"):
        if field.required:
            values[field.name] = f"记录{mark}" if field.python is str else field.python()
    return values


@pytest.fixture
async def desk(tenant, database, seat_for, department):
    """Somebody of a role ``sales`` and the records of those around them, by what they are to them."""

    async def lay(resource, scope):
        top = await department(tenant, "华东")
        below, far = await department(tenant, "上海", top), await department(tenant, "华南")
        me = await seat_for(tenant, "sales", "admin", department_id=top)
        people = {
            "mine": me.employee_id,
            "peer": (await seat_for(tenant, "sales", name="赵强", department_id=top)).employee_id,
            "below": (await seat_for(tenant, "sales", name="孙悦", department_id=below)).employee_id,
            "stranger": (await seat_for(tenant, "sales", name="周敏", department_id=far)).employee_id,
        }
        people |= {"read": people["stranger"], "edit": people["stranger"], "nobody": None}
        ids = {}
        async with database.work(tenant) as work:
            for what, owner in people.items():
                ids[what] = await create_record(work, resource, valid(resource, uuid4().hex[:8]))
                await work.session.execute(update(resource.model).where(resource.model.id == ids[what]).values(owner_id=owner))
            for what in ("read", "edit"):
                stem = resource.permission
                taking_part = Collaborator(record_kind=stem, record_id=ids[what], employee_id=me.employee_id, may_edit=what == "edit")
                work.session.add(taking_part)
            for role in ("sales", "admin"):
                work.session.add(ScopeRule(role=role, stem=resource.permission, scope=scope))
        return me.client, {str(record_id): what for what, record_id in ids.items()}

    return lay


def addresses(vertical, resource):
    prefix = "" if vertical in CATALOG.cores else f"/{vertical}"
    return f"/api/v1{prefix}/{resource.slug}", f"{prefix}/{resource.slug}"


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize(("vertical", "resource"), APART, ids=[resource.permission for _, resource in APART])
async def test_every_way_in_shows_the_same_records(desk, vertical, resource, scope):
    client, ids = await desk(resource, scope)
    api, pages = addresses(vertical, resource)
    everything = (await client.get(api, params={"total": "true", "limit": "200"})).json()
    assert {ids[item["id"]] for item in everything["items"]} == SEEN[scope]
    assert everything["total"] == len(SEEN[scope])
    assert everything["visible_only"] == (scope != Scope.ALL)

    assert {what for id_, what in ids.items() if (await client.get(f"{api}/{id_}")).status_code == 200} == SEEN[scope]
    assert {what for id_, what in ids.items() if (await client.get(f"{pages}/{id_}")).status_code == 200} == SEEN[scope]
    if resource.search:
        found = (await client.get(api, params={"search": "记录", "limit": "200"})).json()["items"]
        assert {ids[item["id"]] for item in found} == SEEN[scope]
    assert {ids[o["id"]] for o in (await client.get(f"{pages}/options", params={"q": "记录"})).json()} == SEEN[scope]
    exported = list(csv.reader(io.StringIO((await client.get(f"{api}/export.csv")).content.decode("utf-8-sig"))))
    assert len(exported) - 1 == len(SEEN[scope])
    listed = await client.get(pages)
    assert ("仅含可见数据" in listed.text) == (scope != Scope.ALL)


@pytest.mark.parametrize("scope", list(Scope))
@pytest.mark.parametrize(("vertical", "resource"), APART, ids=[resource.permission for _, resource in APART])
async def test_only_what_is_within_reach_is_changed(desk, vertical, resource, scope):
    client, ids = await desk(resource, scope)
    api, pages = addresses(vertical, resource)
    field = next(f.name for f in fields_of(resource, "form") if f.python is str and f.required)
    for record_id, what in ids.items():
        expected = 200 if what in CHANGED[scope] else 403 if what in SEEN[scope] else 404
        answer = await client.patch(f"{api}/{record_id}", json={field: f"改{record_id[-8:]}"})
        assert answer.status_code == expected, (what, answer.text)
        if expected == 403:
            assert answer.json()["code"] == "record_read_only"
        assert (await client.get(f"{pages}/{record_id}/edit")).status_code == expected, what
        for action in resource.actions:
            # Within reach it may still be refused for what the record is, never for whose it is.
            acted = (await client.post(f"{api}/{record_id}/{action.name.replace('_', '-')}")).status_code
            assert acted == expected or (expected == 200 and acted == 409), what
    for record_id, what in ids.items():
        expected = 204 if what in CHANGED[scope] else 403 if what in SEEN[scope] else 404
        assert (await client.delete(f"{api}/{record_id}")).status_code == expected, what


def test_resources_that_show_everything_are_known_by_name():
    """A new resource decides: its model is ``Owned``, or it is named here."""
    open_ = {resource.permission for _, resource in RESOURCES} - {resource.permission for _, resource in APART}
    assert open_ <= {
        "crm.scoring_rule", "crm.price_list", "crm.price", "crm.price_floor", "crm.target", "master.product",
        "master.party.contact",  # contacts go with their party: test_contacts
        "master.department", "master.employee", "education.course", "education.student", "education.session",
        "education.class", "education.teacher", "education.room",
    } | {stem for stem in open_ if stem.startswith(("finance.", "education."))}  # fmt: skip


async def test_a_sales_person_sees_their_own_without_any_rule(tenant, client, seat_for):
    await client.post("/api/v1/parties", json={"name": "别人的客户"})
    seat = await seat_for(tenant, "sales")
    mine = (await seat.client.post("/api/v1/parties", json={"name": "我的客户"})).json()
    assert mine["owner_id"] == str(seat.employee_id)
    assert [item["name"] for item in (await seat.client.get("/api/v1/parties")).json()["items"]] == ["我的客户"]
    assert len((await client.get("/api/v1/parties")).json()["items"]) == 2


async def test_who_hands_a_record_over_lands_on_the_list(tenant, seat_for):
    seat, other = await seat_for(tenant, "sales"), await seat_for(tenant, "sales", name="赵强")
    made = (await seat.client.post("/api/v1/parties", json={"name": "我的客户"})).json()
    gone = await seat.client.post(f"/parties/{made['id']}/edit", data={"name": "我的客户", "owner_id": str(other.employee_id)})
    assert (gone.status_code, gone.headers["location"]) == (303, "/parties")
    assert (await other.client.get(f"/api/v1/parties/{made['id']}")).status_code == 200


async def test_the_widest_of_several_roles_counts(tenant, client, seat_for):
    await client.post("/api/v1/parties", json={"name": "别人的客户"})
    seat = await seat_for(tenant, "sales", "viewer")
    assert len((await seat.client.get("/api/v1/parties")).json()["items"]) == 1


async def test_an_employee_is_known_by_the_address_they_sign_in_with(tenant, client, seat_for, work_for):
    seat = await seat_for(tenant, "sales", employee=False)
    made = (await client.post("/api/v1/employees", json={"code": "E7", "name": "王丽", "email": seat.email.upper()})).json()
    await client.post("/api/v1/parties", json={"name": "王丽的客户", "owner_id": made["id"]})
    assert len((await seat.client.get("/api/v1/parties")).json()["items"]) == 1
    await seat.client.post("/api/v1/parties", json={"name": "又一个客户"})
    work = await work_for(tenant)
    assert (await work.session.get(Employee, UUID(made["id"]))).person_id == seat.person_id


async def test_a_member_who_is_no_employee_becomes_one_with_the_first_record(tenant, seat_for):
    seat = await seat_for(tenant, "sales", employee=False)
    await seat.client.post("/api/v1/parties", json={"name": "我的客户"})
    assert len((await seat.client.get("/api/v1/parties")).json()["items"]) == 1


async def test_search_documents_and_parts_of_a_party_keep_to_its_reach(tenant, client, seat_for):
    party = (await client.post("/api/v1/parties", json={"name": "别人的客户"})).json()
    seat = await seat_for(tenant, "sales")
    assert "别人的客户" not in (await seat.client.get("/palette", params={"q": "别人"})).text
    assert (await seat.client.get(f"/api/v1/parties/{party['id']}/contacts")).status_code == 404
    assert (await seat.client.post(f"/api/v1/parties/{party['id']}/contacts", json={"name": "张"})).status_code == 404
    order = {"party_id": party["id"], "lines": [{"description": "咨询", "quantity": "1", "unit_price": "1"}]}
    assert (await seat.client.post("/api/v1/orders", json=order)).status_code in (404, 422)
    line = {"description": "咨询", "unit": "次", "quantity": "1", "unit_price": "1"}
    kept = (await client.post("/api/v1/orders", json={"party_id": party["id"], "lines": [line]})).json()
    assert (await seat.client.get("/api/v1/orders")).json()["items"] == []
    assert (await seat.client.get(f"/api/v1/orders/{kept['id']}")).status_code == 404
    assert (await client.get(f"/api/v1/orders/{kept['id']}")).status_code == 200


async def test_an_administrator_sets_scopes_and_it_is_noted(tenant, client, seat_for):
    await client.post("/api/v1/parties", json={"name": "别人的客户"})
    seat = await seat_for(tenant, "sales")
    entry = {"role": "sales", "stem": "master.party", "scope": "all"}
    assert (await client.put("/api/v1/scopes", json=[entry])).status_code == 200
    assert len((await seat.client.get("/api/v1/parties")).json()["items"]) == 1
    assert entry in (await client.get("/api/v1/scopes")).json()
    assert "sales" in (await client.get("/settings/audit", params={"object": "role:sales"})).text
    page = await client.post("/settings/scopes", data={"sales|master.party": "own"})
    assert page.status_code == 303
    assert (await seat.client.get("/api/v1/parties")).json()["items"] == []


async def test_scopes_of_the_owner_and_of_nothing_are_refused(client):
    for entry in (
        {"role": "owner", "stem": "master.party", "scope": "own"},
        {"role": "nobody", "stem": "master.party", "scope": "own"},
        {"role": "sales", "stem": "master.product", "scope": "own"},
    ):
        assert (await client.put("/api/v1/scopes", json=[entry])).status_code == 422, entry


async def test_who_may_not_manage_roles_changes_no_scope(tenant, seat_for):
    seat = await seat_for(tenant, "sales")
    assert (await seat.client.put("/api/v1/scopes", json=[])).status_code == 403
    assert (await seat.client.get("/settings/scopes")).status_code == 403
    assert (await seat.client.get("/settings/field-rights")).status_code == 403


async def test_rules_of_one_company_say_nothing_to_another(client, other_client, other_tenant, seat_for):
    await client.put("/api/v1/scopes", json=[{"role": "viewer", "stem": "master.party", "scope": "own"}])
    await other_client.post("/api/v1/parties", json={"name": "别家的客户"})
    seat = await seat_for(other_tenant, "viewer")
    assert len((await seat.client.get("/api/v1/parties")).json()["items"]) == 1


@pytest.fixture
async def limited(tenant, client, seat_for):
    """A viewer and a sales person who sees all; ``set`` gives a right on a field to their role."""
    await client.put("/api/v1/scopes", json=[{"role": "sales", "stem": "master.party", "scope": "all"}])
    seat = await seat_for(tenant, "sales")

    async def give(**rights):
        entries = [{"role": "sales", "field": name, "right": right} for name, right in rights.items()]
        answer = await client.put("/api/v1/scopes/fields", params={"stem": "master.party"}, json=entries)
        assert answer.status_code == 200, answer.text
        return seat.client

    return give


async def test_a_hidden_field_is_nowhere(client, limited):
    party = (await client.post("/api/v1/parties", json={"name": "青禾", "bank_account": "6222020012345678"})).json()
    sales = await limited(bank_account="hidden")
    for address in (f"/api/v1/parties/{party['id']}", "/api/v1/parties", "/api/v1/parties/export.csv", f"/parties/{party['id']}",
                    f"/parties/{party['id']}/edit", "/parties/export.csv"):  # fmt: skip
        answer = await sales.get(address)
        assert answer.status_code == 200
        assert "6222020012345678" not in answer.content.decode(), address
        assert "bank_account" not in answer.content.decode(), address


async def test_a_masked_field_shows_its_ends(client, limited):
    party = (await client.post("/api/v1/parties", json={"name": "青禾", "phone": "13812345678"})).json()
    sales = await limited(phone="masked")
    assert (await sales.get(f"/api/v1/parties/{party['id']}")).json()["phone"] == "138****5678"
    for address in ("/parties", f"/parties/{party['id']}", f"/parties/{party['id']}/edit", "/parties/export.csv", "/api/v1/parties",
                    "/palette?q=青禾", "/visits/customers?q=青禾", "/orders/choices/customers?q=青禾"):  # fmt: skip
        assert "13812345678" not in (await sales.get(address)).content.decode(), address


async def test_a_field_to_read_only_is_not_written(client, limited):
    party = (await client.post("/api/v1/parties", json={"name": "青禾", "payment_days": 30})).json()
    sales = await limited(payment_days="read", region="hidden")
    answer = await sales.patch(f"/api/v1/parties/{party['id']}", json={"payment_days": 90})
    assert (answer.status_code, answer.json()["code"]) == (403, "field_read_only")
    assert (await sales.post("/api/v1/parties", json={"name": "新", "payment_days": 90})).status_code == 403
    await sales.post(
        f"/parties/{party['id']}/edit", data={"name": "青禾二", "payment_days": "90", "region": "x", "version": party["version"]}
    )
    now = (await client.get(f"/api/v1/parties/{party['id']}")).json()
    assert (now["name"], now["payment_days"], now["region"]) == ("青禾二", 30, None)
    file = {"file": ("x.csv", "name,payment_days\n由文件来,90\n".encode(), "text/csv")}
    await sales.post("/api/v1/parties/import", files=file)
    [imported] = (await client.get("/api/v1/parties", params={"search": "由文件来"})).json()["items"]
    assert imported["payment_days"] == 0


async def test_nothing_is_found_by_a_field_that_is_hidden(client, limited):
    await client.post("/api/v1/parties", json={"name": "青禾", "stage": "interested", "phone": "13812345678"})
    sales = await limited(stage="hidden", phone="masked")
    assert (await sales.get("/api/v1/parties", params={"stage": "interested"})).status_code == 403
    assert (await sales.get("/api/v1/parties", params={"sort": "phone"})).status_code == 403
    assert (await sales.get("/parties", params={"stage": "lost", "sort": "phone"})).status_code == 200


async def test_rights_pages_are_drawn(client):
    employee = (await client.post("/api/v1/employees", json={"code": "E1", "name": "王丽"})).json()
    for address in ("/settings/scopes", "/settings/field-rights?kind=master.party", f"/employees/{employee['id']}/account"):
        assert (await client.get(address)).status_code == 200
    assert (await client.get(f"/employees/{employee['id']}")).status_code == 200


async def test_fields_can_be_set_for_one_role_alone(client):
    alone = (await client.get("/settings/field-rights?kind=master.party&role=sales")).text
    assert 'name="sales|phone"' in alone
    assert 'name="cashier|phone"' not in alone
    assert 'name="cashier|phone"' in (await client.get("/settings/field-rights?kind=master.party&role=nobody")).text
    form = {"kind": "master.party", "role": "sales", "sales|phone": "read"}
    saved = await client.post("/settings/field-rights", data=form)
    assert (saved.status_code, saved.headers["location"]) == (303, "/settings/field-rights?kind=master.party&role=sales")


async def test_an_administrator_links_an_employee(tenant, client, other_client, seat_for):
    seat = await seat_for(tenant, "sales", employee=False)
    employee = (await client.post("/api/v1/employees", json={"code": "E1", "name": "王丽"})).json()
    await client.post("/api/v1/parties", json={"name": "客户", "owner_id": employee["id"]})
    assert (await seat.client.get("/api/v1/parties")).json()["items"] == []
    linked = await client.put(f"/api/v1/employees/{employee['id']}/person", json={"person_id": str(seat.person_id)})
    assert linked.status_code == 200
    assert len((await seat.client.get("/api/v1/parties")).json()["items"]) == 1
    other = (await client.post("/api/v1/employees", json={"code": "E2", "name": "赵强"})).json()
    taken = await client.put(f"/api/v1/employees/{other['id']}/person", json={"person_id": str(seat.person_id)})
    assert taken.json()["code"] == "person_taken"
    stranger = await client.put(f"/api/v1/employees/{other['id']}/person", json={"person_id": str(uuid4())})
    assert stranger.status_code == 404


@pytest.mark.parametrize("right", ["hidden", "masked"])
async def test_no_search_finds_out_what_a_field_that_is_kept_back_holds(client, limited, right):
    party = (await client.post("/api/v1/parties", json={"name": "青禾", "phone": "1３800001234"})).json()
    contact = {"name": "张经理", "phone": "13900004321"}
    assert (await client.post(f"/api/v1/parties/{party['id']}/contacts", json=contact)).status_code == 201
    await client.post("/api/v1/opportunities", json={"party_id": party["id"], "name": "商机", "amount": "1"})
    reach = [{"role": "sales", "stem": stem, "scope": "all"} for stem in ("master.party", "crm.opportunity")]
    assert (await client.put("/api/v1/scopes", json=reach)).status_code == 200

    async def found(reader, word):
        lists = [
            (await reader.get(f"/api/v1/{path}", params={"search": word})).json()["items"]
            for path in ("parties", "contacts", "opportunities")
        ]
        pages = [(await reader.get(path, params={"q": word})).json() for path in ("/parties/options", "/orders/choices/customers")]
        return [len(each) for each in (*lists, *pages)]

    sales = await limited(phone="write")
    assert await found(sales, "0001234") == [1, 0, 1, 1, 1]
    assert await found(sales, "0004321") == [0, 1, 0, 0, 0]
    await limited(phone=right)
    assert await found(sales, "0001234") == await found(sales, "0004321") == [0] * 5
    assert await found(sales, "qh") == [1, 0, 1, 1, 1]
