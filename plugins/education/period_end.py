"""What Education looks at before a month is closed."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import func, select

from core_finance.api import codes_by_key, find_ledger, trial_balance
from education.enrolments.model import Lesson
from education.enrolments.posting import REVENUE
from kernel.i18n import gettext as _
from kernel.work import Work
from vertical import Finding, PeriodEnd


async def lessons_not_posted(work: Work, end: PeriodEnd) -> Sequence[Finding]:
    """Whether the tuition that the month's lessons earned, without VAT, is what its account of revenue says."""
    ledger = await find_ledger(work)  # the one that events are posted to
    if ledger is None or ledger.id != end.ledger_id:
        return []
    account = (await codes_by_key(work, ledger)).get(REVENUE)
    if account is None:
        return []
    query = select(func.coalesce(func.sum(Lesson.amount - Lesson.vat), 0)).where(Lesson.taught_on.between(end.first_on, end.last_on))
    earned: Decimal = await work.session.scalar(query) or Decimal(0)
    book = await trial_balance(work, ledger, first=end.period, last=end.period, below=account.code)
    posted = sum((row.figures.open_credit - row.figures.open_debit for row in book.rows if row.account.code == account.code), Decimal(0))
    if earned == posted:
        return []
    message = _("The month's lessons earned %(earned)s without VAT, the books show %(posted)s.", earned=earned, posted=posted)
    return [Finding(message=message, path=f"/finance/accounts/{account.code}/ledger?first={end.period}&last={end.period}")]
