"""The letter that brings a quote to the customer."""

from core_crm.quotes.model import Quote
from identity.people.service import InvalidEmail, clean_email
from kernel.database import Database
from kernel.errors import Invalid
from kernel.i18n import locale
from kernel.money import written
from kernel.work import Work
from messaging import mail


async def mail_quote(work: Work, database: Database, quote: Quote, to: str, address: str, message: str = "") -> None:
    """Queue the letter with the link ``address``, in the language of the moment.

    Raises:
        Invalid: ``to`` is no address.
    """
    version = quote.latest
    values = {
        "company": work.tenant.name,
        "number": f"{quote.number} V{version.no}",
        "amount": f"{written(version.gross, version.currency)} {version.currency}",
        "until": version.valid_until.isoformat(),
        "seller": work.actor.name,
        "message": message.strip()[:2000],
        "address": address,
    }
    try:
        letter = mail.Letter(template="quote", to=clean_email(to), locale=locale(), values=values)
    except InvalidEmail as error:
        raise Invalid(error.message, field="to") from error
    async with database.registry_session() as session:
        await mail.queue(session, letter, tenant_id=work.tenant.id)
