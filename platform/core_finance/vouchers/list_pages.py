"""The list of vouchers of every state, and what can be done with many or with one of them."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_finance.books.frame import setup_redirect
from core_finance.chart.ledgers import find_current, mark_of, the_ledger
from core_finance.chart.model import WORDS, Ledger
from core_finance.chart.rules import rules_of
from core_finance.periods.service import code_of, periods, text_of
from core_finance.posting.engine import Posted
from core_finance.vouchers import review
from core_finance.vouchers.api import PAGE_ROWS, decode, encode
from core_finance.vouchers.form import VoucherForm, amount
from core_finance.vouchers.listing import Listed, State, Wanted, counts, list_all, named
from core_finance.vouchers.numbers import order_by_date
from core_finance.vouchers.reversing import reverse_by_hand
from core_finance.vouchers.service import delete_draft, post_draft, post_drafts
from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.web import page
from kernel.work import Work

LIST, DONE = (f"core_finance/vouchers/{name}.html" for name in ("list", "done"))
STATES = ("all", "draft", "reviewed", "posted")

AnyRequest = Request[Any, Any, Any]


class VoucherListPages(Controller):
    path = "/vouchers"
    include_in_schema = False

    @get("/", opt={"permission": "finance.voucher.read"})
    async def list_page(
        self,
        work: NamedDependency[Work],
        q: FromQuery[str] = "",
        show: FromQuery[str] = "all",
        period: FromQuery[str] = "",
        until: FromQuery[str] = "",
        word: FromQuery[str] = "",
        kind: FromQuery[str] = "",
        amount: FromQuery[str] = "",
        after: FromQuery[str | None] = None,
    ) -> Template | Redirect:
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        asked = {
            "q": q,
            "show": show if show in STATES else "all",
            "period": period,
            "until": until,
            "word": word,
            "kind": kind,
            "amount": amount,
        }
        rows = await list_all(work, ledger, _wanted(asked), before=decode(after), limit=PAGE_ROWS + 1)
        following = _address({**asked, "after": encode(rows[PAGE_ROWS - 1])}) if len(rows) > PAGE_ROWS else ""
        return page(LIST, **await _drawn(work, ledger, asked), rows=rows[:PAGE_ROWS], next=following)

    @post("/review", opt={"permission": "finance.voucher.review"}, status_code=200)
    async def review_many(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        ledger, chosen = await _chosen(request, work)
        return await _done(
            work, ledger, _("reviewed"), [(each.id, each.problem) for each in await review.review_each(work, ledger, chosen)]
        )

    @post("/unreview", opt={"permission": "finance.voucher.review"}, status_code=200)
    async def unreview_many(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        ledger, chosen = await _chosen(request, work)
        reason = str((await request.form()).get("reason", ""))
        outcomes = await review.take_back_each(work, ledger, chosen, reason=reason)
        return await _done(work, ledger, _("taken back"), [(each.id, each.problem) for each in outcomes])

    @post("/sign", opt={"permission": "finance.cash.sign"}, status_code=200)
    async def sign_many(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        ledger, chosen = await _chosen(request, work)
        return await _done(work, ledger, _("signed"), [(each.id, each.problem) for each in await review.sign_each(work, ledger, chosen)])

    @post("/post", opt={"permission": "finance.voucher.post"}, status_code=200)
    async def post_many(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """Post the ticked drafts; those that cannot be posted stay drafts, each with its reason."""
        ledger, chosen = await _chosen(request, work)
        results = await post_drafts(work, ledger, chosen)
        return await _done(work, ledger, _("posted"), [(each, None if isinstance(result, Posted) else result) for each, result in results])

    @post("/order", opt={"permission": "finance.voucher.create"}, status_code=200)
    async def order(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        """Number the drafts of a month in the order of their days."""
        data = await request.form()
        ledger = await the_ledger(work, data)
        month = _month(str(data.get("period", ""))) or code_of(work.today())
        await order_by_date(work, ledger, month, str(data.get("word", "")) or None)
        return Redirect(f"/vouchers?period={month}&until={month}", status_code=303)

    @post("/{voucher_id:uuid}/review", opt={"permission": "finance.voucher.review"})
    async def review_one(self, request: AnyRequest, work: NamedDependency[Work], voucher_id: FromPath[UUID]) -> Redirect:
        await review.review(work, await the_ledger(work, await request.form()), voucher_id)
        return Redirect(f"/vouchers/{voucher_id}", status_code=303)

    @post("/{voucher_id:uuid}/unreview", opt={"permission": "finance.voucher.review"})
    async def unreview_one(self, request: AnyRequest, work: NamedDependency[Work], voucher_id: FromPath[UUID]) -> Redirect:
        data = await request.form()
        await review.take_back(work, await the_ledger(work, data), voucher_id, reason=str(data.get("reason", "")))
        return Redirect(f"/vouchers/{voucher_id}", status_code=303)

    @post("/{voucher_id:uuid}/sign", opt={"permission": "finance.cash.sign"})
    async def sign_one(self, request: AnyRequest, work: NamedDependency[Work], voucher_id: FromPath[UUID]) -> Redirect:
        await review.sign(work, await the_ledger(work, await request.form()), voucher_id)
        return Redirect(f"/vouchers/{voucher_id}", status_code=303)

    @post("/{voucher_id:uuid}/unsign", opt={"permission": "finance.cash.sign"})
    async def unsign_one(self, request: AnyRequest, work: NamedDependency[Work], voucher_id: FromPath[UUID]) -> Redirect:
        await review.take_signature_back(work, await the_ledger(work, await request.form()), voucher_id)
        return Redirect(f"/vouchers/{voucher_id}", status_code=303)

    @post("/{voucher_id:uuid}/post", opt={"permission": "finance.voucher.post"})
    async def post_one(self, request: AnyRequest, work: NamedDependency[Work], voucher_id: FromPath[UUID]) -> Redirect:
        posted = await post_draft(work, await the_ledger(work, await request.form()), voucher_id)
        return Redirect(f"/vouchers/{posted.id}", status_code=303)

    @post("/{voucher_id:uuid}/delete", opt={"permission": "finance.voucher.create"})
    async def delete(self, request: AnyRequest, work: NamedDependency[Work], voucher_id: FromPath[UUID]) -> Redirect:
        await delete_draft(work, await the_ledger(work, await request.form()), voucher_id)
        return Redirect("/vouchers", status_code=303)

    @post("/{voucher_id:uuid}/reverse", opt={"permission": "finance.voucher.post"})
    async def reverse(self, request: AnyRequest, work: NamedDependency[Work], voucher_id: FromPath[UUID]) -> Redirect:
        data = await request.form()
        ledger = await the_ledger(work, data)
        form = VoucherForm({"on": str(data.get("on", "")), "attachments": "0", "word": "", "version": "", "draft_id": ""})
        on = form.voucher().on if form.head["on"] else None
        red = await reverse_by_hand(work, ledger, voucher_id, on=on)
        return Redirect(f"/vouchers/{red.id}", status_code=303)


async def _drawn(work: Work, ledger: Ledger, asked: dict[str, str]) -> dict[str, Any]:
    """What the list shows around its rows."""
    waiting = await counts(work, ledger)
    labels = {"all": _("All"), "draft": _("Not reviewed"), "reviewed": _("Reviewed"), "posted": _("Posted")}
    tabs = [(labels[each], _address({**asked, "show": each}), asked["show"] == each, waiting.get(each)) for each in STATES]
    return {
        "ledger": mark_of(ledger),
        "asked": asked,
        "tabs": tabs,
        "waiting": waiting,
        "signs": rules_of(ledger).cashier_signs,
        "word_options": [(each, each) for each in WORDS],
        "months": [(p.code, text_of(p.code)) for p in reversed(await periods(work, ledger)) if p.code <= code_of(work.today()) + 100],
        "text_of": text_of,
    }


async def _done(work: Work, ledger: Ledger, what: str, outcomes: Sequence[tuple[UUID, DomainError | None]]) -> Template:
    """How it went: each refused voucher with its reason."""
    refused = [(each, problem) for each, problem in outcomes if problem is not None]
    rows: dict[UUID, Listed] = {row.id: row for row in await named(work, ledger, [each for each, _problem in refused])}
    return page(
        DONE, ledger=mark_of(ledger), what=what, count=len(outcomes) - len(refused), text_of=text_of,
        refused=[{"id": each, "row": rows.get(each), "why": problem.message} for each, problem in refused],
    )  # fmt: skip


async def _chosen(request: AnyRequest, work: Work) -> tuple[Ledger, list[UUID]]:
    data = await request.form()
    ledger = await the_ledger(work, data)
    chosen = []
    for value in [*data.getall("voucher", []), *data.getall("draft", [])]:
        try:
            chosen.append(UUID(value))
        except ValueError:
            continue
    if not chosen:
        raise Invalid(_("Tick the vouchers first."), field="voucher")
    return ledger, chosen


def _wanted(asked: dict[str, str]) -> Wanted:
    first = _month(asked["period"])
    try:
        exact = amount(asked["amount"]) if asked["amount"].strip() else None
    except InvalidOperation:
        exact = Decimal("NaN")
    if exact is not None and not (exact.is_finite() and abs(exact) < Decimal(10) ** 16):
        exact = Decimal(-1)  # no voucher has this total
    return Wanted(
        state=cast("State", asked["show"]), first=first, last=_month(asked["until"]) or None, word=asked["word"] or None,
        kind=asked["kind"] or None, text=asked["q"], amount=exact,
    )  # fmt: skip


def _month(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) == 6 else None


def _address(asked: dict[str, str]) -> str:
    return "/vouchers?" + urlencode({name: value for name, value in asked.items() if value and (name, value) != ("show", "all")})
