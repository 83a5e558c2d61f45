"""The plan of payments against the receipts: the oldest due is settled first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core_crm.contracts.model import Contract, Instalment

_ZERO = Decimal("0.00")


@dataclass(frozen=True, kw_only=True)
class Settled:
    """An instalment with what has come in for it."""

    instalment: Instalment
    paid: Decimal
    overdue: bool

    @property
    def open(self) -> Decimal:
        return self.instalment.amount - self.paid


@dataclass(frozen=True, kw_only=True)
class Money:
    """What a contract's plan and receipts come to."""

    rows: Sequence[Settled]
    planned: Decimal
    received: Decimal
    overdue: Decimal
    unassigned: Decimal

    @property
    def open(self) -> Decimal:
        return self.planned - self.received + self.unassigned


def received(contract: Contract) -> Decimal:
    """What came in and was not withdrawn."""
    return sum((receipt.amount for receipt in contract.receipts if receipt.withdrawn_at is None), _ZERO)


def settle(contract: Contract, today: date) -> Money:
    """Give the receipts to the instalments, the oldest due first; what is left over is ``unassigned``."""
    whole = left = received(contract)
    rows = []
    for instalment in sorted(contract.instalments, key=lambda each: (each.due_on, each.position)):
        paid = min(instalment.amount, left)
        left -= paid
        rows.append(Settled(instalment=instalment, paid=paid, overdue=instalment.due_on < today and paid < instalment.amount))
    return Money(
        rows=rows,
        planned=sum((row.instalment.amount for row in rows), _ZERO),
        received=whole,
        overdue=sum((row.open for row in rows if row.overdue), _ZERO),
        unassigned=left,
    )
