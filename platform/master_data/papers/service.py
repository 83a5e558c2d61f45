"""Keeping, showing and finding identity papers."""

import hashlib
import hmac
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from identity.audit import record
from kernel.database import Database
from kernel.errors import Conflict, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.sealing import SealBroken, seal, unseal
from kernel.settings import Settings
from kernel.work import Work
from master_data.papers.model import Paper
from master_data.papers.numbers import PaperKind, clean
from master_data.parties.access import party_row
from master_data.parties.model import Party, PartyKind
from master_data.parties.names import masked as masked_name
from master_data.scopes.masking import masked_value
from master_data.scopes.rights import visible

READ, WRITE = "master.paper.read", "master.paper.write"
SEALING, _MARKING = "identity-papers", "identity-paper-marks"


class PaperNotFound(NotFound):
    code = "paper_not_found"


class PaperTaken(Conflict):
    """Somebody else has this number."""

    code = "paper_taken"


class PaperUnreadable(Conflict):
    """It was sealed with another secret key than this installation has."""

    code = "paper_unreadable"


async def paper_of(work: Work, party_id: UUID) -> Paper | None:
    """The party's paper, where the party is within reach; its number stays sealed."""
    await party_row(work, party_id)
    paper: Paper | None = await work.session.scalar(select(Paper).where(Paper.party_id == party_id))
    return paper


async def keep_paper(work: Work, party_id: UUID, kind: PaperKind, number: str) -> Paper:
    """Keep the number of a person's paper, in place of the one before.

    Raises:
        Invalid: the party is no person.
        PaperNumberWrong: it cannot be a number of such a paper.
        PaperTaken: another party has it.
    """
    party = await party_row(work, party_id, "edit")
    if party.kind is not PartyKind.PERSON:
        raise Invalid(_("Only persons have identity papers."), field="kind")
    text = clean(kind, number)
    settings, mark = settings_of_installation(work), mark_of(work, kind, text)
    other = (await taken_by(work, [mark])).get(mark)
    if other is not None and other[0] != party_id:
        raise PaperTaken(_("%(name)s has this number already; merge the two, or check the number.", name=other[1]), field="number")
    paper = await work.session.scalar(select(Paper).where(Paper.party_id == party_id).with_for_update())
    before = {"kind": paper.kind.value, "number": paper.shown} if paper else None
    if paper is None:
        paper = Paper(party_id=party_id)
        work.session.add(paper)
    paper.kind, paper.mark, paper.shown = kind, mark, masked_value(text)
    paper.sealed = seal(settings.derive(SEALING), str(party_id), text)
    try:
        async with work.session.begin_nested():
            await work.session.flush()
    except IntegrityError as error:
        raise PaperTaken(_("Somebody else was given this number just now."), field="number") from error
    await record(work, "paper.kept", f"party:{party_id}", name=party.name, before=before, after={"kind": kind.value, "number": paper.shown})
    return paper


async def show_number(work: Work, party_id: UUID) -> str:
    """The whole number; that it was looked at is kept in the audit log.

    Raises:
        PaperNotFound: the party has no paper.
        PaperUnreadable: it was sealed by another installation.
    """
    work.require(READ)
    party = await party_row(work, party_id)
    paper = await _the_paper(work, party_id)
    try:
        number = unseal(settings_of_installation(work).derive(SEALING), str(party_id), paper.sealed)
    except SealBroken as error:
        message = _("This number was sealed with another secret key; enter it again, or restore the key of the installation.")
        raise PaperUnreadable(message) from error
    await record(work, "paper.shown", f"party:{party_id}", name=party.name, after={"number": paper.shown})
    return number


async def drop_paper(work: Work, party_id: UUID) -> None:
    """Forget the number.

    Raises:
        PaperNotFound: there is none.
    """
    party = await party_row(work, party_id, "edit")
    paper = await _the_paper(work, party_id)
    await work.session.delete(paper)
    await work.session.flush()
    await record(work, "paper.dropped", f"party:{party_id}", name=party.name, before={"number": paper.shown})


async def find_by_number(work: Work, kind: PaperKind, number: str) -> UUID | None:
    """The party with this number, where it is within the actor's reach."""
    mark = mark_of(work, kind, clean(kind, number))
    reach = await visible(work, Party, Party.rights_stem)
    found: UUID | None = await work.session.scalar(
        select(Paper.party_id).join(Party, Party.id == Paper.party_id).where(Paper.mark == mark, reach)
    )
    return found


async def taken_by(work: Work, marks: Sequence[str]) -> dict[str, tuple[UUID, str]]:
    """Whose the numbers of these marks are, and what the actor may know of their names."""
    reach = (await visible(work, Party, Party.rights_stem)).label("seen")
    query = select(Paper.mark, Party.id, Party.name, reach).join(Party, Paper.party_id == Party.id).where(Paper.mark.in_(marks))
    rows = await work.session.execute(query)
    return {mark: (party_id, name if seen else masked_name(name)) for mark, party_id, name, seen in rows}


def mark_of(work: Work, kind: PaperKind, number: str) -> str:
    """What tells equal numbers without telling them; ``number`` is clean."""
    key = bytes.fromhex(settings_of_installation(work).derive(_MARKING))
    return hmac.new(key, f"{kind}:{number}".encode(), hashlib.sha256).hexdigest()


async def _the_paper(work: Work, party_id: UUID) -> Paper:
    paper: Paper | None = await work.session.scalar(select(Paper).where(Paper.party_id == party_id))
    if paper is None:
        raise PaperNotFound(_("No identity paper is kept for this person."))
    return paper


def settings_of_installation(work: Work) -> Settings:
    database: Database = work.session.info["database"]
    if database.settings is None:
        raise LookupError("the database knows no settings of an installation")
    return database.settings
