"""Asking for approval by hand, where a kind lets members do so."""

from collections.abc import Sequence
from uuid import UUID

from kernel.errors import NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from vertical import ApprovalKind
from workflow.approvals.flows import approval_kinds
from workflow.approvals.model import Approval
from workflow.approvals.service import request_approval
from workflow.records import find_record


class NotByHand(NotFound):
    """The document itself asks when it comes to that, or there is no such kind."""

    code = "approval_not_by_hand"


def by_hand(work: Work, stem: str) -> Sequence[ApprovalKind]:
    """Kinds that the actor may ask for on a record's page."""
    if not work.actor.may(f"{stem}.update"):
        return ()
    return [kind for kind in approval_kinds(work).values() if kind.stem == stem and kind.gather is not None]


async def ask_by_hand(work: Work, key: str, record_id: UUID, *, note: str = "") -> Approval | None:
    """Ask for approval of a record that the actor may edit; None: nothing needs approval.

    Raises:
        NotByHand
        RecordNotFound, RecordReadOnly, Forbidden
        ApprovalPending: it waits already.
    """
    kind = approval_kinds(work).get(key)
    if kind is None or kind.gather is None:
        raise NotByHand(_("This cannot be asked for by hand."))
    work.require(f"{kind.stem}.update")
    await find_record(work, kind.stem, record_id, act="edit")
    return await request_approval(work, kind=key, record=(kind.stem, record_id), facts=await kind.gather(work, record_id), note=note)
