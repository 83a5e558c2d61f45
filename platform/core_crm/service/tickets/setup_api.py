"""REST API of what a company decides about its service desk."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core_crm.service.tickets.model import Priority, ServiceSettings, SlaPolicy, TicketCategory, TicketQueue
from core_crm.service.tickets.settings import (
    CategoryInput,
    PolicyInput,
    QueueInput,
    ServiceSettingsInput,
    categories,
    delete_row,
    queues,
    save_category,
    save_policy,
    save_queue,
    save_settings,
    service_settings,
)
from core_crm.service.tickets.sla import sla_policies
from kernel.work import Work

MANAGE = {"permission": "crm.service.manage"}
READ = {"permission": "crm.ticket.read"}


class QueueRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    employees: list[str]
    by_load: bool
    load_max: int | None
    lead_id: UUID | None
    position: int
    active: bool
    version: int

    @classmethod
    def of(cls, row: TicketQueue) -> "QueueRead":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class CategoryRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    queue_id: UUID | None
    priority: Priority | None
    position: int
    active: bool
    version: int

    @classmethod
    def of(cls, row: TicketCategory) -> "CategoryRead":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class PolicyRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    first_minutes: int
    resolve_minutes: int
    priority: Priority | None
    category_id: UUID | None
    warn_percent: int
    around_clock: bool
    reassign: bool
    position: int
    active: bool
    version: int

    @classmethod
    def of(cls, row: SlaPolicy) -> "PolicyRead":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class ServiceSettingsRead(msgspec.Struct, kw_only=True):
    close_days: Annotated[int, msgspec.Meta(description="Days after which a solved ticket is closed for good.")]
    signature: str
    ask_rating: bool
    version: int

    @classmethod
    def of(cls, row: ServiceSettings) -> "ServiceSettingsRead":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class ServiceSetupController(Controller):
    path = "/service"
    tags = ("Service desk",)

    @get("/queues", operation_id="listTicketQueues", opt=READ)
    async def list_queues(self, work: NamedDependency[Work]) -> list[QueueRead]:
        """Queues in their order."""
        return [QueueRead.of(row) for row in await queues(work)]

    @post("/queues", operation_id="createTicketQueue", opt=MANAGE)
    async def add_queue(self, work: NamedDependency[Work], data: JSONBody[QueueInput]) -> QueueRead:
        """A new queue."""
        return QueueRead.of(await save_queue(work, data))

    @put("/queues/{queue_id:uuid}", operation_id="updateTicketQueue", opt=MANAGE)
    async def change_queue(self, work: NamedDependency[Work], queue_id: FromPath[UUID], data: JSONBody[QueueInput]) -> QueueRead:
        """Write a queue anew."""
        return QueueRead.of(await save_queue(work, data, queue_id))

    @delete("/queues/{queue_id:uuid}", operation_id="deleteTicketQueue", opt=MANAGE)
    async def remove_queue(self, work: NamedDependency[Work], queue_id: FromPath[UUID]) -> None:
        """409 ``in_use`` while tickets have it."""
        await delete_row(work, TicketQueue, queue_id, "ticket_queue")

    @get("/categories", operation_id="listTicketCategories", opt=READ)
    async def list_categories(self, work: NamedDependency[Work]) -> list[CategoryRead]:
        """Categories in their order."""
        return [CategoryRead.of(row) for row in await categories(work)]

    @post("/categories", operation_id="createTicketCategory", opt=MANAGE)
    async def add_category(self, work: NamedDependency[Work], data: JSONBody[CategoryInput]) -> CategoryRead:
        """A new category."""
        return CategoryRead.of(await save_category(work, data))

    @put("/categories/{category_id:uuid}", operation_id="updateTicketCategory", opt=MANAGE)
    async def change_category(
        self, work: NamedDependency[Work], category_id: FromPath[UUID], data: JSONBody[CategoryInput]
    ) -> CategoryRead:
        """Write a category anew."""
        return CategoryRead.of(await save_category(work, data, category_id))

    @delete("/categories/{category_id:uuid}", operation_id="deleteTicketCategory", opt=MANAGE)
    async def remove_category(self, work: NamedDependency[Work], category_id: FromPath[UUID]) -> None:
        """409 ``in_use`` while tickets have it."""
        await delete_row(work, TicketCategory, category_id, "ticket_category")

    @get("/policies", operation_id="listSlaPolicies", opt=READ)
    async def list_policies(self, work: NamedDependency[Work]) -> list[PolicyRead]:
        """Deadlines in the order in which they are tried."""
        return [PolicyRead.of(row) for row in await sla_policies(work)]

    @post("/policies", operation_id="createSlaPolicy", opt=MANAGE)
    async def add_policy(self, work: NamedDependency[Work], data: JSONBody[PolicyInput]) -> PolicyRead:
        """New deadlines."""
        return PolicyRead.of(await save_policy(work, data))

    @put("/policies/{policy_id:uuid}", operation_id="updateSlaPolicy", opt=MANAGE)
    async def change_policy(self, work: NamedDependency[Work], policy_id: FromPath[UUID], data: JSONBody[PolicyInput]) -> PolicyRead:
        """Write deadlines anew; tickets that are there keep theirs."""
        return PolicyRead.of(await save_policy(work, data, policy_id))

    @delete("/policies/{policy_id:uuid}", operation_id="deleteSlaPolicy", opt=MANAGE)
    async def remove_policy(self, work: NamedDependency[Work], policy_id: FromPath[UUID]) -> None:
        """Take deadlines away; tickets that are there keep theirs."""
        await delete_row(work, SlaPolicy, policy_id, "sla_policy")

    @get("/settings", operation_id="readServiceSettings", opt=MANAGE)
    async def read_settings(self, work: NamedDependency[Work]) -> ServiceSettingsRead:
        """What else the company decides."""
        return ServiceSettingsRead.of(await service_settings(work))

    @put("/settings", operation_id="setServiceSettings", opt=MANAGE)
    async def write_settings(self, work: NamedDependency[Work], data: JSONBody[ServiceSettingsInput]) -> ServiceSettingsRead:
        """Set it."""
        return ServiceSettingsRead.of(await save_settings(work, data))
