"""Cash flows of the year before a ledger that starts in the middle of it: balances do not tell them, a person does."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from zlib import crc32

from sqlalchemy import delete, select

from core_finance.cash_flow.items import cash_change
from core_finance.cash_flow.model import CashTotal
from core_finance.cash_flow.rules import items
from core_finance.cash_flow.service import lock
from core_finance.chart.model import Ledger
from identity.audit import record
from kernel.errors import Conflict, FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.money import round_half_up
from kernel.work import Work

ZERO = Decimal(0)
AMOUNT_MAX = Decimal(10) ** 15


class NoCashOpening(Conflict):
    code = "no_cash_opening"


class CashOpeningChanged(Conflict):
    code = "cash_opening_changed"


class CashOpeningRefused(Invalid):
    code = "cash_opening_refused"


@dataclass(frozen=True)
class CashOpening:
    """Line -> amount as the form shows it; ``change`` of cash from January to the start, which they must add up to."""

    amounts: Mapping[int, Decimal]
    change: Decimal
    month: int

    @property
    def version(self) -> int:
        """Other amounts have another."""
        return crc32(";".join(f"{item}={self.amounts[item]:.2f}" for item in sorted(self.amounts) if self.amounts[item]).encode())


def opening_month(ledger: Ledger) -> int:
    """The month before the ledger's first, in the same year.

    Raises:
        NoCashOpening: the ledger starts in January.
    """
    if ledger.start_period % 100 == 1:
        raise NoCashOpening(_("The ledger starts in January: no cash moved in the year before it."))
    return ledger.start_period - 1


async def read_cash_opening(work: Work, ledger: Ledger) -> CashOpening:
    """What was entered, as it stands.

    Raises:
        NoCashOpening: the ledger starts in January.
    """
    month = opening_month(ledger)
    signs = items(ledger.standard)
    query = select(CashTotal.item, CashTotal.amount).where(CashTotal.ledger_id == ledger.id, CashTotal.period == month)
    amounts = {item: signs.get(item, 1) * amount for item, amount in (await work.session.execute(query)).all()}
    return CashOpening(amounts, await cash_change(work, ledger, month // 100 * 100 + 1, month), month)


async def save_cash_opening(work: Work, ledger: Ledger, amounts: Mapping[int, Decimal], *, version: int | None = None) -> CashOpening:
    """Put ``amounts``, as the form shows them, in the place of what was entered before; ``version`` is that of what was read.

    Raises:
        NoCashOpening: the ledger starts in January.
        CashOpeningChanged: somebody entered others meanwhile.
        CashOpeningRefused: a line or an amount cannot be, or they do not add up to the change of cash.
    """
    await lock(work, ledger)
    before = await read_cash_opening(work, ledger)
    if version is not None and version != before.version:
        raise CashOpeningChanged(_("Somebody changed the cash flows before the ledger meanwhile; load them again."))
    signs = items(ledger.standard)
    problems = [problem for item, amount in amounts.items() if (problem := _problem(item, amount, signs))]
    if problems:
        raise CashOpeningRefused(problems[0].message, errors=problems)
    total = sum((signs[item] * amount for item, amount in amounts.items()), ZERO)
    if total != before.change:
        words = _(
            "The lines add up to %(total)s, but cash changed by %(change)s from January to the start; %(off)s is missing.",
            total=f"{total:,.2f}", change=f"{before.change:,.2f}", off=f"{before.change - total:,.2f}",
        )  # fmt: skip
        raise CashOpeningRefused(words)
    await work.session.execute(delete(CashTotal).where(CashTotal.ledger_id == ledger.id, CashTotal.period == before.month))
    kept = {item: amount for item, amount in amounts.items() if amount}
    work.session.add_all(
        CashTotal(ledger_id=ledger.id, period=before.month, item=item, amount=signs[item] * amount) for item, amount in kept.items()
    )
    await work.session.flush()
    await record(
        work, "cash_flow.opening_saved", f"ledger:{ledger.id}", name=ledger.name,
        before={str(item): str(amount) for item, amount in before.amounts.items()},
        after={str(item): str(amount) for item, amount in kept.items()},
    )  # fmt: skip
    return CashOpening(kept, before.change, before.month)


def _problem(item: int, amount: Decimal, signs: Mapping[int, int]) -> FieldError | None:
    place = f"amounts.{item}"
    if item not in signs:
        return FieldError(place, _("Line %(line)s takes no movements; choose a line of receipts or payments.", line=item))
    if not amount.is_finite() or abs(amount) >= AMOUNT_MAX:
        return FieldError(place, _("%(amount)s is larger than the books can hold.", amount=amount))
    if round_half_up(amount) != amount:
        return FieldError(place, _("%(amount)s has more than two decimals; round it.", amount=amount))
    return None
