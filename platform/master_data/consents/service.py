"""Keeping consents, and asking whether somebody may be sent advertising."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, not_, select, update

from identity.audit import record
from kernel import clock
from kernel.errors import Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.consents.events import ConsentTakenBack
from master_data.consents.model import Consent, ConsentSource, ConsentText
from master_data.parties.access import party_row
from master_data.parties.model import Contact, Party
from messaging.channels import Channel, address_key
from messaging.suppression.model import SuppressionReason
from messaging.suppression.service import lift_unsubscribed, suppress, suppressed_among

HISTORY_MAX = 100
TEXTS_MAX = 200


class ConsentTextNotFound(NotFound):
    code = "consent_text_not_found"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """How somebody agreed or took it back."""

    source: ConsentSource
    note: str = ""
    text_id: UUID | None = None
    at: datetime | None = None
    ip: str = ""
    agent: str = ""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Whether a party may be sent advertising by ``channel``: it agreed, and its address is not on the suppression list."""

    channel: Channel
    address: str
    granted: bool | None
    suppressed: SuppressionReason | None
    history: Sequence[Consent] = field(default=())

    @property
    def reachable(self) -> bool:
        return bool(self.address) and bool(self.granted) and self.suppressed is None


async def keep_consent(work: Work, party_id: UUID, channel: Channel, proof: Proof, *, granted: bool) -> Consent:
    """Note that the party agreed or took it back; who had unsubscribed by a link and agrees anew is sent messages again.

    Raises:
        RecordNotFound, RecordReadOnly: the party is out of the actor's reach.
        ConsentTextNotFound: there is no such text for this channel.
        Invalid: an agreement without a word about how, or one that lies in the future.
    """
    party = await party_row(work, party_id, "edit")
    if granted and not (proof.note.strip() or proof.text_id):
        raise Invalid(_("Say how it was agreed to, or which text was signed: without proof it counts for nothing."), field="note")
    if proof.at is not None and (proof.at.tzinfo is None or proof.at > clock.now()):
        raise Invalid(_("Give a moment in the past, with its time zone."), field="at")
    if proof.text_id is not None:
        await _text_of(work, proof.text_id, channel)
    consent = await _keep(work, party, channel, proof, granted=granted)
    if not granted:
        await work.publish(ConsentTakenBack(party_id=party.id, channel=channel.value))
    return consent


async def take_back(work: Work, party_id: UUID | None, channel: Channel, proof: Proof, *, address: str = "") -> Consent | None:
    """The party itself says that it wants no more; its address goes on the suppression list.  None for a party that is gone."""
    party = await _survivor(work, party_id)
    reached = address_key(channel, address) or (await address_of(work, party.id, channel) if party else None)
    if reached:
        await suppress(work, channel, reached, SuppressionReason.UNSUBSCRIBED, proof.note)
    if party is None:
        return None
    consent = await _keep(work, party, channel, proof, granted=False)
    await work.publish(ConsentTakenBack(party_id=party.id, channel=channel.value))
    return consent


async def agree_again(work: Work, party_id: UUID | None, channel: Channel, proof: Proof, *, address: str = "") -> Consent | None:
    """The party itself takes back that it wanted no more."""
    party = await _survivor(work, party_id)
    if reached := address_key(channel, address):
        await lift_unsubscribed(work, channel, reached)
    return await _keep(work, party, channel, proof, granted=True) if party else None


async def standings_of(work: Work, party_id: UUID) -> Sequence[Standing]:
    """How it stands with each channel.

    Raises:
        RecordNotFound: the party is out of the actor's reach.
    """
    await party_row(work, party_id)
    query = select(Consent).where(Consent.party_id == party_id).order_by(Consent.at.desc(), Consent.id.desc()).limit(HISTORY_MAX)
    rows = (await work.session.scalars(query)).all()
    found = []
    for channel in Channel:
        history = [row for row in rows if row.channel is channel]
        latest = [row.granted for row in history if row.latest]
        address = await address_of(work, party_id, channel) or ""
        listed = await suppressed_among(work, channel, [address]) if address else {}
        found.append(
            Standing(
                channel=channel,
                address=address,
                granted=all(latest) if latest else None,
                suppressed=listed.get(address),
                history=history,
            )
        )
    return found


async def address_of(work: Work, party_id: UUID, channel: Channel) -> str | None:
    """Where the party is reached: its own address, else that of the contact who decides."""
    raw = await work.session.scalar(select(raw_address(channel)).where(Party.id == party_id))
    return address_key(channel, raw)


def raw_address(channel: Channel) -> ColumnElement[str | None]:
    """As typed in, for a statement that selects from ``Party``; ``address_key`` tells whether it is one."""
    own, theirs = (Party.email, Contact.email) if channel is Channel.EMAIL else (Party.phone, Contact.phone)
    first = (
        select(theirs)
        .where(Contact.party_id == Party.id, theirs.is_not(None), theirs != "")
        .order_by(Contact.decides.desc(), Contact.created_at)
        .limit(1)
        .correlate(Party)
        .scalar_subquery()
    )
    return func.coalesce(func.nullif(own, ""), first)


def agreed(channel: Channel, party_id: ColumnElement[UUID] | None = None) -> ColumnElement[bool]:
    """The condition for parties that agreed to advertising by ``channel``; without ``party_id`` for a statement that selects from
    ``Party``.
    """
    party: Any = Party.id if party_id is None else party_id
    latest = select(Consent.party_id).where(Consent.channel == channel, Consent.latest)
    return and_(party.in_(latest.where(Consent.granted)), party.not_in(latest.where(not_(Consent.granted))))


async def agreed_among(work: Work, channel: Channel, party_ids: Sequence[UUID]) -> set[UUID]:
    """Those of the parties that agreed to advertising by ``channel``, and are still there."""
    return set(await work.session.scalars(select(Party.id).where(Party.id.in_(party_ids), Party.present(), agreed(channel))))


async def consent_texts(work: Work) -> Sequence[ConsentText]:
    """All texts, the newest of each channel first."""
    query = select(ConsentText).order_by(ConsentText.channel, ConsentText.number.desc()).limit(TEXTS_MAX)
    return (await work.session.scalars(query)).all()


async def current_text(work: Work, channel: Channel) -> ConsentText | None:
    """The text that people agree to now."""
    query = select(ConsentText).where(ConsentText.channel == channel).order_by(ConsentText.number.desc()).limit(1)
    found: ConsentText | None = await work.session.scalar(query)
    return found


async def write_text(work: Work, channel: Channel, body: str) -> ConsentText:
    """A new text; consents that were given keep naming the one that was read.

    Raises:
        Invalid: it is empty, or says what the present one says.
    """
    words = body.replace("\x00", "").strip()
    if not words:
        raise Invalid(_("Please fill this in."), field="body")
    # Two people who write at once get two numbers.
    await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("master_consent_text", 0))))
    present = await current_text(work, channel)
    if present is not None and present.body == words:
        raise Invalid(_("This is what the present text says."), field="body")
    text = ConsentText(channel=channel, number=present.number + 1 if present else 1, body=words, made_by=work.actor.name[:80])
    work.session.add(text)
    await work.session.flush()
    await record(work, "consent_text.written", f"consent_text:{text.id}", name=f"{channel.value} {text.number}", after={"text": words})
    return text


async def _keep(work: Work, party: Party, channel: Channel, proof: Proof, *, granted: bool) -> Consent:
    await work.session.execute(select(Party.id).where(Party.id == party.id).with_for_update())
    older = update(Consent).where(Consent.party_id == party.id, Consent.channel == channel, Consent.latest)
    await work.session.execute(older.values(latest=False).execution_options(synchronize_session="fetch"))
    address = await address_of(work, party.id, channel)
    by_staff = work.actor.kind != "system"
    consent = Consent(
        party_id=party.id,
        channel=channel,
        granted=granted,
        at=proof.at or clock.now(),
        address=address or "",
        source=proof.source,
        note=proof.note.strip()[:300],
        text_id=proof.text_id,
        by_id=work.actor.id if by_staff else None,
        by_name=work.actor.name[:80] if by_staff else "",
        ip=proof.ip[:45],
        agent=proof.agent[:300],
    )
    work.session.add(consent)
    if granted and address:
        await lift_unsubscribed(work, channel, address)
    await work.session.flush()
    await record(work, "consent.given" if granted else "consent.withdrawn", f"party:{party.id}", name=party.name, after=_facts(consent))
    return consent


async def _survivor(work: Work, party_id: UUID | None) -> Party | None:
    found = await work.session.get(Party, party_id) if party_id else None
    return await work.session.get(Party, found.merged_into_id) if found is not None and found.merged_into_id else found


async def _text_of(work: Work, text_id: UUID, channel: Channel) -> ConsentText:
    found = await work.session.get(ConsentText, text_id)
    if found is None or found.channel is not channel:
        raise ConsentTextNotFound(_("There is no such text for this channel."), field="text_id")
    return found


def _facts(consent: Consent) -> Mapping[str, Any]:
    return {"channel": consent.channel.value, "address": consent.address, "source": consent.source.value, "note": consent.note}
