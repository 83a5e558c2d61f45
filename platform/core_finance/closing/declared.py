"""The steps and checks of finance itself, as it declares them through the hooks that every app has."""

from core_finance.closing import checks
from core_finance.closing.steps import amortisation, exchange, transfer, year_end
from kernel.i18n import N_
from vertical import PeriodEndCheck, PeriodEndStep

STEPS = (
    PeriodEndStep(
        key=amortisation.KEY, title=N_("Amortisation"), order=110, calculate=amortisation.calculate,
        summary=N_("The month's share of prepaid, intangible and deferred expenses."),
    ),
    PeriodEndStep(
        key=exchange.KEY, title=N_("Exchange differences"), order=500, calculate=exchange.calculate,
        summary=N_("Money, claims and debts in foreign currencies at the closing rate."),
    ),
    PeriodEndStep(
        key=transfer.KEY, title=N_("Transfer of profit and loss"), order=1000, calculate=transfer.calculate,
        summary=N_("Revenue and expenses to the profit of the year."),
    ),
    PeriodEndStep(
        key=year_end.KEY, title=N_("Year end"), order=1100, calculate=year_end.calculate, applies=lambda end: end.is_year_end,
        summary=N_("Profit of the year to undistributed profit, and the statutory reserve."),
    ),
)  # fmt: skip

CHECKS = (
    PeriodEndCheck(key="core_finance.earlier", title=N_("Earlier periods are closed"), find=checks.earlier, order=10),
    PeriodEndCheck(key="core_finance.unposted", title=N_("All vouchers are posted"), find=checks.unposted, order=20),
    PeriodEndCheck(key="core_finance.numbers", title=N_("Voucher numbers have no gaps"), find=checks.numbers, order=30),
    PeriodEndCheck(key="core_finance.trial", title=N_("The trial balance holds"), find=checks.trial, order=40),
    PeriodEndCheck(key="core_finance.steps", title=N_("The steps are done or skipped"), find=checks.steps, order=50),
    PeriodEndCheck(key="core_finance.profit_and_loss", title=N_("Profit and loss is transferred"), find=checks.profit_and_loss, order=60),
    PeriodEndCheck(key="core_finance.pending_at_year_end", title=N_("No pending losses at the year end"), find=checks.pending_at_year_end,
                   order=70),
    PeriodEndCheck(key="core_finance.pending", title=N_("No pending losses, no disposals under way"), find=checks.pending, blocking=False,
                   order=110),
    PeriodEndCheck(key="core_finance.negative_cash", title=N_("Cash and bank are not negative"), find=checks.negative_cash, blocking=False,
                   order=120),
    PeriodEndCheck(key="core_finance.wrong_side", title=N_("Receivables and payables stand on their side"), find=checks.wrong_side,
                   blocking=False, order=130),
    PeriodEndCheck(key="core_finance.cash_items", title=N_("Cash movements have their cash flow item"), find=checks.cash_items,
                   blocking=False, order=140),
    PeriodEndCheck(key="core_finance.attachments", title=N_("Vouchers have attachments"), find=checks.attachments, blocking=False,
                   order=150),
)  # fmt: skip
