"""What the accountant of the demo company does: purchases, wages, taxes, and the end of each month."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from core_finance.api import (
    Ledger,
    NewLine,
    NewVoucher,
    TemplateLine,
    codes_by_key,
    keep_phrase,
    keep_template,
    post_all,
    trial_balance,
)  # fmt: skip
from kernel.money import round_half_up
from kernel.work import Work
from webapp.demo.days import last_day

ZERO = Decimal(0)

# What remains of gross wages in each step, as shares of the gross: simplified, constant, adding up.
_EMPLOYEE_INSURANCE, _EMPLOYER_INSURANCE, _WAGE_TAX = Decimal("0.105"), Decimal("0.26"), Decimal("0.012")
# 财政部 税务总局公告 2023 年第 12 号, until the end of 2027: small enterprises of low profit pay half of the surcharges, and income
# tax of 20 % on a quarter of their profit.
_SURCHARGES = (
    ("540301", "222112", Decimal("0.035")),
    ("540302", "222113", Decimal("0.015")),
    ("540303", "222114", Decimal("0.01")),
)
_INCOME_TAX = Decimal("0.05")


@dataclass
class Books:
    """The ledger as this package writes it: vouchers are gathered and posted together."""

    work: Work
    ledger: Ledger
    keys: Mapping[str, str]
    made_by: str
    waiting: list[NewVoucher] = field(default_factory=list)
    income_tax: dict[int, Decimal] = field(default_factory=dict)  # charged so far, by year

    @classmethod
    async def open(cls, work: Work, ledger: Ledger, made_by: str) -> "Books":
        keys = {key: account.code for key, account in (await codes_by_key(work, ledger)).items()}
        return cls(work, ledger, keys, made_by)

    def add(
        self,
        on: date,
        summary: str,
        *sides: tuple[str, Decimal],
        party: UUID | None = None,
        department: UUID | None = None,
        kind: str = "manual",
    ) -> None:
        """One voucher.  A side is an account (code or key) and an amount: debit above zero, credit below."""
        lines = [self._line(summary, account, amount, party, department) for account, amount in sides if amount]
        if lines:
            self.waiting.append(NewVoucher(on=on, lines=lines, kind=kind, made_by=self.made_by))

    async def post(self) -> None:
        """Post what was gathered, by date."""
        if self.waiting:
            vouchers = sorted(self.waiting, key=lambda voucher: voucher.on)
            self.waiting = []
            await post_all(self.work, self.ledger, vouchers)

    async def balances(self, period: int) -> Mapping[str, Decimal]:
        """Closing balances at the end of ``period`` by code, debits above zero; leaves only."""
        await self.post()
        return await closing_balances(self.work, self.ledger, period)

    def _line(self, summary: str, account: str, amount: Decimal, party: UUID | None, department: UUID | None) -> NewLine:
        code = account if account.isdigit() else self.keys[account]
        dimensions: dict[str, UUID] = {}
        if party is not None and code.startswith(("1122", "1123", "2202", "2203")):
            dimensions["party"] = party
        if department is not None and code.startswith(("5601", "5602")):
            dimensions["department"] = department
        return NewLine(account=code, summary=summary, debit=max(amount, ZERO), credit=max(-amount, ZERO), dimensions=dimensions)


async def closing_balances(work: Work, ledger: Ledger, period: int) -> Mapping[str, Decimal]:
    """The balance of each leaf account that has one, at the end of ``period``; debits above zero."""
    rows = (await trial_balance(work, ledger, first=period, last=period)).rows
    return {row.account.code: row.figures.closing for row in rows if row.account.is_leaf and row.figures.closing}


def wages(books: Books, month: date, by_department: Mapping[str, tuple[UUID, Decimal]]) -> None:
    """Charge the month's wages and insurance on its last day."""
    on = last_day(month)
    for code, (department, gross) in by_department.items():
        expense = "560101" if code == "30" else "560201"
        insurance = round_half_up(gross * _EMPLOYER_INSURANCE)
        books.add(on, f"计提{month.month}月工资", (expense, gross), ("221101", -gross), department=department)
        books.add(on, f"计提{month.month}月单位社保", (expense, insurance), ("221104", -insurance), department=department)


def pay_wages(books: Books, on: date, gross: Decimal) -> None:
    """Pay last month's wages, and hand on what was withheld."""
    withheld, tax, employer = (round_half_up(gross * share) for share in (_EMPLOYEE_INSURANCE, _WAGE_TAX, _EMPLOYER_INSURANCE))
    books.add(on, "发放上月工资", ("221101", gross), ("224101", -withheld), ("222116", -tax), ("bank", -(gross - withheld - tax)))
    books.add(on.replace(day=15), "缴纳上月社会保险费", ("221104", employer), ("224101", withheld), ("bank", -(employer + withheld)))
    books.add(on.replace(day=15), "缴纳代扣个人所得税", ("222116", tax), ("bank", -tax))


def charge_vat(books: Books, month: date, balances: Mapping[str, Decimal]) -> None:
    """Move the month's VAT to what is to be paid, and charge the surcharges on it."""
    on = last_day(month)
    output, paid_in = -balances.get("22210107", ZERO), balances.get("22210101", ZERO)
    owed = output - paid_in - balances.get("22210104", ZERO)
    if owed > 0:
        books.add(on, "转出未交增值税", ("22210104", owed), ("222102", -owed))
    base = max(owed, ZERO) - balances.get("222108", ZERO)
    surcharges = [(expense, payable, round_half_up(base * share)) for expense, payable, share in _SURCHARGES]
    charged = [(expense, amount) for expense, _payable, amount in surcharges]
    owing = [(payable, -amount) for _expense, payable, amount in surcharges]
    books.add(on, "计提税金及附加", *charged, *owing)


def pay_taxes(books: Books, on: date, balances: Mapping[str, Decimal]) -> None:
    """Pay what was owed at the end of last month."""
    for code, words in (
        ("222102", "缴纳上月增值税"),
        ("222108", "缴纳简易计税增值税"),
        ("222115", "缴纳企业所得税"),
    ):
        if (owed := -balances.get(code, ZERO)) > 0:
            books.add(on, words, (code, owed), ("bank", -owed))
    owed_each = [(payable, -balances.get(payable, ZERO)) for _expense, payable, _share in _SURCHARGES]
    total = sum((amount for _code, amount in owed_each), ZERO)
    books.add(on, "缴纳附加税费", *owed_each, ("bank", -total))


def charge_income_tax(books: Books, month: date, balances: Mapping[str, Decimal]) -> None:
    """At the end of a quarter: tax on the year's profit so far, less what was charged before."""
    profit = -sum((amount for code, amount in balances.items() if _is_profit_and_loss(code) or code == "3103"), ZERO)
    year_to_date = profit + _charged_this_year(books, month)
    due = round_half_up(max(year_to_date, ZERO) * _INCOME_TAX) - _charged_this_year(books, month)
    if month.month % 3 == 0 and due > 0:
        books.add(last_day(month), "计提企业所得税", ("5801", due), ("222115", -due))
        books.income_tax[month.year] = _charged_this_year(books, month) + due


def close_profit_and_loss(books: Books, month: date, balances: Mapping[str, Decimal]) -> None:
    """Carry income and expenses of the month to the year's profit; in December that to undistributed profit."""
    on = last_day(month)
    moved = {code: amount for code, amount in balances.items() if _is_profit_and_loss(code)}
    income = {code: amount for code, amount in moved.items() if code.startswith(("50", "51", "53"))}
    spent = {code: amount for code, amount in moved.items() if code not in income}
    for words, side in (("结转本月收入", income), ("结转本月成本费用", spent)):
        total = sum(side.values(), ZERO)
        books.add(on, words, *((code, -amount) for code, amount in sorted(side.items())), ("3103", total), kind="closing")
    if month.month == 12:
        profit = balances.get("3103", ZERO) + sum(moved.values(), ZERO)
        books.add(on, "结转本年利润", ("3103", -profit), ("undistributed_profit", profit), kind="closing")


def _is_profit_and_loss(code: str) -> bool:
    """Classes 5 of the small-business chart."""
    return code.startswith("5")


def _charged_this_year(books: Books, month: date) -> Decimal:
    return books.income_tax.get(month.year, ZERO)


async def keep_habits(work: Work, ledger: Ledger) -> None:
    """Summaries and a template that the accountant keeps for use."""
    for code, text in (("FZ", "支付本月房租"), ("GZ", "发放本月工资"), ("SK", "收到货款")):
        await keep_phrase(work, text, code)
    lines = [
        TemplateLine(account="560208", side="debit", summary="支付本月水电费", how="percent", value=Decimal(100)),
        TemplateLine(account="1002", side="credit", summary="支付本月水电费", how="percent", value=Decimal(100)),
    ]
    await keep_template(work, ledger, name="支付水电费", word="记", lines=lines)
