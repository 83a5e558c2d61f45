"""REST API of consents, of the texts that people agree to, and of the suppression list."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from identity.audit import record
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.consents.model import Consent, ConsentSource, ConsentText
from master_data.consents.service import Proof, Standing, consent_texts, keep_consent, standings_of, write_text
from master_data.consents.shown import shown_address
from messaging.channels import Channel
from messaging.suppression.model import Suppression, SuppressionReason
from messaging.suppression.service import PAGE_ROWS, lift, list_suppressed, suppress

MANAGE = {"permission": "master.consent.manage"}


class ConsentInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``note`` says how it came about; ``text_id`` which text was read; ``at`` when, where it was not now."""

    channel: Channel
    granted: bool
    source: ConsentSource = ConsentSource.API
    note: Annotated[str, msgspec.Meta(max_length=300)] = ""
    text_id: UUID | None = None
    at: datetime | None = None
    ip: Annotated[str, msgspec.Meta(max_length=45)] = ""
    agent: Annotated[str, msgspec.Meta(max_length=300)] = ""


class ConsentRead(msgspec.Struct, kw_only=True):
    id: UUID
    channel: Channel
    granted: bool
    at: datetime
    address: str
    source: ConsentSource
    note: str
    text_id: UUID | None
    by_name: str
    ip: str
    agent: str

    @classmethod
    async def of(cls, work: Work, consent: Consent) -> "ConsentRead":
        values = {name: getattr(consent, name) for name in cls.__struct_fields__}
        return cls(**values | {"address": await shown_address(work, consent.channel, consent.address)})


class StandingRead(msgspec.Struct, kw_only=True):
    """``granted`` is null where nobody asked; ``reachable`` whether advertising may be sent."""

    channel: Channel
    address: str
    granted: bool | None
    suppressed: SuppressionReason | None
    reachable: bool
    history: list[ConsentRead]

    @classmethod
    async def of(cls, work: Work, s: Standing) -> "StandingRead":
        return cls(
            channel=s.channel,
            address=await shown_address(work, s.channel, s.address),
            granted=s.granted,
            suppressed=s.suppressed,
            reachable=s.reachable,
            history=[await ConsentRead.of(work, consent) for consent in s.history],
        )


class ConsentTextInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    channel: Channel
    body: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]


class ConsentTextRead(msgspec.Struct, kw_only=True):
    id: UUID
    channel: Channel
    number: int
    body: str
    made_by: str
    created_at: datetime

    @classmethod
    def of(cls, text: ConsentText) -> "ConsentTextRead":
        return cls(**{name: getattr(text, name) for name in cls.__struct_fields__})


class SuppressionInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    channel: Channel
    address: Annotated[str, msgspec.Meta(min_length=3, max_length=254)]
    detail: Annotated[str, msgspec.Meta(max_length=300)] = ""


class SuppressionRead(msgspec.Struct, kw_only=True):
    id: UUID
    channel: Channel
    address: str
    reason: SuppressionReason
    detail: str
    created_at: datetime

    @classmethod
    def of(cls, row: Suppression) -> "SuppressionRead":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class SuppressionPage(msgspec.Struct, kw_only=True):
    items: list[SuppressionRead]
    next: UUID | None


class ConsentController(Controller):
    path = "/parties/{party_id:uuid}/consents"
    tags = ("Consents",)

    @get("/", opt={"permission": "master.party.read"}, operation_id="ListPartyConsents")
    async def list_consents(self, work: NamedDependency[Work], party_id: FromPath[UUID]) -> list[StandingRead]:
        """How it stands with each channel, with what was agreed to and taken back."""
        return [await StandingRead.of(work, standing) for standing in await standings_of(work, party_id)]

    @post("/", opt={"permission": "master.party.update"}, operation_id="KeepPartyConsent")
    async def keep(self, work: NamedDependency[Work], party_id: FromPath[UUID], data: JSONBody[ConsentInput]) -> ConsentRead:
        """Note that the party agreed, or took it back."""
        proof = Proof(source=data.source, note=data.note, text_id=data.text_id, at=data.at, ip=data.ip, agent=data.agent)
        return await ConsentRead.of(work, await keep_consent(work, party_id, data.channel, proof, granted=data.granted))


class ConsentTextController(Controller):
    path = "/consent-texts"
    tags = ("Consents",)

    @get("/", opt={"permission": "master.party.read"}, operation_id="ListConsentTexts")
    async def list_texts(self, work: NamedDependency[Work]) -> list[ConsentTextRead]:
        """All texts, the newest of each channel first."""
        return [ConsentTextRead.of(text) for text in await consent_texts(work)]

    @post("/", opt=MANAGE, operation_id="WriteConsentText")
    async def write(self, work: NamedDependency[Work], data: JSONBody[ConsentTextInput]) -> ConsentTextRead:
        """A new text; what was agreed to keeps its own."""
        return ConsentTextRead.of(await write_text(work, data.channel, data.body))


class SuppressionController(Controller):
    path = "/suppressions"
    tags = ("Consents",)

    @get("/", opt=MANAGE, operation_id="ListSuppressions")
    async def list_rows(
        self, work: NamedDependency[Work], q: FromQuery[str] = "", after: FromQuery[UUID | None] = None, limit: FromQuery[int] = PAGE_ROWS
    ) -> SuppressionPage:
        """Addresses to which nothing is sent, the newest first."""
        if not 1 <= limit <= 200:
            raise Invalid(_("limit is between 1 and %(most)s.", most=200), field="limit")
        rows, following = await list_suppressed(work, search=q, after=after, limit=limit)
        return SuppressionPage(items=[SuppressionRead.of(row) for row in rows], next=following)

    @post("/", opt=MANAGE, operation_id="Suppress")
    async def add(self, work: NamedDependency[Work], data: JSONBody[SuppressionInput]) -> None:
        """Send nothing to an address any more."""
        await suppress_by_hand(work, data.channel, data.address, data.detail)

    @delete("/{suppression_id:uuid}", opt=MANAGE, operation_id="LiftSuppression")
    async def remove(self, work: NamedDependency[Work], suppression_id: FromPath[UUID]) -> None:
        """Take an address off the list."""
        await lift_by_hand(work, suppression_id)


async def suppress_by_hand(work: Work, channel: Channel, address: str, detail: str = "") -> None:
    """Enter an address, and note who did."""
    key = await suppress(work, channel, address, SuppressionReason.MANUAL, detail.strip() or work.actor.name)
    await record(work, "suppression.added", f"suppression:{key}", name=key, after={"channel": channel.value})


async def lift_by_hand(work: Work, suppression_id: UUID) -> None:
    """Take an address off the list, and note who did."""
    gone = await lift(work, suppression_id)
    before = {"channel": gone.channel.value, "reason": gone.reason.value}
    await record(work, "suppression.lifted", f"suppression:{gone.address}", name=gone.address, before=before)
