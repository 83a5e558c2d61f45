"""Posts vouchers through the posting statement and says in words why one is refused."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from core_finance.cash_flow.rules import items
from core_finance.chart.model import WORDS, Ledger, Standard
from core_finance.periods.service import open_year, text_of
from core_finance.posting import errors
from core_finance.posting.naming import with_names
from core_finance.posting.sending import Books, Item, collision, send
from core_finance.posting.statement import PROBLEMS
from core_finance.posting.voucher import DIMENSION_KEY, NewLine, NewVoucher
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.money import CURRENCIES
from kernel.work import Work
from vertical import SourceDocument

LINES_MAX = 1000
AMOUNT_MAX = Decimal(10) ** 16
RATE_ROUNDING = Decimal("0.000000005")
"""Rates are kept with eight decimals; a large amount times a rounded rate is off by more than a cent."""

PERIOD_MISSING = next(number for number, code in PROBLEMS.items() if code == "period_missing")

_ZERO = Decimal(0)

_BY_RULE: Mapping[str, tuple[type[errors.PostingRefused], str]] = {
    "word_not_in_use": (errors.WordNotInUse, N_("This ledger does not use %(word)s; choose one of its voucher words.")),
    "word_needs_cash_debit": (
        errors.WordDoesNotFit,
        N_("A receipt voucher (%(word)s) debits cash or a bank account; choose another word."),
    ),
    "word_needs_cash_credit": (
        errors.WordDoesNotFit,
        N_("A payment voucher (%(word)s) credits cash or a bank account; choose another word."),
    ),
    "word_without_cash": (errors.WordDoesNotFit, N_("A transfer voucher (%(word)s) touches neither cash nor bank; choose another word.")),
    "voucher_needs_review": (errors.VoucherNeedsReview, N_("This ledger posts reviewed vouchers only; save it and have it reviewed.")),
    "poster_is_maker": (errors.PosterIsMaker, N_("In this ledger a voucher is posted by somebody else than who made it.")),
    "voucher_needs_signature": (
        errors.VoucherNeedsSignature,
        N_("A voucher of cash or bank needs the cashier's signature in this ledger; save it and have it signed."),
    ),
}
"""Refusals that follow from the ledger's own rules."""


@dataclass(frozen=True, kw_only=True)
class Posted:
    """Where a voucher stands in the books.  ``replayed``: it stood there before this request."""

    id: UUID
    period: int
    word: str
    number: int
    replayed: bool = False


async def post(work: Work, ledger: Ledger, voucher: NewVoucher) -> Posted:
    """Post one voucher.

    Raises:
        PostingRefused: with what is wrong, and at which line.
    """
    result = (await post_each(work, ledger, [voucher]))[0]
    if isinstance(result, errors.PostingRefused):
        raise result
    return result


async def post_all(work: Work, ledger: Ledger, vouchers: Sequence[NewVoucher]) -> list[Posted]:
    """Post several vouchers, or none: the first that is refused refuses all."""
    results = await post_each(work, ledger, vouchers)
    posted = []
    for result in results:
        if isinstance(result, errors.PostingRefused):
            raise result
        posted.append(result)
    return posted


async def post_each(work: Work, ledger: Ledger, vouchers: Sequence[NewVoucher]) -> list[Posted | errors.PostingRefused]:
    """Post those vouchers that can be posted; for each its place in the books, or what is wrong with it."""
    refused: dict[int, errors.PostingRefused] = {}
    for position, voucher in enumerate(vouchers):
        if problem := check(voucher, ledger):
            refused[position] = problem
    _refuse_repeated_keys(vouchers, refused)
    sent = [Item(position, voucher, work.actor) for position, voucher in enumerate(vouchers) if position not in refused]
    answers = await _sent(work, ledger, sent)
    early = [item for item in sent if answers[item.ordinal]["problem"] == PERIOD_MISSING]
    if early and await _open_years(work, ledger, [item.voucher for item in early]):
        answers |= await _sent(work, ledger, early)
    results = [refused.get(position) or answer(answers[position], voucher) for position, voucher in enumerate(vouchers)]
    return [
        await with_names(work, ledger.id, voucher, result) if isinstance(result, errors.PostingRefused) else result
        for voucher, result in zip(vouchers, results, strict=True)
    ]


async def post_apart(work: Work, ledger: Ledger, vouchers: Sequence[NewVoucher]) -> list[Posted | errors.PostingRefused]:
    """As ``post_each``; also what only a constraint sees, such as a customer who does not exist, refuses that voucher alone."""
    if not vouchers:
        return []
    step = await work.session.begin_nested()
    try:
        results = await post_each(work, ledger, vouchers)
    except errors.PostingRefused as error:
        await step.rollback()
        if len(vouchers) == 1:
            return [error]
        return [result for voucher in vouchers for result in await post_apart(work, ledger, [voucher])]
    await step.commit()
    return results


async def try_each(work: Work, ledger: Ledger, vouchers: Sequence[NewVoucher]) -> list[Posted | errors.PostingRefused]:
    """What ``post_apart`` would answer.  Nothing is posted."""
    step = await work.session.begin_nested()
    try:
        return await post_apart(work, ledger, vouchers)
    finally:
        await step.rollback()


def check(voucher: NewVoucher, books: Books) -> errors.PostingRefused | None:
    """What is wrong with a voucher by itself.  The posting statement checks the books' side, and the sums again."""
    if voucher.word not in WORDS:
        return errors.UnknownWord(
            _("%(word)s is no voucher word; use one of %(words)s.", word=voucher.word, words="、".join(WORDS)), field="word"
        )
    if not voucher.lines:
        return _empty()
    if len(voucher.lines) > LINES_MAX:
        return errors.LineLimit(
            _("A voucher has at most %(max)s lines, this one has %(count)s; split it.", max=LINES_MAX, count=len(voucher.lines))
        )
    balance = _ZERO
    for position, line in enumerate(voucher.lines, 1):
        if problem := _check_line(line, position, books.currency, voucher.kind) or item_problem(voucher, position, books.standard):
            return problem
        balance += line.debit - line.credit
    return _unbalanced(voucher.lines) if balance else None


async def _open_years(work: Work, ledger: Ledger, vouchers: Sequence[NewVoucher]) -> bool:
    """Make the months of a year that begins, as a company does not stop to sell on New Year's Day; whether any were made."""
    years = {v.on.year for v in vouchers if v.period >= ledger.start_period and v.on.year <= work.today().year + 1}
    for year in sorted(years):
        await open_year(work, ledger, year)
    return bool(years)


def amount_problem(line: NewLine, position: int, base: str) -> errors.PostingRefused | None:
    """What is wrong with the amounts of a line, be it on its way into the books or only kept."""
    where = f"lines.{position - 1}"
    if not (line.debit.is_finite() and line.credit.is_finite()):
        return errors.LineNeedsOneSide(_("Line %(line)s: an amount is no number; enter it anew.", line=position), field=f"{where}.debit")
    if line.debit and line.credit:
        return errors.LineNeedsOneSide(
            _("Line %(line)s has an amount on both sides; keep one: debit or credit.", line=position), field=f"{where}.credit"
        )
    for name, amount in (("debit", line.debit), ("credit", line.credit)):
        exponent = amount.as_tuple().exponent
        if not isinstance(exponent, int) or exponent < -CURRENCIES.get(base, 2):
            return errors.TooManyDecimals(
                _("Line %(line)s: %(amount)s has more than two decimals; round it.", line=position, amount=amount), field=f"{where}.{name}"
            )
        if abs(amount) >= AMOUNT_MAX:
            return errors.AmountTooLarge(
                _("Line %(line)s: %(amount)s is larger than the books can hold.", line=position, amount=amount), field=f"{where}.{name}"
            )
    return None


def item_problem(voucher: NewVoucher, position: int, standard: Standard) -> errors.PostingRefused | None:
    """Whether a line names something that is no line of the cash flow statement, or only sums others up.

    A reversal repeats what was said, also where that was accepted once.
    """
    item = voucher.lines[position - 1].cash_item
    if item is None or item in items(standard) or voucher.kind == "reversal":
        return None
    message = _(
        "Line %(line)s: line %(item)s of the cash flow statement takes no movements; choose one of receipts or payments, or none.",
        line=position, item=item,
    )  # fmt: skip
    return errors.CashItemUnknown(message, field=f"lines.{position - 1}.cash_item")


def _check_line(line: NewLine, position: int, base: str, kind: str = "manual") -> errors.PostingRefused | None:
    where = f"lines.{position - 1}"
    if (line.debit == 0) == (line.credit == 0):
        return errors.LineNeedsOneSide(
            _("Line %(line)s needs an amount on one side: debit or credit.", line=position), field=f"{where}.debit"
        )
    if problem := amount_problem(line, position, base):
        return problem
    # Whether the account keeps a kind is seen by the posting statement; here only what can be none.
    if unknown := [kind for kind in line.dimensions if not DIMENSION_KEY.fullmatch(kind)]:
        return _dimension_problem("dimension_not_kept", line, position, unknown)
    if line.currency in (None, base):
        return None
    if line.currency_amount == 0 and kind != "manual":
        return None  # an exchange difference: the foreign amount stays as it is
    if line.currency_amount is None or line.rate is None:
        return errors.RateDoesNotFit(
            _("Line %(line)s is in %(currency)s: give the amount in it and the rate.", line=position, currency=line.currency),
            field=f"{where}.rate",
        )
    if abs(line.currency_amount * line.rate - line.debit - line.credit) > Decimal("0.01") + abs(line.currency_amount) * RATE_ROUNDING:
        return errors.RateDoesNotFit(
            _("Line %(line)s: amount times rate is not the amount in %(base)s; correct one of the three.", line=position, base=base),
            field=f"{where}.rate",
        )
    return None


def answer(row: Any, voucher: NewVoucher) -> Posted | errors.PostingRefused:
    """What the posting statement's row says of ``voucher``, in words."""
    if row["problem"] is not None:
        return _refusal(row["problem"], voucher)
    return Posted(id=row["voucher_id"], period=row["period"], word=row["word"], number=row["number"], replayed=row["replayed"])


async def _sent(work: Work, ledger: Ledger, items: Sequence[Item]) -> dict[int, Any]:
    if not items:
        return {}
    connection = await work.session.connection()

    async def fetch(statement: str, *arguments: Any) -> Sequence[Any]:
        return (await connection.exec_driver_sql(statement, arguments)).mappings().all()

    try:
        return await send(fetch, ledger, items)
    except IntegrityError as error:
        raise collision(error.orig) from error


def _refusal(problem: int, voucher: NewVoucher) -> errors.PostingRefused:
    position, what = divmod(problem, 1000)
    code = PROBLEMS[what]
    if position:
        return _line_refusal(code, position, voucher.lines[position - 1], voucher.source)
    period = text_of(voucher.period)
    if code == "period_closed":
        message = _("Period %(period)s is closed; post to an open period or ask an accountant to reopen it.", period=period)
        return errors.PeriodClosed(message, field="on", period=period)
    if code == "period_missing":
        return period_missing(voucher)
    if code == "idempotency_mismatch":
        return errors.IdempotencyMismatch(
            _("The idempotency key %(key)s was used for another voucher; take a new key.", key=voucher.idempotency_key)
        )
    if code in _BY_RULE:
        kind, message = _BY_RULE[code]
        return kind(_(message, word=voucher.word), field="word" if code.startswith("word") else None)
    return _unbalanced(voucher.lines) if code == "unbalanced" else _empty()


def period_missing(voucher: NewVoucher) -> errors.PeriodMissing:
    """That the voucher's day lies before the ledger's first month, or further ahead than months are made."""
    period = text_of(voucher.period)
    message = _(
        "The ledger has no period %(period)s: it keeps the months from its first one to the end of next year. Choose a day of these.",
        period=period,
    )
    return errors.PeriodMissing(message, field="on", period=period)


def _line_refusal(code: str, position: int, line: NewLine, source: SourceDocument | None) -> errors.PostingRefused:
    where = f"lines.{position - 1}.account"
    facts: dict[str, Any] = {"line": position, "account": line.account}
    if code == "unknown_account":
        return errors.UnknownAccount(
            _("Line %(line)s: there is no account %(account)s; choose one from the chart.", **facts), field=where, **facts
        )
    if code == "account_not_leaf":
        message = _("Line %(line)s: account %(account)s has sub-accounts; post to one of them.", **facts)
        return errors.AccountNotLeaf(message, field=where, **facts)
    if code == "account_disabled":
        message = _("Line %(line)s: account %(account)s is disabled; enable it or choose another.", **facts)
        return errors.AccountDisabled(message, field=where, **facts)
    if code == "currency_not_kept":
        message = _("Line %(line)s: account %(account)s keeps another currency than %(currency)s.", **facts, currency=line.currency)
        return errors.CurrencyNotKept(message, field=f"lines.{position - 1}.currency", **facts)
    if code == "currency_missing":
        message = _currency_missing(facts, source)
        return errors.CurrencyMissing(message, field=f"lines.{position - 1}.currency_amount", **facts)
    if code in ("dimension_missing", "dimension_not_kept"):
        return _dimension_problem(code, line, position, sorted(line.dimensions))
    # What remains was seen before the statement was sent: decimals and sides.
    refused = _check_line(line, position, "CNY")
    return refused or errors.LineNeedsOneSide(_("Line %(line)s cannot be posted as it is; enter it anew.", line=position), field=where)


def _currency_missing(facts: Mapping[str, Any], source: SourceDocument | None) -> str:
    if source is not None:
        return _(
            "%(document)s is posted in base currency to account %(account)s, which is kept in a foreign currency. "
            "Take the currency off the account, or let such documents be posted to another one.",
            **facts,
            document=source.number,
        )
    return _(
        "Line %(line)s: account %(account)s is kept in a foreign currency; give the amount in it and the rate. "
        "Base money alone is adjusted by the exchange differences of the period end.",
        **facts,
    )


def _dimension_problem(code: str, line: NewLine, position: int, given: Iterable[str]) -> errors.PostingRefused:
    facts: dict[str, Any] = {"line": position, "account": line.account, "given": ", ".join(given) or "-"}
    if code == "dimension_missing":
        message = _("Line %(line)s: account %(account)s asks for more details (given: %(given)s); fill them in.", **facts)
        return errors.DimensionMissing(message, field=f"lines.{position - 1}.dimensions", **facts)
    message = _("Line %(line)s: account %(account)s does not keep all of: %(given)s; leave out what it does not keep.", **facts)
    return errors.DimensionNotKept(message, field=f"lines.{position - 1}.dimensions", **facts)


def _empty() -> errors.PostingRefused:
    return errors.VoucherEmpty(_("A voucher needs at least two lines, one on each side."), field="lines")


def _unbalanced(lines: Sequence[NewLine]) -> errors.PostingRefused:
    debit, credit = sum((x.debit for x in lines), _ZERO), sum((x.credit for x in lines), _ZERO)
    message = _(
        "Debits are %(debit)s and credits %(credit)s, off by %(off)s; correct a line until they are equal.",
        debit=debit, credit=credit, off=abs(debit - credit),
    )  # fmt: skip
    return errors.Unbalanced(message, field="lines", debit=str(debit), credit=str(credit))


def _refuse_repeated_keys(vouchers: Sequence[NewVoucher], refused: dict[int, errors.PostingRefused]) -> None:
    seen: set[str] = set()
    for position, voucher in enumerate(vouchers):
        key = voucher.idempotency_key
        if key is not None and key in seen:
            refused.setdefault(
                position,
                errors.IdempotencyMismatch(_("The idempotency key %(key)s stands twice in this request; take a new key.", key=key)),
            )
        elif key is not None:
            seen.add(key)
