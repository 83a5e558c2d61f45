"""The papers of a contract."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from core_crm.contracts.model import Contract, ContractFile
from core_crm.contracts.service import note
from kernel.errors import Conflict, Invalid, NotFound
from kernel.files import plain_name
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.work import Work

SIZE_BYTES_MAX = 20 * 1024 * 1024
FILES_MAX = 100


class ContractFileNotFound(NotFound):
    code = "contract_file_not_found"


class FileTooLarge(Invalid):
    code = "file_too_large"


class TooManyFiles(Conflict):
    code = "too_many_files"


@dataclass(frozen=True, kw_only=True)
class FileView:
    """A file without its content."""

    id: UUID
    name: str
    size_bytes: int
    sha256: str
    added_by: str
    created_at: datetime


async def files_of(work: Work, contract_id: UUID) -> Sequence[FileView]:
    """The files of a contract, the first one added first."""
    columns = [getattr(ContractFile, name) for name in FileView.__dataclass_fields__]
    query = select(*columns).where(ContractFile.contract_id == contract_id)
    found = await work.session.execute(query.order_by(ContractFile.created_at, ContractFile.id).limit(FILES_MAX))
    return [FileView(**row._mapping) for row in found]


async def add_file(work: Work, contract: Contract, name: str, content: bytes) -> UUID:
    """Put a file to the contract; the same file twice is there once.

    Raises:
        FileTooLarge, TooManyFiles
    """
    if not content:
        raise Invalid(_("Choose a file that is not empty."), field="file")
    if len(content) > SIZE_BYTES_MAX:
        raise FileTooLarge(_("“%(name)s” is larger than %(most)s MB.", name=name, most=SIZE_BYTES_MAX >> 20), field="file")
    digest = hashlib.sha256(content).hexdigest()
    there = await work.session.scalar(select(ContractFile.id).where(ContractFile.contract_id == contract.id, ContractFile.sha256 == digest))
    if there is not None:
        return UUID(str(there))
    count = await work.session.scalar(select(func.count()).select_from(ContractFile).where(ContractFile.contract_id == contract.id))
    if (count or 0) >= FILES_MAX:
        raise TooManyFiles(_("A contract keeps at most %(most)s files; join some of them.", most=FILES_MAX))
    file = ContractFile(
        id=new_id(), contract_id=contract.id, name=plain_name(name), size_bytes=len(content), sha256=digest, content=content,
        added_by=work.actor.name[:80],
    )  # fmt: skip
    work.session.add(file)
    await work.session.flush()
    await note(work, contract, "file_added", after={"name": file.name, "sha256": digest})
    return file.id


async def read_file(work: Work, contract_id: UUID, file_id: UUID) -> ContractFile:
    """The file with its content.

    Raises:
        ContractFileNotFound
    """
    query = select(ContractFile).where(ContractFile.id == file_id, ContractFile.contract_id == contract_id)
    file = await work.session.scalar(query.options(undefer(ContractFile.content)))
    if file is None:
        raise ContractFileNotFound(_("The contract has no such file."))
    return file


async def remove_file(work: Work, contract: Contract, file_id: UUID) -> None:
    """Take a file away.

    Raises:
        ContractFileNotFound
    """
    file = await read_file(work, contract.id, file_id)
    await work.session.delete(file)
    await work.session.flush()
    await note(work, contract, "file_removed", before={"name": file.name, "sha256": file.sha256})
