"""Files of vouchers: added at any time, taken away only while the voucher is not in the books."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from core_finance.attachments.model import Attachment
from core_finance.attachments.sniffing import sniff
from core_finance.chart.model import Ledger
from core_finance.posting.model import Voucher
from core_finance.vouchers.service import get_draft, must_exist, refuse_reviewed
from identity.audit import record
from kernel.errors import Conflict, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work

SIZE_BYTES_MAX = 10 * 1024 * 1024
FILES_MAX = 100
NAME_MAX = 200


class AttachmentNotFound(NotFound):
    code = "attachment_not_found"


class FileTypeRefused(Invalid):
    code = "file_type_refused"


class FileTooLarge(Invalid):
    code = "file_too_large"


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
    if len(content) > SIZE_BYTES_MAX:
        raise FileTooLarge(_("The file is larger than %(most)s MB; scan it smaller or split it.", most=SIZE_BYTES_MAX >> 20), field="file")
    name = plain_name(name)
    known = sniff(content)
    if known is None or not name.lower().endswith(known[1]):
        raise FileTypeRefused(
            _("%(name)s is not what vouchers keep: PDF, OFD, XML, XLSX or a picture, under its own ending.", name=name), field="file"
        )
    count = await work.session.scalar(select(func.count()).select_from(Attachment).where(Attachment.voucher_id == voucher_id)) or 0
    if count >= FILES_MAX:
        raise TooManyFiles(_("A voucher keeps at most %(most)s files; join some of them.", most=FILES_MAX))
    file = Attachment(
        ledger_id=ledger.id, voucher_id=voucher_id, name=name, media_type=known[0], size_bytes=len(content),
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


def plain_name(name: str) -> str:
    """The last part of a path, without what no name should have."""
    bare = PurePosixPath(name.replace("\\", "/")).name
    clean = "".join(character for character in bare if character.isprintable()).strip(" .")
    stem, dot, ending = clean.rpartition(".")
    return f"{stem[: NAME_MAX - len(ending) - 1]}{dot}{ending}" if dot and len(ending) < 10 else clean[:NAME_MAX]
