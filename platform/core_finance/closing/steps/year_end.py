"""The end of the year: its profit becomes undistributed profit, a part of it statutory reserve (公司法 art. 210)."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from core_finance.books.figures import figures
from core_finance.chart.model import PROFIT_AND_LOSS, Account, Ledger
from core_finance.chart.rules import LedgerRules, rules_of
from core_finance.closing.lines import CODE, ZERO, Chart, posted_by_step, read_chart
from kernel.i18n import gettext as _
from kernel.money import round_half_up
from kernel.work import Work
from vertical import Calculation, JournalLine, PeriodEnd, ReportColumn, ReportTable

KEY = "core_finance.year_end"
HALF = Decimal("0.5")


class YearEnd:
    """What the accounts of equity say at the end of the year, with and without what this step posted.  Credit is positive."""

    def __init__(self, chart: Chart, balances: dict[UUID, Decimal], posted: Sequence[JournalLine]) -> None:
        self.profit, self.kept = chart.find("profit_of_year"), chart.find("undistributed_profit")
        self.reserve, self.appropriation = chart.find("statutory_reserve"), chart.find("reserve_appropriation")
        above = self.kept.code[:4]
        self.details = [a for a in chart.by_code.values() if a.code.startswith(above) and a.is_leaf and a.id != self.kept.id]
        self.details.sort(key=lambda account: account.code)
        self._balances, self._posted = balances, posted
        self.title = chart.title

    def now(self, account: Account) -> Decimal:
        return self._balances.get(account.id, ZERO)

    def before(self, account: Account) -> Decimal:
        """The balance without what this step posted."""
        return self.now(account) - self.moved(account)

    def moved(self, account: Account) -> Decimal:
        return -sum((line.amount for line in self._posted if line.account == CODE + account.code), ZERO)

    @property
    def net_profit(self) -> Decimal:
        return self.before(self.profit)

    def reserve_due(self, rules: LedgerRules) -> Decimal:
        """The share of what is left after earlier losses, until the reserve is half of the registered capital."""
        base = max(ZERO, self.net_profit + min(ZERO, self.before(self.kept)))
        due = round_half_up(base * rules.reserve_percent / 100)
        if rules.registered_capital is not None:
            due = min(due, max(ZERO, round_half_up(rules.registered_capital * HALF) - self.before(self.reserve)))
        return due


async def calculate(work: Work, end: PeriodEnd) -> Calculation:
    """本年利润 to 未分配利润; the reserve; the other details of 利润分配 into 未分配利润."""
    ledger = await work.session.get_one(Ledger, end.ledger_id)
    rules = rules_of(ledger)
    chart = await read_chart(work, ledger)
    known = {account_id: -f.closing for account_id, f in (await figures(work, ledger, end.period, end.period)).items()}
    year = YearEnd(chart, known, await posted_by_step(work, end, KEY))
    waits = any(known.get(account.id) for account in chart.by_code.values() if account.category in PROFIT_AND_LOSS)
    due = year.reserve_due(rules)
    reserve = due - year.moved(year.reserve)
    vouchers = [
        _move(year.profit, year.kept, year.now(year.profit), _("Profit of the year to undistributed profit")),
        _move(year.appropriation, year.reserve, reserve, _("Appropriation to the statutory reserve"), red=reserve < 0),
        _close_details(year, reserve),
    ]
    made = [lines for lines in vouchers if lines]
    return Calculation(summary=_("Year end"), vouchers=made, table=_table(year, due), notes=_notes(year, rules, due, waits=waits))


def _move(source: Account, target: Account, amount: Decimal, memo: str, *, red: bool = False) -> list[JournalLine]:
    """``amount``, credit being positive, from one account to another."""
    if not amount:
        return []
    return [
        JournalLine(account=CODE + source.code, amount=amount, memo=memo, red=red),
        JournalLine(account=CODE + target.code, amount=-amount, memo=memo, red=red),
    ]


def _close_details(year: YearEnd, reserve: Decimal) -> list[JournalLine]:
    memo = _("Details of profit distribution to undistributed profit")
    held = {a: year.now(a) - (reserve if a.id == year.appropriation.id else ZERO) for a in year.details}
    lines = [JournalLine(account=CODE + a.code, amount=balance, memo=memo) for a, balance in held.items() if balance]
    total = sum((line.amount for line in lines), ZERO)
    return [*lines, JournalLine(account=CODE + year.kept.code, amount=-total, memo=memo)] if total else lines


def _table(year: YearEnd, due: Decimal) -> ReportTable:
    before = year.before(year.kept)
    details = [(a, year.before(a)) for a in year.details if a.id != year.appropriation.id and year.before(a)]
    rows = [
        (_("Undistributed profit before"), before),
        (_("Net profit of the year"), year.net_profit),
        (_("Appropriation to the statutory reserve"), -due),
        *((year.title(a), balance) for a, balance in details),
    ]
    after = sum((amount for _label, amount in rows), ZERO)
    return ReportTable(
        columns=[ReportColumn(label=_("What it is made of")), ReportColumn(label=_("Amount"), kind="money")],
        rows=rows,
        totals=[_("Undistributed profit after"), after],
    )


def _notes(year: YearEnd, rules: LedgerRules, due: Decimal, *, waits: bool) -> list[str]:
    notes = [_("Revenue and expenses are not transferred yet; this is what was transferred so far.")] if waits else []
    notes.append(_("Statutory reserve: %(percent)s%% of the net profit that is left after earlier losses.", percent=rules.reserve_percent))
    if rules.registered_capital is None:
        notes.append(_("The registered capital is not entered, so the reserve does not stop at half of it."))
    elif not due and year.net_profit > 0 and rules.reserve_percent:
        notes.append(_("Nothing more is due: the reserve is half of the registered capital, or earlier losses are not covered yet."))
    return notes
