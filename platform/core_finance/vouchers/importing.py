"""Vouchers from files: all of them or none, and each only once however often the file is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID, uuid5

from sqlalchemy import select

from core_finance.chart.model import WORDS, Account, Ledger, Review
from core_finance.chart.rules import rules_of
from core_finance.dimensions.references import found_by
from core_finance.posting.engine import Posted, check, post_each
from core_finance.posting.errors import PostingRefused
from core_finance.posting.model import Voucher
from core_finance.posting.voucher import NewLine, NewVoucher
from core_finance.vouchers.files import RawVoucher, kind_of
from core_finance.vouchers.model import Draft, place_now
from core_finance.vouchers.service import save_draft
from kernel.errors import FieldError, Invalid
from kernel.i18n import gettext as _
from kernel.work import Work

KEY_MAX, SUMMARY_MAX = 150, 200
KINDS = ("manual", "closing", "exchange")
"""What a voucher in a file may be: entered by hand, a transfer of profit and loss, or differences of exchange rates."""
_DECIMALS = {"debit": 2, "credit": 2, "currency_amount": 2, "rate": 8, "quantity": 6}

Found = Mapping[tuple[str, str], set[UUID]]


class ImportRefused(Invalid):
    """Rows of the file are wrong; nothing was written.  ``errors`` names each row and column."""

    code = "import_refused"


@dataclass(frozen=True, kw_only=True)
class Imported:
    """What became of one voucher.  ``replayed``: it was there before."""

    key: str
    id: UUID
    state: str
    posted: Posted | None
    replayed: bool


@dataclass(frozen=True)
class _Read:
    key: str
    voucher: NewVoucher
    raw: RawVoucher

    def problem(self, refused: PostingRefused) -> FieldError:
        """A refusal, told at the row it speaks of."""
        field = refused.errors[0].field if refused.errors else ""
        if field.startswith("lines.") and field.count(".") == 2:
            _lines, place, name = field.split(".")
            return FieldError(f"{self.raw.lines[int(place)][0]}.{name}", refused.message)
        return FieldError(f"{self.raw.where}.{'date' if field == 'on' else field or 'key'}", refused.message)


async def import_vouchers(work: Work, ledger: Ledger, raws: Sequence[RawVoucher], *, posting: bool) -> list[Imported]:
    """Keep the vouchers as drafts, or post them where nobody else has a say in it.

    A voucher's ``key`` names it: what was imported, or exported from here, under that key is not written again.

    Raises:
        ImportRefused: with every row that is wrong.  The caller rolls back.
    """
    posting = posting and ledger.review is Review.NONE and not ledger.poster_apart and not rules_of(ledger).cashier_signs
    # Two imports of the same file wait for each other; postings do not wait for an import.
    await work.session.execute(select(Ledger.id).where(Ledger.id == ledger.id).with_for_update(key_share=True))
    read = await _read(work, ledger, raws)
    known = await _known(work, ledger, read)
    fresh = [item for item in read if item.key not in known or (posting and known[item.key] == "posted by key")]
    problems: list[FieldError] = []
    results: list[Posted | PostingRefused] = []
    if posting:
        results = await post_each(work, ledger, [item.voucher for item in fresh])
        problems = [item.problem(result) for item, result in zip(fresh, results, strict=True) if isinstance(result, PostingRefused)]
    else:
        problems = await _problems_of_drafts(work, ledger, fresh)
    _refuse(problems)
    posted = {item.key: result for item, result in zip(fresh, results, strict=False) if isinstance(result, Posted)}
    if not posting:
        for place, item in enumerate(fresh, place_now()):
            try:
                await save_draft(work, ledger, replace(item.voucher, idempotency_key=None), as_id=item.voucher.id, place=place)
            except PostingRefused as refused:
                problems.append(item.problem(refused))
        _refuse(problems)
    done = []
    for item in read:
        at = posted.get(item.key)
        state = "posted" if at or known.get(item.key, "draft") != "draft" else "draft"
        replayed = at.replayed if at else item.key in known
        done.append(Imported(key=item.key, id=at.id if at else item.voucher.id, state=state, posted=at, replayed=replayed))
    return done


async def _read(work: Work, ledger: Ledger, raws: Sequence[RawVoucher]) -> list[_Read]:
    wanted = {
        (kind, text) for raw in raws for _where, cells in raw.lines for name, text in cells.items() if text and (kind := kind_of(name))
    }
    found = await found_by(work, wanted)
    problems: list[FieldError] = []
    read: list[_Read] = []
    keys: set[str] = set()
    for raw in raws:
        before = len(problems)
        voucher = _voucher(raw, ledger, found, problems)
        key = raw.head.get("key", "")
        if key in keys:
            problems.append(FieldError(f"{raw.where}.key", _("The key %(key)s stands twice in the file.", key=key)))
        keys.add(key)
        if len(problems) == before and voucher is not None:
            read.append(_Read(key, voucher, raw))
    _refuse(problems)
    return read


def _voucher(raw: RawVoucher, ledger: Ledger, found: Found, problems: list[FieldError]) -> NewVoucher | None:
    head = raw.head

    def wrong(name: str, message: str) -> None:
        problems.append(FieldError(f"{raw.where}.{name}", message))

    key, on, attachments = head.get("key", ""), _day(head.get("date", "")), head.get("attachments", "") or "0"
    if not key or len(key) > KEY_MAX:
        wrong("key", _("Give the voucher a key of 1 to %(most)s characters, by which it is known when it is sent again.", most=KEY_MAX))
    if on is None:
        wrong("date", _("%(value)s is no day; write 2026-03-09.", value=head.get("date", "") or "“”"))
    if head.get("word", "记") not in ("", *WORDS):
        wrong("word", _("%(word)s is no voucher word; use one of %(words)s.", word=head["word"], words="、".join(WORDS)))
    if head.get("kind", "") not in ("", *KINDS):
        wrong("kind", _("%(value)s is no kind; write one of: %(kinds)s.", value=head["kind"], kinds=", ".join(KINDS)))
    if not (attachments.isascii() and attachments.isdigit() and len(attachments) <= 4):
        wrong("attachments", _("%(value)s is no number of attachments.", value=attachments))
    for where, cells in raw.lines:
        problems += [
            FieldError(f"{where}.{name}", _("The rows of one voucher must agree in this column."))
            for name in ("date", "word", "kind", "attachments")
            if cells.get(name) and cells[name] != head.get(name, "")
        ]
    lines = [_line(where, cells, found, problems) for where, cells in raw.lines]
    if not lines:
        wrong("lines", _("The voucher has no lines."))
    if on is None or problems:
        return None
    return NewVoucher(
        id=uuid5(ledger.id, key), on=on, word=head.get("word") or WORDS[0], kind=head.get("kind") or "manual",
        attachments=int(attachments), idempotency_key=f"import:{key}", lines=lines,
    )  # fmt: skip


def _line(where: str, cells: Mapping[str, str], found: Found, problems: list[FieldError]) -> NewLine:
    def wrong(name: str, message: str) -> None:
        problems.append(FieldError(f"{where}.{name}", message))

    amounts: dict[str, Decimal | None] = {}
    for name, places in _DECIMALS.items():
        text = cells.get(name, "")
        try:
            amounts[name] = _amount(text, places)
        except ValueError:
            wrong(name, _("%(value)s is no amount with at most %(places)s decimals.", value=text, places=places))
    account, summary, currency = cells.get("account", "").replace(".", ""), cells.get("summary", ""), cells.get("currency", "")
    if not account or len(account) > 30:
        wrong("account", _("Name the account by its code."))
    if len(summary) > SUMMARY_MAX:
        wrong("summary", _("The summary has at most %(most)s characters; this has %(count)s.", most=SUMMARY_MAX, count=len(summary)))
    if currency and not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        wrong("currency", _("%(value)s is no currency; write three letters such as USD.", value=currency))
    item = cells.get("cash_item", "")
    if item and not (item.isascii() and item.isdecimal() and len(item) < 4):
        wrong("cash_item", _("%(text)s is no line of the cash flow statement; choose one.", text=item[:20]))
        item = ""
    dimensions: dict[str, UUID] = {}
    for name, text in cells.items():
        kind = kind_of(name)
        if not (kind and text):
            continue
        values = found.get((kind, text), set())
        if len(values) == 1:
            [dimensions[kind]] = values
        elif values:
            wrong(name, _("%(name)s is the name of several; write the code instead.", name=text))
        else:
            wrong(name, _("There is no %(name)s; add it first.", name=text))
    return NewLine(
        account=account, summary=summary, debit=amounts.get("debit") or Decimal(0), credit=amounts.get("credit") or Decimal(0),
        currency=currency or None, currency_amount=amounts.get("currency_amount"), rate=amounts.get("rate"),
        quantity=amounts.get("quantity"), dimensions=dimensions, cash_item=int(item) if item else None,
    )  # fmt: skip


async def _known(work: Work, ledger: Ledger, read: Sequence[_Read]) -> dict[str, str]:
    """What stands already under the keys."""
    by_id = {item.voucher.id: item.key for item in read}
    for item in read:
        try:
            by_id[UUID(item.key)] = item.key  # an export's key is the voucher's own id
        except ValueError:
            continue
    known: dict[str, str] = {}
    ids = list(by_id)
    for start in range(0, len(ids), 5000):
        chunk = ids[start : start + 5000]
        drafts = select(Draft.id).where(Draft.ledger_id == ledger.id, Draft.id.in_(chunk))
        known |= {by_id[draft_id]: "draft" for draft_id in await work.session.scalars(drafts)}
        vouchers = select(Voucher.id, Voucher.idempotency_key).where(Voucher.ledger_id == ledger.id, Voucher.id.in_(chunk))
        for voucher_id, sent in await work.session.execute(vouchers):
            key = by_id[voucher_id]
            known[key] = "posted by key" if sent == f"import:{key}" else "posted"
    return known


async def _problems_of_drafts(work: Work, ledger: Ledger, fresh: Sequence[_Read]) -> list[FieldError]:
    """What would stand against posting them, as far as it can be seen without."""
    codes = {line.account for item in fresh for line in item.voucher.lines}
    query = select(Account.code, Account.currency).where(
        Account.ledger_id == ledger.id, Account.is_leaf, Account.is_active, Account.code.in_(codes)
    )
    leaves = dict((await work.session.execute(query)).all())
    problems = []
    for item in fresh:
        if refused := check(item.voucher, ledger):
            problems.append(item.problem(refused))
        for (where, _cells), line in zip(item.raw.lines, item.voucher.lines, strict=True):
            if line.account not in leaves:
                message = _("There is no account %(code)s; choose one from the chart.", code=line.account)
                problems.append(FieldError(f"{where}.account", message))
            elif leaves[line.account] and line.currency_amount is None and item.voucher.kind == "manual":
                message = _("Account %(account)s is kept in %(currency)s; give the amount in it and the rate.",
                            account=line.account, currency=leaves[line.account])  # fmt: skip
                problems.append(FieldError(f"{where}.currency_amount", message))
        if item.voucher.kind != "manual":
            message = _("A voucher of the kind %(kind)s can only be imported as posted.", kind=item.voucher.kind)
            problems.append(FieldError(f"{item.raw.where}.kind", message))
    return problems


def _refuse(problems: Sequence[FieldError]) -> None:
    if problems:
        raise ImportRefused(_("%(count)s rows are wrong; nothing was imported.", count=len(problems)), errors=problems)


def _day(text: str) -> date | None:
    """2026-03-09, also as a spreadsheet writes it: 2026/3/9."""
    try:
        year, month, day = text.replace("/", "-").split("-")
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _amount(text: str, places: int) -> Decimal | None:
    """Raises:
    ValueError: it is no number that the column holds.
    """
    if not text:
        return None
    try:
        amount = Decimal(text.replace(",", ""))
    except InvalidOperation as error:
        raise ValueError(text) from error
    if not amount.is_finite() or abs(amount) >= Decimal(10) ** (10 if places == 8 else 14):
        raise ValueError(text)
    if amount != round(amount, places):
        raise ValueError(text)
    return round(amount, places)
