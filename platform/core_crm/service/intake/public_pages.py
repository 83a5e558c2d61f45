"""What is open to customers without an account: forms that open tickets, the page of their own ticket, and the door for mail."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from sqlalchemy import select

from core_crm.service.intake.model import ServiceForm
from core_crm.service.intake.reading import BYTES_MAX, read_mail
from core_crm.service.intake.settings import OFFERED, mailbox_by_key, service_form_by_key
from core_crm.service.intake.taking import Taken, acknowledge, as_nobody, take_mail
from core_crm.service.tickets.answering import customer_says
from core_crm.service.tickets.form import uploads
from core_crm.service.tickets.model import Ticket, TicketChannel, TicketState
from core_crm.service.tickets.reading import TicketNotFound
from core_crm.service.tickets.service import TicketInput, create_ticket
from core_crm.service.tickets.settings import categories
from core_crm.service.tickets.thread import read_file, thread_of
from identity.access import visitor_of
from identity.house import house_of
from identity.people.service import InvalidEmail, clean_email
from identity.throttle.service import Limit, count_attempt
from kernel.errors import DomainError, FieldError, Invalid
from kernel.files import DOWNLOAD, handed_out
from kernel.i18n import gettext as _
from kernel.web import PUBLIC, by_field, id_in, page
from kernel.work import Work

FORM, TICKET = "core_crm/service/public/form.html", "core_crm/service/public/ticket.html"
TRAP = "website"
"""A field that people do not see; who fills it in is a program."""

PER_ADDRESS, PER_FORM, PER_MAILBOX = 5, 300, 3000
BODY_BYTES_MAX = 30 * 1024 * 1024
LENGTHS = {"name": 80, "email": 254, "phone": 40, "subject": 200, "serial": 80, "text": 20_000}
MIME_FIELDS = ("body-mime", "email", "message", "file")
"""Names under which mail services post the whole mail."""

OPEN = {"permission": PUBLIC}
# Open to every site: it acts for nobody and reads no cookie; the key in the address says what it may do.
OPEN_POST = {"permission": PUBLIC, "csrf": False}

AnyRequest = Request[Any, Any, Any]


class SupportPages(Controller):
    path = "/support"
    include_in_schema = False

    @get("/{key:str}", opt=OPEN)
    async def show_form(self, work: NamedDependency[Work], key: FromPath[str]) -> Template:
        return await _form_page(work, await service_form_by_key(work, key))

    @post("/{key:str}", opt=OPEN_POST, status_code=200, request_max_body_size=BODY_BYTES_MAX)
    async def send_form(self, request: AnyRequest, work: NamedDependency[Work], key: FromPath[str]) -> Template:
        form, data = await service_form_by_key(work, key), await request.form()
        given = {name: str(data.get(name, "")).replace("\x00", "")[: most + 1].strip() for name, most in LENGTHS.items()}
        given |= {name: str(data.get(name, ""))[:100] for name in ("category_id", "consent", TRAP)}
        if given[TRAP]:
            return await _form_page(work, form, done=True)
        visitor = visitor_of(request)
        try:
            await _count(request, f"support-form|{form.id}", visitor.ip, PER_FORM)
            async with work.session.begin_nested():
                ticket = await _open(as_nobody(work, form.name), form, given, data)
        except DomainError as error:
            errors = by_field(error.errors or [FieldError("", error.message)])
            form = await service_form_by_key(work, key)
            return await _form_page(work, form, values=given, errors=errors, status_code=error.status_code)
        return await _form_page(work, form, done=True, ticket=ticket)

    @post("/mail/{key:str}", opt=OPEN_POST, status_code=200, request_max_body_size=BODY_BYTES_MAX)
    async def mail(self, request: AnyRequest, work: NamedDependency[Work], key: FromPath[str]) -> dict[str, Any]:
        """A mail server hands a mail in: the mail itself as the body, or as a part of a form."""
        mailbox = await mailbox_by_key(work, key)
        await count_attempt(house_of(request).database, [Limit(f"support-mail|{mailbox.id}", PER_MAILBOX)])
        taken: Taken = await take_mail(work, mailbox, read_mail(await _mime(request)))
        return {"what": taken.what, "number": taken.number}

    @get("/tickets/{key:str}", opt=OPEN)
    async def show_ticket(self, work: NamedDependency[Work], key: FromPath[str]) -> Template:
        return await _ticket_page(work, await _own(work, key))

    @post("/tickets/{key:str}", opt=OPEN_POST, request_max_body_size=BODY_BYTES_MAX)
    async def answer(self, request: AnyRequest, work: NamedDependency[Work], key: FromPath[str]) -> Redirect | Template:
        """The customer writes on; in a closed ticket that opens one that goes on from it."""
        ticket, data = await _own(work, key), await request.form()
        text = str(data.get("text", "")).replace("\x00", "")[:20_001].strip()
        try:
            await _count(request, f"support-ticket|{ticket.id}", visitor_of(request).ip, 60)
            if not text or len(text) > LENGTHS["text"]:
                raise Invalid(_("Write what you want to say."), field="text")
            async with work.session.begin_nested():
                key = await _go_on(as_nobody(work, ticket.requester_name), key, text, data)
        except DomainError as error:
            errors = by_field(error.errors or [FieldError("", error.message)])
            return await _ticket_page(work, await _own(work, key), text=text, errors=errors, status_code=error.status_code)
        return Redirect(f"/support/tickets/{key}", status_code=303)

    @get("/tickets/{key:str}/files/{file_id:uuid}", opt=OPEN)
    async def file(self, work: NamedDependency[Work], key: FromPath[str], file_id: FromPath[UUID]) -> Response[bytes]:
        ticket = await _own(work, key)
        file = await read_file(work, ticket.id, file_id, public=True)
        return handed_out(file.name, DOWNLOAD, file.content)


async def _own(work: Work, key: str, *, lock: bool = False) -> Ticket:
    """The ticket of a customer's link; of a merged one the ticket it went into.

    Raises:
        TicketNotFound
    """
    condition = Ticket.public_key == key[:64]
    for _n in range(10):
        query = select(Ticket).where(condition).execution_options(populate_existing=lock)
        ticket = await work.session.scalar(query.with_for_update(of=Ticket) if lock else query)
        if ticket is None:
            break
        if ticket.merged_into_id is None:
            return ticket
        condition = Ticket.id == ticket.merged_into_id
    raise TicketNotFound(_("This ticket does not exist, or was deleted."))


async def _go_on(work: Work, key: str, text: str, data: Any) -> str:
    ticket, files = await _own(work, key, lock=True), await uploads(data)
    author = ticket.requester_name or _("Customer")
    if ticket.state is not TicketState.CLOSED:
        await customer_says(work, ticket, text, author=author, files=files)
        return key
    wanted = TicketInput(
        subject=ticket.subject,
        text=text,
        channel=TicketChannel.FORM,
        queue_id=ticket.queue_id,
        category_id=ticket.category_id,
        party_id=ticket.party_id,
        contact_id=ticket.contact_id,
        requester_name=ticket.requester_name,
        requester_email=ticket.requester_email,
        requester_phone=ticket.requester_phone,
    )
    made = await create_ticket(work, wanted, files=files, author=author, follows=ticket)
    made.mailbox_id = ticket.mailbox_id
    await work.session.flush()
    return str(made.public_key)


async def _open(work: Work, form: ServiceForm, given: dict[str, str], data: Any) -> Ticket:
    errors = [FieldError(name, _("Please fill this in.")) for name in ("name", "subject", "text") if not given[name]]
    errors += [FieldError(n, _("At most %(most)s characters.", most=most)) for n, most in LENGTHS.items() if len(given[n]) > most]
    try:
        email = clean_email(given["email"])
    except InvalidEmail:
        email = ""
        errors.append(FieldError("email", _("Please enter an e-mail address, for example name@example.com.")))
    if form.consent_text and given["consent"] != "1":
        errors.append(FieldError("consent", _("We may only answer if you agree.")))
    known = {each.id for each in await categories(work, active=True)}
    category_id = id_in(given["category_id"]) if "category" in form.fields else None
    if errors:
        raise Invalid(errors[0].message, errors=errors)
    wanted = TicketInput(
        subject=given["subject"],
        text=given["text"],
        channel=TicketChannel.FORM,
        category_id=category_id if category_id in known else None,
        queue_id=form.queue_id,
        requester_name=given["name"],
        requester_email=email,
        requester_phone=given["phone"] if "phone" in form.fields else "",
        serial=given["serial"] if "serial" in form.fields else "",
    )
    files = await uploads(data) if "file" in form.fields else []
    ticket = await create_ticket(work, wanted, files=files, author=given["name"])
    ticket.mailbox_id = form.mailbox_id
    await work.session.flush()
    if form.acknowledge:
        await acknowledge(work, ticket)
    return ticket


async def _count(request: AnyRequest, key: str, ip: str, most: int) -> None:
    await count_attempt(house_of(request).database, [Limit(f"{key}|{ip}", PER_ADDRESS), Limit(key, most)])


async def _mime(request: AnyRequest) -> bytes:
    """The mail, as the body or in one of the fields that mail services use."""
    if not request.content_type[0].startswith("multipart/form-data"):
        return await request.body()
    data = await request.form()
    for name in MIME_FIELDS:
        value = data.get(name)
        if isinstance(value, UploadFile):
            return await value.read(BYTES_MAX + 1)
        if isinstance(value, str) and value:
            return value.encode()
    raise Invalid(_("This is no mail that can be read."))


async def _form_page(work: Work, form: ServiceForm, *, status_code: int = 200, **context: Any) -> Template:
    context = {"values": dict.fromkeys((*LENGTHS, "category_id", "consent"), ""), "errors": {}, "done": False, "ticket": None} | context
    kinds = [(str(each.id), each.name) for each in await categories(work, active=True)] if "category" in form.fields else []
    headers = public_headers(" ".join(form.sites) or "'none'")
    labels = {name: _(label) for name, label in OFFERED.items()}
    more = {"categories": kinds, "labels": labels, "trap": TRAP, "lengths": LENGTHS}
    return page(FORM, status_code=status_code, headers=headers, form=form, **more, **context)


async def _ticket_page(work: Work, ticket: Ticket, *, status_code: int = 200, text: str = "", errors: Any = None) -> Template:
    thread = [(view.row, view.files) for view in await thread_of(work, ticket.id, public=True)]
    context = {"ticket": ticket, "thread": thread, "text": text, "errors": errors or {}, "company": work.tenant.name}
    return page(TICKET, status_code=status_code, headers=public_headers("'none'"), key=ticket.public_key, **context)


def public_headers(frames: str, *, index: bool = False) -> dict[str, str]:
    """Of a page for customers: nothing runs, and only where ``index`` says so it is found by search engines."""
    policy = f"default-src 'none'; style-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors {frames}"
    return {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        **({} if index else {"X-Robots-Tag": "noindex"}),
    }
