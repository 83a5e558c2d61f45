"""A record's timeline handed out: a table of the entries and their files, in one archive."""

import io
import zipfile
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import undefer

from kernel.errors import Conflict
from kernel.i18n import gettext as _
from kernel.sheets import as_file
from kernel.work import Work
from master_data.scopes.rights import require_visible
from master_data.timeline.files import files_of
from master_data.timeline.model import Activity, ActivityFile
from master_data.timeline.service import open_to
from master_data.timeline.words import label_of_kind

ENTRIES_MAX = 5_000
BYTES_MAX = 200 * 1024 * 1024


class TimelineTooLarge(Conflict):
    code = "timeline_too_large"


async def archive_of(work: Work, row: Any, stem: str) -> bytes:
    """A ZIP with ``timeline.csv`` and the files below ``files/``, of all entries that the actor may see.

    Raises:
        RecordNotFound: the record is out of the actor's reach.
        TimelineTooLarge
    """
    await require_visible(work, row, stem, "read")
    query = select(Activity).where(Activity.record_kind == stem, Activity.record_id == row.id, open_to(work))
    entries = (await work.session.scalars(query.order_by(Activity.at, Activity.id).limit(ENTRIES_MAX))).all()
    files = await files_of(work, [entry.id for entry in entries])
    every = [file for each in files.values() for file in each]
    if sum(file.size_bytes for file in every) > BYTES_MAX:
        most = BYTES_MAX >> 20
        raise TimelineTooLarge(_("The files of this timeline are larger than %(most)s MB together; fetch them one by one.", most=most))
    names = {file.id: f"files/{number:04d}-{file.name}" for number, file in enumerate(every, start=1)}
    header = [
        _("When"), _("Kind"), _("Created by"), _("What happened"), _("Next contact on"), _("Location"), _("Latitude"), _("Longitude"),
        _("Files"),
    ]  # fmt: skip
    rows = [
        [
            entry.at.isoformat(timespec="seconds"), label_of_kind(entry.kind), entry.author_name, entry.body,
            entry.next_contact_on.isoformat() if entry.next_contact_on else "", entry.place or "",
            str(entry.latitude or ""), str(entry.longitude or ""), " ".join(names[file.id] for file in files.get(entry.id, ())),
        ]
        for entry in entries
    ]  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("timeline.csv", as_file("timeline", header, rows, "csv").content)
        for file in every:
            content = select(ActivityFile).where(ActivityFile.id == file.id).options(undefer(ActivityFile.content))
            kept = (await work.session.scalars(content)).one()
            archive.writestr(names[file.id], kept.content)
            work.session.expunge(kept)
    return out.getvalue()
