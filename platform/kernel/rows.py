"""Rows that a transaction has to itself."""

from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

Row = TypeVar("Row")


async def locked_row(session: AsyncSession, model: type[Row], key: Any) -> Row | None:
    """The row of the id ``key``, locked, as it is now; None where there is none.

    ``session.get`` with a lock will not do for a row that was read before: where somebody wrote it in between, it takes the newer
    version for a conflict and raises, although nothing of ours rests on the older one.
    """
    query = select(model).where(model.id == key)  # type: ignore[attr-defined]
    return await session.scalar(query.with_for_update().execution_options(populate_existing=True))
