"""The quote on paper."""

from litestar import Response

from core_crm.pricing.paper import Paper, draw, party_facts
from core_crm.quotes.model import Quote, QuoteState, QuoteVersion
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import get_party


async def quote_pdf(work: Work, quote: Quote, version: QuoteVersion) -> Response[bytes]:
    """A version in the language of the moment, named after its number."""
    name = f"{quote.number}-V{version.no}"
    watermark = ""
    if version.state in (QuoteState.DRAFT, QuoteState.PENDING, QuoteState.APPROVED):
        watermark = _("Draft")
    elif version.state is QuoteState.REPLACED:
        watermark = _("Replaced")
    accepted = [_("Accepted by"), f"{version.accepted_by} · {version.accepted_at:%Y-%m-%d}"] if version.accepted_at else None
    facts = [
        [_("Quote number"), f"{quote.number} V{version.no}"],
        [_("Date"), version.quoted_on.isoformat()],
        [_("Valid until"), version.valid_until.isoformat()],
        [_("Currency"), version.currency],
        *([accepted] if accepted else []),
    ]
    return await draw(
        Paper(
            title=_("Quote"),
            seller=work.tenant.name,
            watermark=watermark,
            party=party_facts(await get_party(work, quote.party_id)),
            facts=facts,
            remark=version.remark or "",
            signatures=[_("Seller (stamp)"), _("Customer (stamp)")],
            name=name,
        ),
        version,
        version.lines,
    )
