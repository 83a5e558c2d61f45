"""What pages of books have in common: the months asked for, and where a company without books goes first."""

from collections.abc import Sequence

from litestar.response import Redirect

from core_finance.chart.model import Ledger
from core_finance.periods.service import current_period, text_of
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work


def setup_redirect() -> Redirect:
    """Where a company without a ledger is sent first."""
    return Redirect("/finance/setup", status_code=303)


def month_options(codes: Sequence[int]) -> list[tuple[int, str]]:
    """Months to choose from, the latest first."""
    return [(code, text_of(code)) for code in sorted(codes, reverse=True)]


def check_months(*, first: int | None = None, last: int | None = None, period: int | None = None) -> None:
    """Raises:
    Invalid: one that is given is no month, or the first comes after the last.
    """
    for field, code in (("first", first), ("last", last), ("period", period)):
        if code is not None and not (190001 <= code <= 299912 and 1 <= code % 100 <= 12):
            raise Invalid(_("%(code)s is no period; write one like 202611.", code=code), field=field)
    if first is not None and last is not None and first > last:
        raise Invalid(_("The first period comes after the last; exchange them."), field="first")


async def span(work: Work, ledger: Ledger, first: int | None, last: int | None) -> tuple[int, int]:
    """The periods asked for; the current one where none is.

    Raises:
        Invalid: they are no months, or stand in the wrong order.
    """
    check_months(first=first, last=last)
    end = last or first or await current_period(work, ledger)
    return first or end, end
