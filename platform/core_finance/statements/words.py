"""Words for choices of statements."""

from core_finance.chart.rules import Reclassify
from core_finance.statements.layout import Span
from kernel.i18n import N_

SPANS: dict[Span, str] = {"month": N_("Month"), "quarter": N_("Quarter"), "annual": N_("Year")}

RECLASSIFY: dict[Reclassify, str] = {
    "by_counterparty": N_("By party"),
    "by_account": N_("By account"),
    "none": N_("Not reclassified"),
}

TAKES = {
    "net_debit": N_("balance, debit positive"),
    "net_credit": N_("balance, credit positive"),
    "aux_debit": N_("parties that owe"),
    "aux_credit": N_("parties that are owed"),
    "sub_debit": N_("sub-accounts in debit"),
    "sub_credit": N_("sub-accounts in credit"),
    "debit_balance": N_("debit balance"),
    "credit_balance": N_("credit balance"),
    "period_debit_net": N_("debits less credits"),
    "period_credit_net": N_("credits less debits"),
}
"""What a term takes of its account."""
