"""Says by name which dimensions a refused line lacks or has too many of: the posting statement answers only that it does."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select

from core_finance.chart.model import Account
from core_finance.dimensions.service import labels
from core_finance.posting import errors
from core_finance.posting.voucher import NewLine, NewVoucher
from kernel.i18n import gettext as _
from kernel.work import Work

_ABOUT_DIMENSIONS = (errors.DimensionMissing, errors.DimensionNotKept)


async def with_names(work: Work, ledger_id: UUID, voucher: NewVoucher, refused: errors.PostingRefused) -> errors.PostingRefused:
    """The same refusal, naming the dimensions and telling every line that is wrong in this way; another one as it is."""
    if not isinstance(refused, _ABOUT_DIMENSIONS):
        return refused
    query = select(Account.code, Account.required_dimensions, Account.optional_dimensions)
    codes = {line.account for line in voucher.lines}
    rows = await work.session.execute(query.where(Account.ledger_id == ledger_id, Account.code.in_(codes)))
    kept = {code: (required, {*required, *optional}) for code, required, optional in rows}
    named = await labels(work)
    found = [
        problem
        for position, line in enumerate(voucher.lines, 1)
        if line.account in kept and (problem := _problem(line, position, *kept[line.account], named))
    ]
    if not found:
        return refused
    first = found[0]
    return type(first)(first.message, errors=[told for each in found for told in each.errors], **first.details)


def _problem(
    line: NewLine, position: int, required: Collection[str], kept: Collection[str], named: Mapping[str, str]
) -> errors.PostingRefused | None:
    facts: dict[str, Any] = {"line": position, "account": line.account}
    field = f"lines.{position - 1}.dimensions"
    if missing := [kind for kind in required if kind not in line.dimensions]:
        message = _("Line %(line)s: account %(account)s asks for: %(names)s. Fill it in.", **facts, names=_listed(missing, named))
        return errors.DimensionMissing(message, field=field, **facts, missing=missing)
    if surplus := sorted(set(line.dimensions) - set(kept)):
        message = _("Line %(line)s: account %(account)s does not keep: %(names)s. Leave it out.", **facts, names=_listed(surplus, named))
        return errors.DimensionNotKept(message, field=field, **facts, surplus=surplus)
    return None


def _listed(kinds: Collection[str], named: Mapping[str, str]) -> str:
    return ", ".join(named.get(kind, kind) for kind in kinds)
