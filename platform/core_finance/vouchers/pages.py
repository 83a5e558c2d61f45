"""Pages of vouchers: the entry grid, the list, the voucher itself."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_finance.books.pages import setup_redirect
from core_finance.chart.ledgers import current_ledger, find_current
from core_finance.chart.model import WORDS, Ledger
from core_finance.chart.service import accounts, shown_name
from core_finance.dimensions.service import label_of
from core_finance.dimensions.service import names as names_of
from core_finance.periods.service import code_of, periods, text_of
from core_finance.posting.engine import Posted, check
from core_finance.posting.engine import post as post_now
from core_finance.posting.errors import PostingRefused
from core_finance.posting.reading import list_vouchers, read_voucher
from core_finance.posting.reversal import reverse
from core_finance.vouchers.api import PAGE_ROWS, decode, encode
from core_finance.vouchers.choices import Choices, DimensionChoice, grid_choices, labels, party_choices
from core_finance.vouchers.form import VoucherForm
from core_finance.vouchers.service import delete_draft, get_draft, list_drafts, post_draft, post_drafts, save_draft
from kernel.errors import DomainError, FieldError
from kernel.i18n import gettext as _
from kernel.web import FormRefused, by_field, page, toast
from kernel.work import Work

LIST, ENTRY, FORM, DETAIL = (f"core_finance/vouchers/{name}.html" for name in ("list", "entry", "form", "detail"))

AnyRequest = Request[Any, Any, Any]


class VoucherPages(Controller):
    path = "/vouchers"
    include_in_schema = False

    @get("/", opt={"permission": "finance.voucher.read"})
    async def list_page(
        self,
        work: NamedDependency[Work],
        q: FromQuery[str] = "",
        period: FromQuery[str] = "",
        word: FromQuery[str] = "",
        kind: FromQuery[str] = "",
        after: FromQuery[str | None] = None,
    ) -> Template | Redirect:
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        month = int(period) if period.isdecimal() else None
        rows = await list_vouchers(
            work, ledger, first=month, last=month, word=word or None, kind=kind or None, text=q, before=decode(after), limit=PAGE_ROWS + 1
        )
        following = ""
        if len(rows) > PAGE_ROWS:
            kept = {"q": q, "period": period, "word": word, "kind": kind, "after": encode(rows[PAGE_ROWS - 1])}
            following = "/vouchers?" + urlencode({name: value for name, value in kept.items() if value})
        drafts = [] if after else await list_drafts(work, ledger, first=month, last=month)
        return page(
            LIST,
            ledger=ledger,
            rows=rows[:PAGE_ROWS],
            drafts=drafts,
            q=q,
            period=period,
            word=word,
            kind=kind,
            word_options=[(each, each) for each in WORDS],
            months=[(p.code, text_of(p.code)) for p in reversed(await periods(work, ledger)) if p.code <= code_of(work.today()) + 100],
            next=following,
            text_of=text_of,
        )

    @get("/new", opt={"permission": "finance.voucher.create"})
    async def new_page(self, work: NamedDependency[Work], copy: FromQuery[str] = "") -> Template | Redirect:
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        form = VoucherForm.blank(work.today())
        voucher = await read_voucher(work, UUID(copy)) if _is_id(copy) else None
        if voucher is not None:
            form = VoucherForm.copy_of(voucher, work.today(), await labels(work, [voucher]))
        return page(ENTRY, **await _grid(work, ledger, form), recent=await list_vouchers(work, ledger, limit=5))

    @post("/new", opt={"permission": "finance.voucher.create"}, status_code=200)
    async def save(self, request: AnyRequest, work: NamedDependency[Work]) -> Template:
        """Save or post what the grid holds, and answer an empty grid for the next voucher."""
        data = await request.form()
        ledger = await current_ledger(work)
        form = VoucherForm.of(data)
        posting = data.get("act") == "post"
        try:
            said = await _save(work, ledger, form, posting=posting)
        except DomainError as error:
            errors = form.by_row(by_field(error.errors or [FieldError("", error.message)]))
            raise FormRefused(FORM, **{**await _grid(work, ledger, form), "errors": errors}, values=form.head) from error
        following = VoucherForm.blank(work.today())
        following.head["on"] = form.head["on"]
        following.head["word"] = form.head["word"]
        return page(FORM, headers=toast(said), **await _grid(work, ledger, following))

    @get("/choices", opt={"permission": "finance.voucher.create"})
    async def choices(self, work: NamedDependency[Work]) -> Choices:
        """Accounts with their balances, and what their dimensions can be."""
        return await grid_choices(work, await current_ledger(work))

    @get("/choices/parties", opt={"permission": "finance.voucher.create"})
    async def parties(self, work: NamedDependency[Work], q: FromQuery[str] = "") -> list[DimensionChoice]:
        return await party_choices(work, q)

    @post("/post", opt={"permission": "finance.voucher.post"}, status_code=200)
    async def post_many(self, request: AnyRequest, work: NamedDependency[Work]) -> Response[None]:
        """Post the ticked drafts; those that cannot be posted stay drafts."""
        data = await request.form()
        chosen = [UUID(value) for value in data.getall("draft", []) if _is_id(value)]
        results = await post_drafts(work, await current_ledger(work), chosen)
        refused = [result for _id, result in results if isinstance(result, PostingRefused)]
        posted = len(results) - len(refused)
        said = _("%(count)s vouchers posted.", count=posted)
        if refused:
            said += " " + _("%(count)s were not: %(why)s", count=len(refused), why=refused[0].message)
        return Response(None, headers={**toast(said, tone="bad" if refused else "ok"), "HX-Refresh": "true"})

    @get("/{voucher_id:uuid}", opt={"permission": "finance.voucher.read"})
    async def detail(self, work: NamedDependency[Work], voucher_id: FromPath[UUID]) -> Template | Redirect:
        voucher = await read_voucher(work, voucher_id)
        if voucher is None:
            return await self._draft(work, voucher_id)
        names = await labels(work, [voucher])
        return page(DETAIL, voucher=voucher, labels=names, label_of=label_of, text_of=text_of, today=work.today())

    @post("/{voucher_id:uuid}/reverse", opt={"permission": "finance.voucher.post"})
    async def reverse(self, request: AnyRequest, work: NamedDependency[Work], voucher_id: FromPath[UUID]) -> Redirect:
        ledger = await current_ledger(work)
        data = await request.form()
        form = VoucherForm({"on": str(data.get("on", "")), "attachments": "0", "word": "", "version": "", "draft_id": ""})
        on = form.voucher().on if form.head["on"] else work.today()
        red = await reverse(work, ledger, voucher_id, on=on)
        return Redirect(f"/vouchers/{red.id}", status_code=303)

    @post("/{voucher_id:uuid}/post", opt={"permission": "finance.voucher.post"})
    async def post_one(self, work: NamedDependency[Work], voucher_id: FromPath[UUID]) -> Redirect:
        posted = await post_draft(work, await current_ledger(work), voucher_id)
        return Redirect(f"/vouchers/{posted.id}", status_code=303)

    @post("/{voucher_id:uuid}/delete", opt={"permission": "finance.voucher.create"})
    async def delete(self, work: NamedDependency[Work], voucher_id: FromPath[UUID]) -> Redirect:
        await delete_draft(work, await current_ledger(work), voucher_id)
        return Redirect("/vouchers", status_code=303)

    async def _draft(self, work: Work, voucher_id: UUID) -> Template:
        ledger = await current_ledger(work)
        draft = await get_draft(work, ledger, voucher_id)
        names = {a.code: shown_name(a) for a in await accounts(work, ledger)}
        pairs = [(kind, value) for line in draft.lines for kind in ("party", "department") if (value := getattr(line, f"{kind}_id"))]
        form = VoucherForm.of_draft(draft, names, await names_of(work, pairs))
        return page(ENTRY, **await _grid(work, ledger, form), recent=[], draft=draft)


async def _save(work: Work, ledger: Ledger, form: VoucherForm, *, posting: bool) -> str:
    """Save or post the form; what to tell the person."""
    voucher = form.voucher()
    if not posting:
        await save_draft(work, ledger, voucher, draft_id=form.draft_id, version=form.version)
        return _("Draft saved.")
    work.require("finance.voucher.post")
    if problem := check(voucher, ledger.currency):
        raise problem
    if form.draft_id is None:
        posted: Posted = await post_now(work, ledger, voucher)
    else:
        draft = await save_draft(work, ledger, voucher, draft_id=form.draft_id, version=form.version)
        posted = await post_draft(work, ledger, draft.id)
    return _("Posted as %(name)s of %(period)s.", name=f"{posted.word}-{posted.number}", period=text_of(posted.period))


async def _grid(work: Work, ledger: Ledger, form: VoucherForm) -> dict[str, Any]:
    """What the grid's template needs."""
    return {
        # Only the name: the form is drawn after a refused voucher was rolled back, when rows cannot be read any more.
        "ledger_name": ledger.name,
        "form": form,
        "words": WORDS,
        "label_of": label_of,
        "actor": work.actor,
        "errors": {},
    }


def _is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
