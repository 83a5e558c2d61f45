"""Lines of a period end on their way into the books: which account a key means, what is missing yet, and vouchers of a size."""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID, uuid5

from sqlalchemy import func, select

from core_finance.chart import official
from core_finance.chart.model import Account, Ledger
from core_finance.chart.service import AccountKeyMissing, codes_by_key, dotted, shown_name
from core_finance.posting.engine import LINES_MAX
from core_finance.posting.model import DimensionSet, Voucher, VoucherLine
from core_finance.posting.reading import own_of
from core_finance.posting.voucher import DIMENSIONS, NewLine, dimension_set_id
from kernel.i18n import gettext as _
from kernel.money import round_half_up
from kernel.work import Work
from vertical import JournalLine, PeriodEnd

CODE = "code:"
SUMMARY_MAX = 200
ZERO = Decimal(0)

_SOURCES = UUID("5b0f4c1e-6a3b-5d52-8f0e-0b6f3a7d9c24")


class CalculationUnbalanced(AssertionError):
    """A step gave lines that do not add up to zero: a defect of whoever wrote it, not of the user's input."""


@dataclass(frozen=True)
class Chart:
    """The accounts of a ledger, as lines name them."""

    by_key: Mapping[str, Account]
    by_code: Mapping[str, Account]
    official_keys: Mapping[str, str]
    lengths: Sequence[int]

    def title(self, account: Account) -> str:
        """The account as the ledger writes it: 1002.01 ICBC."""
        return f"{dotted(account.code, self.lengths)} {shown_name(account)}"

    def find(self, name: str) -> Account:
        """The account of a key, or of a code written as ``code:5602.99``.

        Raises:
            AccountKeyMissing: the chart lacks it.
        """
        code = name.removeprefix(CODE).replace(".", "") if name.startswith(CODE) else self.official_keys.get(name, "")
        account = self.by_key.get(name) or self.by_code.get(code)
        if account is None:
            raise AccountKeyMissing(_("The chart of accounts lacks %(name)s; add the account.", name=code or name))
        return account


def _keys(ledger: Ledger) -> Mapping[str, str]:
    """What rules call the official accounts, as the ledger writes their codes."""
    return {key: official.in_scheme(code, ledger.code_lengths) for key, code in official.keys(ledger.standard, ledger.taxpayer).items()}


async def read_chart(work: Work, ledger: Ledger) -> Chart:
    """The chart of ``ledger``."""
    found = await work.session.scalars(select(Account).where(Account.ledger_id == ledger.id))
    by_code = {account.code: account for account in found}
    return Chart(await codes_by_key(work, ledger), by_code, _keys(ledger), ledger.code_lengths)


def source_id(ledger_id: UUID, period: int, step: str) -> UUID:
    """The document behind the vouchers of a step."""
    return uuid5(_SOURCES, f"{ledger_id};{period};{step}")


class Place(NamedTuple):
    """Where an amount stands: account, dimensions, foreign currency, and whether on the debit side."""

    account: str
    set_id: UUID | None
    currency: str
    on_debit: bool


async def posted_by_step(work: Work, end: PeriodEnd, step: str) -> Sequence[JournalLine]:
    """What the vouchers of a step moved in all, reversals included: a line for each account, combination and side."""
    n, s = VoucherLine, DimensionSet
    named = [getattr(s, f"{kind}_id") for kind in DIMENSIONS]
    query = (
        select(Account.code, n.currency, func.sum(n.debit), func.sum(n.credit), s.others, *named)
        .join(Voucher, Voucher.id == n.voucher_id)
        .join(Account, Account.id == n.account_id)
        .outerjoin(s, s.id == n.dimension_set_id)
        .where(Voucher.ledger_id == end.ledger_id, Voucher.source_id == source_id(end.ledger_id, end.period, step))
        .group_by(Account.code, n.currency, s.id)
        .order_by(Account.code, n.currency, s.id)
    )
    lines = []
    for code, currency, debit, credit, others, *ids in await work.session.execute(query):
        dimensions = {kind: value for kind, value in zip(DIMENSIONS, ids, strict=True) if value} | own_of(others)
        foreign = "" if currency == end.currency else currency
        lines += [
            JournalLine(account=CODE + code, amount=amount, dimensions=dimensions, red=red, currency=foreign)
            for amount, red in ((debit, debit < 0), (-credit, credit < 0))
            if amount
        ]
    return lines


async def still_missing(work: Work, end: PeriodEnd, step: str, target: Sequence[JournalLine]) -> Sequence[JournalLine]:
    """What must be posted for the step's vouchers to come to ``target`` in all; a decrease comes in red.

    Raises:
        AccountKeyMissing: the chart lacks an account of ``target``.
    """
    posted = await posted_by_step(work, end, step)
    if not posted:
        return [line for line in target if line.amount]
    ledger = await work.session.get_one(Ledger, end.ledger_id)
    chart = await read_chart(work, ledger)
    amounts: dict[Place, Decimal] = defaultdict(lambda: ZERO)
    known: dict[Place, JournalLine] = {}
    for sign, lines in ((1, target), (-1, posted)):
        for line in lines:
            account = chart.find(line.account)
            own = replace(line, account=CODE + account.code, dimensions=kept_dimensions(line, account))
            place = Place(account.code, dimension_set_id(own.dimensions), line.currency, is_on_debit(line))
            amounts[place] += sign * round_half_up(line.amount)
            known.setdefault(place, own)
    return [
        replace(known[place], amount=amount, red=(amount > 0) is not place.on_debit)
        for place, amount in amounts.items()
        if amount
    ]  # fmt: skip


def is_on_debit(line: JournalLine) -> bool:
    return (line.amount > 0) is not line.red


def kept_dimensions(line: JournalLine, account: Account) -> Mapping[str, UUID]:
    """A step says all it knows; the account keeps what it is set to keep."""
    kept = {*account.required_dimensions, *account.optional_dimensions}
    return {kind: value for kind, value in line.dimensions.items() if kind in kept}


def new_line(line: JournalLine, chart: Chart, summary: str, base: str) -> NewLine:
    """The line as it is posted."""
    account = chart.find(line.account)
    on_debit = is_on_debit(line)
    foreign = line.currency if line.currency not in ("", base) else None
    return NewLine(
        account=account.code, summary=(line.memo or summary)[:SUMMARY_MAX], debit=line.amount if on_debit else ZERO,
        credit=ZERO if on_debit else -line.amount, currency=foreign, currency_amount=ZERO if foreign else None,
        dimensions=kept_dimensions(line, account),
    )  # fmt: skip


def sized(lines: Sequence[JournalLine], most: int = LINES_MAX) -> list[list[JournalLine]]:
    """The lines, rounded, in balanced vouchers of at most ``most`` lines; a line may be divided between two of them.

    Raises:
        CalculationUnbalanced: the lines do not add up to zero.
    """
    whole = [replace(line, amount=round_half_up(line.amount)) for line in lines]
    whole = [line for line in whole if line.amount]
    if off := sum((line.amount for line in whole), ZERO):
        raise CalculationUnbalanced(f"the lines are off by {off}")
    if len(whole) <= most:
        return [whole] if whole else []
    sides = {True: deque(x for x in whole if x.amount > 0), False: deque(x for x in whole if x.amount < 0)}
    groups: list[list[JournalLine]] = []
    group: list[JournalLine] = []
    balance = ZERO
    while sides[True] or sides[False]:
        line = sides[balance <= 0].popleft()
        group.append(line)
        balance += line.amount
        if len(group) == most and balance:
            # What is over came with the last line on that side: the rest of it opens the next voucher.
            last = max(place for place, each in enumerate(group) if (each.amount > 0) is (balance > 0))
            over = replace(group[last], amount=balance)
            group[last : last + 1] = [replace(over, amount=group[last].amount - balance)] if group[last].amount != balance else []
            sides[balance > 0].appendleft(over)
            balance = ZERO
        if len(group) >= most - 1 and not balance:
            groups, group = [*groups, group], []
    return [*groups, group] if group else groups
