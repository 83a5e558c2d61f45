"""What other packages and verticals may use of finance."""

from core_finance.books.ledger import account_ledger, balance_of
from core_finance.books.trial import TrialBalance, TrialRow, trial_balance
from core_finance.chart.ledgers import LedgerMissing, create_ledger, ensure_ledger, find_ledger, get_ledger, ledgers
from core_finance.chart.model import Account, Ledger, Standard, Taxpayer
from core_finance.chart.seeding import seed_accounts
from core_finance.chart.service import AccountKeyMissing, accounts, add_account, codes_by_key, get_account
from core_finance.periods.service import close_period, current_period, periods, reopen_period
from core_finance.posting.engine import Posted, post, post_all, post_each
from core_finance.posting.errors import PostingRefused
from core_finance.posting.lane import post_alone
from core_finance.posting.reading import VoucherRef, VoucherView, list_vouchers, read_voucher, vouchers_of_source
from core_finance.posting.reversal import reverse, reverse_source
from core_finance.posting.rules import RuleUnbalanced, lines_for, post_event
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.statements.explain import explain
from core_finance.statements.filing import file_statement
from core_finance.statements.service import Statement, statement
from core_finance.steps import AccountsStep

__all__ = [
    "Account", "AccountKeyMissing", "AccountsStep", "Ledger", "LedgerMissing", "NewLine", "NewVoucher", "Posted", "PostingRefused",
    "RuleUnbalanced", "Standard", "Statement", "Taxpayer", "TrialBalance", "TrialRow", "VoucherRef", "VoucherView", "account_ledger",
    "accounts", "add_account", "balance_of", "close_period", "codes_by_key", "create_ledger", "current_period", "ensure_ledger",
    "explain", "file_statement", "find_ledger", "get_account", "get_ledger", "ledgers", "lines_for", "list_vouchers", "periods", "post", "post_all",
    "post_alone", "post_each", "post_event", "read_voucher", "reopen_period", "reverse", "reverse_source", "seed_accounts",
    "statement", "trial_balance", "vouchers_of_source",
]  # fmt: skip
