"""Mail to a mailbox of the service desk that comes by SMTP, to an address at the platform's own domain."""

import structlog

from core_crm.service.intake.model import ServiceMailbox
from core_crm.service.intake.reading import read_mail
from core_crm.service.intake.taking import take_mail
from kernel import i18n
from kernel.database import Database
from kernel.errors import Invalid
from kernel.settings import Settings
from kernel.work import Tenant
from messaging.intake.doors import address_at_door, open_door
from messaging.tokens import Subject
from tenancy.directory import directory_of

log = structlog.get_logger(__name__)

LETTER, KEY = "s", "service-mailboxes"


def forward_address(settings: Settings, tenant: Tenant, mailbox: ServiceMailbox) -> str:
    """Where the company forwards the mailbox's mail to; empty where the platform takes none."""
    return address_at_door(settings, LETTER, Subject(tenant_id=tenant.id, kind=LETTER, id=mailbox.id))


async def take_from_server(database: Database, settings: Settings, subject: Subject, content: bytes) -> bool:
    """Take a mail in, in the company whose mailbox it is for; False where there is none, or the mail is none."""
    tenant = await directory_of(database).by_id(subject.tenant_id)
    if tenant is None:
        return False
    with i18n.using(tenant.locale):
        async with database.work(tenant) as work:
            mailbox = await work.session.get(ServiceMailbox, subject.id)
            if mailbox is None or not mailbox.active:
                return False
            try:
                await take_mail(work, mailbox, read_mail(content))
            except Invalid as error:  # sending it again would not make it better
                log.warning("a mail to the service desk cannot be read", tenant=tenant.schema, why=error.message)
                return False
    return True


open_door(LETTER, KEY, take_from_server)
