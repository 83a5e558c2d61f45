"""What must hold between the lines and the balances that books and statements read."""

from collections.abc import Sequence

from core_finance.invariants.looking import holds
from kernel.i18n import N_
from vertical import Invariant

_OFF = "(coalesce(b.debit, 0), coalesce(b.credit, 0)) <> (coalesce(x.debit, 0), coalesce(x.credit, 0))"
_FOUND = """coalesce(b.debit, 0) AS debit, coalesce(b.credit, 0) AS credit,
    coalesce(x.debit, 0) AS lines_debit, coalesce(x.credit, 0) AS lines_credit"""
# The names of what a set says, for the reader: 甲公司 · 销售部.
_NAMES = """(SELECT concat_ws(' · ', party.name, department.name, employee.name, project.name, product.name, nullif(s.others, ''))
    FROM finance_dimension_set s
    LEFT JOIN master_party party ON party.id = s.party_id
    LEFT JOIN master_department department ON department.id = s.department_id
    LEFT JOIN master_employee employee ON employee.id = s.employee_id
    LEFT JOIN finance_dimension_item project ON project.id = s.project_id
    LEFT JOIN master_product product ON product.id = s.product_id
    WHERE s.id = dimension_set_id)"""

BALANCES: Sequence[Invariant] = (
    holds(
        "balances_are_lines",
        N_("Balances of accounts are the sums of their lines"),
        N_("%(account)s in %(period)s: balances say debit %(debit)s, credit %(credit)s; lines say %(lines_debit)s and %(lines_credit)s."),
        """SELECT $account, period, $found FROM (
            SELECT period, account_id, currency, closing, debit, credit FROM finance_balance
            WHERE ledger_id = :ledger AND dimension_set_id = :none
        ) b FULL JOIN (
            SELECT v.period, l.account_id, l.currency, v.kind = 'closing' AS closing, sum(l.debit) AS debit, sum(l.credit) AS credit
            $lines GROUP BY 1, 2, 3, 4
        ) x USING (period, account_id, currency, closing)
        LEFT JOIN finance_account a ON a.id = account_id
        WHERE $off ORDER BY period, a.code""",
        order=30,
        off=_OFF,
        found=_FOUND,
    ),
    holds(
        "dimension_balances_are_lines",
        N_("Balances of customers, departments and so on are the sums of their lines"),
        N_(
            "%(account)s, %(whose)s, in %(period)s: balances say debit %(debit)s, credit %(credit)s;"
            " lines say %(lines_debit)s and %(lines_credit)s."
        ),
        """SELECT $account, period, $names AS whose, $found FROM (
            SELECT period, account_id, dimension_set_id, currency, closing, debit, credit FROM finance_balance
            WHERE ledger_id = :ledger AND dimension_set_id <> :none
        ) b FULL JOIN (
            SELECT v.period, l.account_id, l.dimension_set_id, l.currency, v.kind = 'closing' AS closing,
                sum(l.debit) AS debit, sum(l.credit) AS credit
            $lines WHERE l.dimension_set_id IS NOT NULL GROUP BY 1, 2, 3, 4, 5
        ) x USING (period, account_id, dimension_set_id, currency, closing)
        LEFT JOIN finance_account a ON a.id = account_id
        WHERE $off ORDER BY period, a.code""",
        order=31,
        off=_OFF,
        found=_FOUND,
        names=_NAMES,
    ),
    holds(
        "measures_are_lines",
        N_("Foreign money and quantities of accounts are the sums of their lines"),
        N_("%(account)s in %(period)s: the sums of foreign money or quantities (%(currency)s) differ from the lines."),
        """SELECT $account, period, coalesce(b.currency, x.currency) AS currency FROM (
            SELECT m.* FROM finance_measure m JOIN finance_account k ON k.id = m.account_id AND k.ledger_id = :ledger
        ) b FULL JOIN (
            SELECT v.period, l.account_id, d.id AS dimension_set_id, l.currency,
                coalesce(sum(l.currency_amount) FILTER (WHERE l.debit <> 0), 0) AS currency_debit,
                coalesce(sum(l.currency_amount) FILTER (WHERE l.credit <> 0), 0) AS currency_credit,
                coalesce(sum(l.quantity) FILTER (WHERE l.debit <> 0), 0) AS quantity_debit,
                coalesce(sum(l.quantity) FILTER (WHERE l.credit <> 0), 0) AS quantity_credit
            $lines CROSS JOIN LATERAL (VALUES (CAST(:none AS uuid)), (l.dimension_set_id)) AS d(id)
            WHERE d.id IS NOT NULL AND (l.currency_amount IS NOT NULL OR l.quantity IS NOT NULL) GROUP BY 1, 2, 3, 4
        ) x USING (period, account_id, dimension_set_id, currency)
        LEFT JOIN finance_account a ON a.id = account_id
        WHERE coalesce(b.currency_debit, 0) <> coalesce(x.currency_debit, 0)
            OR coalesce(b.currency_credit, 0) <> coalesce(x.currency_credit, 0)
            OR coalesce(b.quantity_debit, 0) <> coalesce(x.quantity_debit, 0)
            OR coalesce(b.quantity_credit, 0) <> coalesce(x.quantity_credit, 0)
        ORDER BY period, a.code""",
        order=32,
    ),
    holds(
        "trial_balance_is_zero",
        N_("Of each month, debits of all accounts equal credits"),
        N_("%(period)s: debits of all accounts are %(debit)s, credits %(credit)s."),
        """SELECT b.period, sum(b.debit) AS debit, sum(b.credit) AS credit FROM finance_balance b
        WHERE b.ledger_id = :ledger AND b.dimension_set_id = :none GROUP BY b.period HAVING sum(b.debit) <> sum(b.credit)
        ORDER BY b.period""",
        order=33,
    ),
    holds(
        "parties_add_up",
        N_("What customers and suppliers owe and are owed adds up to the account"),
        N_("%(account)s: its balance is %(whole)s, parties add up to %(parties)s, and %(without)s names no party."),
        """SELECT $account, w.whole, w.parties, coalesce(n.without, 0) AS without FROM (
            SELECT b.account_id, coalesce(sum(b.debit - b.credit) FILTER (WHERE b.dimension_set_id = :none), 0) AS whole,
                coalesce(sum(b.debit - b.credit) FILTER (WHERE s.party_id IS NOT NULL), 0) AS parties
            FROM finance_balance b LEFT JOIN finance_dimension_set s ON s.id = b.dimension_set_id
            WHERE b.ledger_id = :ledger GROUP BY b.account_id
        ) w JOIN finance_account a ON a.id = w.account_id AND 'party' = ANY (a.required_dimensions || a.optional_dimensions)
        LEFT JOIN (
            SELECT l.account_id, sum(l.debit - l.credit) AS without $lines
            LEFT JOIN finance_dimension_set s ON s.id = l.dimension_set_id WHERE s.party_id IS NULL GROUP BY l.account_id
        ) n ON n.account_id = w.account_id
        WHERE w.whole <> w.parties + coalesce(n.without, 0) ORDER BY a.code""",
        order=34,
    ),
)
