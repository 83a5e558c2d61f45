"""What other packages and verticals may use of finance."""

from core_finance.books.ledger import account_ledger, balance_of
from core_finance.books.receipts import receipts_by_party
from core_finance.books.trial import TrialBalance, TrialRow, trial_balance
from core_finance.chart.changing import add_account
from core_finance.chart.ledgers import LedgerMissing, create_ledger, ensure_ledger, find_ledger, get_ledger, ledgers
from core_finance.chart.model import Account, Ledger, Standard, Taxpayer
from core_finance.chart.rules import LedgerRules
from core_finance.chart.seeding import seed_accounts
from core_finance.chart.service import AccountKeyMissing, accounts, codes_by_key, get_account
from core_finance.closing.amortisations import add_schedule
from core_finance.closing.lines import posted_by_step, still_missing
from core_finance.currencies.service import RateMissing, booking_rate
from core_finance.periods.service import close_period, current_period, periods, reopen_period
from core_finance.posting.engine import Posted, post, post_all, post_each
from core_finance.posting.errors import PostingRefused
from core_finance.posting.lane import post_alone
from core_finance.posting.reading import (
    VoucherRef,
    VoucherView,
    foreign_by_source,
    list_vouchers,
    moved_by_source,
    read_voucher,
    standing_by_source,
    vouchers_of_source,
)
from core_finance.posting.reversal import reverse, reverse_source
from core_finance.posting.rules import RuleUnbalanced, lines_for, place_for, post_event
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.statements.explain import explain
from core_finance.statements.filing import file_statement
from core_finance.statements.service import Statement, statement
from core_finance.steps import AccountsStep
from core_finance.vouchers.phrases import keep_phrase
from core_finance.vouchers.templates import TemplateLine, keep_template

__all__ = [
    "Account", "AccountKeyMissing", "AccountsStep", "Ledger", "LedgerMissing", "LedgerRules", "NewLine", "NewVoucher", "Posted",
    "PostingRefused", "RateMissing", "RuleUnbalanced", "Standard", "Statement", "Taxpayer", "TemplateLine", "TrialBalance", "TrialRow",
    "VoucherRef", "VoucherView", "account_ledger", "accounts", "add_account", "add_schedule", "balance_of", "booking_rate",
    "close_period", "codes_by_key", "create_ledger", "current_period", "ensure_ledger", "explain", "file_statement", "find_ledger",
    "foreign_by_source", "get_account", "get_ledger", "keep_phrase", "keep_template", "ledgers", "lines_for", "list_vouchers",
    "moved_by_source", "periods", "place_for", "post", "post_all", "post_alone", "post_each", "post_event", "posted_by_step",
    "read_voucher", "receipts_by_party", "reopen_period", "reverse", "reverse_source", "seed_accounts", "standing_by_source", "statement",
    "still_missing", "trial_balance", "vouchers_of_source",
]  # fmt: skip
