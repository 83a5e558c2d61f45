"""The timeline of leads and opportunities over REST: what the entries look like."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec

from kernel.work import Work
from master_data.api import Activity, ActivityFileRead, ActivityKind, FileView, Where, files_of


class ActivityInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A contact: how, what was said, and when to be in touch again."""

    body: Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
    kind: ActivityKind = ActivityKind.NOTE
    next_contact_on: date | None = None
    private: bool = False
    place: Annotated[str, msgspec.Meta(max_length=200)] = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None

    def given(self) -> dict[str, Any]:
        """What the service takes."""
        values = msgspec.structs.asdict(self)
        return values | {"where": Where(place=values.pop("place"), latitude=values.pop("latitude"), longitude=values.pop("longitude"))}


class ActivityRead(msgspec.Struct, kw_only=True):
    id: UUID
    kind: ActivityKind
    body: str
    at: datetime
    author_name: str
    next_contact_on: date | None
    private: bool
    place: str | None
    latitude: Decimal | None
    longitude: Decimal | None
    files: list[ActivityFileRead]

    @classmethod
    def of(cls, entry: Activity, files: Sequence[FileView] = ()) -> "ActivityRead":
        plain = {name: getattr(entry, name) for name in cls.__struct_fields__ if name != "files"}
        return cls(**plain, files=[ActivityFileRead.of(file) for file in files])


async def entries_read(work: Work, entries: Sequence[Activity]) -> list[ActivityRead]:
    """The entries with their files."""
    files = await files_of(work, [entry.id for entry in entries])
    return [ActivityRead.of(entry, files.get(entry.id, ())) for entry in entries]
