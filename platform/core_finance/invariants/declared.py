"""The invariants of finance, in the order in which they are shown."""

from collections.abc import Sequence

from core_finance.invariants.balances import BALANCES
from core_finance.invariants.months import MONTHS
from core_finance.invariants.vouchers import VOUCHERS
from vertical import Invariant

INVARIANTS: Sequence[Invariant] = (*VOUCHERS, *BALANCES, *MONTHS)
