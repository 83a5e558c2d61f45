"""What must hold of closed months, of cash flows and of the statements."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select

from core_finance.chart.ledgers import get_ledger
from core_finance.invariants.looking import holds
from core_finance.periods.service import text_of
from core_finance.posting.model import Voucher
from core_finance.statements.layout import Kind
from core_finance.statements.service import statement
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.work import Work
from vertical import Finding, Invariant

TRANSFER = "core_finance.transfer"
"""The step that transfers profit and loss to the profit of the year (结转损益)."""

_STATEMENTS: Sequence[tuple[Kind, str]] = (("balance_sheet", "balance-sheet"), ("income_statement", "income-statement"))


async def articulation(work: Work, ledger_id: UUID) -> Sequence[Finding]:
    """What does not tie in the statements of the last month with vouchers."""
    last = await work.session.scalar(select(func.max(Voucher.period)).where(Voucher.ledger_id == ledger_id))
    if last is None:
        return []
    ledger, found = await get_ledger(work, ledger_id), []
    for kind, page in _STATEMENTS:
        path = f"/finance/{page}?first={last}&last={last}"
        made = await statement(work, ledger, kind, first=last, last=last)
        for account in made.uncovered:
            words = _("%(period)s: no line of the balance sheet takes account %(account)s.", period=text_of(last), account=account.code)
            found.append(Finding(message=words, path=path))
        # A part named "of which" that exceeds the whole is a remark on the statement; the statement still ties.
        for check in made.checks:
            if not check.holds and check.must:
                facts = {"period": text_of(last), "check": check.text, "left": check.left, "right": check.right}
                found.append(Finding(message=_("%(period)s: %(check)s does not hold: %(left)s and %(right)s.", **facts), path=path))
    return found


# What the year brought before the ledger's first month is entered as opening figures, cash flows by line of the form alone.
MONTHS: Sequence[Invariant] = (
    Invariant(
        key="core_finance.statements_articulate",
        title=N_("The statements tie: assets = liabilities + equity, net profit = change of undistributed profit + appropriations"),
        find=articulation,
        order=40,
    ),
    holds(
        "closed_months_have_no_drafts",
        N_("In closed months no voucher waits to be posted"),
        N_("A voucher of %(period)s, dated %(day)s by %(maker)s, waits to be posted, but the month is closed."),
        """SELECT d.id AS voucher_id, d.period, d.entry_on::text AS day, d.made_by AS maker
        FROM finance_draft d JOIN finance_period p ON p.ledger_id = d.ledger_id AND p.code = d.period AND p.state = 'closed'
        WHERE d.ledger_id = :ledger ORDER BY d.period, d.place""",
        order=41,
    ),
    holds(
        "closed_months_have_no_profit_left",
        N_("In closed months profit and loss is transferred, unless that was skipped"),
        N_("%(account)s stands at %(balance)s at the end of %(period)s, which is closed with its profit and loss transferred."),
        """SELECT $account, p.code AS period, sum(b.debit - b.credit) AS balance
        FROM finance_close_step c
        JOIN finance_period p ON p.ledger_id = c.ledger_id AND p.code = c.period AND p.state = 'closed'
        JOIN finance_balance b ON b.ledger_id = p.ledger_id AND b.dimension_set_id = :none AND b.period <= p.code
        JOIN finance_account a ON a.id = b.account_id AND a.category IN ('revenue', 'expense')
        WHERE c.ledger_id = :ledger AND c.step = '$transfer' AND c.state = 'done'
        GROUP BY a.code, a.name, a.name_en, p.code HAVING sum(b.debit - b.credit) <> 0 ORDER BY p.code, a.code""",
        order=42,
        transfer=TRANSFER,
    ),
    holds(
        "cash_flows_are_movements",
        N_("The cash flows of a voucher add up to what it moved of cash"),
        N_("%(voucher)s moved %(moved)s of cash; its cash flows add up to %(flows)s."),
        """SELECT $voucher, coalesce(m.moved, 0) AS moved, coalesce(f.flows, 0) AS flows FROM (
            SELECT l.voucher_id, sum(l.debit - l.credit) AS moved FROM finance_account a
            JOIN finance_voucher_line l ON l.account_id = a.id WHERE a.ledger_id = :ledger AND a.is_cash GROUP BY l.voucher_id
        ) m FULL JOIN (
            SELECT voucher_id, sum(amount) AS flows FROM finance_cash_flow WHERE ledger_id = :ledger GROUP BY voucher_id
        ) f USING (voucher_id)
        LEFT JOIN finance_voucher v ON v.id = voucher_id
        WHERE coalesce(m.moved, 0) <> coalesce(f.flows, 0)
            AND v.period >= (SELECT g.start_period FROM finance_ledger g WHERE g.id = :ledger)
            AND NOT EXISTS (
                SELECT FROM finance_cash_due d WHERE d.ledger_id = :ledger AND d.voucher_id = coalesce(m.voucher_id, f.voucher_id))
        ORDER BY v.period, v.word, v.number""",
        order=43,
    ),
    holds(
        "cash_totals_are_flows",
        N_("The cash flow statement's figures are the sums of the cash flows"),
        N_("%(period)s, item %(item)s: the figure is %(figure)s, cash flows add up to %(flows)s."),
        """SELECT period, item, coalesce(t.amount, 0) AS figure, coalesce(f.amount, 0) AS flows FROM (
            SELECT period, item, amount FROM finance_cash_total WHERE ledger_id = :ledger
        ) t FULL JOIN (
            SELECT period, coalesce(item, 0) AS item, sum(amount) AS amount FROM finance_cash_flow WHERE ledger_id = :ledger GROUP BY 1, 2
        ) f USING (period, item)
        WHERE coalesce(t.amount, 0) <> coalesce(f.amount, 0)
            AND period >= (SELECT g.start_period FROM finance_ledger g WHERE g.id = :ledger)
        ORDER BY period, item""",
        order=44,
    ),
)
