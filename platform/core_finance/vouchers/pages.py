"""The entry grid: new vouchers and drafts; and one voucher to look at."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_finance.attachments.service import files_of
from core_finance.books.frame import setup_redirect
from core_finance.chart.ledgers import current_ledger, find_current, get_ledger, ledgers, mark_of, the_ledger
from core_finance.chart.model import Ledger, Review
from core_finance.chart.rules import rules_of
from core_finance.chart.service import accounts, dotted
from core_finance.dimensions.service import labels as kinds_of
from core_finance.dimensions.service import names
from core_finance.periods.service import text_of
from core_finance.posting.engine import Posted, check
from core_finance.posting.engine import post as post_now
from core_finance.posting.reading import read_voucher
from core_finance.posting.reversal import day_for, standing_document
from core_finance.vouchers.choices import Choices, ItemChoice, RateChoice, grid_choices, item_choices, labels, paths, spot_rate
from core_finance.vouchers.copying import unknown_accounts
from core_finance.vouchers.form import VoucherForm
from core_finance.vouchers.gathering import draft_lines
from core_finance.vouchers.listing import Wanted, list_all, neighbours, reference
from core_finance.vouchers.model import Draft, DraftState
from core_finance.vouchers.numbers import next_number, number_of
from core_finance.vouchers.phrases import PhraseChoice, phrase_choices
from core_finance.vouchers.service import dimensions_of, get_draft, keep_draft, moves_cash, new_line, post_draft, save_draft
from core_finance.vouchers.templates import lines_from
from kernel.errors import DomainError, FieldError
from kernel.i18n import gettext as _
from kernel.web import FormRefused, by_field, page, toast
from kernel.work import Work

ENTRY, FORM, DETAIL, ELSEWHERE = (f"core_finance/vouchers/{name}.html" for name in ("entry", "form", "detail", "elsewhere"))

AnyRequest = Request[Any, Any, Any]


class VoucherPages(Controller):
    path = "/vouchers"
    include_in_schema = False

    @get("/new", opt={"permission": "finance.voucher.create"})
    async def new_page(
        self,
        work: NamedDependency[Work],
        copy: FromQuery[str] = "",
        template: FromQuery[str] = "",
        amount: FromQuery[str] = "",
        ledger: FromQuery[str] = "",
    ) -> Template | Redirect:
        """An empty grid, or one with the lines of another voucher or of a template.

        An address that names another ledger than the one at hand switches nothing: it asks first.
        """
        asked, here = ledger, await find_current(work)
        if here is None:
            return setup_redirect()
        if asked and asked != str(here.id):
            back = urlencode({name: text for name, text in (("copy", copy), ("template", template), ("amount", amount)) if text})
            return await _elsewhere(work, here, asked, f"/vouchers/new?{back}" if back else "/vouchers/new")
        return await self._entry(work, here, copy, template, amount)

    async def _entry(self, work: Work, ledger: Ledger, copy: str, template: str, amount: str) -> Template:
        form = await _begin(work, ledger, copy, template, amount)
        recent = await list_all(work, ledger, Wanted(), limit=5)
        return page(ENTRY, **await grid(work, ledger, form), recent=recent, attachments=())

    @post("/new", opt={"permission": "finance.voucher.create"}, status_code=200)
    async def save(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """Save or post what the grid holds, and answer an empty grid for the next voucher."""
        data = await request.form()
        ledger = await current_ledger(work)
        form = VoucherForm.of(data)
        drawn = await grid(work, ledger, form)
        try:
            await the_ledger(work, data)
            said = await _save(work, ledger, form, posting=data.get("act") == "post")
        except DomainError as error:
            errors = form.by_row(by_field(error.errors or [FieldError("", error.message)]))
            drawn |= {"ledger": drawn["ledger"]._replace(id=str(data.get("ledger", ""))), "errors": errors}
            raise FormRefused(FORM, **drawn, values=form.head) from error
        following = VoucherForm.blank(work.today(), form.head["word"])
        following.head["on"] = form.head["on"]
        return page(FORM, headers=toast(said), **await grid(work, ledger, following))

    @get("/choices", opt={"permission": "finance.voucher.create"})
    async def choices(self, work: NamedDependency[Work]) -> Choices:
        """Accounts with their balances and what they keep."""
        return await grid_choices(work, await current_ledger(work))

    @get("/choices/items", opt={"permission": "finance.voucher.create"})
    async def items(self, work: NamedDependency[Work], kind: FromQuery[str] = "party", q: FromQuery[str] = "") -> list[ItemChoice]:
        """Values of a dimension."""
        return await item_choices(work, kind, q)

    @get("/choices/rate", opt={"permission": "finance.voucher.create"})
    async def rate(self, work: NamedDependency[Work], currency: FromQuery[str] = "", on: FromQuery[str] = "") -> RateChoice:
        """The rate that an entry of the day takes; null where none is known."""
        try:
            day = date.fromisoformat(on)
        except ValueError:
            return RateChoice(None)
        return RateChoice(await spot_rate(work, (await current_ledger(work)).currency, currency, day))

    @get("/choices/number", opt={"permission": "finance.voucher.create"})
    async def number(self, work: NamedDependency[Work], word: FromQuery[str] = "", on: FromQuery[str] = "") -> dict[str, int]:
        """The number that the next voucher of that word and day gets."""
        return {"number": await _number(work, await current_ledger(work), VoucherForm({"word": word, "on": on, "draft_id": ""}))}

    @get("/choices/phrases", opt={"permission": "finance.voucher.create"})
    async def phrases(self, work: NamedDependency[Work], q: FromQuery[str] = "") -> list[PhraseChoice]:
        """Summaries kept for use."""
        return await phrase_choices(work, q)

    @get("/{voucher_id:uuid}", opt={"permission": "finance.voucher.read"})
    async def detail(self, work: NamedDependency[Work], voucher_id: FromPath[UUID]) -> Template:
        voucher = await read_voucher(work, voucher_id)
        ledger = await current_ledger(work)
        if voucher is None:
            return await _draft(work, ledger, await get_draft(work, ledger, voucher_id))
        before, after, home, its = (None, None, None, ledger)
        if voucher.ledger_id != ledger.id:
            its = await get_ledger(work, voucher.ledger_id)
            home = mark_of(its)
        else:
            before, after = await neighbours(work, ledger, (voucher.period, voucher.word, voucher.number))
        return page(
            DETAIL, voucher=voucher, lines=voucher.lines, total=voucher.total, state="posted", labels=await labels(work, [voucher]),
            titles=_titles(its, paths(await accounts(work, its))),
            kinds=await kinds_of(work), text_of=text_of, name=f"{text_of(voucher.period)} {voucher.name}", draft=None, signs=False,
            reverses=voucher.reverses, reverse_on=await day_for(work, ledger, voucher.entry_on),
            document=await standing_document(work, voucher),
            attachments=await files_of(work, voucher_id),
            before=before, after=after, here=home is None, home=home, ledger=mark_of(ledger),
            others=await _other_ledgers(work, ledger),
        )  # fmt: skip


def _titles(ledger: Ledger, named: Mapping[str, str]) -> Mapping[str, str]:
    """What lines call their accounts, by code: 2221.01.07 应交税费 / 应交增值税 / 销项税额."""
    return {code: f"{dotted(code, ledger.code_lengths)} {name}" for code, name in named.items()}


async def _elsewhere(work: Work, here: Ledger, asked: str, back: str) -> Template:
    """The page that says which ledger an address is for, and offers the way there.

    Raises:
        LedgerNotFound: it is none of the company's.
    """
    there = await get_ledger(work, UUID(asked) if _is_id(asked) else UUID(int=0))
    return page(ELSEWHERE, ledger=mark_of(here), there=mark_of(there), back=back)


async def _draft(work: Work, ledger: Ledger, draft: Draft) -> Template:
    """The grid for one that may be edited, the plain lines for one that may not."""
    number = await number_of(work, ledger, draft)
    account_names = paths(await accounts(work, ledger))
    lines = [new_line(line) for line in draft.lines]
    shown = await names(work, [pair for line in draft.lines for pair in dimensions_of(line).items()])
    form = VoucherForm.filled(draft.entry_on, draft.word, lines, account_names, shown)
    form.head |= {"attachments": str(draft.attachments), "version": str(draft.version), "draft_id": str(draft.id), "key": ""}
    before, after = await neighbours(work, ledger, (draft.period, draft.word, number))
    around: dict[str, Any] = {
        "draft": draft, "state": draft.state.value, "text_of": text_of, "attachments": await files_of(work, draft.id), "before": before,
        "after": after, "reverses": await reference(work, draft.reverses_id), "others": await _other_ledgers(work, ledger),
        "signs": rules_of(ledger).cashier_signs and await moves_cash(work, ledger, draft.lines),
        "name": f"{text_of(draft.period)} {draft.word}-{number}",
    }  # fmt: skip
    if draft.state is DraftState.REVIEWED or not work.actor.may("finance.voucher.create"):
        shown_lines = draft_lines(draft, ledger.currency, account_names)
        return page(
            DETAIL, voucher=draft, lines=shown_lines, titles=_titles(ledger, account_names), labels=shown,
            kinds=await kinds_of(work), here=True, ledger=mark_of(ledger), **around,
            total=sum((line.debit for line in draft.lines), Decimal(0)),
        )  # fmt: skip
    drawn = await grid(work, ledger, form, number=number)
    unknown = await unknown_accounts(work, ledger, draft)
    drawn["errors"] = {
        f"lines.{position - 1}.account": _("This ledger has no account %(account)s to post to; choose one.", account=code)
        for position, code in unknown.items() if code
    }  # fmt: skip
    return page(ENTRY, **drawn, recent=[], **around)


async def _other_ledgers(work: Work, ledger: Ledger) -> list[tuple[UUID, str]]:
    return [(each.id, each.name) for each in await ledgers(work) if each.id != ledger.id]


async def _begin(work: Work, ledger: Ledger, copy: str, template: str, asked: str) -> VoucherForm:
    # A ledger that begins next month, or whose month is closed already, begins with a day that can be posted to.
    today = await day_for(work, ledger, date(ledger.start_period // 100, ledger.start_period % 100, 1))
    if not (_is_id(copy) or _is_id(template)):
        return VoucherForm.blank(today)
    account_names = paths(await accounts(work, ledger))
    if _is_id(template):
        word, lines = await lines_from(work, ledger, UUID(template), asked)
        shown = await names(work, [pair for line in lines for pair in line.dimensions.items()])
        return VoucherForm.filled(today, word, lines, account_names, shown)
    voucher = await read_voucher(work, UUID(copy))
    if voucher is not None:
        return VoucherForm.filled(today, voucher.word, voucher.lines, account_names, await labels(work, [voucher]))
    draft = await get_draft(work, ledger, UUID(copy))
    shown = await names(work, [pair for line in draft.lines for pair in dimensions_of(line).items()])
    return VoucherForm.filled(today, draft.word, [new_line(line) for line in draft.lines], account_names, shown)


async def _save(work: Work, ledger: Ledger, form: VoucherForm, *, posting: bool) -> str:
    """Save or post the form; what to tell the person."""
    voucher = form.voucher(posting=posting)
    if not posting:
        if form.draft_id is not None:
            draft: Draft | None = await save_draft(work, ledger, voucher, draft_id=form.draft_id, version=form.version)
        else:
            draft = (await keep_draft(work, ledger, voucher)).draft
        if draft is None:
            return _("This voucher was posted already.")
        return _("Saved as %(name)s.", name=f"{draft.word}-{await number_of(work, ledger, draft)}")
    work.require("finance.voucher.post")
    if problem := check(voucher, ledger):
        raise problem
    if form.draft_id is None:
        posted: Posted = await post_now(work, ledger, voucher)
    else:
        draft = await save_draft(work, ledger, voucher, draft_id=form.draft_id, version=form.version)
        posted = await post_draft(work, ledger, draft.id)
    return _("Posted as %(name)s of %(period)s.", name=f"{posted.word}-{posted.number}", period=text_of(posted.period))


async def grid(work: Work, ledger: Ledger, form: VoucherForm, *, number: int | None = None) -> dict[str, Any]:
    """What the grid's template needs."""
    if number is None:
        number = await _number(work, ledger, form)
    return {
        # Only plain values: the form is drawn after a refused voucher was rolled back, when rows cannot be read any more.
        "ledger": mark_of(ledger),
        "form": form,
        "number": number,
        "words": list(ledger.words),
        "actor": work.actor,
        "direct": ledger.review is Review.NONE and not ledger.poster_apart,
        "errors": {},
    }


async def _number(work: Work, ledger: Ledger, form: VoucherForm) -> int:
    """Where the voucher stands, or will stand when it is saved."""
    if form.draft_id is not None:
        try:
            return await number_of(work, ledger, await get_draft(work, ledger, form.draft_id))
        except DomainError:
            pass  # it was posted or deleted meanwhile, which saving will tell
    try:
        on = date.fromisoformat(form.head["on"])
    except ValueError:
        on = work.today()
    return await next_number(work, ledger, on.year * 100 + on.month, form.head["word"])


def _is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
