"""A party as the actor may have it, for what hangs on parties."""

from uuid import UUID

from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.parties.model import Party
from master_data.scopes.rights import require_visible
from vertical.guarding import RecordNotFound, RecordReadOnly

STEM = "master.party"


async def party_row(work: Work, party_id: UUID, act: str = "read") -> Party:
    """The party, to ``read`` or to ``edit`` what hangs on it.

    Raises:
        RecordNotFound: there is none within reach.
        RecordReadOnly: the actor may only see it.
    """
    party: Party | None = await work.session.get(Party, party_id)
    if party is None:
        raise RecordNotFound(_("This record does not exist, or was deleted."))
    await require_visible(work, party, STEM, "edit" if act == "edit" else "read")
    return party


async def may_edit(work: Work, party: Party) -> bool:
    """Whether the actor may change the party: by permission, and by their reach."""
    if not work.actor.may(f"{STEM}.update"):
        return False
    try:
        await require_visible(work, party, STEM, "edit")
    except RecordReadOnly:
        return False
    return True
