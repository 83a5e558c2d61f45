"""Asking somebody else's code a question within a transaction, without letting it write."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from kernel.work import Work


@asynccontextmanager
async def reading_only(work: Work) -> AsyncIterator[None]:
    """Within the block the database refuses to write; whatever was done to the transaction is undone at its end."""
    savepoint = await work.session.begin_nested()
    try:
        await work.session.execute(text("SET LOCAL transaction_read_only = on"))
        yield
    finally:
        await savepoint.rollback()
