"""REST API of mailboxes and forms."""

from uuid import UUID

import msgspec
from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from core_crm.service.intake.model import ServiceForm, ServiceMailbox
from core_crm.service.intake.settings import (
    MailboxInput,
    ServiceFormInput,
    mailboxes,
    renew_key,
    save_mailbox,
    save_service_form,
    service_forms,
)
from kernel.work import Work

MANAGE = {"permission": "crm.service.manage"}


class MailboxRead(msgspec.Struct, kw_only=True):
    """``path`` is where a mail server hands mail in, on the company's host; told once, when the key is made."""

    id: UUID
    name: str
    address: str
    queue_id: UUID | None
    category_id: UUID | None
    acknowledge: bool
    active: bool
    path: str | None = None

    @classmethod
    def of(cls, row: ServiceMailbox, key: str = "") -> "MailboxRead":
        plain = {name: getattr(row, name) for name in cls.__struct_fields__ if name != "path"}
        return cls(**plain, path=f"/support/mail/{key}" if key else None)


class ServiceFormRead(msgspec.Struct, kw_only=True):
    """``path`` is the form's address on the company's host."""

    id: UUID
    name: str
    path: str
    title: str
    intro: str | None
    fields: list[str]
    consent_text: str
    thanks: str
    queue_id: UUID | None
    mailbox_id: UUID | None
    acknowledge: bool
    sites: list[str]
    active: bool
    version: int

    @classmethod
    def of(cls, row: ServiceForm) -> "ServiceFormRead":
        plain = {name: getattr(row, name) for name in cls.__struct_fields__ if name != "path"}
        return cls(**plain, path=f"/support/{row.key}")


class IntakeController(Controller):
    path = "/service"
    tags = ("Service desk",)

    @get("/mailboxes", operation_id="listServiceMailboxes", opt=MANAGE)
    async def list_mailboxes(self, work: NamedDependency[Work]) -> list[MailboxRead]:
        """Addresses that customers write to."""
        return [MailboxRead.of(row) for row in await mailboxes(work)]

    @post("/mailboxes", operation_id="createServiceMailbox", opt=MANAGE)
    async def add_mailbox(self, work: NamedDependency[Work], data: JSONBody[MailboxInput]) -> MailboxRead:
        """A new one, with the path at which its mail is handed in."""
        return MailboxRead.of(*await save_mailbox(work, data))

    @put("/mailboxes/{mailbox_id:uuid}", operation_id="updateServiceMailbox", opt=MANAGE)
    async def change_mailbox(self, work: NamedDependency[Work], mailbox_id: FromPath[UUID], data: JSONBody[MailboxInput]) -> MailboxRead:
        """Write a mailbox anew; its key stays."""
        return MailboxRead.of(*await save_mailbox(work, data, mailbox_id))

    @post("/mailboxes/{mailbox_id:uuid}/key", operation_id="renewServiceMailboxKey", opt=MANAGE, status_code=200)
    async def new_key(self, work: NamedDependency[Work], mailbox_id: FromPath[UUID]) -> MailboxRead:
        """Another key; the old path takes nothing any more."""
        return MailboxRead.of(*await renew_key(work, mailbox_id))

    @get("/forms", operation_id="listServiceForms", opt=MANAGE)
    async def list_forms(self, work: NamedDependency[Work]) -> list[ServiceFormRead]:
        """Forms that open tickets."""
        return [ServiceFormRead.of(row) for row in await service_forms(work)]

    @post("/forms", operation_id="createServiceForm", opt=MANAGE)
    async def add_form(self, work: NamedDependency[Work], data: JSONBody[ServiceFormInput]) -> ServiceFormRead:
        """A new form, at an address that nobody can guess."""
        return ServiceFormRead.of(await save_service_form(work, data))

    @put("/forms/{form_id:uuid}", operation_id="updateServiceForm", opt=MANAGE)
    async def change_form(self, work: NamedDependency[Work], form_id: FromPath[UUID], data: JSONBody[ServiceFormInput]) -> ServiceFormRead:
        """Write a form anew; its address stays."""
        return ServiceFormRead.of(await save_service_form(work, data, form_id))
