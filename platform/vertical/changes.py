"""Which records a transaction has written, told to whoever follows them up after the commit.

Rows that the ORM writes are seen by themselves; statements of this package say what they wrote.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

WRITTEN, WRITTEN_MANY = "written", "written_many"
OWNERS_TOLD = "owners_told"
"""In ``session.info``, and among what a record was before: whoever writes it tells those who are in charge from then on."""
CHAIN = "rule_chain"
"""In ``session.info``: the rules that stand behind what is written at the moment."""


@dataclass
class Written:
    """One record.  ``before`` holds what its changed fields were before the transaction; a new record has nothing there.

    ``values`` are those that were written last, None where whoever wrote them did not say.  ``owner_told``: who is in charge
    from now on hears of it from whoever wrote it.
    """

    stem: str
    record_id: UUID
    created: bool = False
    rules: tuple[str, ...] = ()
    before: dict[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] | None = None
    owner_told: bool = False


@contextmanager
def owners_told(session: AsyncSession) -> Iterator[None]:
    """What is written within the block is told to new owners by the caller, all at once, and not record by record."""
    before = session.info.get(OWNERS_TOLD, False)
    session.info[OWNERS_TOLD] = True
    try:
        yield
    finally:
        session.info[OWNERS_TOLD] = before


def note_written(
    session: AsyncSession | Session,
    stem: str,
    record_id: UUID,
    *,
    created: bool = False,
    before: Mapping[str, Any] | None = None,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Remember that the open transaction wrote a record; of several changes of a field the oldest value stays."""
    known: dict[tuple[str, UUID], Written] = session.info.setdefault(WRITTEN, {})
    entry = known.setdefault((stem, record_id), Written(stem, record_id, created))
    entry.before = {**(before or {}), **entry.before}
    entry.rules = tuple(dict.fromkeys((*entry.rules, *session.info.get(CHAIN, ()))))
    entry.values = values
    entry.owner_told = entry.owner_told or session.info.get(OWNERS_TOLD, False)


def last_written(session: AsyncSession | Session, stem: str, ids: Sequence[UUID]) -> list[Mapping[str, Any]] | None:
    """The values that were just written to the records; None where not all of them are known."""
    known: dict[tuple[str, UUID], Written] = session.info.get(WRITTEN, {})
    found = [entry.values for record_id in ids if (entry := known.get((stem, record_id))) is not None and entry.values is not None]
    return found if len(found) == len(ids) else None


def note_all_written(session: AsyncSession | Session, stem: str, ids: Iterable[UUID]) -> None:
    """As ``note_written``, for new records of a file, which may be many."""
    session.info.setdefault(WRITTEN_MANY, []).append((stem, list(ids)))


def take_written(session: Session) -> tuple[list[Written], list[tuple[str, list[UUID]]]]:
    """What was remembered, once: records one by one, and the new ones of files by their stem."""
    return list((session.info.pop(WRITTEN, None) or {}).values()), session.info.pop(WRITTEN_MANY, None) or []
