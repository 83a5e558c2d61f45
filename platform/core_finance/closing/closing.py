"""Closing a month after its checks, and opening it again."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from sqlalchemy import select

from core_finance.cash_flow.service import settle
from core_finance.chart.model import Ledger
from core_finance.closing.service import end_of
from core_finance.periods.model import Period, PeriodState
from core_finance.periods.service import close_period, lock_period, reopen_period, text_of
from core_finance.statements.model import FiledStatement
from identity.audit import record
from kernel.errors import Conflict, DomainError, FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.reading import reading_only
from kernel.work import Contribution, Work
from vertical import Finding, PeriodEnd, PeriodEndCheck

log = structlog.get_logger(__name__)

REASON_MAX = 300
FINDINGS_MAX = 100


class PeriodNotReady(Conflict):
    code = "period_not_ready"


class PeriodNotClosed(Conflict):
    code = "period_not_closed"


class StatementsFiled(Conflict):
    code = "statements_filed"


@dataclass(frozen=True, kw_only=True)
class CheckView:
    """A check and what it found; nothing: all is well."""

    key: str
    title: str
    vertical: str
    blocking: bool
    findings: Sequence[Finding]


async def read_checks(work: Work, ledger: Ledger, code: int) -> list[CheckView]:
    """All checks of a month, those that keep it from being closed first."""
    end = end_of(ledger, code)
    # A check only reads; what waits to be classified as cash flow would be missed.
    await settle(work, ledger)
    given = sorted(work.contributions("period_end_checks"), key=lambda c: (not c.item.blocking, c.item.order, c.item.key))
    return [await _checked(work, end, each) for each in given]


async def close(work: Work, ledger: Ledger, code: int) -> Period:
    """Close a month after all its checks.  Whoever posts to it meanwhile waits, and is refused then.

    Raises:
        PeriodNotReady: with everything that is in the way; its detail ``findings`` names the pages.
    """
    period = await lock_period(work, ledger, code)
    if period.state is PeriodState.CLOSED:
        return period
    checks = await read_checks(work, ledger, code)
    found = [(check, finding) for check in checks if check.blocking for finding in check.findings]
    if found:
        raise PeriodNotReady(
            _("%(period)s cannot be closed yet: %(count)s things are in the way. %(first)s",
              period=text_of(code), count=len(found), first=found[0][1].message),
            errors=[FieldError(check.key, finding.message) for check, finding in found],
            findings=[{"check": check.key, "message": finding.message, "path": finding.path} for check, finding in found],
        )  # fmt: skip
    closed = await close_period(work, ledger, code)
    warnings = sum(len(check.findings) for check in checks)
    await record(
        work, "period.closed", f"period:{ledger.id}:{code}", name=f"{ledger.name} {text_of(code)}", before={"state": "open"},
        after={"state": "closed", "warnings": warnings},
    )  # fmt: skip
    return closed


async def reopen(work: Work, ledger: Ledger, code: int, reason: str, *, although_filed: bool = False) -> Period:
    """Open the latest closed month again.

    Raises:
        Invalid: no reason is given.
        PeriodNotNext: a later month is closed.
        PeriodNotClosed: it is open.
        StatementsFiled: statements of it were filed and the caller did not say ``although_filed``.
    """
    reason = reason.strip()
    if not reason or len(reason) > REASON_MAX:
        raise Invalid(_("Say why the period is reopened, in at most %(max)s characters.", max=REASON_MAX), field="reason")
    period = await lock_period(work, ledger, code)
    if period.state is PeriodState.OPEN:
        raise PeriodNotClosed(_("Period %(period)s is open.", period=text_of(code)))
    filed = await filed_statements(work, ledger, code)
    if filed and not although_filed:
        raise StatementsFiled(
            _("Filed already: %(names)s. Reopen only if you will file again; then confirm it.", names="; ".join(filed)),
            field="although_filed", filed=filed,
        )  # fmt: skip
    before = {"state": "closed", "closed_by": period.closed_by, "closed_at": str(period.closed_at)}
    opened = await reopen_period(work, ledger, code)
    await record(
        work, "period.reopened", f"period:{ledger.id}:{code}", name=f"{ledger.name} {text_of(code)}", before=before,
        after={"state": "open", "reason": reason, "filed": filed},
    )  # fmt: skip
    return opened


async def filed_statements(work: Work, ledger: Ledger, code: int) -> list[str]:
    """What was filed that covers the month, in words."""
    f = FiledStatement
    query = select(f.kind, f.first, f.last, f.filed_by, f.filed_at).where(f.ledger_id == ledger.id, f.first <= code, f.last >= code)
    names = {"balance_sheet": _("Balance sheet"), "income_statement": _("Income statement"), "cash_flow": _("Cash flow statement")}
    return [
        _("%(statement)s %(first)s to %(last)s, by %(who)s on %(day)s", statement=names.get(row.kind, row.kind), first=text_of(row.first),
          last=text_of(row.last), who=row.filed_by, day=f"{row.filed_at:%Y-%m-%d}")
        for row in await work.session.execute(query.order_by(f.filed_at.desc()).limit(20))
    ]  # fmt: skip


async def _checked(work: Work, end: PeriodEnd, given: Contribution) -> CheckView:
    """A check that fails is told as a finding of its own: nothing counts as well that was not looked at."""
    check: PeriodEndCheck = given.item
    findings: Sequence[Finding]
    try:
        async with reading_only(work):
            findings = list(await check.find(work, end))[:FINDINGS_MAX]
    except DomainError as error:
        findings = [Finding(message=error.message, path=str(error.details.get("path", "")))]
    except Exception:
        log.exception("a check of the period end failed", vertical=given.vertical, check=check.key)
        findings = [Finding(message=_("This check cannot be carried out; tell whoever runs the platform."))]
    return CheckView(key=check.key, title=_(check.title), vertical=given.vertical, blocking=check.blocking, findings=findings)
