"""Vouchers to begin with (凭证模板): amounts that are fixed, a share of an amount asked for, or left open."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import select

from core_finance.chart.model import WORDS, Ledger
from core_finance.posting.reading import read_voucher
from core_finance.posting.voucher import NewLine
from core_finance.vouchers.form import amount as typed_amount
from core_finance.vouchers.model import VoucherTemplate
from core_finance.vouchers.service import get_draft, new_line
from identity.audit import record
from kernel.errors import Conflict, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.money import Money, allocate, round_half_up
from kernel.work import Work

NAME_MAX, LINES_MAX = 100, 500
_HUNDRED = Decimal(100)


class TemplateNotFound(NotFound):
    code = "template_not_found"


class TemplateChanged(Conflict):
    code = "template_changed"


class TemplateNameTaken(Conflict):
    code = "template_name_taken"


class TemplateLine(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``how``: ``fixed`` takes ``value`` as the amount, ``percent`` that share of the amount asked for, ``open`` leaves it to
    whoever uses the template.
    """

    account: Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
    side: Literal["debit", "credit"]
    summary: Annotated[str, msgspec.Meta(max_length=200)] = ""
    how: Literal["fixed", "percent", "open"] = "open"
    value: Decimal = Decimal(0)
    dimensions: dict[str, UUID] = {}


async def list_templates(work: Work, ledger: Ledger) -> Sequence[VoucherTemplate]:
    """The ledger's templates by name."""
    query = select(VoucherTemplate).where(VoucherTemplate.ledger_id == ledger.id).order_by(VoucherTemplate.name).limit(500)
    return (await work.session.scalars(query)).all()


async def get_template(work: Work, ledger: Ledger, template_id: UUID) -> VoucherTemplate:
    """Raises:
    TemplateNotFound: the ledger has no such template.
    """
    query = select(VoucherTemplate).where(VoucherTemplate.id == template_id, VoucherTemplate.ledger_id == ledger.id)
    template = await work.session.scalar(query)
    if template is None:
        raise TemplateNotFound(_("There is no such template."))
    return template


async def keep_template(
    work: Work,
    ledger: Ledger,
    *,
    name: str,
    word: str,
    lines: Sequence[TemplateLine],
    template_id: UUID | None = None,
    version: int | None = None,
) -> VoucherTemplate:
    """A new template, or another content for one, as of the ``version`` that was read.

    Raises:
        TemplateNameTaken: another template has the name.
        TemplateChanged: somebody else changed it after it was read.
        Invalid: the name, the word or a line.
    """
    _check(name, word, lines)
    name = name.strip()
    query = select(VoucherTemplate.id).where(VoucherTemplate.ledger_id == ledger.id, VoucherTemplate.name == name)
    if (other := await work.session.scalar(query)) and other != template_id:
        raise TemplateNameTaken(_("There is a template named %(name)s already; choose another name.", name=name), field="name")
    template = await get_template(work, ledger, template_id) if template_id else VoucherTemplate(ledger_id=ledger.id)
    if template_id and version is not None and version != template.version:
        raise TemplateChanged(_("Somebody changed this template meanwhile; load it again."), field="version")
    before = {"name": template.name, "word": template.word, "lines": template.lines} if template_id else None
    template.name, template.word, template.lines = name, word, [msgspec.to_builtins(line) for line in lines]
    work.session.add(template)
    await work.session.flush()
    after = {"name": name, "word": word, "lines": template.lines}
    await record(work, "template.kept", f"voucher_template:{template.id}", name=name, before=before, after=after)
    return template


async def template_from(work: Work, ledger: Ledger, voucher_id: UUID, name: str, *, amounts: bool) -> VoucherTemplate:
    """A template of a posted voucher or a draft; with its ``amounts``, or with all of them left open."""
    voucher = await read_voucher(work, voucher_id)
    lines: Sequence[Any]
    if voucher is not None and voucher.ledger_id == ledger.id:
        word, lines = voucher.word, voucher.lines
    else:
        draft = await get_draft(work, ledger, voucher_id)
        word, lines = draft.word, [new_line(line) for line in draft.lines]
    made = [
        TemplateLine(
            account=line.account or "-", side="credit" if line.credit else "debit", summary=line.summary,
            how="fixed" if amounts else "open", value=(line.credit or line.debit) if amounts else Decimal(0),
            dimensions=dict(line.dimensions),
        )
        for line in lines
    ]  # fmt: skip
    return await keep_template(work, ledger, name=name, word=word, lines=made)


async def delete_template(work: Work, ledger: Ledger, template_id: UUID) -> None:
    """Raises:
    TemplateNotFound: the ledger has no such template.
    """
    template = await get_template(work, ledger, template_id)
    await work.session.delete(template)
    await work.session.flush()
    before = {"name": template.name, "word": template.word, "lines": template.lines}
    await record(work, "template.deleted", f"voucher_template:{template_id}", name=template.name, before=before)


async def lines_from(work: Work, ledger: Ledger, template_id: UUID, asked: str = "") -> tuple[str, list[NewLine]]:
    """Word and lines of a new voucher; ``asked`` is the amount that shares are taken of, as it was typed."""
    template = await get_template(work, ledger, template_id)
    try:
        total = typed_amount(asked)
    except InvalidOperation:
        total = Decimal(0)
    return template.word, fill(read_lines(template), total if total.is_finite() else Decimal(0), ledger.currency)


def read_lines(template: VoucherTemplate) -> list[TemplateLine]:
    return msgspec.convert(template.lines, list[TemplateLine], strict=False)


def fill(lines: Sequence[TemplateLine], total: Decimal, currency: str = "CNY") -> list[NewLine]:
    """The lines with their amounts.  Shares of a side that come to 100 % come to the total to the cent."""
    amounts: dict[int, Decimal] = {}
    for side in ("debit", "credit"):
        shares = [(place, line.value) for place, line in enumerate(lines) if line.side == side and line.how == "percent"]
        if shares and sum(share for _place, share in shares) == _HUNDRED:
            parts = allocate(Money(round_half_up(total), currency), [share for _place, share in shares])
            amounts |= {place: part.amount for (place, _share), part in zip(shares, parts, strict=True)}
        else:
            amounts |= {place: round_half_up(total * share / _HUNDRED) for place, share in shares}
    made = []
    for place, line in enumerate(lines):
        value = line.value if line.how == "fixed" else amounts.get(place, Decimal(0))
        sides = {line.side: value}
        made.append(NewLine(account=line.account, summary=line.summary, dimensions=line.dimensions, **sides))  # type: ignore[arg-type]
    return made


def _check(name: str, word: str, lines: Sequence[TemplateLine]) -> None:
    if not name.strip() or len(name.strip()) > NAME_MAX:
        raise Invalid(_("Give the template a name of at most %(max)s characters.", max=NAME_MAX), field="name")
    if word not in WORDS:
        raise Invalid(_("%(word)s is no voucher word; use one of %(words)s.", word=word, words="、".join(WORDS)), field="word")
    if not 0 < len(lines) <= LINES_MAX:
        raise Invalid(_("A template has 1 to %(max)s lines.", max=LINES_MAX), field="lines")
    for place, line in enumerate(lines):
        if not line.value.is_finite() or abs(line.value) >= Decimal(10) ** 13 or (line.how == "percent" and abs(line.value) > _HUNDRED):
            raise Invalid(
                _("Line %(line)s: %(value)s is no amount, or no share up to 100.", line=place + 1, value=line.value),
                field=f"lines.{place}.value",
            )
        if line.how == "fixed" and line.value != round_half_up(line.value):
            raise Invalid(_("Line %(line)s: an amount has two decimals.", line=place + 1), field=f"lines.{place}.value")
