"""The shelf: every book, declared once, in the order of its tabs."""

from collections.abc import Sequence
from typing import Any

from core_finance.books.book import Book
from core_finance.books.declared.account import ACCOUNT, AUXILIARY_LINES
from core_finance.books.declared.auxiliary import AUXILIARY
from core_finance.books.declared.chronological import CHRONICLE
from core_finance.books.declared.columns import COLUMNS
from core_finance.books.declared.general import GENERAL
from core_finance.books.declared.journal import JOURNAL
from core_finance.books.declared.measured import CURRENCY, QUANTITY
from core_finance.books.declared.summary import SUMMARY
from core_finance.books.declared.trial import TRIAL

SHELF: Sequence[Book[Any]] = (
    GENERAL, ACCOUNT, TRIAL, JOURNAL, CHRONICLE, COLUMNS, QUANTITY, CURRENCY, AUXILIARY, AUXILIARY_LINES, SUMMARY,
)  # fmt: skip
