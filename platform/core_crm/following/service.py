"""Noting contacts, and reading them."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from sqlalchemy import select, update

from core_crm.following.model import FollowKind, FollowUp
from kernel import clock
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work

SHOWN = 100


class FollowUpInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A contact: what was said, and when to be in touch again."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
    kind: FollowKind = FollowKind.NOTE
    next_on: date | None = None


async def note(
    work: Work, data: FollowUpInput, *, lead_id: UUID | None = None, party_id: UUID | None = None, opportunity_id: UUID | None = None
) -> FollowUp:
    """Note a contact.  The caller has made sure that the actor may see what it is about.

    Raises:
        Invalid: it says nothing, or the next contact lies in the past.
    """
    if not data.text.strip():
        raise Invalid(_("Write what was said or done."), field="text")
    if data.next_on is not None and data.next_on < work.today():
        raise Invalid(_("The next contact is today or later."), field="next_on")
    followed = FollowUp(
        id=new_id(),
        lead_id=lead_id,
        party_id=party_id,
        opportunity_id=opportunity_id,
        kind=data.kind,
        text=data.text.strip(),
        at=clock.now(),
        by=work.actor.name[:80],
        next_on=data.next_on,
    )
    work.session.add(followed)
    await work.session.flush()
    return followed


async def follow_ups(
    work: Work, *, lead_id: UUID | None = None, party_id: UUID | None = None, opportunity_id: UUID | None = None
) -> Sequence[FollowUp]:
    """The latest contacts of one record, the newest first."""
    column, value = next(
        (column, value)
        for column, value in ((FollowUp.lead_id, lead_id), (FollowUp.opportunity_id, opportunity_id), (FollowUp.party_id, party_id))
        if value is not None
    )
    query = select(FollowUp).where(column == value).order_by(FollowUp.at.desc(), FollowUp.id.desc()).limit(SHOWN)
    return (await work.session.scalars(query)).all()


async def carry_over(work: Work, lead_id: UUID, *, party_id: UUID, opportunity_id: UUID | None) -> None:
    """What was noted at a lead also stands at what it became."""
    await work.session.execute(
        update(FollowUp)
        .where(FollowUp.lead_id == lead_id)
        .values(party_id=party_id, opportunity_id=opportunity_id)
        .execution_options(synchronize_session=False)
    )
