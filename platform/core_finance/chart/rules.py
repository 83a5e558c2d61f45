"""What a ledger chooses within the law, each with the ordinary choice as its default."""

from decimal import Decimal
from typing import Literal

import msgspec

from core_finance.chart.model import Ledger

Reclassify = Literal["by_counterparty", "by_account", "none"]


class LedgerRules(msgspec.Struct, kw_only=True, frozen=True):
    """Choices of bookkeeping; stored in ``Ledger.rules``.

    ``reclassify``: how balances of receivables and payables on the wrong side move in the balance sheet (重分类).
    ``exchange_differences``: a line for each item, or one net line.  ``transfer``: revenue and expenses to the profit of
    the year in one voucher or in two.  ``reserve_percent``: statutory reserve of the year's net profit (公司法 art. 210),
    until it is half of ``registered_capital``.
    """

    reclassify: Reclassify = "by_counterparty"
    exchange_differences: Literal["per_item", "net"] = "per_item"
    transfer: Literal["merged", "separate"] = "separate"
    transfer_by_dimension: bool = False
    reserve_percent: Decimal = Decimal(10)
    registered_capital: Decimal | None = None
    cashier_signs: bool = False


def rules_of(ledger: Ledger) -> LedgerRules:
    """The ledger's choices; a field that was never chosen has its default."""
    known = {field.encode_name for field in msgspec.structs.fields(LedgerRules)}
    return msgspec.convert({key: value for key, value in ledger.rules.items() if key in known}, LedgerRules, strict=False)


def keep_rules(ledger: Ledger, rules: LedgerRules) -> None:
    """Put the choices into the ledger's row; the caller flushes."""
    ledger.rules = msgspec.to_builtins(rules)
