"""The official charts of accounts and what posting rules call their accounts, read from the package's data."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pypinyin import Style, lazy_pinyin

from core_finance.chart.model import Category, Side, Standard, Taxpayer

CODE_LENGTHS = (4, 2, 2, 2)
VAT = "222101"  # 应交增值税: columns for a general taxpayer, one account for a small-scale one.


@dataclass(frozen=True)
class OfficialAccount:
    code: str
    name: str
    name_en: str
    category: Category
    side: Side
    level: int
    parent: str
    note: str


@cache
def chart(standard: Standard, taxpayer: Taxpayer) -> Sequence[OfficialAccount]:
    """The accounts a new ledger starts with, parents first."""
    text = (files("core_finance") / "data" / f"coa_{standard.value}.csv").read_text(encoding="utf-8")
    accounts = []
    for row in csv.DictReader(text.splitlines()):
        # Banks and insurers have accounts of their own, and some were replaced by later standards.
        if row.get("industry", "general") != "general" or "superseded" in row.get("code_status", ""):
            continue
        if taxpayer is Taxpayer.SMALL_SCALE and row["code"].startswith(VAT) and row["code"] != VAT:
            continue
        accounts.append(
            OfficialAccount(
                code=row["code"], name=row["name_zh"], name_en=row["name_en"], category=Category(row["category"]),
                side=Side(row["normal_balance"]), level=int(row["level"]), parent=row["parent_code"], note=row["note"],
            )
        )  # fmt: skip
    by_code = {account.code: account for account in accounts}
    for code, name, name_en, parent in _data()["added"][standard.value]:
        above = by_code[parent]
        accounts.append(
            OfficialAccount(
                code=code, name=name, name_en=name_en, category=above.category, side=above.side, level=above.level + 1,
                parent=parent, note="",
            )
        )  # fmt: skip
    return tuple(sorted(accounts, key=lambda account: (account.level, account.code)))


Accounts = Sequence[OfficialAccount]
Keys = Mapping[str, str]


@cache
def small_scale_keys() -> frozenset[str]:
    """The keys that lead elsewhere for a small-scale taxpayer: all about VAT."""
    return frozenset(_data()["small_scale"])


@cache
def keys(standard: Standard, taxpayer: Taxpayer) -> Mapping[str, str]:
    """Account key -> code."""
    found: dict[str, str] = dict(_data()[standard.value])
    if taxpayer is Taxpayer.SMALL_SCALE:
        found |= _data()["small_scale"]
    return found


def in_scheme(code: str, lengths: Sequence[int]) -> str:
    """An official code as a ledger with longer levels writes it: 22210107 is 2221001007 where codes are 4-3-3.

    What ends within a level is the beginning of several codes and stays as it is.
    """
    parts, start = [], 0
    for official_length, length in zip(CODE_LENGTHS, lengths, strict=False):
        if part := code[start : start + official_length]:
            parts.append(part.zfill(length) if len(part) == official_length else part)
        start += official_length
    return "".join(parts)


def is_cash(code: str) -> bool:
    return code.startswith(tuple(_data()["cash_accounts"]))


def is_monetary(code: str) -> bool:
    """Whether the account holds money or claims and debts of a fixed amount of money."""
    return code.startswith(tuple(_data()["monetary_accounts"]))


def keeps_party(code: str) -> bool:
    """Whether the lines of the account say who owes or is owed."""
    return code.startswith(tuple(_data()["party_accounts"]))


def party_required() -> Sequence[str]:
    """Receivables, payables and advances, whose lines a company usually has name the customer or supplier."""
    codes: Sequence[str] = _data()["party_required_accounts"]
    return codes


def mnemonic(name: str) -> str:
    """Initials in pinyin: 应收账款 is yszk."""
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower().replace(" ", "")[:100]


@cache
def _data() -> Mapping[str, Any]:
    loaded: dict[str, Any] = json.loads((files("core_finance") / "data" / "account_keys.json").read_text(encoding="utf-8"))
    return loaded
