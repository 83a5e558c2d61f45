"""What roles allow, and that nobody climbs."""

import string
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, text, update

from identity.access import SignedIn
from identity.members.model import Member
from identity.members.service import change_roles, remove_member
from identity.roles import service
from identity.roles.builtin import BUILTIN, FORMERLY, seed
from identity.roles.catalogue import all_codes
from identity.roles.model import RoleRow
from identity.roles.patterns import joined, select_known
from identity.steps import RolesStep
from kernel.errors import DomainError
from tenancy.lifecycle import Lifecycle
from tenancy.stage import stage
from vertical import Role

from .conftest import at

KNOWN = frozenset(
    {"finance.voucher.read", "finance.voucher.post", "finance.cash.create", "crm.order.read", "crm.order.confirm", "master.party.read"}
    | {"master.party.delete", "admin.company.manage", "admin.member.manage", "admin.audit.read", "clinic.visit.read"}
)


@pytest.mark.parametrize(
    ("patterns", "codes"),
    [
        (["*"], KNOWN),
        (["*", "!admin.company.*"], KNOWN - {"admin.company.manage"}),
        (["finance.cash.*"], {"finance.cash.create"}),
        (["crm.*.read", "unknown.thing"], {"crm.order.read"}),
        (["finance.voucher"], set()),
        ([], set()),
        (["!*"], set()),
        (["f*"], {"finance.voucher.read", "finance.voucher.post", "finance.cash.create"}),
    ],
)
def test_patterns_select_from_what_is_known(patterns, codes):
    assert select_known((joined(patterns),), KNOWN) == codes


def test_what_one_role_takes_away_another_may_give():
    assert select_known((joined(["*", "!admin.company.*"]), "admin.company.manage"), KNOWN) == KNOWN


@given(st.lists(st.text(alphabet=string.ascii_lowercase + ".*!", max_size=12), max_size=5))
def test_a_pattern_never_gives_what_is_not_known(patterns):
    assert select_known((joined(patterns),), KNOWN) <= KNOWN


def test_a_viewer_reads_and_administers_nothing():
    viewer = next(role for role in BUILTIN if role.code == "viewer")
    codes = select_known((joined(viewer.permissions),), KNOWN)
    assert codes
    assert all(code.endswith(".read") and not code.startswith("admin.") for code in codes)


def test_the_cashier_does_not_post():
    cashier = next(role for role in BUILTIN if role.code == "cashier")
    assert "finance.voucher.post" not in select_known((joined(cashier.permissions),), KNOWN)


async def test_every_company_starts_with_the_built_in_roles(office, tenant):
    roles = (await office.json("GET", at(tenant, "/api/v1/roles"))).json()
    assert [role["code"] for role in roles] == [role.code for role in BUILTIN]
    assert roles[0]["members"] == 1


async def test_an_own_role_is_made_given_changed_and_deleted(house, office, tenant):
    made = await office.json("POST", at(tenant, "/api/v1/roles"), {"label": "Reviser", "permissions": ["admin.audit.read"]})
    code = made.json()["code"]
    assert made.status_code == 201
    clerk = await house.member(tenant, "viewer")
    theirs = house.browser()
    await theirs.sign_in(clerk, at(tenant))
    assert (await theirs.open(at(tenant, "/settings/audit"))).status_code == 403
    await office.json("PUT", at(tenant, f"/api/v1/members/{clerk.id}/roles"), {"roles": [code]})
    assert (await theirs.open(at(tenant, "/settings/audit"))).status_code == 200
    refused = await office.json("DELETE", at(tenant, f"/api/v1/roles/{code}"))
    assert (refused.status_code, refused.json()["code"]) == (409, "role_in_use")
    await office.json("PUT", at(tenant, f"/api/v1/roles/{code}"), {"label": "Reviser", "permissions": []})
    assert (await theirs.open(at(tenant, "/settings/audit"))).status_code == 403
    await office.json("PUT", at(tenant, f"/api/v1/members/{clerk.id}/roles"), {"roles": ["viewer"]})
    assert (await office.json("DELETE", at(tenant, f"/api/v1/roles/{code}"))).status_code == 204


async def test_the_owners_role_cannot_be_changed(office, tenant):
    for method, body in (("PUT", {"label": "Owner", "permissions": []}), ("DELETE", None)):
        answer = await office.json(method, at(tenant, "/api/v1/roles/owner"), body)
        assert (answer.status_code, answer.json()["code"]) == (409, "role_fixed")


async def test_an_unknown_permission_is_refused(office, tenant):
    answer = await office.json("POST", at(tenant, "/api/v1/roles"), {"label": "X", "permissions": ["finance.everything"]})
    assert answer.status_code == 422


async def test_roles_of_another_company_do_not_exist_here(house, office, tenant, other):
    async with house.database.registry_session() as session:
        session.add(RoleRow(tenant_id=other.id, code="theirs", label="Theirs", permissions=[], source=""))
    assert (await office.json("PUT", at(tenant, "/api/v1/roles/theirs"), {"label": "X", "permissions": []})).status_code == 404
    assert (await office.json("DELETE", at(tenant, "/api/v1/roles/theirs"))).status_code == 404
    body = {"email": "x@example.com", "roles": ["theirs"]}
    assert (await office.json("POST", at(tenant, "/api/v1/invitations"), body)).status_code == 404


async def test_the_pages_of_roles_work(office, tenant):
    assert "Accountant" in (await office.open(at(tenant, "/settings/roles"))).text
    page = await office.open(at(tenant, "/settings/roles/new?like=viewer"))
    assert page.status_code == 200
    refused = await office.send(at(tenant, "/settings/roles/new"), label="", permissions=["admin.audit.read"])
    assert refused.status_code == 422
    saved = await office.send(at(tenant, "/settings/roles/new"), label="内审", permissions=["admin.audit.read"])
    assert saved.url.path == "/settings/roles"
    assert "内审" in saved.text
    fixed = await office.open(at(tenant, "/settings/roles/owner"))
    assert "always allows everything" in fixed.text


CODES = ["admin.company.manage", "admin.member.manage", "admin.role.manage", "admin.app.manage", "admin.audit.read"]
OPERATIONS = st.one_of(
    st.tuples(st.just("create"), st.sets(st.sampled_from(CODES))),
    st.tuples(st.just("change"), st.integers(0, 9), st.sets(st.sampled_from(CODES))),
    st.tuples(st.just("delete"), st.integers(0, 9)),
    st.tuples(st.just("give"), st.integers(0, 3), st.sets(st.integers(0, 9), min_size=1)),
    st.tuples(st.just("remove"), st.integers(0, 3)),
)


class Company:
    """Four members; the gang, those whom the property watches, tries every operation it likes."""

    def __init__(self, house, tenant):
        self.house, self.tenant, self.known = house, tenant, all_codes(house.catalog)
        self.people: list[Any] = []

    async def reset(self, roles, held):
        async with self.house.database.registry_session() as session:
            self.people = self.people or list(await session.scalars(select(Member.person_id).where(Member.tenant_id == self.tenant.id)))
            await session.execute(delete(RoleRow).where(RoleRow.tenant_id == self.tenant.id))
            await seed(session, self.tenant.id)
            for n, permissions in enumerate(roles):
                row = RoleRow(tenant_id=self.tenant.id, code=f"r{n}", label=f"R{n}", permissions=sorted(permissions), source="")
                session.add(row)
            await session.execute(delete(Member).where(Member.tenant_id == self.tenant.id))
            for n, person_id in enumerate(self.people):
                codes = ["owner"] if n == 0 else [f"r{r}" for r in held[n - 1]]
                session.add(Member(tenant_id=self.tenant.id, person_id=person_id, roles=codes))

    async def who(self, n):
        async with self.house.database.registry_session() as session:
            member = await session.get(Member, (self.tenant.id, self.people[n]))
            if member is None:
                return None
            rows = await session.scalars(select(RoleRow).where(RoleRow.tenant_id == self.tenant.id, RoleRow.code.in_(member.roles)))
            grants = tuple(joined(row.permissions) for row in rows)
        permissions = select_known(grants, self.known)
        return SignedIn(
            person_id=self.people[n], name="N", email="n@example.com", locale="en", verified=True, permissions=permissions, grants=grants
        )

    async def reach(self):
        """All that the gang holds together."""
        found = [await self.who(n) for n in (1, 2, 3)]
        return frozenset().union(*(w.permissions for w in found if w))

    async def attempt(self, n, operation):
        who = await self.who(n)
        if who is None:
            return
        catalog, name = self.house.catalog, operation[0]
        async with self.house.work(self.tenant, who.actor()) as work, self.house.database.registry_session() as session:
            codes = list(await session.scalars(select(RoleRow.code).where(RoleRow.tenant_id == self.tenant.id).order_by(RoleRow.code)))
            match operation:
                case ("create", permissions):
                    await service.create_role(work, session, who, "New", permissions, catalog)
                case ("change", which, permissions):
                    await service.change_role(work, session, who, codes[which % len(codes)], "Changed", permissions, catalog)
                case ("delete", which):
                    await service.delete_role(work, session, who, codes[which % len(codes)], catalog)
                case ("give", whom, which):
                    chosen = [codes[w % len(codes)] for w in sorted(which)]
                    await change_roles(work, session, who, self.people[whom], chosen, catalog)
                case ("remove", whom):
                    await remove_member(work, session, who, self.people[whom], catalog)
                case _:
                    raise AssertionError(name)


@pytest.fixture(scope="module")
async def company(house):
    owner = await house.person()
    tenant = await house.company(owner)
    for _ in range(3):
        await house.member(tenant, "viewer")
    return Company(house, tenant)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    roles=st.lists(st.sets(st.sampled_from(CODES)), min_size=3, max_size=3),
    held=st.lists(st.sets(st.integers(0, 2), min_size=1), min_size=3, max_size=3),
    steps=st.lists(st.tuples(st.integers(1, 3), OPERATIONS), max_size=8),
)
async def test_no_sequence_of_allowed_steps_gives_a_group_more_than_it_held(company, roles, held, steps):
    """Hypothesis plays three members against the company; only the owner holds everything."""
    await company.reset(roles, held)
    ceiling = await company.reach()
    for n, operation in steps:
        try:
            await company.attempt(n, operation)
        except DomainError:
            continue
        assert await company.reach() <= ceiling, operation


async def test_the_property_would_notice_a_missing_check(company, monkeypatch):
    await company.reset([{"admin.member.manage"}, set(), set()], [{0}, {1}, {2}])
    ceiling = await company.reach()

    async def nothing(*_args):
        return None

    monkeypatch.setattr("identity.members.service.check_may_give", nothing)
    monkeypatch.setattr("identity.members.service.check_may_touch", nothing)
    await company.attempt(1, ("give", 1, {1}))  # "admin" is the second by code
    assert not await company.reach() <= ceiling


async def test_the_roles_of_a_vertical_come_with_it_and_go_when_nobody_holds_them(house, office, tenant):
    class Given:
        """A catalog in which the vertical ``clinic`` declares two roles."""

        cores = frozenset({"identity"})

        def by(self, vertical, hook):
            assert (vertical, hook) == ("clinic", "roles")
            return (
                Role(code="clinic.nurse", label="Nurse", permissions=["clinic.*.read"]),
                Role(code="clinic.doctor", label="D", permissions=[]),
            )

    step, catalog = RolesStep(), Given()
    for _ in range(2):
        async with stage(house.database, tenant.id) as on:
            await step.enable(on, catalog, "clinic")
    codes = [role["code"] for role in (await office.json("GET", at(tenant, "/api/v1/roles"))).json()]
    assert codes[-2:] == ["clinic.doctor", "clinic.nurse"]
    await house.member(tenant, "clinic.nurse")
    async with stage(house.database, tenant.id) as on:
        await step.purge(on, catalog, "clinic")
    codes = [role["code"] for role in (await office.json("GET", at(tenant, "/api/v1/roles"))).json()]
    assert "clinic.nurse" in codes
    assert "clinic.doctor" not in codes


async def permissions_of(house, tenant):
    async with house.database.registry_session() as session:
        rows = await session.execute(select(RoleRow.code, RoleRow.permissions).where(RoleRow.tenant_id == tenant.id))
        return dict(rows.all())


async def test_an_upgrade_brings_the_roles_of_the_release_and_spares_what_the_company_changed(house, tenant):
    """As a company of the release before: fewer roles, and accountants who could reopen months."""
    new = {"chief_accountant", "reviewer", "auditor"}
    code, formerly = "accountant", dict(FORMERLY)["accountant"]
    async with house.database.registry_session() as session:
        mine = RoleRow.tenant_id == tenant.id
        await session.execute(delete(RoleRow).where(mine, RoleRow.code.in_(new)))
        await session.execute(update(RoleRow).where(mine, RoleRow.code == code).values(permissions=list(formerly)))
        await session.execute(update(RoleRow).where(mine, RoleRow.code == "cashier").values(permissions=["crm.order.read"]))
    async with house.database.owner_engine.begin() as connection:  # as if this release had brought these tables
        await connection.execute(text(f"DROP TABLE {tenant.schema}.audit_entry, {tenant.schema}.alembic_version_identity"))
    assert await Lifecycle(house.database, house.catalog, [RolesStep()]).bring_up(tenant.id)
    found = await permissions_of(house, tenant)
    assert new <= found.keys()
    assert "!finance.period.reopen" in found["accountant"]
    assert found["cashier"] == ["crm.order.read"]
    async with stage(house.database, tenant.id) as on:
        await RolesStep().enable(on, house.catalog, "identity")
    assert await permissions_of(house, tenant) == found
