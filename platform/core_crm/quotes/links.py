"""The customer's link: signed, tied to one version, and good until the version's last day."""

import hmac
import secrets
from uuid import UUID

from sqlalchemy import select

from core_crm.quotes.model import Quote, QuoteState, QuoteVersion
from core_crm.quotes.service import get_quote
from identity.opaque import signature
from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.settings import Settings
from kernel.work import Work

PURPOSE = "quote-link"
_SIGNS = 40


class LinkWrong(DomainError):
    """It was never given out, was replaced by a later version, or ran out; a stranger is not told which."""

    status_code, code = 410, "link_expired"


def new_key() -> str:
    """What one version's link is signed with, beside the key of the house."""
    return secrets.token_urlsafe(16)


def token_of(settings: Settings, tenant_id: int, version: QuoteVersion) -> str:
    """The token of the link to a version that was sent."""
    return f"{version.id.hex}.{_sign(settings, tenant_id, version)}"


async def quote_behind(work: Work, settings: Settings, token: str, *, lock: bool = False) -> Quote:
    """The quote that a link shows.  ``work`` acts for the house: who has the link is no member.

    Raises:
        LinkWrong
    """
    wrong = LinkWrong(_("This link does not work any more. Ask who sent it for a new one."))
    version_id, _dot, signed = token.partition(".")
    try:
        found = await work.session.scalar(select(QuoteVersion).where(QuoteVersion.id == UUID(version_id)))
    except ValueError:
        raise wrong from None
    if found is None or not found.link_key or not hmac.compare_digest(_sign(settings, work.tenant.id, found), signed):
        raise wrong
    quote = await get_quote(work, found.quote_id, lock=lock)
    version = quote.latest
    if version.id != found.id or version.state not in (QuoteState.SENT, QuoteState.ACCEPTED, QuoteState.DECLINED):
        raise wrong
    if version.lapsed(work.today()):
        raise LinkWrong(_("This quote was valid until %(day)s. Ask who sent it for a new one.", day=version.valid_until.isoformat()))
    return quote


def _sign(settings: Settings, tenant_id: int, version: QuoteVersion) -> str:
    facts = f"{tenant_id}|{version.id.hex}|{version.valid_until.isoformat()}|{version.link_key}"
    return signature(settings.derive(PURPOSE), facts)[:_SIGNS]
