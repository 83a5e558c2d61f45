"""What a party that agreed was seen to do: pages looked at, products asked about."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from sqlalchemy import select

from kernel import clock
from kernel.errors import Conflict, Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.parties.access import party_row
from master_data.parties.merging_model import Behaviour
from master_data.products.model import Product

SHOWN = 50


class ConsentMissing(Conflict):
    """The party did not agree to having its behaviour kept."""

    code = "consent_missing"


class BehaviourInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``kind`` is ``page_view``, ``product_interest`` or a word of your own; ``subject`` the page or what it was about."""

    kind: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    subject: Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
    product_id: UUID | None = None
    at: datetime | None = None


class BehaviourRead(msgspec.Struct, kw_only=True):
    id: UUID
    kind: str
    subject: str
    product_id: UUID | None
    at: datetime

    @classmethod
    def of(cls, b: Behaviour) -> "BehaviourRead":
        return cls(id=b.id, kind=b.kind, subject=b.subject, product_id=b.product_id, at=b.at)


async def keep_behaviour(work: Work, party_id: UUID, data: BehaviourInput) -> Behaviour:
    """Keep what the party was seen to do.

    Raises:
        ConsentMissing: it did not agree.
        Invalid: no such product, or the moment lies in the future.
    """
    party = await party_row(work, party_id)
    if not party.behaviour_consent:
        raise ConsentMissing(_("%(name)s did not agree to having this kept.", name=party.name))
    if data.product_id is not None and await work.session.get(Product, data.product_id) is None:
        raise Invalid(_("There is no such product."), field="product_id")
    if data.at is not None and (data.at.tzinfo is None or data.at > clock.now()):
        raise Invalid(_("Give a moment in the past, with its time zone."), field="at")
    values: dict[str, Any] = msgspec.structs.asdict(data) | {"at": data.at or clock.now()}
    behaviour = Behaviour(party_id=party_id, **values)
    work.session.add(behaviour)
    await work.session.flush()
    return behaviour


async def behaviour_of(work: Work, party_id: UUID) -> Sequence[Behaviour]:
    """The latest of what the party was seen to do."""
    query = select(Behaviour).where(Behaviour.party_id == party_id).order_by(Behaviour.at.desc(), Behaviour.id.desc()).limit(SHOWN)
    return (await work.session.scalars(query)).all()


class BehaviourController(Controller):
    path = "/parties/{party_id:uuid}/events"
    tags = ("Customers and suppliers",)

    @get("/", opt={"permission": "master.party.read"}, operation_id="ListPartyEvents")
    async def list_events(self, work: NamedDependency[Work], party_id: FromPath[UUID]) -> list[BehaviourRead]:
        """The latest 50 of what the party was seen to do."""
        await party_row(work, party_id)
        return [BehaviourRead.of(behaviour) for behaviour in await behaviour_of(work, party_id)]

    @post("/", opt={"permission": "master.party.update"}, operation_id="AddPartyEvent")
    async def add_event(self, work: NamedDependency[Work], party_id: FromPath[UUID], data: JSONBody[BehaviourInput]) -> BehaviourRead:
        """Keep a page view or an interest.  409 ``consent_missing`` where the party did not agree."""
        return BehaviourRead.of(await keep_behaviour(work, party_id, data))
