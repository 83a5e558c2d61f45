"""Files and photographs of timeline entries: who sees the entry sees them, who wrote it adds and removes them."""

import asyncio
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from kernel.errors import Conflict, NotFound
from kernel.files import INLINE, Upload, checked
from kernel.i18n import gettext as _
from kernel.pictures import small, without_traces
from kernel.work import Work
from master_data.timeline.model import Activity, ActivityFile
from master_data.timeline.service import activity_within_reach, require_author

FILES_MAX = 10
NOT_KEPT = ("image/tiff",)
"""No phone takes them, and nobody can say what they tell about the place."""


class FileNotFound(NotFound):
    code = "activity_file_not_found"


class TooManyFiles(Conflict):
    code = "too_many_files"


@dataclass(frozen=True, kw_only=True)
class FileView:
    """A file without its content."""

    id: UUID
    activity_id: UUID
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    added_by: str
    created_at: datetime

    @property
    def picture(self) -> bool:
        return self.media_type in INLINE


async def files_of(work: Work, activity_ids: Collection[UUID]) -> dict[UUID, list[FileView]]:
    """The files of each of the entries that has some, the first one added first.  Whoever asks has looked at the entries."""
    columns = [getattr(ActivityFile, name) for name in FileView.__dataclass_fields__]
    query = select(*columns).where(ActivityFile.activity_id.in_(activity_ids)).order_by(ActivityFile.created_at, ActivityFile.id)
    found: dict[UUID, list[FileView]] = {}
    for row in await work.session.execute(query) if activity_ids else ():
        found.setdefault(row.activity_id, []).append(FileView(**row._mapping))
    return found


async def add_files(work: Work, entry: Activity, uploads: Sequence[Upload], *, keep_location: bool = False) -> list[FileView]:
    """Put files to an entry of the actor's own.  Photographs lose what they tell about the place, unless ``keep_location``.

    Raises:
        ActivityNotYours: somebody else wrote the entry.
        FileTooLarge, FileTypeRefused: what a file is tells its content, not its name.
        TooManyFiles: the entry would have more than ``FILES_MAX``.
    """
    require_author(work, entry)
    await work.session.scalar(select(Activity.id).where(Activity.id == entry.id).with_for_update())
    there = await work.session.scalar(select(func.count()).select_from(ActivityFile).where(ActivityFile.activity_id == entry.id)) or 0
    if there + len(uploads) > FILES_MAX:
        raise TooManyFiles(_("An entry keeps at most %(most)s files; write another one.", most=FILES_MAX), field="files")
    rows = []
    for upload in uploads:
        name, media_type = checked(upload, without=NOT_KEPT, field="files")
        content, shown = upload.content, None
        if media_type in INLINE:
            content, shown = await asyncio.to_thread(_picture, content, media_type, keep_location)
        row = ActivityFile(
            activity_id=entry.id, name=name, media_type=media_type, size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest(),
            content=content, small=shown, added_by=work.actor.name[:80],
        )  # fmt: skip
        work.session.add(row)
        rows.append(row)
    await work.session.flush()
    return [FileView(**{name: getattr(row, name) for name in FileView.__dataclass_fields__}) for row in rows]


async def file_within_reach(work: Work, file_id: UUID, *, with_small: bool = False, with_content: bool = True) -> ActivityFile:
    """A file of an entry that the actor may see.

    Raises:
        FileNotFound: there is none, or not for them.
    """
    wanted = [undefer(ActivityFile.content)] if with_content else []
    wanted += [undefer(ActivityFile.small)] if with_small else []
    file = await work.session.scalar(select(ActivityFile).where(ActivityFile.id == file_id).options(*wanted))
    missing = FileNotFound(_("There is no such file."))
    if file is None:
        raise missing
    try:
        await activity_within_reach(work, file.activity_id)
    except NotFound:
        raise missing from None
    return file


async def remove_file(work: Work, file_id: UUID) -> None:
    """Take a file away from an entry of the actor's own.

    Raises:
        FileNotFound, ActivityNotYours
    """
    file = await file_within_reach(work, file_id, with_content=False)
    require_author(work, await activity_within_reach(work, file.activity_id))
    await work.session.delete(file)
    await work.session.flush()


def _picture(content: bytes, media_type: str, keep_location: bool) -> tuple[bytes, bytes]:  # noqa: FBT001 - runs in a thread, by position
    return content if keep_location else without_traces(content, media_type), small(content)
