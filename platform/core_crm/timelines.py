"""The timeline of leads and opportunities over REST: what the entries look like."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

import msgspec

from master_data.api import Activity, ActivityKind


class ActivityInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A contact: how, what was said, and when to be in touch again."""

    body: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
    kind: ActivityKind = ActivityKind.NOTE
    next_contact_on: date | None = None
    private: bool = False


class ActivityRead(msgspec.Struct, kw_only=True):
    id: UUID
    kind: ActivityKind
    body: str
    at: datetime
    author_name: str
    next_contact_on: date | None
    private: bool

    @classmethod
    def of(cls, entry: Activity) -> "ActivityRead":
        return cls(**{name: getattr(entry, name) for name in cls.__struct_fields__})
