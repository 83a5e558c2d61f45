"""Forms that know for which ledger they were drawn."""

from typing import Any

from core_finance.chart.ledgers import current_ledger
from core_finance.chart.model import Ledger
from kernel.errors import Conflict
from kernel.i18n import gettext as _
from kernel.work import Work


class LedgerSwitched(Conflict):
    code = "ledger_switched"


async def the_ledger(work: Work, form: Any) -> Ledger:
    """The ledger before the person, which must be the one that ``form`` was drawn for.

    Raises:
        LedgerSwitched: they switched to another one since, in another tab perhaps.
    """
    ledger = await current_ledger(work)
    if form.get("ledger", str(ledger.id)) != str(ledger.id):
        raise LedgerSwitched(
            _(
                "This page was drawn for another ledger than %(name)s, which is open now. Nothing was saved; switch back to save it.",
                name=ledger.name,
            )
        )
    return ledger
