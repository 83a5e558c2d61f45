"""A seller sees their own opportunities and leads on every way in; a manager sees all."""

from decimal import Decimal
from uuid import UUID

import pytest
import sqlalchemy as sa

from core_crm.pipeline.query import OpportunityQuery, board, due_between, forecast, list_opportunities, totals
from core_crm.pipeline.service import OpportunityInput, create_opportunity, get_opportunity
from core_crm.pipeline.setup import pipelines
from identity.roles.model import RoleRow
from kernel.database import Database
from kernel.errors import DomainError
from kernel.work import Actor
from master_data.api import create_party

PERMISSIONS = frozenset(("crm.opportunity.read", "crm.opportunity.create", "crm.opportunity.update", "crm.lead.read", "master.party.read"))


def seller(name, number):
    return Actor(id=UUID(int=number), name=name, email=f"{number}@example.com", permissions=PERMISSIONS, roles=frozenset({"sales"}))


@pytest.fixture
async def two(database: Database, tenant):
    """One opportunity each of two sellers; a company can be sold to by both."""
    made = {}
    for name, number in (("王芳", 1), ("李雷", 2)):
        async with database.work(tenant, seller(name, number)) as work:
            party_id = await create_party(work, name=f"{name}的客户")
            day = work.today()
            body = OpportunityInput(party_id=party_id, name=f"{name}的商机", amount=Decimal(100), expected_on=day)
            made[name] = (await create_opportunity(work, body)).id
    return made


async def test_every_list_and_every_sum_leaves_out_the_same(database, tenant, two):
    async with database.work(tenant, seller("王芳", 1)) as work:
        query, day = OpportunityQuery(), work.today()
        assert [row.name for row in (await list_opportunities(work, query))[0]] == ["王芳的商机"]
        [first] = await pipelines(work)
        columns = await board(work, first, query)
        assert sum(column.count for column in columns) == len([card for column in columns for card in column.cards]) == 1
        assert [each.count for each in await totals(work, query)] == [1]
        assert [month.count for month in await forecast(work, query)] == [1]
        assert len(await due_between(work, day, day.replace(year=day.year + 1), query)) == 1
        assert not (await list_opportunities(work, OpportunityQuery(search="李雷")))[0]
        await get_opportunity(work, two["王芳"])
        with pytest.raises(DomainError) as refused:
            await get_opportunity(work, two["李雷"])
        assert refused.value.status_code == 404


async def test_the_owner_of_the_company_sees_all(client, two):
    names = {row["name"] for row in (await client.get("/api/v1/opportunities")).json()["items"]}
    assert names == {"王芳的商机", "李雷的商机"}


async def test_sales_people_do_not_set_rules_and_managers_do(database, tenant):
    async with database.registry_session() as session:
        rows = await session.execute(sa.select(RoleRow.code, RoleRow.permissions).where(RoleRow.tenant_id == tenant.id))
        roles = {row.code: row.permissions for row in rows}
    assert "!crm.*.manage" in roles["sales"]
    assert "!crm.pool.assign" in roles["sales"]
    assert not any(pattern.startswith("!crm") for pattern in roles["sales_manager"])
