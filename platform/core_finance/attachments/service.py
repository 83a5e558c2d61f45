"""Files of vouchers: added at any time, taken away only while the voucher is not in the books."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from core_finance.attachments.model import Attachment
from core_finance.chart.model import Ledger
from core_finance.posting.model import Voucher
from core_finance.vouchers.service import get_draft, must_exist, refuse_reviewed
from identity.audit import record
from kernel.errors import Conflict, NotFound
from kernel.files import Upload, checked
from kernel.i18n import gettext as _
from kernel.work import Work

FILES_MAX = 100


class AttachmentNotFound(NotFound):
    code = "attachment_not_found"


class TooManyFiles(Conflict):
    code = "too_many_files"


class AttachmentKept(Conflict):
    code = "attachment_kept"


@dataclass(frozen=True, kw_only=True)
class FileView:
    """A file without its content."""

    id: UUID
    voucher_id: UUID
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    added_by: str
    created_at: datetime


async def files_of(work: Work, voucher_id: UUID) -> Sequence[FileView]:
    """The files of a voucher, the first one added first."""
    columns = [getattr(Attachment, name) for name in FileView.__dataclass_fields__]
    query = select(*columns).where(Attachment.voucher_id == voucher_id).order_by(Attachment.created_at, Attachment.id).limit(FILES_MAX)
    return [FileView(**row._mapping) for row in await work.session.execute(query)]


async def add_file(work: Work, ledger: Ledger, voucher_id: UUID, name: str, content: bytes) -> FileView:
    """Put a file to a draft or a posted voucher.

    Raises:
        VoucherNotFound: there is no such voucher.
        FileTooLarge, FileTypeRefused: as said; what a file is tells its content, not its name.
        TooManyFiles: the voucher has ``FILES_MAX``.
    """
    await must_exist(work, ledger, voucher_id)
    name, media_type = checked(Upload(name, content))
    count = await work.session.scalar(select(func.count()).select_from(Attachment).where(Attachment.voucher_id == voucher_id)) or 0
    if count >= FILES_MAX:
        raise TooManyFiles(_("A voucher keeps at most %(most)s files; join some of them.", most=FILES_MAX))
    file = Attachment(
        ledger_id=ledger.id, voucher_id=voucher_id, name=name, media_type=media_type, size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(), content=content, added_by=work.actor.name,
    )  # fmt: skip
    work.session.add(file)
    await work.session.flush()
    await record(work, "attachment.added", f"voucher:{voucher_id}", name=name, after={"id": str(file.id), "sha256": file.sha256})
    return FileView(**{field: getattr(file, field) for field in FileView.__dataclass_fields__})


async def read_file(work: Work, ledger: Ledger, voucher_id: UUID, file_id: UUID) -> Attachment:
    """The file with its content.

    Raises:
        AttachmentNotFound: the voucher has no such file.
    """
    query = select(Attachment).where(Attachment.id == file_id, Attachment.voucher_id == voucher_id, Attachment.ledger_id == ledger.id)
    file = await work.session.scalar(query.options(undefer(Attachment.content)))
    if file is None:
        raise AttachmentNotFound(_("The voucher has no such file."))
    return file


async def remove_file(work: Work, ledger: Ledger, voucher_id: UUID, file_id: UUID) -> None:
    """Take a file away from a draft.

    Raises:
        AttachmentNotFound: the voucher has no such file.
        AttachmentKept: the voucher is posted; its files are part of the books.
        VoucherReviewed: it was reviewed with this file.
    """
    file = await read_file(work, ledger, voucher_id, file_id)
    if await work.session.scalar(select(Voucher.id).where(Voucher.id == voucher_id)):
        raise AttachmentKept(_("The files of a posted voucher are part of the books; they cannot be taken away."))
    refuse_reviewed(await get_draft(work, ledger, voucher_id, lock=True))
    await work.session.delete(file)
    await work.session.flush()
    await record(work, "attachment.removed", f"voucher:{voucher_id}", name=file.name, before={"id": str(file.id), "sha256": file.sha256})
