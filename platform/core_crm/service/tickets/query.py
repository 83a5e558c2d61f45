"""Lists of tickets.  All show what the actor may see, nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, false, func, literal, select, tuple_

from core_crm.paging import PAGE_ROWS, cursor, matches, read_cursor
from core_crm.service.tickets.model import ACTIVE, Priority, Ticket, TicketCategory, TicketChannel, TicketQueue, TicketState
from core_crm.service.tickets.reading import STEM
from kernel import clock
from kernel.work import Work
from master_data.api import Employee, Party, employee_of, visible

NEVER = datetime(9999, 1, 1, tzinfo=UTC)

Show = Literal["active", "mine", "nobody", "late", "waiting", "solved", "all"]
SHOWS: tuple[Show, ...] = ("active", "mine", "nobody", "late", "waiting", "solved", "all")


@dataclass(frozen=True, kw_only=True)
class TicketQuery:
    """What a list shows.  ``show`` is one of the ready views; ``after`` is the cursor of the page before."""

    search: str = ""
    show: Show = "active"
    state: TicketState | None = None
    priority: Priority | None = None
    channel: TicketChannel | None = None
    category_id: UUID | None = None
    queue_id: UUID | None = None
    owner_id: UUID | None = None
    party_id: UUID | None = None
    newest_first: bool = False
    limit: int = PAGE_ROWS
    after: str | None = None


@dataclass(frozen=True, kw_only=True)
class TicketRow:
    """One line of a list.  ``due_at`` is what is due next of an active ticket."""

    id: UUID
    number: str
    subject: str
    state: TicketState
    priority: Priority
    channel: TicketChannel
    party_id: UUID | None
    party_name: str | None
    requester_name: str
    category: str | None
    queue: str | None
    owner_id: UUID | None
    owner: str | None
    due_at: datetime | None
    late: bool
    created_at: datetime
    last_activity_at: datetime
    version: int


async def list_tickets(work: Work, query: TicketQuery) -> tuple[Sequence[TicketRow], str | None]:
    """A page of tickets, what is due first on top, or the newest; and the cursor of the next page."""
    t = Ticket
    statement = _rows().where(*await conditions(work, query))
    at: Any = t.created_at if query.newest_first else func.coalesce(_due(), literal(NEVER, t.created_at.type))
    if query.after:
        when, row_id = read_cursor(query.after, tuple[datetime, UUID])
        here, place = tuple_(at, t.id), tuple_(literal(when, t.created_at.type), literal(row_id, t.id.type))
        statement = statement.where(here < place if query.newest_first else here > place)
    order = (at.desc(), t.id.desc()) if query.newest_first else (at, t.id)
    found = await work.session.execute(statement.order_by(*order).limit(query.limit + 1))
    rows = [TicketRow(**row) for row in found.mappings()]
    if len(rows) <= query.limit:
        return rows, None
    last = rows[query.limit - 1]
    return rows[: query.limit], cursor(last.created_at if query.newest_first else last.due_at or NEVER, last.id)


async def count_tickets(work: Work, query: TicketQuery) -> int:
    """How many the query finds."""
    statement = select(func.count()).select_from(Ticket).outerjoin(Party, Party.id == Ticket.party_id)
    return await work.session.scalar(statement.where(*await conditions(work, query))) or 0


async def count_mine(work: Work) -> int:
    """Tickets the actor has to do something for."""
    me = await employee_of(work)
    if me is None:
        return 0
    waiting = Ticket.state.in_((TicketState.NEW, TicketState.OPEN))
    statement = select(func.count()).select_from(Ticket).where(Ticket.owner_id == me.id, waiting, await visible(work, Ticket, STEM))
    return await work.session.scalar(statement) or 0


async def conditions(work: Work, query: TicketQuery) -> list[ColumnElement[bool]]:
    """The query's conditions, what the actor may see among them."""
    t = Ticket
    given: list[ColumnElement[bool]] = [await visible(work, t, STEM), *await _view(work, query.show)]
    given += [
        column == value
        for column, value in (
            (t.state, query.state),
            (t.priority, query.priority),
            (t.channel, query.channel),
            (t.category_id, query.category_id),
            (t.queue_id, query.queue_id),
            (t.owner_id, query.owner_id),
            (t.party_id, query.party_id),
        )
        if value is not None
    ]
    return [*given, *matches(query.search, t.search_text)]


async def _view(work: Work, show: Show) -> list[ColumnElement[bool]]:
    t = Ticket
    if show == "mine":
        me = await employee_of(work)
        return [t.state.in_(ACTIVE), t.owner_id == me.id if me else false()]
    views: dict[str, list[ColumnElement[bool]]] = {
        "active": [t.state.in_(ACTIVE)],
        "nobody": [t.state.in_(ACTIVE), t.owner_id.is_(None)],
        "late": [_late()],
        "waiting": [t.state == TicketState.WAITING],
        "solved": [t.state.in_((TicketState.SOLVED, TicketState.CLOSED))],
        "all": [],
    }
    return views[show]


def _due() -> ColumnElement[Any]:
    """What is due next: the first answer, the solution; nothing of a ticket that is done, no solution while the customer is waited for."""
    t = Ticket
    first = case((t.first_responded_at.is_(None), t.first_due_at), else_=None)
    solution = case((t.state != TicketState.WAITING, t.resolve_due_at), else_=None)
    return case((t.state.in_(ACTIVE), func.least(first, solution)), else_=None)


def _late() -> ColumnElement[bool]:
    return func.coalesce(_due() <= literal(clock.now(), Ticket.created_at.type), literal(False))


def _rows() -> Select[*tuple[Any, ...]]:
    t = Ticket
    return (
        select(
            t.id, t.number, t.subject, t.state, t.priority, t.channel, t.party_id, Party.name.label("party_name"), t.requester_name,
            TicketCategory.name.label("category"), TicketQueue.name.label("queue"), t.owner_id, Employee.name.label("owner"),
            _due().label("due_at"), _late().label("late"), t.created_at, t.last_activity_at, t.version,
        )
        .outerjoin(Party, Party.id == t.party_id)
        .outerjoin(TicketCategory, TicketCategory.id == t.category_id)
        .outerjoin(TicketQueue, TicketQueue.id == t.queue_id)
        .outerjoin(Employee, Employee.id == t.owner_id)
    )  # fmt: skip
