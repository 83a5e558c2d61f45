"""Numbers of identity papers out of a file: checked all at once, sealed, and taken back with the import.

A file adds numbers and replaces none: what a person looked at and kept is changed on the person's page only.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from identity.audit import record
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.sealing import seal
from kernel.work import Work
from master_data.papers.model import Paper
from master_data.papers.numbers import PaperKind
from master_data.papers.service import SEALING, WRITE, PaperTaken, mark_of, settings_of_installation, taken_by
from master_data.scopes.masking import masked_value
from vertical import RowProblem

NUMBER, KIND = "paper.number", "paper.kind"
"""What the columns of a file are called."""


@dataclass(frozen=True, kw_only=True)
class Filed:
    """The paper in one row.  ``party_id`` is the person, None until a new one is written.  ``number`` is clean, and told nowhere."""

    position: int
    name: str
    kind: PaperKind
    number: str = field(repr=False)
    party_id: UUID | None = None


async def check_filed(work: Work, filed: Sequence[Filed]) -> list[RowProblem]:
    """What stands against keeping the numbers, in view of each other and of those that are kept."""
    marks = {each.position: mark_of(work, each.kind, each.number) for each in filed}
    twice = {mark for mark, count in Counter(marks.values()).items() if count > 1}
    kept = {paper.party_id: paper for paper in await _papers_of(work, filed)}
    taken = await taken_by(work, sorted(set(marks.values()))) if filed else {}
    problems = []
    for each in filed:
        mark, there = marks[each.position], kept.get(each.party_id) if each.party_id else None
        other = taken.get(mark)
        message = ""
        if mark in twice:
            message = _("This number stands in the file more than once.")
        elif other is not None and other[0] != each.party_id:
            message = _("%(name)s has this number already; merge the two, or check the number.", name=other[1])
        elif there is not None and there.mark != mark:
            message = _("Another number is kept for this person: %(number)s. Change it on the person's page.", number=there.shown)
        if message:
            problems.append(RowProblem(position=each.position, field=NUMBER, message=message))
    return problems


async def keep_filed(work: Work, filed: Sequence[Filed]) -> list[UUID]:
    """Seal the numbers of persons, who are all written by now; those who had none before are answered.

    Raises:
        Forbidden
        PaperTaken: somebody else was given one of the numbers just now.
    """
    if not filed:
        return []
    work.require(WRITE)
    kept = {paper.party_id for paper in await _papers_of(work, filed)}
    key, given = settings_of_installation(work).derive(SEALING), []
    for each in filed:
        if each.party_id is None or each.party_id in kept:
            continue
        shown = masked_value(each.number)
        sealed, mark = seal(key, str(each.party_id), each.number), mark_of(work, each.kind, each.number)
        work.session.add(Paper(id=new_id(), party_id=each.party_id, kind=each.kind, sealed=sealed, mark=mark, shown=shown))
        await record(work, "paper.kept", f"party:{each.party_id}", name=each.name, after={"kind": each.kind.value, "number": shown})
        given.append(each.party_id)
    try:
        async with work.session.begin_nested():
            await work.session.flush()
    except IntegrityError as error:
        raise PaperTaken(_("Somebody else was given one of these numbers just now; check again."), field="file") from error
    return given


async def drop_filed(work: Work, party_ids: Sequence[UUID]) -> None:
    """Forget numbers that a file brought and nobody has changed since."""
    if party_ids:
        await work.session.execute(delete(Paper).where(Paper.party_id.in_(party_ids), Paper.version == 1))


async def _papers_of(work: Work, filed: Sequence[Filed]) -> Sequence[Paper]:
    wanted = {each.party_id for each in filed if each.party_id is not None}
    return (await work.session.scalars(select(Paper).where(Paper.party_id.in_(wanted)))).all() if wanted else []
