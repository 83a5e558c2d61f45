"""What a company decides about its desk: queues, categories, deadlines, and the rest in one row."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from core_crm.service.tickets.model import Priority, ServiceSettings, SlaPolicy, Ticket, TicketCategory, TicketQueue
from identity.audit import record
from kernel import clock
from kernel.errors import Conflict, DomainError, FieldError, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work
from master_data.api import Employee

ROWS_MAX = 200
COMPANY = "company"

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Place = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Minutes = Annotated[int, msgspec.Meta(ge=1, le=200_000)]


class QueueInUse(DomainError):
    """Tickets, categories or mailboxes refer to it; take it out of use instead."""

    code = "in_use"


class QueueInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A queue.  ``employees`` take turns, or with ``by_load`` whoever has fewest active tickets; none: nobody is assigned by itself."""

    name: Name
    employees: Annotated[list[UUID], msgspec.Meta(max_length=100)] = []
    by_load: bool = False
    load_max: Annotated[int, msgspec.Meta(ge=1, le=100_000)] | None = None
    lead_id: UUID | None = None
    position: Place = 0
    active: bool = True
    version: int | None = None


class CategoryInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: Name
    queue_id: UUID | None = None
    priority: Priority | None = None
    position: Place = 0
    active: bool = True
    version: int | None = None


class PolicyInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Deadlines in minutes of working time; without priority or category for any."""

    name: Name
    first_minutes: Minutes
    resolve_minutes: Minutes
    priority: Priority | None = None
    category_id: UUID | None = None
    warn_percent: Annotated[int, msgspec.Meta(ge=1, le=100)] = 80
    around_clock: bool = False
    reassign: bool = False
    position: Place = 0
    active: bool = True
    version: int | None = None


class SettingsChanged(Conflict):
    code = "version_conflict"


class ServiceSettingsInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    close_days: Annotated[int, msgspec.Meta(ge=1, le=3650)] = 7
    signature: Annotated[str, msgspec.Meta(max_length=1000)] = ""
    ask_rating: bool = True
    version: int | None = None


async def service_settings(work: Work) -> ServiceSettings:
    """The company's settings; the usual ones where nobody has set any."""
    found = await work.session.scalar(select(ServiceSettings).where(ServiceSettings.key == COMPANY))
    return found or ServiceSettings(key=COMPANY, close_days=7, signature="", ask_rating=True, version=0)


async def save_settings(work: Work, data: ServiceSettingsInput) -> ServiceSettings:
    """Set them.

    Raises:
        SettingsChanged: they have another version by now.
    """
    before, values, now = await service_settings(work), msgspec.structs.asdict(data), clock.now()
    if values.pop("version") not in (None, before.version):
        raise SettingsChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    old = {name: getattr(before, name) for name in values}
    fresh = insert(ServiceSettings).values(id=new_id(), key=COMPANY, version=1, created_at=now, updated_at=now, **values)
    written = values | {"updated_at": now, "version": ServiceSettings.version + 1}
    await work.session.execute(fresh.on_conflict_do_update(index_elements=["key"], set_=written))
    work.session.expire_all()
    await record(work, "service.settings_changed", "service:settings", before=old, after=values)
    return await service_settings(work)


async def queues(work: Work, *, active: bool = False) -> Sequence[TicketQueue]:
    """All queues, or those in use."""
    query = select(TicketQueue).order_by(TicketQueue.position, TicketQueue.name, TicketQueue.id).limit(ROWS_MAX)
    return (await work.session.scalars(query.where(TicketQueue.active) if active else query)).all()


async def categories(work: Work, *, active: bool = False) -> Sequence[TicketCategory]:
    """All categories, or those in use."""
    query = select(TicketCategory).order_by(TicketCategory.position, TicketCategory.name, TicketCategory.id).limit(ROWS_MAX)
    return (await work.session.scalars(query.where(TicketCategory.active) if active else query)).all()


async def save_queue(work: Work, data: QueueInput, queue_id: UUID | None = None) -> TicketQueue:
    """Write a queue.

    Raises:
        Invalid: it names an employee who does not exist, or another has its name.
        NotFound
    """
    given = {*data.employees, *([data.lead_id] if data.lead_id else [])}
    known = set(await work.session.scalars(select(Employee.id).where(Employee.id.in_(given))))
    errors = [
        FieldError(field, _("This employee does not exist, or was deleted."))
        for field, ids in (("employees", data.employees), ("lead_id", [data.lead_id] if data.lead_id else []))
        if not set(ids) <= known
    ]
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    values = msgspec.structs.asdict(data) | {"employees": [str(each) for each in dict.fromkeys(data.employees)]}
    saved: TicketQueue = await save_row(work, TicketQueue, queue_id, values, "ticket_queue")
    return saved


async def save_category(work: Work, data: CategoryInput, category_id: UUID | None = None) -> TicketCategory:
    """Write a category.

    Raises:
        Invalid: there is no such queue, or another has its name.
        NotFound
    """
    if data.queue_id is not None and await work.session.get(TicketQueue, data.queue_id) is None:
        raise Invalid(_("Choose one of the list."), field="queue_id")
    saved: TicketCategory = await save_row(work, TicketCategory, category_id, msgspec.structs.asdict(data), "ticket_category")
    return saved


async def save_policy(work: Work, data: PolicyInput, policy_id: UUID | None = None) -> SlaPolicy:
    """Write a policy; it counts for tickets that are opened or given another priority from now on.

    Raises:
        Invalid: the solution is due before the answer, there is no such category, or another has its name.
        NotFound
    """
    if data.resolve_minutes < data.first_minutes:
        raise Invalid(_("The solution cannot be due before the first answer."), field="resolve_minutes")
    if data.category_id is not None and await work.session.get(TicketCategory, data.category_id) is None:
        raise Invalid(_("Choose one of the list."), field="category_id")
    saved: SlaPolicy = await save_row(work, SlaPolicy, policy_id, msgspec.structs.asdict(data), "sla_policy")
    return saved


async def delete_row(work: Work, model: Any, row_id: UUID, kind: str, *, used_by: Any = None) -> None:
    """Take a row away that nothing needs; ``used_by`` is the column that would need it, where it is not a ticket's.

    Raises:
        NotFound
        QueueInUse: tickets have it.
    """
    row = await _existing(work, model, row_id)
    column = {"ticket_queue": Ticket.queue_id, "ticket_category": Ticket.category_id}.get(kind, used_by)
    if column is not None and await work.session.scalar(select(column).where(column == row_id).limit(1)):
        raise QueueInUse(_("“%(name)s” is needed still. Take it out of use instead.", name=row.name))
    await record(work, f"{kind}.deleted", f"{kind}:{row.id}", name=row.name, before=_values(row))
    await work.session.delete(row)
    await work.session.flush()


async def save_row(work: Work, model: Any, row_id: UUID | None, values: dict[str, Any], kind: str) -> Any:
    """Write a row that has a name of its own.

    Raises:
        Invalid: no name, or another has it.
        SettingsChanged: it has another version than that in ``values`` by now.
        NotFound
    """
    version = values.pop("version")
    values["name"] = " ".join(values["name"].split())
    if not values["name"]:
        raise Invalid(_("Please enter a name."), field="name")
    same = select(model.id).where(model.name == values["name"])
    if await work.session.scalar(same.where(model.id != row_id) if row_id else same):
        raise Invalid(_("“%(name)s” is there already.", name=values["name"]), field="name")
    row = await _existing(work, model, row_id) if row_id else model(id=new_id())
    if row_id and version not in (None, row.version):
        raise SettingsChanged(_("Somebody changed this meanwhile. Reload to see the change, then edit again."))
    before = _values(row) if row_id else None
    for name, value in values.items():
        setattr(row, name, value)
    work.session.add(row)
    await work.session.flush()
    await record(work, f"{kind}.saved", f"{kind}:{row.id}", name=row.name, before=before, after=_values(row))
    return row


async def _existing(work: Work, model: Any, row_id: UUID) -> Any:
    row = await work.session.get(model, row_id)
    if row is None:
        raise NotFound(_("This record does not exist, or was deleted."))
    return row


def _values(row: Any) -> dict[str, Any]:
    hidden = {"id", "created_at", "updated_at", "last_employee_id", "version"}
    values = {column.key: getattr(row, column.key) for column in row.__table__.columns if column.key not in hidden}
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}
