"""What a ledger chooses within the law, each with the ordinary choice as its default."""

from decimal import Decimal
from typing import Literal

import msgspec

from core_finance.chart.model import Ledger
from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.money import round_half_up

CAPITAL_MAX = Decimal(10) ** 16

Reclassify = Literal["by_counterparty", "by_account", "none"]


class LedgerRules(msgspec.Struct, kw_only=True, frozen=True):
    """Choices of bookkeeping; stored in ``Ledger.rules``.

    ``reclassify``: how balances of receivables and payables on the wrong side move in the balance sheet (重分类).
    ``exchange_differences``: a line for each item, or one net line.  ``transfer``: revenue and expenses to the profit of
    the year in one voucher or in two.  ``reserve_percent``: statutory reserve of the year's net profit (公司法 art. 210),
    until it is half of ``registered_capital``.  ``parties_required``: lines of receivables, payables and advances must name
    the customer or supplier; it is written into the accounts when the chart is loaded, and each account may differ later.
    """

    reclassify: Reclassify = "by_counterparty"
    exchange_differences: Literal["per_item", "net"] = "per_item"
    transfer: Literal["merged", "separate"] = "separate"
    transfer_by_dimension: bool = False
    reserve_percent: Decimal = Decimal(10)
    registered_capital: Decimal | None = None
    cashier_signs: bool = False
    parties_required: bool = False


def check_rules(rules: LedgerRules) -> None:
    """Raises:
    Invalid: a number lies outside of what the law or the books can mean.
    """
    problems = []
    if not (rules.reserve_percent.is_finite() and 0 <= rules.reserve_percent <= 100):
        message = _("The statutory reserve is a share of the profit: a number from 0 to 100.")
        problems.append(FieldError("reserve_percent", message))
    capital = rules.registered_capital
    if capital is not None and not (capital.is_finite() and 0 <= capital < CAPITAL_MAX and capital == round_half_up(capital)):
        problems.append(FieldError("registered_capital", _("The registered capital is an amount with at most two decimals.")))
    if problems:
        raise Invalid(problems[0].message, errors=problems)


def rules_of(ledger: Ledger) -> LedgerRules:
    """The ledger's choices; a field that was never chosen has its default."""
    known = {field.encode_name for field in msgspec.structs.fields(LedgerRules)}
    return msgspec.convert({key: value for key, value in ledger.rules.items() if key in known}, LedgerRules, strict=False)


def keep_rules(ledger: Ledger, rules: LedgerRules) -> None:
    """Put the choices into the ledger's row; the caller flushes."""
    ledger.rules = msgspec.to_builtins(rules)
