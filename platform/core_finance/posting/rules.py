"""Turns events into vouchers by the posting rules of the cores and of the tenant's verticals."""

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from core_finance.chart.ledgers import ensure_ledger
from core_finance.chart.model import Account, Ledger
from core_finance.chart.service import AccountKeyMissing, account_in, codes_by_key, titled
from core_finance.posting import errors
from core_finance.posting.engine import Posted, post
from core_finance.posting.reversal import reverse_source
from core_finance.posting.voucher import NewLine, NewVoucher
from kernel.events import Event
from kernel.i18n import gettext as _
from kernel.i18n import using
from kernel.money import round_half_up
from kernel.work import Work
from tenancy.settings import read_settings
from vertical import JournalLine, PostingRule

ACCOUNTS = "/finance/accounts"


class RuleUnbalanced(AssertionError):
    """A rule gave lines that do not add up to zero: a defect of its vertical, not of the user's input."""


def lines_for(event: Event, rules: Iterable[PostingRule], settings: Any = None) -> list[tuple[str, Sequence[JournalLine]]]:
    """What each of ``rules`` that knows the event makes of it: the rule's key and its balanced lines.

    Lines of nothing are left out, and so is a rule without lines.

    Raises:
        RuleUnbalanced: the lines of a rule do not add up to zero.
    """
    made: list[tuple[str, Sequence[JournalLine]]] = []
    for rule in rules:
        if not isinstance(event, rule.event) or rule.reverses:
            continue
        ask: Callable[..., Sequence[JournalLine]] = rule.lines
        given = ask(event, settings) if _takes_settings(ask) else ask(event)
        lines = [line for line in given if line.amount]
        if sum((line.amount for line in lines), Decimal(0)):
            raise RuleUnbalanced(f"{rule.key} is off by {sum(line.amount for line in lines)} for {event!r}")
        if lines:
            made.append((rule.key, lines))
    return made


async def post_event(work: Work, event: Event) -> list[Posted]:
    """Post what the rules make of ``event``, in the transaction that published it.

    A tenant without a ledger gets the ordinary one, so that nobody has to know bookkeeping to confirm an order.

    Raises:
        PostingRefused: and with it the act that published the event.
    """
    rules = [c for c in work.contributions("posting_rules") if isinstance(event, c.item.event)]
    posted: list[Posted] = []
    if not rules:
        return posted
    ledger = await ensure_ledger(work)
    by_key = await codes_by_key(work, ledger)
    for contribution in rules:
        rule: PostingRule = contribution.item
        on = rule.on(event) if rule.on else work.today()
        settings = await _settings(work, contribution.vertical) if _takes_settings(rule.lines) else None
        with using(work.tenant.locale):
            # The books speak the company's language, whoever it is that confirms.
            source, summary, made = rule.source(event), rule.summary(event), lines_for(event, [rule], settings)
        if rule.reverses:
            posted += await reverse_source(work, ledger, source.id, on=on, summary=summary)
            continue
        for key, lines in made:
            voucher = NewVoucher(
                on=on, kind="automatic", by_hand=False, source=source, idempotency_key=f"{key}:{event.event_id}",
                lines=[_line(line, await _account(work, ledger, line, by_key, key), ledger, summary) for line in lines],
            )  # fmt: skip
            posted.append(await post(work, ledger, voucher))
    return posted


async def place_for(work: Work, ledger: Ledger, key: str, currency: str) -> Account:
    """The account on which money in ``currency`` is posted for ``key``.

    Raises:
        AccountKeyMissing: the chart lacks the key.
        CurrencyNotKept: neither its account nor one beside it keeps the currency.
    """
    account = (await codes_by_key(work, ledger)).get(key)
    if account is None:
        raise AccountKeyMissing(_("The chart of %(ledger)s lacks an account for %(key)s; add it.", ledger=ledger.name, key=key))
    return await _keeping(work, ledger, account, currency)


async def _account(work: Work, ledger: Ledger, line: JournalLine, by_key: Mapping[str, Account], rule: str) -> Account:
    account = by_key.get(line.account)
    if account is None:
        raise AccountKeyMissing(
            _("The rule %(rule)s posts to %(key)s, which the chart of %(ledger)s lacks; add the account and its key.",
              rule=rule, key=line.account, ledger=ledger.name)
        )  # fmt: skip
    if _is_foreign(line, ledger):
        return await _keeping(work, ledger, account, line.currency)
    return await account_in(work, ledger, account, ledger.currency) or account


async def _keeping(work: Work, ledger: Ledger, account: Account, currency: str) -> Account:
    found = await account_in(work, ledger, account, currency)
    if found is None:
        facts: dict[str, Any] = {"account": titled(account, ledger), "kept": account.currency or "", "currency": currency}
        message = _(
            "Account %(account)s keeps %(kept)s and takes no %(currency)s. Take the currency off it, or open an account for %(currency)s "
            "beside it.",
            **facts,
        )
        raise errors.CurrencyNotKept(message, field="currency", path=ACCOUNTS, **facts)
    return found


def _is_foreign(line: JournalLine, ledger: Ledger) -> bool:
    return line.foreign is not None and line.currency != ledger.currency


def _line(line: JournalLine, account: Account, ledger: Ledger, summary: str) -> NewLine:
    amount = round_half_up(line.amount)
    kept = {*account.required_dimensions, *account.optional_dimensions}
    on_debit = (amount > 0) is not line.red
    foreign = None
    if line.foreign is not None and _is_foreign(line, ledger):
        foreign = round_half_up(line.foreign if on_debit else -line.foreign)
    return NewLine(
        account=account.code, summary=(line.memo or summary)[:200],
        debit=amount if on_debit else Decimal(0), credit=Decimal(0) if on_debit else -amount,
        currency=line.currency if foreign is not None else None, currency_amount=foreign, rate=line.rate if foreign is not None else None,
        # A rule says all it knows; the account keeps what it is set to keep.
        dimensions={kind: value for kind, value in line.dimensions.items() if kind in kept},
    )  # fmt: skip


async def _settings(work: Work, vertical: str) -> Any:
    schema = next((c.item for c in work.contributions("settings_schema") if c.vertical == vertical), None)
    return await read_settings(work.session, vertical, schema)


@lru_cache(1024)
def _takes_settings(lines: Callable[..., Any]) -> bool:
    return len(inspect.signature(lines).parameters) > 1
