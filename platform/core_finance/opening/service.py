"""Reads, checks and posts opening balances.

They stand in the books as vouchers of months before the ledger's first one: the balances of January in the December before,
the movements of the year in the month before the start.  So every book reads them without knowing of them.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from core_finance.chart.model import PROFIT_AND_LOSS, Account, Ledger
from core_finance.chart.service import AccountKeyMissing, accounts, codes_by_key
from core_finance.opening.model import AMOUNTS, KIND, ZERO, Entry, Opening, OpeningChanged, OpeningLocked, OpeningRefused, Totals
from core_finance.periods.model import Period, PeriodState
from core_finance.periods.service import text_of
from core_finance.posting.engine import post_all
from core_finance.posting.model import Voucher
from core_finance.posting.reading import VoucherView, read_voucher
from core_finance.posting.reversal import red_letter
from core_finance.posting.voucher import NewLine, NewVoucher, dimension_set_id
from kernel import clock
from kernel.errors import DomainError, FieldError
from kernel.i18n import gettext as _
from kernel.ids import new_id
from kernel.money import CURRENCIES
from kernel.work import Work
from vertical import SourceDocument

PATH = "/finance/opening"
PROFIT_OF_YEAR = "profit_of_year"


def is_mid_year(ledger: Ledger) -> bool:
    """Whether months of the year passed before the ledger's first one."""
    return ledger.start_period % 100 > 1


async def read_opening(work: Work, ledger: Ledger) -> Opening:
    """What the ledger started with, as it stands now, in the order of the accounts."""
    entries = _entries(ledger, await _standing(work, ledger), {a.code: a for a in await accounts(work, ledger)})
    return Opening(entries=entries, version=await _version(work, ledger), locked=await _locked(work, ledger))


async def save_opening(work: Work, ledger: Ledger, entries: Sequence[Entry], *, version: int | None = None) -> Opening:
    """Make ``entries`` the opening balances, all of them: what stood before is cancelled in red, in its own month.

    Empty entries count as left out.  ``version`` is that of the opening balances that were read; None: whatever stands.

    Raises:
        OpeningLocked: the first month is closed, or they were corrected by hand.
        OpeningChanged: somebody else saved meanwhile.
        OpeningRefused: entries are wrong; each is named by its place.
        OpeningUnbalanced: debits are not credits.
        PostingRefused: an account or a dimension cannot be posted to.
    """
    await _lock(work, ledger)
    if locked := await _locked(work, ledger):
        raise locked
    if version is not None and version != await _version(work, ledger):
        raise OpeningChanged(_("Somebody changed the opening balances meanwhile; load them again."))
    chart = {a.code: a for a in await accounts(work, ledger)}
    if problems := check_entries(ledger, entries, chart):
        raise OpeningRefused(problems[0].message, errors=problems)
    kept = [entry for entry in entries if not entry.is_empty]
    Totals.of(kept).check()
    standing = await _standing(work, ledger)
    if kept == list(_entries(ledger, standing, chart)):
        return await read_opening(work, ledger)
    profit = (await codes_by_key(work, ledger)).get(PROFIT_OF_YEAR)
    red = [
        replace(red_letter(voucher, voucher.entry_on), kind=voucher.kind, by_hand=False, source=_source(ledger), made_by=work.actor.name)
        for voucher in standing
    ]
    await _post(work, ledger, [*red, *_vouchers(ledger, kept, chart, profit)])
    return await read_opening(work, ledger)


def check_entries(ledger: Ledger, entries: Sequence[Entry], chart: Mapping[str, Account]) -> list[FieldError]:
    """What is wrong with single entries, by their place: ``entries.3.account``."""
    problems: list[FieldError] = []
    seen: set[tuple[str, UUID | None]] = set()
    for place, entry in enumerate(entries):
        if found := _check(ledger, entry, chart.get(entry.account)):
            problems.append(FieldError(f"entries.{place}.{found[0]}", found[1]))
        key = (entry.account, dimension_set_id(entry.dimensions))
        if key in seen:
            message = _("%(account)s stands twice with the same details; keep one.", account=entry.account)
            problems.append(FieldError(f"entries.{place}.account", message))
        seen.add(key)
    return problems


def _check(ledger: Ledger, entry: Entry, account: Account | None) -> tuple[str, str] | None:
    """The field that is wrong and what is wrong with it."""
    if account is None:
        return "account", _("There is no account %(code)s; choose one from the chart.", code=entry.account)
    if entry.is_empty:
        return None
    facts = {"account": account.code}
    if not account.is_leaf:
        return "account", _("%(account)s has sub-accounts; give the balances of those.", **facts)
    if not account.is_active:
        return "account", _("%(account)s is disabled; enable it or choose another.", **facts)
    if missing := set(account.required_dimensions) - set(entry.dimensions):
        return "dimensions", _("%(account)s asks for: %(names)s.", **facts, names=", ".join(sorted(missing)))
    if surplus := set(entry.dimensions) - {*account.required_dimensions, *account.optional_dimensions}:
        return "dimensions", _("%(account)s does not keep: %(names)s.", **facts, names=", ".join(sorted(surplus)))
    if found := _check_amounts(ledger, entry):
        return found
    if account.category in PROFIT_AND_LOSS and entry.year_opening:
        return "opening_debit", _(
            "%(account)s is an account of profit and loss and began the year at zero: its balance must be what moved in the year.", **facts
        )
    return None


def _check_amounts(ledger: Ledger, entry: Entry) -> tuple[str, str] | None:
    for name in (*AMOUNTS, "result"):
        amount = getattr(entry, name) or ZERO
        exponent = amount.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -CURRENCIES.get(ledger.currency, 2):
            return name, _("%(amount)s has more than two decimals; round it.", amount=amount)
        if abs(amount) >= Decimal(10) ** 16:
            return name, _("%(amount)s is larger than the books can hold.", amount=amount)
    if entry.opening_debit and entry.opening_credit:
        return "opening_credit", _("A balance stands on one side only: debit or credit.")
    if (entry.year_debit or entry.year_credit) and not is_mid_year(ledger):
        return "year_debit", _("The ledger starts in January: nothing moved in the year before it.")
    return None


def _vouchers(ledger: Ledger, entries: Sequence[Entry], chart: Mapping[str, Account], profit: Account | None) -> list[NewVoucher]:
    """The entries as vouchers: January's balances, the year's movements, and what of them transferred profit and loss."""
    before, moved, transfers = [], [], []
    for entry in entries:
        before += _lines(entry, _("Balance at the beginning of the year"), **_side(entry.year_opening))
        debit, credit = entry.year_debit, entry.year_credit
        if amount := entry.transferred(chart[entry.account]):
            words = _("Profit and loss transferred before the ledger started")
            # Revenue is transferred by a debit, cost by a credit; a negative one in red on the same side.
            earns = chart[entry.account].category == "revenue"
            debit, credit = (debit - amount, credit) if earns else (debit, credit + amount)
            transfers.append((_lines(entry, words, debit=amount) if earns else _lines(entry, words, credit=-amount))[0])
        moved += _lines(entry, _("Movements of the year before the ledger started"), debit=debit, credit=credit)
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
    return [NewVoucher(on=on, kind=kind, by_hand=False, lines=lines, source=_source(ledger)) for on, kind, lines in made if lines]


def _lines(entry: Entry, words: str, *, debit: Decimal = ZERO, credit: Decimal = ZERO) -> list[NewLine]:
    found = []
    if debit:
        found.append(NewLine(account=entry.account, summary=words, debit=debit, dimensions=entry.dimensions))
    if credit:
        found.append(NewLine(account=entry.account, summary=words, credit=credit, dimensions=entry.dimensions))
    return found


def _side(balance: Decimal) -> dict[str, Decimal]:
    return {"debit": balance} if balance > 0 else {"credit": -balance}


def _entries(ledger: Ledger, vouchers: Sequence[VoucherView], chart: Mapping[str, Account]) -> Sequence[Entry]:
    """The entries that made ``vouchers``."""
    eve = (ledger.start_period // 100 - 1) * 100 + 12
    before: defaultdict[tuple[str, UUID | None], Decimal] = defaultdict(Decimal)
    debit, credit, ordinary = before.copy(), before.copy(), before.copy()
    dimensions: dict[tuple[str, UUID | None], Mapping[str, UUID]] = {}
    for voucher in vouchers:
        for line in voucher.lines:
            key = (line.account, dimension_set_id(line.dimensions))
            dimensions[key] = line.dimensions
            if voucher.period == eve:
                before[key] += line.debit - line.credit
                continue
            debit[key] += line.debit
            credit[key] += line.credit
            if voucher.kind == KIND:
                ordinary[key] += line.debit - line.credit
    found = []
    for key in sorted(dimensions, key=lambda k: (k[0], str(k[1] or ""))):
        account = chart[key[0]]
        opening = before[key] + debit[key] - credit[key]
        result = None
        if account.category in PROFIT_AND_LOSS:
            result = -ordinary[key] if account.category == "revenue" else ordinary[key]
            normal = credit[key] if account.category == "revenue" else debit[key]
            result = None if result == normal else result
        found.append(
            Entry(
                account=key[0], dimensions=dimensions[key], opening_debit=max(opening, ZERO), opening_credit=max(-opening, ZERO),
                year_debit=debit[key], year_credit=credit[key], result=result,
            )
        )  # fmt: skip
    return [entry for entry in found if not entry.is_empty]


async def _post(work: Work, ledger: Ledger, vouchers: Sequence[NewVoucher]) -> None:
    """Post into the months before the start, which are open for nobody but this transaction."""
    codes = sorted({voucher.period for voucher in vouchers})
    if not codes:
        return
    stamp = {"ledger_id": ledger.id, "state": PeriodState.OPEN, "created_at": clock.now(), "updated_at": clock.now()}
    rows = [{**stamp, "id": new_id(), "code": code} for code in codes]
    statement = insert(Period).values(rows)
    await work.session.execute(
        statement.on_conflict_do_update(index_elements=["ledger_id", "code"], set_={"state": statement.excluded.state})
    )
    await post_all(work, ledger, vouchers)
    closed = update(Period).where(Period.ledger_id == ledger.id, Period.code.in_(codes))
    await work.session.execute(closed.values(state=PeriodState.CLOSED, closed_at=clock.now(), closed_by=work.actor.name))


async def _lock(work: Work, ledger: Ledger) -> None:
    """Nobody else saves opening balances, and the first month is not closed, before this transaction ends."""
    query = select(Period.id).where(Period.ledger_id == ledger.id, Period.code == ledger.start_period)
    await work.session.execute(query.with_for_update())


async def _locked(work: Work, ledger: Ledger) -> DomainError | None:
    """Why the opening balances cannot be changed any more; None where they can."""
    state = await work.session.scalar(select(Period.state).where(Period.ledger_id == ledger.id, Period.code == ledger.start_period))
    if state == PeriodState.CLOSED:
        return OpeningLocked(
            _(
                "The first period %(period)s is closed: correct opening balances by a voucher in an open period.",
                period=text_of(ledger.start_period),
            )
        )
    mine = select(Voucher.id).where(Voucher.ledger_id == ledger.id, Voucher.source_kind == KIND, Voucher.period < ledger.start_period)
    by_hand = select(Voucher.id).where(Voucher.reverses_id.in_(mine), Voucher.period >= ledger.start_period).limit(1)
    if await work.session.scalar(by_hand):
        return OpeningLocked(_("Opening balances were cancelled in red by a voucher: go on correcting them by vouchers."))
    return None


async def _version(work: Work, ledger: Ledger) -> int:
    query = select(func.count()).select_from(Voucher)
    return await work.session.scalar(query.where(Voucher.ledger_id == ledger.id, Voucher.period < ledger.start_period)) or 0


async def _standing(work: Work, ledger: Ledger) -> list[VoucherView]:
    """The vouchers that hold the opening balances and were not cancelled."""
    cancelled = select(Voucher.reverses_id).where(Voucher.ledger_id == ledger.id, Voucher.reverses_id.is_not(None))
    query = select(Voucher.id).where(
        Voucher.ledger_id == ledger.id, Voucher.period < ledger.start_period, Voucher.reverses_id.is_(None), Voucher.id.not_in(cancelled)
    )
    ids = (await work.session.scalars(query.order_by(Voucher.period, Voucher.number))).all()
    return [voucher for voucher_id in ids if (voucher := await read_voucher(work, voucher_id)) is not None]


def _source(ledger: Ledger) -> SourceDocument:
    return SourceDocument(kind=KIND, id=ledger.id, number=_("Opening balances"), path=PATH)
