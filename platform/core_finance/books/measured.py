"""Ledgers of what is kept beside the base currency: quantities (数量金额账) and foreign money (外币账)."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from sqlalchemy import Subquery, false, func, select

from core_finance.books.figures import ZERO, Figures, Months, MonthTotal
from core_finance.books.ledger import EVERYTHING, AccountLedger, LedgerLine, Narrowed, account_ledger, broken, leaves_of
from core_finance.books.moves import measures
from core_finance.chart.model import Account, Ledger
from core_finance.posting.model import Measure
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work


class NoUnit(Invalid):
    code = "account_keeps_no_quantity"


class NoForeignCurrency(Invalid):
    code = "account_keeps_no_currency"


@dataclass(frozen=True)
class MeasuredLine:
    """A line with what it moved of the measure, which counts on the side of its amount, and the balance of it after the line."""

    line: LedgerLine
    debit: Decimal
    credit: Decimal
    balance: Decimal

    @property
    def price(self) -> Decimal | None:
        """Of one unit on this line."""
        return average(self.line.debit + self.line.credit, self.debit + self.credit)


@dataclass(frozen=True)
class MeasuredLedger:
    """A page of such a ledger.  ``what`` is the unit or the currency; ``opening`` stands before the first line.

    ``figures`` and ``months`` are those of the measure, as the book has them of its amounts.
    """

    book: AccountLedger
    what: str
    opening: Decimal
    figures: Figures
    months: Sequence[MonthTotal]
    lines: Sequence[MeasuredLine]
    following: str | None


def average(amount: Decimal, measure: Decimal) -> Decimal | None:
    """Of one unit; None where there is none to divide by."""
    return amount / measure if measure else None


async def quantity_accounts(work: Work, ledger: Ledger) -> Sequence[Account]:
    """Accounts of which quantities are kept."""
    query = select(Account).where(Account.ledger_id == ledger.id, Account.unit.is_not(None), Account.unit != "")
    return (await work.session.scalars(query.order_by(Account.code).limit(500))).all()


async def currency_accounts(work: Work, ledger: Ledger) -> Sequence[Account]:
    """Accounts that keep a foreign currency, or that such lines were posted to."""
    posted = select(Measure.account_id).where(Measure.currency != ledger.currency)
    query = select(Account).where(Account.ledger_id == ledger.id, Account.currency.is_not(None) | Account.id.in_(posted))
    return (await work.session.scalars(query.order_by(Account.code).limit(500))).all()


async def currencies_of(work: Work, ledger: Ledger, account: Account) -> Sequence[str]:
    """The foreign currencies of an account with all below it."""
    leaves = await leaves_of(work, ledger, account)
    posted = select(Measure.currency).where(Measure.account_id.in_([a.id for a in leaves]), Measure.currency != ledger.currency)
    return sorted({*(await work.session.scalars(posted.distinct())).all(), *(a.currency for a in leaves if a.currency)})


async def quantity_ledger(
    work: Work,
    ledger: Ledger,
    account: Account,
    *,
    first: int,
    last: int,
    after: str | None = None,
    limit: int = 50,
    unposted: bool = False,
) -> MeasuredLedger:
    """Lines of an account with quantities, and what is left of them after each.

    Raises:
        NoUnit: no quantities are kept of the account.
        BadCursor: ``after`` is no place that an earlier page gave.
    """
    leaves = await leaves_of(work, ledger, account)
    unit = account.unit or next((leaf.unit for leaf in leaves if leaf.unit), None)
    if not unit:
        raise NoUnit(_("No quantities are kept of account %(code)s; give it a unit in the chart.", code=account.code), field="account")
    place, left = _decode(after) if after else (None, None)
    book = await account_ledger(work, ledger, account, first=first, last=last, after=place, limit=limit, unposted=unposted)
    known = await _months(work, measures(ledger, [a.id for a in leaves], last, unposted=unposted), "quantity")
    return _measured(book, unit, known, left, [line.quantity or ZERO for line in book.lines])


async def currency_ledger(
    work: Work,
    ledger: Ledger,
    account: Account,
    currency: str = "",
    *,
    first: int,
    last: int,
    after: str | None = None,
    limit: int = 50,
    unposted: bool = False,
) -> MeasuredLedger:
    """Lines of an account in a foreign currency, with what is left of it after each; without a name its only or first one.

    Raises:
        NoForeignCurrency: the account has no lines in it.
        BadCursor: ``after`` is no place that an earlier page gave.
    """
    known = await currencies_of(work, ledger, account)
    if not known or (currency and currency not in known):
        raise NoForeignCurrency(
            _("Account %(code)s keeps no %(currency)s; choose another account.", code=account.code,
              currency=currency or _("foreign currency")),
            field="currency" if currency else "account",
        )  # fmt: skip
    chosen = currency or known[0]
    place, left = _decode(after) if after else (None, None)
    # Where an account keeps one currency, what only corrects its value in the base currency belongs to it too.
    narrowed = EVERYTHING if account.currency == chosen else Narrowed(currency=chosen)
    book = await account_ledger(
        work, ledger, account, first=first, last=last, after=place, limit=limit, unposted=unposted, narrowed=narrowed
    )
    leaves = [a.id for a in await leaves_of(work, ledger, account)]
    months = await _months(work, measures(ledger, leaves, last, unposted=unposted), "currency", chosen)
    moved = [line.currency_amount or ZERO if line.currency == chosen else ZERO for line in book.lines]
    return _measured(book, chosen, months, left, moved)


async def _months(work: Work, source: Subquery, what: str, currency: str | None = None) -> Months:
    m = source.c
    query = select(m.period, false(), func.sum(m[f"{what}_debit"]), func.sum(m[f"{what}_credit"])).group_by(m.period)
    if currency:
        query = query.where(m.currency == currency)
    return Months((await work.session.execute(query)).all())


def _measured(book: AccountLedger, what: str, known: Months, left: Decimal | None, moved: Sequence[Decimal]) -> MeasuredLedger:
    of = known.figures(book.first, book.last)
    opening = of.opening if left is None else left
    lines = _run(book.lines, opening, moved)
    following = f"{book.following}~{lines[-1].balance}" if book.following else None
    return MeasuredLedger(book, what, opening, of, [known.month(total.period) for total in book.months], lines, following)


def _run(lines: Sequence[LedgerLine], balance: Decimal, moved: Sequence[Decimal]) -> list[MeasuredLine]:
    run = []
    for line, amount in zip(lines, moved, strict=True):
        debit, credit = (amount, ZERO) if line.debit else (ZERO, amount)
        balance += debit - credit
        run.append(MeasuredLine(line, debit, credit, balance))
    return run


def _decode(text: str) -> tuple[str, Decimal]:
    """Where the page before ended, and what was left of the measure there."""
    try:
        place, left = text.split("~")
        balance = Decimal(left)
        if not balance.is_finite():
            raise ValueError(text)
    except (ValueError, InvalidOperation) as error:
        raise broken() from error
    return place, balance
