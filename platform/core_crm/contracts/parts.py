"""What contracts contribute, gathered for the plugin of the package."""

from collections.abc import Mapping, Sequence
from typing import Any

from core_crm.contracts.api import ContractController
from core_crm.contracts.events import ContractActivated, ContractEnded, ContractEndNear, ContractPaid, InstalmentOverdue
from core_crm.contracts.model import Contract, ContractFile, Instalment, Milestone, Receipt
from core_crm.contracts.pages import ContractPages
from core_crm.contracts.query import CONTRACT_REPORTS, ContractQuery, ContractRow, count_overdue, list_contracts
from core_crm.contracts.reminding import remind
from core_crm.contracts.telling import NOTIFICATION_KINDS, SUBSCRIBERS
from core_crm.orders.model import Order, OrderState
from kernel.i18n import N_
from kernel.templates import render
from kernel.work import Work
from vertical import DocumentType, Job, NavItem, Panel, Permission, RecordKind, Searcher, SearchHit

READ = "crm.contract.read"
ROWS = 5


def contract_title(contract: Contract) -> str:
    """What other pages call a contract."""
    return f"{contract.number} {contract.title}" if contract.number else contract.title


async def draw_of_party(work: Work, *, record: Mapping[str, Any], **_context: Any) -> str:
    """A customer's contracts."""
    rows, more = await list_contracts(work, ContractQuery(party_id=record["id"], limit=ROWS))
    return _card(work, rows, f"/contracts?party_id={record['id']}" if more else "", f"/contracts/new?party_id={record['id']}")


async def draw_of_order(work: Work, *, order: Order, **_context: Any) -> str:
    """The contract of an order."""
    rows, _more = await list_contracts(work, ContractQuery(order_id=order.id, limit=ROWS))
    wanted = order.state is OrderState.CONFIRMED and not rows
    return _card(work, rows, "", f"/contracts/new?order_id={order.id}" if wanted else "") if rows or wanted else ""


async def search_contracts(work: Work, text: str, limit: int) -> Sequence[SearchHit]:
    """Contracts by number, title or customer."""
    rows, _following = await list_contracts(work, ContractQuery(search=text, limit=limit))
    return [
        SearchHit(
            title=f"{row.number or ''} {row.title}".strip(), path=f"/contracts/{row.id}", hint=row.party_name, icon="file-certificate"
        )
        for row in rows
    ]


def _card(work: Work, rows: Sequence[ContractRow], more: str, new: str) -> str:
    return render("core_crm/contracts/card.html", rows=rows, more=more, new=new if work.actor.may("crm.contract.create") else "")


MODELS = (Contract, Milestone, Instalment, Receipt, ContractFile)

PERMISSIONS = (
    Permission(code=READ, label=N_("See contracts")),
    Permission(code="crm.contract.create", label=N_("Write and renew contracts")),
    Permission(code="crm.contract.update", label=N_("Change contracts, put them into force and end them")),
    Permission(code="crm.contract.delete", label=N_("Delete draft contracts")),
    Permission(code="crm.contract.receive", label=N_("Note money that came in for contracts")),
)

DOCUMENTS = (DocumentType(key="core_crm.contract", label=N_("Contract"), prefix="CT", reset="year", gapless=True),)

ROUTES = (ContractController,)

PAGES = (ContractPages,)

NAVIGATION = (
    NavItem(
        label=N_("Contracts"), path="/contracts", section="sales", permission=READ, icon="file-certificate", order=12, badge=count_overdue
    ),
)

PANELS = (
    Panel(slot="master.party.side", render=draw_of_party, permission=READ, order=12),
    Panel(slot="crm.order.side", render=draw_of_order, permission=READ, order=6),
)

SEARCHERS = (Searcher(key="core_crm.contract", label=N_("Contracts"), permission=READ, search=search_contracts),)

EVENTS = (ContractActivated, ContractPaid, ContractEndNear, InstalmentOverdue, ContractEnded)

JOBS = (Job(key="core_crm.remind_of_contracts", cron="10 7 * * *", run=remind, timeout_s=600),)

REPORTS = CONTRACT_REPORTS

RECORD_KINDS = (RecordKind(stem="crm.contract", label=N_("Contracts"), model=Contract, path="/contracts/{id}", title=contract_title),)

__all__ = [
    "DOCUMENTS", "EVENTS", "JOBS", "MODELS", "NAVIGATION", "NOTIFICATION_KINDS", "PAGES", "PANELS", "PERMISSIONS", "RECORD_KINDS",
    "REPORTS", "ROUTES", "SEARCHERS", "SUBSCRIBERS",
]  # fmt: skip
