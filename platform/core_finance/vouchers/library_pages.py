"""Pages of what helps to enter vouchers: kept summaries and templates."""

from decimal import Decimal, InvalidOperation
from typing import Any, Literal, cast
from uuid import UUID

from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect, Template

from core_finance.books.frame import setup_redirect
from core_finance.chart.ledgers import current_ledger, find_current, mark_of, switch_ledger, the_ledger
from core_finance.chart.service import accounts, shown_name
from core_finance.vouchers import phrases, templates
from core_finance.vouchers.copying import copy_to
from core_finance.vouchers.form import amount
from core_finance.vouchers.service import must_exist
from core_finance.vouchers.templates import TemplateLine
from kernel.errors import DomainError, Invalid
from kernel.i18n import gettext as _
from kernel.web import FormRefused, page
from kernel.work import Work

PHRASES, TEMPLATES, TEMPLATE = (f"core_finance/vouchers/{name}.html" for name in ("phrases", "templates", "template"))

AnyRequest = Request[Any, Any, Any]


class VoucherLibraryPages(Controller):
    path = "/vouchers"
    include_in_schema = False

    @get("/phrases", opt={"permission": "finance.voucher.read"})
    async def phrase_list(self, work: NamedDependency[Work], q: FromQuery[str] = "", edit: FromQuery[str] = "") -> Template:
        return page(PHRASES, **await _phrases(work, q, edit), errors={}, values={})

    @post("/phrases", opt={"permission": "finance.voucher.create"}, status_code=200)
    async def keep_phrase(self, request: AnyRequest, work: NamedDependency[Work]) -> Redirect:
        """Add a summary, or write one anew."""
        data = await request.form()
        values = {name: str(data.get(name, "")) for name in ("text", "code", "id")}
        drawn = await _phrases(work, "", values["id"])
        try:
            phrase_id = UUID(values["id"]) if values["id"] else None
            await phrases.keep_phrase(work, values["text"], values["code"], phrase_id=phrase_id)
        except DomainError as error:
            raise FormRefused.because(error, PHRASES, values=values, **drawn) from error
        return Redirect("/vouchers/phrases", status_code=303)

    @post("/phrases/quick", opt={"permission": "finance.voucher.create"}, status_code=204)
    async def quick_phrase(self, request: AnyRequest, work: NamedDependency[Work]) -> None:
        """From the grid: keep the summary of the line at hand."""
        await phrases.keep_phrase(work, str((await request.form()).get("text", "")))

    @post("/phrases/{phrase_id:uuid}/delete", opt={"permission": "finance.voucher.create"})
    async def delete_phrase(self, work: NamedDependency[Work], phrase_id: FromPath[UUID]) -> Redirect:
        await phrases.delete_phrase(work, phrase_id)
        return Redirect("/vouchers/phrases", status_code=303)

    @get("/templates", opt={"permission": "finance.voucher.read"})
    async def template_list(self, work: NamedDependency[Work]) -> Template | Redirect:
        ledger = await find_current(work)
        if ledger is None:
            return setup_redirect()
        rows = [
            {
                "id": each.id,
                "name": each.name,
                "word": each.word,
                "count": len(each.lines),
                "asks": any(x["how"] == "percent" for x in each.lines),
            }
            for each in await templates.list_templates(work, ledger)
        ]
        return page(TEMPLATES, rows=rows, ledger=mark_of(ledger))

    @get("/templates/{template_id:uuid}", opt={"permission": "finance.voucher.read"})
    async def template(self, work: NamedDependency[Work], template_id: FromPath[UUID]) -> Template:
        return page(TEMPLATE, **await _template(work, template_id), errors={})

    @post("/templates/{template_id:uuid}", opt={"permission": "finance.voucher.create"}, status_code=200)
    async def keep_template(self, request: AnyRequest, work: NamedDependency[Work], template_id: FromPath[UUID]) -> Redirect:
        data = await request.form()
        ledger = await the_ledger(work, data)
        drawn = await _template(work, template_id)
        columns = {name: [str(value) for value in data.getall(name, [])] for name in ("summary", "how", "value")}
        typed = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=False)]
        drawn |= {"name": str(data.get("name", "")), "lines": [{**line, **row} for line, row in zip(drawn["lines"], typed, strict=False)]}
        try:
            lines = [_line(place, line) for place, line in enumerate(drawn["lines"])]
            await templates.keep_template(work, ledger, name=drawn["name"], word=drawn["word"], lines=lines, template_id=template_id)
        except DomainError as error:
            raise FormRefused.because(error, TEMPLATE, values={}, **drawn) from error
        return Redirect("/vouchers/templates", status_code=303)

    @post("/templates/{template_id:uuid}/delete", opt={"permission": "finance.voucher.create"})
    async def delete_template(self, request: AnyRequest, work: NamedDependency[Work], template_id: FromPath[UUID]) -> Redirect:
        await templates.delete_template(work, await the_ledger(work, await request.form()), template_id)
        return Redirect("/vouchers/templates", status_code=303)

    @post("/{voucher_id:uuid}/template", opt={"permission": "finance.voucher.create"})
    async def template_of(self, request: AnyRequest, work: NamedDependency[Work], voucher_id: FromPath[UUID]) -> Redirect:
        """Keep the voucher as a template."""
        data = await request.form()
        ledger = await the_ledger(work, data)
        made = await templates.template_from(work, ledger, voucher_id, str(data.get("name", "")), amounts=data.get("amounts") == "1")
        return Redirect(f"/vouchers/templates/{made.id}", status_code=303)

    @post("/{voucher_id:uuid}/copy-to", opt={"permission": "finance.voucher.create"})
    async def copy_to(self, request: AnyRequest, work: NamedDependency[Work], voucher_id: FromPath[UUID]) -> Redirect:
        """Copy the voucher to another ledger and go there."""
        data = await request.form()
        ledger = await the_ledger(work, data)
        await must_exist(work, ledger, voucher_id)
        try:
            target = UUID(str(data.get("to", "")))
        except ValueError as error:
            raise Invalid(_("Choose the ledger to copy to."), field="to") from error
        draft = await copy_to(work, ledger, voucher_id, target)
        await switch_ledger(work, target)
        return Redirect(f"/vouchers/{draft.id}", status_code=303)


async def _phrases(work: Work, q: str, edit: str) -> dict[str, Any]:
    rows = [{"id": p.id, "text": p.text, "code": p.code, "mnemonic": p.mnemonic} for p in await phrases.list_phrases(work, q)]
    ledger = await find_current(work)
    return {
        "ledger": mark_of(ledger) if ledger else None,
        "rows": rows,
        "q": q,
        "chosen": next((row for row in rows if str(row["id"]) == edit), None),
    }


async def _template(work: Work, template_id: UUID) -> dict[str, Any]:
    ledger = await current_ledger(work)
    template = await templates.get_template(work, ledger, template_id)
    names = {account.code: shown_name(account) for account in await accounts(work, ledger)}
    lines = [
        {**raw, "value": raw["value"] if Decimal(raw["value"]) else "", "account_name": names.get(raw["account"], "")}
        for raw in template.lines
    ]
    return {"template_id": template.id, "name": template.name, "word": template.word, "lines": lines, "ledger": mark_of(ledger)}


def _line(place: int, line: dict[str, Any]) -> TemplateLine:
    try:
        value = amount(line["value"])
    except InvalidOperation as error:
        message = _("%(text)s is no amount; type digits like 1280.50.", text=line["value"])
        raise Invalid(message, field=f"lines.{place}.value") from error
    how = line["how"] if line["how"] in ("fixed", "percent") else "open"
    return TemplateLine(
        account=line["account"], side=line["side"], summary=line["summary"].strip()[:200],
        how=cast("Literal['fixed', 'percent', 'open']", how),
        value=value if how != "open" else Decimal(0), dimensions={kind: UUID(each) for kind, each in line["dimensions"].items()},
    )  # fmt: skip
