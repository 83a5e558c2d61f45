"""Opening balances as vouchers, and read back from them (docs/decisions/0007)."""

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from core_finance.chart.model import PROFIT_AND_LOSS, Account, Ledger
from core_finance.chart.service import AccountKeyMissing
from core_finance.opening.model import KIND, ZERO, Entry
from core_finance.posting.engine import LINES_MAX
from core_finance.posting.reading import VoucherView
from core_finance.posting.voucher import NewLine, NewVoucher, dimension_set_id
from kernel.i18n import gettext as _
from vertical import SourceDocument

PATH = "/finance/opening"

Key = tuple[str, UUID | None]


def vouchers_of(ledger: Ledger, entries: Sequence[Entry], chart: Mapping[str, Account], profit: Account | None) -> list[NewVoucher]:
    """The entries as vouchers: January's balances, the year's movements, and what of them transferred profit and loss."""
    before, moved, transfers = [], [], []
    for entry in entries:
        account = chart[entry.account]
        before += _balance(entry, account)
        debit, credit = entry.year_debit, entry.year_credit
        if amount := entry.transferred(account):
            words = _("Profit and loss transferred before the ledger started")
            # Revenue is transferred by a debit, cost by a credit; a negative one in red on the same side.
            earns = account.category == "revenue"
            debit, credit = (debit - amount, credit) if earns else (debit, credit + amount)
            transfers.append((_lines(entry, words, debit=amount) if earns else _lines(entry, words, credit=-amount))[0])
        moved += _movements(entry, account, debit, credit)
    if transfers:
        if profit is None:
            raise AccountKeyMissing(_("The ledger has no account for the profit of the year."))
        words = _("Profit and loss transferred before the ledger started")
        debit, credit = sum((x.debit for x in transfers), ZERO), sum((x.credit for x in transfers), ZERO)
        # What profit took over is part of the movements entered for it.
        target = Entry(account=profit.code)
        transfers += _lines(target, words, debit=credit, credit=debit)
        moved += _lines(target, _("Movements of the year before the ledger started"), debit=-credit, credit=-debit)
    year, month = divmod(ledger.start_period, 100)
    eve, end = date(year - 1, 12, 31), date(year, month, 1) - timedelta(days=1)
    made = [(eve, KIND, before), (end, KIND, moved), (end, "closing", transfers)]
    return [
        NewVoucher(on=on, kind=kind, by_hand=False, lines=part, source=source_of(ledger))
        for on, kind, lines in made
        for part in balanced_parts(lines)
    ]


def balanced_parts(lines: Sequence[NewLine], most: int = LINES_MAX) -> list[list[NewLine]]:
    """``lines``, which balance, in parts of at most ``most`` lines of which each balances.

    A line that does not fit into its part whole is cut in two; a measure goes with the first piece.
    """
    if len(lines) <= most:
        return [list(lines)] if lines else []
    sides = deque(x for x in lines if x.debit - x.credit > 0), deque(x for x in lines if x.debit - x.credit < 0)
    parts: list[list[NewLine]] = []
    while sides[0] or sides[1]:
        part: list[NewLine] = []
        last = {0: -1, 1: -1}
        off = ZERO
        while len(part) < most and (sides[0] or sides[1]):
            side = 0 if sides[0] and (off <= 0 or not sides[1]) else 1
            line = sides[side].popleft()
            last[side] = len(part)
            part.append(line)
            off += line.debit - line.credit
        if off:
            # The rest of the last line of the heavier side goes into the next part.
            side = 0 if off > 0 else 1
            line = part[last[side]]
            kept, rest = _cut(line, off)
            sides[side].appendleft(rest)
            if kept is None:
                part.pop(last[side])
            else:
                part[last[side]] = kept
        parts.append(part)
    return parts


def _cut(line: NewLine, off: Decimal) -> tuple[NewLine | None, NewLine]:
    """The line without ``off`` (debit is positive), which its second piece has."""
    # A red amount on the debit side weighs like a credit, so the piece goes with the side that the line is on.
    taken = {"debit": off, "credit": ZERO} if line.debit else {"debit": ZERO, "credit": -off}
    debit, credit = line.debit - taken["debit"], line.credit - taken["credit"]
    if not debit and not credit:
        return None, line
    rate = (debit + credit) / line.currency_amount if line.currency_amount else line.rate
    rest = replace(line, debit=taken["debit"], credit=taken["credit"], currency=None, currency_amount=None, rate=None, quantity=None)
    return replace(line, debit=debit, credit=credit, rate=rate), rest


def entries_of(ledger: Ledger, vouchers: Sequence[VoucherView], chart: Mapping[str, Account]) -> Sequence[Entry]:
    """The entries that made ``vouchers``."""
    eve = (ledger.start_period // 100 - 1) * 100 + 12
    sums: defaultdict[Key, defaultdict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    dimensions: dict[Key, Mapping[str, UUID]] = {}
    for voucher in vouchers:
        for line in voucher.lines:
            key = (line.account, dimension_set_id(line.dimensions))
            dimensions[key] = line.dimensions
            found = sums[key]
            side = "debit" if line.debit else "credit"
            when = "before" if voucher.period == eve else "year"
            found[f"{when}_{side}"] += line.debit + line.credit
            found[f"{when}_{side}_currency"] += line.currency_amount or ZERO
            found[f"{when}_{side}_quantity"] += line.quantity or ZERO
            if when == "year" and voucher.kind == KIND:
                found["ordinary"] += line.debit - line.credit
    keys = sorted(dimensions, key=lambda k: (k[0], str(k[1] or "")))
    made = [_entry(key[0], dimensions[key], sums[key], chart[key[0]]) for key in keys]
    return [entry for entry in made if not entry.is_empty]


def source_of(ledger: Ledger) -> SourceDocument:
    return SourceDocument(kind=KIND, id=ledger.id, number=_("Opening balances"), path=PATH)


def _entry(code: str, dimensions: Mapping[str, UUID], found: Mapping[str, Decimal], account: Account) -> Entry:
    def closing(measure: str = "") -> Decimal:
        return sum(
            (sign * found[f"{when}_{side}{measure}"] for when in ("before", "year") for side, sign in (("debit", 1), ("credit", -1))), ZERO
        )

    opening = closing()
    result = None
    if account.category in PROFIT_AND_LOSS:
        earns = account.category == "revenue"
        result = -found["ordinary"] if earns else found["ordinary"]
        result = None if result == found["year_credit" if earns else "year_debit"] else result
    measures: dict[str, Decimal] = {}
    for measure in ("currency", "quantity"):
        held = closing(f"_{measure}")
        measures[f"opening_{measure}"] = held if opening > 0 else -held
        measures |= {f"year_{side}_{measure}": found[f"year_{side}_{measure}"] for side in ("debit", "credit")}
    return Entry(
        account=code, dimensions=dimensions, opening_debit=max(opening, ZERO), opening_credit=max(-opening, ZERO),
        year_debit=found["year_debit"], year_credit=found["year_credit"], result=result, **measures,
    )  # fmt: skip


def _balance(entry: Entry, account: Account) -> list[NewLine]:
    """What stood before January."""
    balance = entry.year_opening
    sign = 1 if balance > 0 else -1
    measures = _measures(account, abs(balance), sign * entry.year_opening_of("currency"), sign * entry.year_opening_of("quantity"))
    side = {"debit": balance} if balance > 0 else {"credit": -balance}
    return _lines(entry, _("Balance at the beginning of the year"), measures=measures, **side)


def _movements(entry: Entry, account: Account, debit: Decimal, credit: Decimal) -> list[NewLine]:
    words = _("Movements of the year before the ledger started")
    made = []
    for side, amount in (("debit", debit), ("credit", credit)):
        measures = _measures(account, amount, getattr(entry, f"year_{side}_currency"), getattr(entry, f"year_{side}_quantity"))
        made += _lines(entry, words, measures=measures, **{side: amount})
    return made


def _measures(account: Account, amount: Decimal, currency_amount: Decimal, quantity: Decimal) -> dict[str, Any]:
    found: dict[str, Any] = {"quantity": quantity} if quantity else {}
    if currency_amount:
        found |= {"currency": account.currency, "currency_amount": currency_amount, "rate": amount / currency_amount}
    return found


def _lines(
    entry: Entry, words: str, *, debit: Decimal = ZERO, credit: Decimal = ZERO, measures: Mapping[str, Any] | None = None
) -> list[NewLine]:
    bare = NewLine(account=entry.account, summary=words, dimensions=entry.dimensions, **(measures or {}))
    return [replace(bare, debit=debit)] * bool(debit) + [replace(bare, credit=credit)] * bool(credit)
