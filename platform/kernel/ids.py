"""Identifiers: UUID version 7, so that new rows land at the end of an index."""

from uuid import UUID

import uuid_utils


def new_id() -> UUID:
    """A fresh UUIDv7, ordered by time of creation."""
    return UUID(bytes=uuid_utils.uuid7().bytes)
