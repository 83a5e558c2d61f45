"""People with a role at a desk, and companies with departments."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from identity.cookies import CookieNames
from identity.csrf import HEADER
from identity.members.model import Member
from identity.opaque import digest, signature
from identity.people.model import Person
from identity.sessions.model import SessionRow
from identity.sessions.service import Visitor, start
from kernel.work import Tenant
from master_data.organisation.model import Department, Employee

_numbers = count(1)


@dataclass(frozen=True)
class Seat:
    """A member at work: a browser, and the employee they are."""

    client: httpx.AsyncClient
    employee_id: UUID | None
    person_id: UUID
    email: str


SeatFor = Callable[..., Awaitable[Seat]]


@pytest.fixture
async def seat_for(app, settings, database) -> AsyncIterator[SeatFor]:
    """Signs a member in: ``await seat_for(tenant, "sales", name="王丽")``; ``employee=False`` leaves them without an employee."""
    async with AsyncExitStack() as stack:

        async def sit(
            tenant: Tenant, *roles: str, name: str = "王丽", department_id: UUID | None = None, employee: bool = True, proved: bool = True
        ) -> Seat:
            email = f"seat{next(_numbers)}@qinghe.example"
            async with database.registry_session() as session:
                person = Person(name=name, email=email, email_key=email)
                session.add(person)
                await session.flush()
                session.add(Member(tenant_id=tenant.id, person_id=person.id, roles=list(roles)))
                secret = await start(session, person.id, tenant.id, Visitor())
                session_id = await session.scalar(sa.select(SessionRow.id).where(SessionRow.digest == digest(secret)))
            employee_id = None
            if employee:
                async with database.work(tenant) as work:
                    row = Employee(code=email[:20], name=name, person_id=person.id, department_id=department_id)
                    work.session.add(row)
                    await work.session.flush()
                    employee_id = row.id
            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(app, raise_app_exceptions=False),
                base_url=settings.tenant_url(tenant.slug, "").rstrip("/"),
                cookies={CookieNames.of(settings).session: secret},
                headers={HEADER: signature(settings.derive("csrf"), f"session|{session_id}")},
            )
            return Seat(await stack.enter_async_context(client), employee_id, person.id, email)

        yield sit


@pytest.fixture
def department(database) -> Callable[..., Awaitable[UUID]]:
    """Adds a department: ``await department(tenant, "华东", parent_id)``."""

    async def add(tenant: Tenant, name: str, parent_id: UUID | None = None) -> UUID:
        async with database.work(tenant) as work:
            row = Department(code=f"D{next(_numbers)}", name=name, parent_id=parent_id)
            work.session.add(row)
            await work.session.flush()
            return row.id

    return add
