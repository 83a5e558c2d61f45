"""Consent to advertising that a stranger gives with a web form, and that goes along when the lead becomes a customer."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from core_crm.leads.model import Lead, WebForm
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Actor, Work
from master_data.api import ConsentSource, ConsentText, Proof, address_of, current_text, keep_consent
from messaging.channels import Channel, address_key

ADVERTISING = "advertising"
"""What a form asks for beside a lead's own fields: a box for each channel whose text the company has written."""

LABEL = N_("Consent to advertising")


async def texts_of(work: Work, form: WebForm) -> Mapping[Channel, ConsentText]:
    """The words that ``form`` offers to agree to."""
    if ADVERTISING not in form.fields:
        return {}
    texts = {channel: await current_text(work, channel) for channel in Channel}
    return {channel: text for channel, text in texts.items() if text is not None}


def box(channel: Channel) -> str:
    """The name of a channel's box in the form; it holds the id of the text beside it."""
    return f"agree_{channel.value}"


def agreed_to(given: Mapping[str, str], texts: Mapping[Channel, ConsentText]) -> Mapping[str, str]:
    """Ids of the texts whose boxes were ticked, by channel, for the lead's proof of consent."""
    return {channel.value: str(text.id) for channel, text in texts.items() if given.get(box(channel)) == str(text.id)}


async def carry_consent(work: Work, lead: Lead, party_id: UUID) -> None:
    """What the lead agreed to counts for the customer too, where the customer is reached at the address that agreed."""
    proof = lead.consent or {}
    for name, text_id in proof.get(ADVERTISING, {}).items():
        channel = Channel(name)
        theirs = address_key(channel, lead.email if channel is Channel.EMAIL else lead.phone)
        if theirs is None or theirs != await address_of(work, party_id, channel):
            continue
        form = await work.session.get(WebForm, lead.form_id) if lead.form_id else None
        stranger = replace(work, actor=Actor(id=None, name=lead.name[:80], kind="system"))
        given = Proof(
            source=ConsentSource.FORM,
            note=_("Form “%(name)s”", name=form.name) if form else "",
            text_id=UUID(text_id),
            at=datetime.fromisoformat(proof["at"]),
            ip=proof["ip"],
            agent=proof["agent"],
        )
        await keep_consent(stranger, party_id, channel, given, granted=True)
