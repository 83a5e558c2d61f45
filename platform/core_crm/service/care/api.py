"""REST API of ready answers, merges, ratings and measures."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core_crm.service.care.macros import MacroInput, macros, run_macro, save_macro
from core_crm.service.care.measuring import By, Measure, ServiceParameters, measures, visible_note, whole
from core_crm.service.care.merging import merge_tickets, undo_merge
from core_crm.service.care.model import TicketMacro
from core_crm.service.care.rating import rating_of
from core_crm.service.tickets.api import TicketRead
from core_crm.service.tickets.model import Priority
from core_crm.service.tickets.reading import get_ticket
from core_crm.service.tickets.settings import delete_row
from kernel.work import Work

MANAGE = {"permission": "crm.service.manage"}
READ = {"permission": "crm.ticket.read"}
UPDATE = {"permission": "crm.ticket.update"}
MERGE = {"permission": "crm.ticket.merge"}


class MacroRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    text: str
    kind: str
    then: str | None
    priority: Priority | None
    category_id: UUID | None
    queue_id: UUID | None
    position: int
    active: bool
    version: int

    @classmethod
    def of(cls, row: TicketMacro) -> "MacroRead":
        plain = {name: getattr(row, name) for name in cls.__struct_fields__ if name != "then"}
        return cls(**plain, then=row.state_after)


class RunMacroInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``text`` stands in for the macro's own words, already filled in."""

    macro_id: UUID
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=50_000)] | None = None


class MergeInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``other_customer``: yes, although they are of different customers."""

    into: UUID
    other_customer: bool = False


class RatingRead(msgspec.Struct, kw_only=True):
    score: int
    comment: str
    at: datetime
    owner_id: UUID | None


class MeasureRead(msgspec.Struct, kw_only=True):
    """Times are seconds of working time; shares per cent."""

    label: str
    opened: int
    solved: int
    first_average: int | None
    first_median: int | None
    first_kept: Decimal | None
    first_late: int
    resolve_average: int | None
    resolve_kept: Decimal | None
    resolve_late: int
    ratings: int
    score: Decimal | None
    reopened: int

    @classmethod
    def of(cls, line: Measure) -> "MeasureRead":
        return cls(**{name: getattr(line, name) for name in cls.__struct_fields__})


class MeasuresRead(msgspec.Struct, kw_only=True):
    """``notes`` say what is not counted."""

    lines: list[MeasureRead]
    total: MeasureRead
    notes: list[str]


class CareController(Controller):
    path = "/tickets"
    tags = ("Tickets",)

    @post("/{ticket_id:uuid}/macro", operation_id="runTicketMacro", opt=UPDATE)
    async def run(self, work: NamedDependency[Work], ticket_id: FromPath[UUID], data: JSONBody[RunMacroInput]) -> TicketRead:
        """Say a ready answer, and change what it changes."""
        return TicketRead.of(await run_macro(work, ticket_id, data.macro_id, text=data.text))

    @post("/{ticket_id:uuid}/merge", operation_id="mergeTicket", opt=MERGE, status_code=200)
    async def merge(self, work: NamedDependency[Work], ticket_id: FromPath[UUID], data: JSONBody[MergeInput]) -> TicketRead:
        """Put it into another, which is answered.  409 ``other_customer`` when they are of different customers."""
        return TicketRead.of(await merge_tickets(work, ticket_id, data.into, other_customer=data.other_customer))

    @post("/{ticket_id:uuid}/unmerge", operation_id="unmergeTicket", opt=MERGE, status_code=200)
    async def unmerge(self, work: NamedDependency[Work], ticket_id: FromPath[UUID]) -> TicketRead:
        """Take it out again, with all that moved then.  409 ``ticket_not_merged``."""
        return TicketRead.of(await undo_merge(work, ticket_id))

    @get("/{ticket_id:uuid}/rating", operation_id="readTicketRating", opt=READ)
    async def rating(self, work: NamedDependency[Work], ticket_id: FromPath[UUID]) -> RatingRead | None:
        """What the customer thought; null as long as they said nothing."""
        await get_ticket(work, ticket_id)
        found = await rating_of(work, ticket_id)
        return RatingRead(score=found.score, comment=found.comment, at=found.at, owner_id=found.owner_id) if found else None


class CareSetupController(Controller):
    path = "/service"
    tags = ("Service desk",)

    @get("/macros", operation_id="listTicketMacros", opt=READ)
    async def list_macros(self, work: NamedDependency[Work]) -> list[MacroRead]:
        """Ready answers in their order."""
        return [MacroRead.of(row) for row in await macros(work)]

    @post("/macros", operation_id="createTicketMacro", opt=MANAGE)
    async def add_macro(self, work: NamedDependency[Work], data: JSONBody[MacroInput]) -> MacroRead:
        """A new ready answer."""
        return MacroRead.of(await save_macro(work, data))

    @put("/macros/{macro_id:uuid}", operation_id="updateTicketMacro", opt=MANAGE)
    async def change_macro(self, work: NamedDependency[Work], macro_id: FromPath[UUID], data: JSONBody[MacroInput]) -> MacroRead:
        """Write a ready answer anew."""
        return MacroRead.of(await save_macro(work, data, macro_id))

    @delete("/macros/{macro_id:uuid}", operation_id="deleteTicketMacro", opt=MANAGE)
    async def remove_macro(self, work: NamedDependency[Work], macro_id: FromPath[UUID]) -> None:
        """Take a ready answer away."""
        await delete_row(work, TicketMacro, macro_id, "ticket_macro")

    @get("/measures", operation_id="measureService", opt=READ)
    async def measure(
        self,
        work: NamedDependency[Work],
        since: FromQuery[date | None] = None,
        until: FromQuery[date | None] = None,
        by: FromQuery[By] = "owner",
    ) -> MeasuresRead:
        """How the service goes, of tickets that were opened in the span and that the caller may see."""
        asked = ServiceParameters(since=since, until=until, by=by)
        lines = [MeasureRead.of(line) for line in await measures(work, asked)]
        return MeasuresRead(lines=lines, total=MeasureRead.of(await whole(work, asked)), notes=list(await visible_note(work)))
