"""A voucher copied to another ledger, as a draft there."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core_finance.chart.ledgers import get_ledger
from core_finance.chart.model import Account, Ledger
from core_finance.posting.reading import read_voucher
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.vouchers.model import Draft
from core_finance.vouchers.service import get_draft, name_of, new_line, save_draft
from identity.audit import record
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work


class CurrencyDiffers(Invalid):
    code = "currency_differs"


async def copy_to(work: Work, ledger: Ledger, voucher_id: UUID, target_id: UUID, *, on: date | None = None) -> Draft:
    """A draft in another ledger with the same lines; accounts are taken by their codes, also those that are missing there.

    Raises:
        VoucherNotFound, LedgerNotFound: as said.
        CurrencyDiffers: the other ledger's base currency is another one.
        PeriodClosed, PeriodMissing: it has no open month of that day.
    """
    target = await get_ledger(work, target_id)
    if target.currency != ledger.currency:
        raise CurrencyDiffers(
            _(
                "%(name)s is kept in %(currency)s; amounts of this voucher would be wrong there.",
                name=target.name,
                currency=target.currency,
            ),
            field="ledger",
        )
    voucher = await read_voucher(work, voucher_id)
    lines: Sequence[NewLine]
    if voucher is not None and voucher.ledger_id == ledger.id:
        day, word, attachments, lines = voucher.entry_on, voucher.word, voucher.attachments, [_line(line) for line in voucher.lines]
    else:
        draft = await get_draft(work, ledger, voucher_id)
        day, word, attachments, lines = draft.entry_on, draft.word, draft.attachments, [new_line(line) for line in draft.lines]
    copied = [replace(line, cash_item=None) if target.standard is not ledger.standard else line for line in lines]
    made = await save_draft(work, target, NewVoucher(on=on or day, word=word, attachments=attachments, lines=copied))
    await record(work, "voucher.copied", f"voucher:{made.id}", name=name_of(made), after={"from": str(voucher_id), "ledger": target.name})
    return made


async def unknown_accounts(work: Work, ledger: Ledger, draft: Draft) -> dict[int, str]:
    """Position -> code, of the lines whose account cannot be posted to in the ledger."""
    codes = {line.account for line in draft.lines}
    query = select(Account.code).where(Account.ledger_id == ledger.id, Account.is_leaf, Account.is_active, Account.code.in_(codes))
    known = set((await work.session.scalars(query)).all())
    return {line.position: line.account for line in draft.lines if line.account not in known}


def _line(line: Any) -> NewLine:
    names = ("account", "summary", "debit", "credit", "currency_amount", "rate", "quantity", "dimensions", "cash_item")
    values = {name: getattr(line, name) for name in names}
    return NewLine(**values, currency=line.currency if line.currency_amount is not None else None)
