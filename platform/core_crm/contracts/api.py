"""REST API of contracts."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post, put
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody

from core_crm.contracts.files import SIZE_BYTES_MAX, FileView, add_file, files_of, read_file, remove_file
from core_crm.contracts.model import Contract, ContractState
from core_crm.contracts.plan import settle
from core_crm.contracts.query import ContractQuery, ContractRow, list_contracts
from core_crm.contracts.receipts import ReceiptInput, receive, withdraw_receipt
from core_crm.contracts.renewing import renew_contract
from core_crm.contracts.service import (
    ContractInput,
    activate_contract,
    create_contract,
    delete_contract,
    end_contract,
    get_contract,
    tick_milestone,
    update_contract,
)
from core_crm.paging import PAGE_ROWS, check_limit
from kernel.errors import Invalid
from kernel.files import DOWNLOAD, handed_out
from kernel.i18n import gettext as _
from kernel.work import Work

READ = {"permission": "crm.contract.read"}
UPDATE = {"permission": "crm.contract.update"}
RECEIVE = {"permission": "crm.contract.receive"}
BODY_BYTES_MAX = SIZE_BYTES_MAX + 64 * 1024


class MilestoneRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    due_on: date | None
    done_on: date | None
    done_by: str | None


class InstalmentRead(msgspec.Struct, kw_only=True):
    name: str
    due_on: date
    amount: Decimal
    paid: Decimal
    open: Decimal
    overdue: bool


class ReceiptRead(msgspec.Struct, kw_only=True):
    id: UUID
    on: date
    amount: Decimal
    reference: str | None
    made_by: str
    withdrawn_at: datetime | None


class ContractRead(msgspec.Struct, kw_only=True):
    """A contract with its plan; receipts settle the oldest due first."""

    id: UUID
    number: str | None
    title: str
    state: ContractState
    party_id: UUID
    party_name: str
    further_parties: str | None
    customer_reference: str | None
    signed_on: date | None
    starts_on: date
    ends_on: date
    amount: Decimal
    currency: str
    remind_days: int
    remark: str | None
    quote_id: UUID | None
    order_id: UUID | None
    renews_id: UUID | None
    owner_id: UUID | None
    end_reason: str | None
    version: int
    received: Decimal
    overdue: Decimal
    milestones: list[MilestoneRead]
    instalments: list[InstalmentRead]
    receipts: list[ReceiptRead]

    @classmethod
    def of(cls, work: Work, contract: Contract) -> "ContractRead":
        money = settle(contract, work.today())
        made = ("received", "overdue", "milestones", "instalments", "receipts")
        names = MilestoneRead.__struct_fields__
        return cls(
            **{name: getattr(contract, name) for name in cls.__struct_fields__ if name not in made},
            received=money.received,
            overdue=money.overdue,
            milestones=[MilestoneRead(**{name: getattr(each, name) for name in names}) for each in contract.milestones],
            instalments=[
                InstalmentRead(
                    name=row.instalment.name,
                    due_on=row.instalment.due_on,
                    amount=row.instalment.amount,
                    paid=row.paid,
                    open=row.open,
                    overdue=row.overdue,
                )
                for row in money.rows
            ],
            receipts=[
                ReceiptRead(
                    id=each.id,
                    on=each.on_day,
                    amount=each.amount,
                    reference=each.reference,
                    made_by=each.made_by,
                    withdrawn_at=each.withdrawn_at,
                )
                for each in contract.receipts
            ],
        )


class ContractSummary(msgspec.Struct, kw_only=True):
    id: UUID
    number: str | None
    title: str
    state: ContractState
    party_id: UUID
    party_name: str
    starts_on: date
    ends_on: date
    amount: Decimal
    currency: str
    received: Decimal
    overdue: Decimal
    past: bool

    @classmethod
    def of(cls, row: ContractRow) -> "ContractSummary":
        return cls(**{name: getattr(row, name) for name in cls.__struct_fields__})


class ContractList(msgspec.Struct, kw_only=True):
    """A page of contracts, newest first.  ``next`` is the cursor of the following page, null on the last."""

    items: list[ContractSummary]
    next: str | None


class ContractUpdate(ContractInput, kw_only=True, forbid_unknown_fields=True):
    """A contract written anew.  409 ``version_conflict`` when ``version`` is not the present one."""

    version: int | None = None


class EndInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class TickInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    done: bool = True


class ContractFileRead(msgspec.Struct, kw_only=True):
    id: UUID
    name: str
    size_bytes: int
    sha256: str
    added_by: str
    created_at: datetime

    @classmethod
    def of(cls, file: FileView) -> "ContractFileRead":
        return cls(**{name: getattr(file, name) for name in cls.__struct_fields__})


class ContractController(Controller):
    path = "/contracts"
    tags = ("Contracts",)

    @get("/", operation_id="listContracts", opt=READ)
    async def list_contracts(
        self,
        work: NamedDependency[Work],
        search: FromQuery[str] = "",
        show: FromQuery[str] = "all",
        party_id: FromQuery[UUID | None] = None,
        limit: FromQuery[int] = PAGE_ROWS,
        after: FromQuery[str | None] = None,
    ) -> ContractList:
        """Contracts, newest first; ``show`` is all, draft, active, ended, overdue or soon."""
        check_limit(limit)
        rows, following = await list_contracts(work, ContractQuery(search=search, show=show, party_id=party_id, limit=limit, after=after))
        return ContractList(items=[ContractSummary.of(row) for row in rows], next=following)

    @post("/", operation_id="createContract", opt={"permission": "crm.contract.create"})
    async def create(
        self, request: Request[Any, Any, Any], work: NamedDependency[Work], data: JSONBody[ContractInput]
    ) -> Response[ContractRead]:
        """Write a draft, by hand or from a quote or order."""
        contract = await create_contract(work, data)
        headers = {"Location": f"{request.url.path.rstrip('/')}/{contract.id}"}
        return Response(ContractRead.of(work, contract), status_code=201, headers=headers)

    @get("/{contract_id:uuid}", operation_id="readContract", opt=READ)
    async def read(self, work: NamedDependency[Work], contract_id: FromPath[UUID]) -> ContractRead:
        """One contract with its milestones, plan and receipts."""
        return ContractRead.of(work, await get_contract(work, contract_id))

    @put("/{contract_id:uuid}", operation_id="updateContract", opt=UPDATE)
    async def update(self, work: NamedDependency[Work], contract_id: FromPath[UUID], data: JSONBody[ContractUpdate]) -> ContractRead:
        """Write a contract anew; one in force keeps customer and currency."""
        return ContractRead.of(work, await update_contract(work, contract_id, data, version=data.version))

    @delete("/{contract_id:uuid}", operation_id="deleteContract", opt={"permission": "crm.contract.delete"})
    async def discard(self, work: NamedDependency[Work], contract_id: FromPath[UUID]) -> None:
        """Throw a draft away."""
        await delete_contract(work, contract_id)

    @post("/{contract_id:uuid}/activate", operation_id="activateContract", opt=UPDATE, status_code=200)
    async def activate(self, work: NamedDependency[Work], contract_id: FromPath[UUID]) -> ContractRead:
        """Put a draft into force; it gets its number."""
        return ContractRead.of(work, await activate_contract(work, contract_id))

    @post("/{contract_id:uuid}/end", operation_id="endContract", opt=UPDATE, status_code=200)
    async def end(self, work: NamedDependency[Work], contract_id: FromPath[UUID], data: JSONBody[EndInput]) -> ContractRead:
        """End a contract before its last day."""
        return ContractRead.of(work, await end_contract(work, contract_id, data.reason))

    @post("/{contract_id:uuid}/renew", operation_id="renewContract", opt={"permission": "crm.contract.create"})
    async def renew(self, work: NamedDependency[Work], contract_id: FromPath[UUID]) -> ContractRead:
        """A draft that goes on where this one ends."""
        return ContractRead.of(work, await renew_contract(work, contract_id))

    @post("/{contract_id:uuid}/milestones/{milestone_id:uuid}", operation_id="tickMilestone", opt=UPDATE, status_code=200)
    async def tick(
        self, work: NamedDependency[Work], contract_id: FromPath[UUID], milestone_id: FromPath[UUID], data: JSONBody[TickInput]
    ) -> ContractRead:
        """A milestone is reached, or was not after all."""
        return ContractRead.of(work, await tick_milestone(work, contract_id, milestone_id, done=data.done))

    @post("/{contract_id:uuid}/receipts", operation_id="receiveForContract", opt=RECEIVE)
    async def receive(self, work: NamedDependency[Work], contract_id: FromPath[UUID], data: JSONBody[ReceiptInput]) -> ContractRead:
        """Note money that came in; it settles the oldest due first."""
        await receive(work, contract_id, data)
        return ContractRead.of(work, await get_contract(work, contract_id))

    @delete("/{contract_id:uuid}/receipts/{receipt_id:uuid}", operation_id="withdrawContractReceipt", opt=RECEIVE, status_code=200)
    async def withdraw(self, work: NamedDependency[Work], contract_id: FromPath[UUID], receipt_id: FromPath[UUID]) -> ContractRead:
        """A receipt was noted wrongly; it stays on record and does not count."""
        return ContractRead.of(work, await withdraw_receipt(work, contract_id, receipt_id))

    @get("/{contract_id:uuid}/files", operation_id="listContractFiles", opt=READ)
    async def files(self, work: NamedDependency[Work], contract_id: FromPath[UUID]) -> list[ContractFileRead]:
        """The papers of a contract, without their content."""
        await get_contract(work, contract_id)
        return [ContractFileRead.of(file) for file in await files_of(work, contract_id)]

    @post("/{contract_id:uuid}/files", operation_id="addContractFile", opt=UPDATE, request_max_body_size=BODY_BYTES_MAX)
    async def add_file(
        self, work: NamedDependency[Work], contract_id: FromPath[UUID], data: MultipartBody[dict[str, Any]]
    ) -> list[ContractFileRead]:
        """Put the part ``file`` to the contract."""
        contract = await get_contract(work, contract_id, act="edit")
        name, content = await uploaded(data)
        await add_file(work, contract, name, content)
        return [ContractFileRead.of(file) for file in await files_of(work, contract_id)]

    @get("/{contract_id:uuid}/files/{file_id:uuid}", operation_id="readContractFile", opt=READ)
    async def download(self, work: NamedDependency[Work], contract_id: FromPath[UUID], file_id: FromPath[UUID]) -> Response[bytes]:
        """The file itself, always as a download."""
        await get_contract(work, contract_id)
        file = await read_file(work, contract_id, file_id)
        return handed_out(file.name, DOWNLOAD, file.content)

    @delete("/{contract_id:uuid}/files/{file_id:uuid}", operation_id="removeContractFile", opt=UPDATE)
    async def remove_file(self, work: NamedDependency[Work], contract_id: FromPath[UUID], file_id: FromPath[UUID]) -> None:
        """Take a file away."""
        await remove_file(work, await get_contract(work, contract_id, act="edit"), file_id)


async def uploaded(data: Any) -> tuple[str, bytes]:
    """The name and the content of the part ``file``.

    Raises:
        Invalid: there is none.
    """
    file = data.get("file")
    if not isinstance(file, UploadFile):
        raise Invalid(_("Choose a file that is not empty."), field="file")
    return file.filename, await file.read()
