"""How an invariant of the books is declared: one statement that answers what breaks it, and the words for it."""

from collections.abc import Mapping, Sequence
from string import Template
from typing import Any
from uuid import UUID

from sqlalchemy import text

from core_finance.periods.service import text_of
from core_finance.posting.model import NO_DIMENSIONS
from kernel.i18n import gettext as _
from kernel.i18n import locale
from kernel.work import Work
from vertical import Finding, Invariant

FINDINGS_MAX = 100

PARTS = {
    "voucher": "v.id AS voucher_id, v.period, v.word, v.number",
    "account": "a.code AS account, a.name AS account_name, a.name_en AS account_name_en",
    "lines": "FROM finance_voucher_line l JOIN finance_voucher v ON v.id = l.voucher_id AND v.ledger_id = :ledger",
    "in_order": "ORDER BY v.period, v.word, v.number",
}
"""What statements have in common, written as ``$voucher`` there.  The first two name a voucher and an account."""


def holds(key: str, title: str, words: str, statement: str, *, order: int, **parts: str) -> Invariant:
    """An invariant that holds where ``statement`` answers no row.

    ``statement`` may use ``:ledger``, ``:none`` for the set of no dimensions, and ``$name`` for one of ``PARTS`` or
    ``parts``.  Its columns fill in ``words``; those of ``$voucher`` and ``$account`` become ``voucher``, ``period`` and
    ``account``, and the page that the finding leads to.
    """
    query = text(f"{Template(statement).substitute(PARTS, **parts)} LIMIT {FINDINGS_MAX}")
    asked = [name for name in ("ledger", "none") if f":{name}" in query.text]

    async def find(work: Work, ledger_id: UUID) -> Sequence[Finding]:
        values = {"ledger": ledger_id, "none": NO_DIMENSIONS}
        rows = await work.session.execute(query, {name: values[name] for name in asked})
        return [Finding(message=_(words, **_facts(row)), path=_path(row)) for row in map(dict, rows.mappings())]

    return Invariant(key=f"core_finance.{key}", title=title, find=find, order=order)


def _facts(row: Mapping[str, Any]) -> dict[str, Any]:
    facts = {name: "-" if value is None else value for name, value in row.items()}
    if row.get("period") is not None:
        facts["period"] = text_of(row["period"])
    if row.get("word") is not None:
        facts["voucher"] = _("%(word)s-%(number)s of %(period)s", word=row["word"], number=row["number"], period=facts["period"])
    if row.get("account") is not None:
        name = row["account_name_en"] if locale() != "zh_CN" else ""
        facts["account"] = f"{row['account']} {name or row['account_name']}"
    return facts


def _path(row: Mapping[str, Any]) -> str:
    """The voucher's page, else the account's ledger of the month."""
    if row.get("voucher_id") is not None:
        return f"/vouchers/{row['voucher_id']}"
    if row.get("account") is None:
        return ""
    months = f"?first={row['period']}&last={row['period']}" if row.get("period") is not None else ""
    return f"/finance/accounts/{row['account']}/ledger{months}"
