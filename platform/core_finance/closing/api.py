"""REST API of the period end: steps, checks, close and reopen."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core_finance.amounts import each_in, in_currency
from core_finance.chart.ledgers import get_ledger
from core_finance.closing.closing import CheckView, close, read_checks, reopen
from core_finance.closing.service import do_step, read_steps, skip_step
from core_finance.closing.view import StepView
from core_finance.periods.model import Period
from core_finance.periods.service import periods
from kernel.work import Work

Reason = Annotated[str, msgspec.Meta(max_length=300)]


class PeriodRead(msgspec.Struct, kw_only=True):
    code: int
    state: str
    closed_by: str | None

    @classmethod
    def of(cls, period: Period) -> "PeriodRead":
        return cls(code=period.code, state=period.state.value, closed_by=period.closed_by)


class StepLineRead(msgspec.Struct, kw_only=True):
    """A line that would be posted."""

    account: str
    account_name: str
    summary: str
    debit: Decimal
    credit: Decimal
    currency: str | None
    dimensions: dict[str, UUID]


class StepVoucherRead(msgspec.Struct, kw_only=True):
    """A voucher that the step posted."""

    id: UUID
    name: str
    total: Decimal


class StepRead(msgspec.Struct, kw_only=True):
    """``calculation`` shows how the step comes to its amounts; ``missing`` are the vouchers it would post now, line by line.

    ``state``: waiting, blocked (``problem`` says by what, ``path`` is where to mend it), changed (done, but more is to be
    posted since), done, skipped, nothing (to post), absent (no package does this yet).
    """

    key: str
    title: str
    order: int
    package: str
    state: str
    amount: Decimal
    calculation: dict[str, Any]
    missing: list[list[StepLineRead]]
    posted: list[StepVoucherRead]
    problem: str
    path: str
    reason: str
    done_by: str
    done_at: datetime | None

    @classmethod
    def of(cls, view: StepView) -> "StepRead":
        same = ("key", "title", "order", "amount", "problem", "path", "reason", "done_by", "done_at")
        return cls(
            **{name: getattr(view, name) for name in same}, package=view.vertical, state=view.state.value,
            calculation=dict(view.calculation),
            missing=[[_line(line, view.names) for line in lines] for lines in view.missing],
            posted=[StepVoucherRead(id=each.id, name=each.name, total=each.total) for each in view.posted],
        )  # fmt: skip


class StepSkip(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    reason: Reason


class FindingRead(msgspec.Struct, kw_only=True):
    message: str
    path: str


class PeriodCheckRead(msgspec.Struct, kw_only=True):
    """``blocking``: what it finds keeps the month from being closed; otherwise it warns."""

    key: str
    title: str
    package: str
    blocking: bool
    findings: list[FindingRead]

    @classmethod
    def of(cls, view: CheckView) -> "PeriodCheckRead":
        return cls(
            key=view.key, title=view.title, package=view.vertical, blocking=view.blocking,
            findings=[FindingRead(message=each.message, path=each.path) for each in view.findings],
        )  # fmt: skip


class PeriodReopen(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``although_filed``: statements of the period were filed, and will be filed again."""

    reason: Reason
    although_filed: bool = False


class PeriodController(Controller):
    path = "/finance/periods"
    tags = ("Finance",)

    @get("/", operation_id="listPeriods", opt={"permission": "finance.ledger.read"})
    async def list_periods(self, work: NamedDependency[Work], ledger: FromQuery[UUID | None] = None) -> list[PeriodRead]:
        """The months of the ledger."""
        return [PeriodRead.of(p) for p in await periods(work, await get_ledger(work, ledger))]

    @get("/{code:int}/steps", operation_id="listPeriodSteps", opt={"permission": "finance.report.read"})
    async def list_steps(self, work: NamedDependency[Work], code: FromPath[int], ledger: FromQuery[UUID | None] = None) -> list[StepRead]:
        """The steps of a period end in order, each with its calculation and the vouchers it would post."""
        books = await get_ledger(work, ledger)
        return each_in([StepRead.of(view) for view in await read_steps(work, books, code)], books.currency)

    @post("/{code:int}/steps/{key:str}/do", operation_id="doPeriodStep", opt={"permission": "finance.period.close"}, status_code=200)
    async def do_step(
        self, work: NamedDependency[Work], code: FromPath[int], key: FromPath[str], ledger: FromQuery[UUID | None] = None
    ) -> StepRead:
        """Post what the step still misses; sent again it posts nothing twice.  409 ``step_too_early`` while an earlier one waits."""
        books = await get_ledger(work, ledger)
        return in_currency(StepRead.of(await do_step(work, books, code, key)), books.currency)

    @post("/{code:int}/steps/{key:str}/skip", operation_id="skipPeriodStep", opt={"permission": "finance.period.close"}, status_code=200)
    async def skip_step(
        self,
        work: NamedDependency[Work],
        code: FromPath[int],
        key: FromPath[str],
        data: JSONBody[StepSkip],
        ledger: FromQuery[UUID | None] = None,
    ) -> StepRead:
        """Leave a step out, with the reason."""
        books = await get_ledger(work, ledger)
        return in_currency(StepRead.of(await skip_step(work, books, code, key, data.reason)), books.currency)

    @get("/{code:int}/checks", operation_id="checkPeriod", opt={"permission": "finance.report.read"})
    async def checks(
        self, work: NamedDependency[Work], code: FromPath[int], ledger: FromQuery[UUID | None] = None
    ) -> list[PeriodCheckRead]:
        """What is looked at before the month is closed, and what was found."""
        return [PeriodCheckRead.of(view) for view in await read_checks(work, await get_ledger(work, ledger), code)]

    @post("/{code:int}/close", operation_id="closePeriod", opt={"permission": "finance.period.close"}, status_code=200)
    async def close(self, work: NamedDependency[Work], code: FromPath[int], ledger: FromQuery[UUID | None] = None) -> PeriodRead:
        """Close a month: nothing can be posted to it any more.  409 ``period_not_ready`` with all ``findings`` in the way."""
        return PeriodRead.of(await close(work, await get_ledger(work, ledger), code))

    @post("/{code:int}/reopen", operation_id="reopenPeriod", opt={"permission": "finance.period.reopen"}, status_code=200)
    async def reopen(
        self, work: NamedDependency[Work], code: FromPath[int], data: JSONBody[PeriodReopen], ledger: FromQuery[UUID | None] = None
    ) -> PeriodRead:
        """Open the latest closed month again.  409 ``statements_filed`` names what was filed of it."""
        books = await get_ledger(work, ledger)
        return PeriodRead.of(await reopen(work, books, code, data.reason, although_filed=data.although_filed))


def _line(line: Any, names: Mapping[str, str]) -> StepLineRead:
    same = ("account", "summary", "debit", "credit", "currency")
    return StepLineRead(
        **{name: getattr(line, name) for name in same}, account_name=names.get(line.account, ""), dimensions=dict(line.dimensions)
    )  # fmt: skip
