"""REST API of tickets."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, patch, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody, QueryParameter

from core_crm.paging import PAGE_ROWS, check_limit
from core_crm.service.tickets.answering import NoteInput, ReplyInput, note, reply, set_state
from core_crm.service.tickets.assignment import assign_ticket, pass_on, take_ticket
from core_crm.service.tickets.model import MessageKind, Priority, Ticket, TicketChannel, TicketState
from core_crm.service.tickets.pages import BODY_BYTES_MAX
from core_crm.service.tickets.query import Show, TicketQuery, TicketRow, list_tickets
from core_crm.service.tickets.reading import get_ticket
from core_crm.service.tickets.service import TicketChange, TicketInput, create_ticket, update_ticket
from core_crm.service.tickets.thread import FileView, MessageView, Upload, read_file, thread_of
from core_crm.service.tickets.words import event_text
from kernel.errors import Invalid
from kernel.files import DOWNLOAD, handed_out
from kernel.i18n import gettext as _
from kernel.work import Work

READ = {"permission": "crm.ticket.read"}
UPDATE = {"permission": "crm.ticket.update"}


class TicketRead(msgspec.Struct, kw_only=True):
    """A ticket.  ``first_seconds`` and ``resolve_seconds`` are working time; the latter without the time the customer was waited for."""

    id: UUID
    number: str
    subject: str
    state: TicketState
    priority: Priority
    channel: TicketChannel
    category_id: UUID | None
    queue_id: UUID | None
    owner_id: UUID | None
    department_id: UUID | None
    party_id: UUID | None
    contact_id: UUID | None
    requester_name: str
    requester_email: str
    requester_phone: str
    order_id: UUID | None
    product_id: UUID | None
    serial: str
    first_due_at: datetime | None
    resolve_due_at: datetime | None
    first_responded_at: datetime | None
    first_seconds: int | None
    waiting_since: datetime | None
    paused_seconds: int
    solved_at: datetime | None
    resolve_seconds: int | None
    closed_at: datetime | None
    first_breached_at: datetime | None
    resolve_breached_at: datetime | None
    reopened: int
    follows_id: UUID | None
    merged_into_id: UUID | None
    made_by: str
    created_at: datetime
    last_activity_at: datetime
    version: int

    @classmethod
    def of(cls, ticket: Ticket) -> "TicketRead":
        return cls(**{name: getattr(ticket, name) for name in cls.__struct_fields__})


class TicketListRead(msgspec.Struct, kw_only=True):
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

    @classmethod
    def of(cls, row: TicketRow) -> "TicketListRead":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class TicketPage(msgspec.Struct, kw_only=True):
    """``next`` goes into ``after`` for the following page; null on the last."""

    items: list[TicketListRead]
    next: str | None


class TicketFileRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    media_type: str
    size_bytes: int

    @classmethod
    def of(cls, file: FileView) -> "TicketFileRead":
        return cls(**{name: getattr(file, name) for name in cls.__struct_fields__})


class TicketMessageRead(msgspec.Struct, kw_only=True):
    """One thing that was said or happened.  ``html`` is harmless: nothing in it runs or loads."""

    id: UUID
    kind: MessageKind
    at: datetime
    author_name: str
    text: str
    html: str | None
    facts: dict[str, Any] | None
    files: list[TicketFileRead]

    @classmethod
    def of(cls, view: MessageView) -> "TicketMessageRead":
        row = view.row
        text = event_text(row.facts) if row.facts else row.text
        files = [TicketFileRead.of(file) for file in view.files]
        return cls(id=row.id, kind=row.kind, at=row.at, author_name=row.author_name, text=text, html=row.html, facts=row.facts, files=files)


class AssignInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``owner_id`` null: nobody; ``by_queue``: whoever the queue names."""

    owner_id: UUID | None = None
    by_queue: bool = False


class TicketStateInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    state: TicketState


class TicketController(Controller):
    path = "/tickets"
    tags = ("Tickets",)

    @get("/", operation_id="listTickets", opt=READ)
    async def listed(
        self,
        work: NamedDependency[Work],
        q: FromQuery[str] = "",
        show: FromQuery[Show] = "all",
        filter_state: Annotated[TicketState | None, QueryParameter(name="state")] = None,
        priority: FromQuery[Priority | None] = None,
        channel: FromQuery[TicketChannel | None] = None,
        category_id: FromQuery[UUID | None] = None,
        queue_id: FromQuery[UUID | None] = None,
        owner_id: FromQuery[UUID | None] = None,
        party_id: FromQuery[UUID | None] = None,
        newest_first: FromQuery[bool] = True,  # noqa: FBT002
        limit: FromQuery[int] = PAGE_ROWS,
        after: FromQuery[str | None] = None,
    ) -> TicketPage:
        """Tickets that the caller may see, the newest first, or what is due first."""
        check_limit(limit)
        query = TicketQuery(
            search=q, show=show, state=filter_state, priority=priority, channel=channel, category_id=category_id, queue_id=queue_id,
            owner_id=owner_id, party_id=party_id, newest_first=newest_first, limit=limit, after=after,
        )  # fmt: skip
        rows, following = await list_tickets(work, query)
        return TicketPage(items=[TicketListRead.of(row) for row in rows], next=following)

    @post("/", operation_id="createTicket", opt={"permission": "crm.ticket.create"})
    async def create(self, work: NamedDependency[Work], data: JSONBody[TicketInput]) -> TicketRead:
        """A new ticket with its number and deadlines."""
        return TicketRead.of(await create_ticket(work, data))

    @get("/{ticket_id:uuid}", operation_id="readTicket", opt=READ)
    async def read(self, work: NamedDependency[Work], ticket_id: FromPath[UUID]) -> TicketRead:
        """One ticket."""
        return TicketRead.of(await get_ticket(work, ticket_id))

    @patch("/{ticket_id:uuid}", operation_id="updateTicket", opt=UPDATE)
    async def update(self, work: NamedDependency[Work], ticket_id: FromPath[UUID], data: JSONBody[TicketChange]) -> TicketRead:
        """Change what is known of it.  409 ``version_conflict`` when ``version`` is an old one."""
        return TicketRead.of(await update_ticket(work, ticket_id, data))

    @get("/{ticket_id:uuid}/messages", operation_id="listTicketMessages", opt=READ)
    async def messages(self, work: NamedDependency[Work], ticket_id: FromPath[UUID]) -> list[TicketMessageRead]:
        """Its conversation from the beginning, notes and events among it; the latest 500."""
        await get_ticket(work, ticket_id)
        return [TicketMessageRead.of(view) for view in await thread_of(work, ticket_id)]

    @post("/{ticket_id:uuid}/reply", operation_id="replyToTicket", opt=UPDATE)
    async def reply(self, work: NamedDependency[Work], ticket_id: FromPath[UUID], data: JSONBody[ReplyInput]) -> TicketRead:
        """Answer the customer."""
        await reply(work, ticket_id, data)
        return TicketRead.of(await get_ticket(work, ticket_id))

    @post("/{ticket_id:uuid}/notes", operation_id="noteOnTicket", opt=UPDATE)
    async def note(self, work: NamedDependency[Work], ticket_id: FromPath[UUID], data: JSONBody[NoteInput]) -> TicketRead:
        """Note something that the customer does not see."""
        await note(work, ticket_id, data)
        return TicketRead.of(await get_ticket(work, ticket_id))

    @post("/{ticket_id:uuid}/files", operation_id="addTicketFile", opt=UPDATE, request_max_body_size=BODY_BYTES_MAX)
    async def add_file(
        self, work: NamedDependency[Work], ticket_id: FromPath[UUID], data: MultipartBody[dict[str, Any]]
    ) -> list[TicketMessageRead]:
        """Put the part ``file``, at most 10 MB, to the ticket as a note of our own."""
        file = data.get("file")
        if not isinstance(file, UploadFile) or not (content := await file.read()):
            raise Invalid(_("Choose a file that is not empty."), field="file")
        upload = Upload(name=file.filename or "file", content=content, media_type=file.content_type or "application/octet-stream")
        made = await note(work, ticket_id, NoteInput(text=upload.name), files=[upload])
        return [TicketMessageRead.of(view) for view in await thread_of(work, ticket_id) if view.row.id == made.id]

    @get("/{ticket_id:uuid}/files/{file_id:uuid}", operation_id="readTicketFile", opt=READ)
    async def download(self, work: NamedDependency[Work], ticket_id: FromPath[UUID], file_id: FromPath[UUID]) -> Response[bytes]:
        """A file of its conversation, always as a download."""
        await get_ticket(work, ticket_id)
        file = await read_file(work, ticket_id, file_id)
        return handed_out(file.name, DOWNLOAD, file.content)

    @post("/{ticket_id:uuid}/take", operation_id="takeTicket", opt=UPDATE, status_code=200)
    async def take(self, work: NamedDependency[Work], ticket_id: FromPath[UUID]) -> TicketRead:
        """Take it oneself."""
        return TicketRead.of(await take_ticket(work, ticket_id))

    @post("/{ticket_id:uuid}/assign", operation_id="assignTicket", opt={"permission": "crm.ticket.assign"}, status_code=200)
    async def assign(self, work: NamedDependency[Work], ticket_id: FromPath[UUID], data: JSONBody[AssignInput]) -> TicketRead:
        """Put somebody in charge.  409 ``nobody_free`` when the queue has nobody who may take another."""
        if data.by_queue:
            await pass_on(work, await get_ticket(work, ticket_id, act="edit", lock=True))
        else:
            await assign_ticket(work, ticket_id, data.owner_id)
        return TicketRead.of(await get_ticket(work, ticket_id))

    @post("/{ticket_id:uuid}/state", operation_id="setTicketState", opt=UPDATE, status_code=200)
    async def state(self, work: NamedDependency[Work], ticket_id: FromPath[UUID], data: JSONBody[TicketStateInput]) -> TicketRead:
        """Say where it stands without answering: open (again), waiting, solved or closed."""
        return TicketRead.of(await set_state(work, ticket_id, data.state))
