"""Files of vouchers for programs and for browsers."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, MultipartBody
from litestar.response import Redirect

from core_finance.attachments.service import FileView, add_file, files_of, read_file, remove_file
from core_finance.chart.ledgers import current_ledger, get_ledger, the_ledger
from core_finance.chart.model import Ledger
from core_finance.vouchers.service import must_exist
from kernel.files import BODY_BYTES_MAX, handed_out, uploaded
from kernel.work import Work


class FileRead(msgspec.Struct, kw_only=True):
    """A file that belongs to a voucher."""

    id: UUID
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    added_by: str
    added_at: datetime

    @classmethod
    def of(cls, file: FileView) -> "FileRead":
        return cls(**{name: getattr(file, name) for name in cls.__struct_fields__ if name != "added_at"}, added_at=file.created_at)


class AttachmentController(Controller):
    path = "/vouchers"
    tags = ("Vouchers",)

    @get("/{voucher_id:uuid}/files", operation_id="listVoucherFiles", opt={"permission": "finance.voucher.read"})
    async def list_files(
        self, work: NamedDependency[Work], voucher_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None
    ) -> list[FileRead]:
        """The files of a voucher, draft or posted."""
        await must_exist(work, await get_ledger(work, ledger), voucher_id)
        return [FileRead.of(file) for file in await files_of(work, voucher_id)]

    @post(
        "/{voucher_id:uuid}/files",
        operation_id="addVoucherFile",
        opt={"permission": "finance.voucher.create"},
        request_max_body_size=BODY_BYTES_MAX,
    )
    async def add(
        self,
        work: NamedDependency[Work],
        voucher_id: FromPath[UUID],
        data: MultipartBody[dict[str, Any]],
        ledger: FromQuery[UUID | None] = None,
    ) -> FileRead:
        """Put the part ``file`` to a voucher: PDF, OFD, XML, XLSX or a picture of at most 10 MB; its content tells what it is."""
        file = await uploaded(data.get("file"))
        return FileRead.of(await add_file(work, await get_ledger(work, ledger), voucher_id, file.name, file.content))

    @get("/{voucher_id:uuid}/files/{file_id:uuid}", operation_id="readVoucherFile", opt={"permission": "finance.voucher.read"})
    async def download(
        self, work: NamedDependency[Work], voucher_id: FromPath[UUID], file_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None
    ) -> Response[bytes]:
        """The file itself, always as a download."""
        return await _handed_out(work, await get_ledger(work, ledger), voucher_id, file_id)

    @delete("/{voucher_id:uuid}/files/{file_id:uuid}", operation_id="removeVoucherFile", opt={"permission": "finance.voucher.create"})
    async def remove(
        self, work: NamedDependency[Work], voucher_id: FromPath[UUID], file_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None
    ) -> None:
        """Take a file away while the voucher is a draft; 409 ``attachment_kept`` once it is posted."""
        await remove_file(work, await get_ledger(work, ledger), voucher_id, file_id)


class AttachmentPages(Controller):
    path = "/vouchers"
    include_in_schema = False

    @post("/{voucher_id:uuid}/files", opt={"permission": "finance.voucher.create"}, request_max_body_size=BODY_BYTES_MAX)
    async def add(self, request: Request[Any, Any, Any], work: NamedDependency[Work], voucher_id: FromPath[UUID]) -> Redirect:
        data = await request.form()
        ledger = await the_ledger(work, data)
        await must_exist(work, ledger, voucher_id)
        for sent in data.getall("file", [None]):
            file = await uploaded(sent)
            await add_file(work, ledger, voucher_id, file.name, file.content)
        return Redirect(f"/vouchers/{voucher_id}#files", status_code=303)

    @get("/{voucher_id:uuid}/files/{file_id:uuid}", opt={"permission": "finance.voucher.read"})
    async def download(self, work: NamedDependency[Work], voucher_id: FromPath[UUID], file_id: FromPath[UUID]) -> Response[bytes]:
        return await _handed_out(work, await current_ledger(work), voucher_id, file_id)

    @post("/{voucher_id:uuid}/files/{file_id:uuid}/delete", opt={"permission": "finance.voucher.create"})
    async def remove(
        self, request: Request[Any, Any, Any], work: NamedDependency[Work], voucher_id: FromPath[UUID], file_id: FromPath[UUID]
    ) -> Redirect:
        await remove_file(work, await the_ledger(work, await request.form()), voucher_id, file_id)
        return Redirect(f"/vouchers/{voucher_id}#files", status_code=303)


async def _handed_out(work: Work, ledger: Ledger, voucher_id: UUID, file_id: UUID) -> Response[bytes]:
    file = await read_file(work, ledger, voucher_id, file_id)
    return handed_out(file.name, file.media_type, file.content)
