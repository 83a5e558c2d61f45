"""Tags: what a company offers, learnt from what people write."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, true
from sqlalchemy.dialects.postgresql import insert

from kernel.ids import new_id
from kernel.work import Work
from master_data.tags.model import Tag

TAGS_MAX = 500


async def tag_names(work: Work) -> Sequence[str]:
    """The tags that the company knows, by name."""
    return (await work.session.scalars(select(Tag.name).order_by(Tag.name).limit(TAGS_MAX))).all()


async def remember_tags(work: Work, model: Any, ids: Sequence[UUID]) -> None:
    """Add the tags of the records to those the company knows."""
    # After a large file the whole table is looked through: one scan instead of a hundred thousand ids.
    these = model.id.in_(ids) if len(ids) < TAGS_MAX else true()
    names = (await work.session.scalars(select(func.unnest(model.tags)).where(model.tags.is_not(None), these).distinct())).all()
    if names:
        rows = [{"id": new_id(), "name": name} for name in names]
        await work.session.execute(insert(Tag).on_conflict_do_nothing(index_elements=["name"]), rows)
