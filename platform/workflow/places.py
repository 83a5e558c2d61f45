"""Where a list goes on: a moment and an id, as an address names them."""

from datetime import datetime
from uuid import UUID


def place(at: datetime, row_id: UUID) -> str:
    return f"{at.isoformat()}~{row_id}"


def place_of(text: str) -> tuple[datetime, UUID] | None:
    """As ``place`` wrote it; an address that somebody edited starts at the beginning."""
    at, _separator, row_id = text.replace(" ", "+").partition("~")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, UUID(row_id)) if moment.tzinfo else None
    except ValueError:
        return None
