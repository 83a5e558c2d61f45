"""REST API of what helps to enter vouchers: kept summaries, templates, copies for another ledger."""

from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core_finance.chart.ledgers import get_ledger
from core_finance.vouchers import phrases, templates
from core_finance.vouchers.api import whole
from core_finance.vouchers.copying import copy_to, unknown_accounts
from core_finance.vouchers.model import Phrase, VoucherTemplate
from core_finance.vouchers.schemas import VoucherRead
from core_finance.vouchers.templates import TemplateLine
from kernel.work import Work


class PhraseInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    code: Annotated[str, msgspec.Meta(max_length=20)] = ""


class PhraseRead(msgspec.Struct, kw_only=True):
    """A kept summary; ``mnemonic`` are its initials in pinyin."""

    id: UUID
    code: str
    text: str
    mnemonic: str

    @classmethod
    def of(cls, phrase: Phrase) -> "PhraseRead":
        return cls(id=phrase.id, code=phrase.code, text=phrase.text, mnemonic=phrase.mnemonic)


class TemplateInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    lines: Annotated[list[TemplateLine], msgspec.Meta(min_length=1, max_length=500)]
    word: Annotated[str, msgspec.Meta(min_length=1, max_length=4)] = "记"


class TemplateRead(msgspec.Struct, kw_only=True):
    """A voucher to begin with."""

    id: UUID
    name: str
    word: str
    lines: list[TemplateLine]

    @classmethod
    def of(cls, template: VoucherTemplate) -> "TemplateRead":
        return cls(id=template.id, name=template.name, word=template.word, lines=templates.read_lines(template))


class CopyInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``to`` is the other ledger; ``on`` the day there, the voucher's own where it is left out."""

    to: UUID
    on: date | None = None


class UnknownAccount(msgspec.Struct, kw_only=True):
    line: int
    account: str


class CopyRead(msgspec.Struct, kw_only=True):
    """The draft in the other ledger, and its lines whose accounts cannot be posted to there."""

    voucher: VoucherRead
    unknown: list[UnknownAccount]


class VoucherLibraryController(Controller):
    path = "/vouchers"
    tags = ("Vouchers",)

    @get("/phrases", operation_id="listVoucherPhrases", opt={"permission": "finance.voucher.read"})
    async def list_phrases(self, work: NamedDependency[Work], search: FromQuery[str] = "") -> list[PhraseRead]:
        """Kept summaries whose code, text or initials fit; up to 500."""
        return [PhraseRead.of(phrase) for phrase in await phrases.list_phrases(work, search)]

    @post("/phrases", operation_id="createVoucherPhrase", opt={"permission": "finance.voucher.create"})
    async def create_phrase(self, work: NamedDependency[Work], data: JSONBody[PhraseInput]) -> PhraseRead:
        """Keep a summary for use.  409 ``phrase_taken`` where its text or code is kept already."""
        return PhraseRead.of(await phrases.keep_phrase(work, data.text, data.code))

    @put("/phrases/{phrase_id:uuid}", operation_id="updateVoucherPhrase", opt={"permission": "finance.voucher.create"})
    async def update_phrase(self, work: NamedDependency[Work], phrase_id: FromPath[UUID], data: JSONBody[PhraseInput]) -> PhraseRead:
        """Give a kept summary another text and code.  Vouchers keep what they say."""
        return PhraseRead.of(await phrases.keep_phrase(work, data.text, data.code, phrase_id=phrase_id))

    @delete("/phrases/{phrase_id:uuid}", operation_id="deleteVoucherPhrase", opt={"permission": "finance.voucher.create"})
    async def delete_phrase(self, work: NamedDependency[Work], phrase_id: FromPath[UUID]) -> None:
        """Keep a summary no longer.  Vouchers keep what they say."""
        await phrases.delete_phrase(work, phrase_id)

    @get("/templates", operation_id="listVoucherTemplates", opt={"permission": "finance.voucher.read"})
    async def list_templates(self, work: NamedDependency[Work], ledger: FromQuery[UUID | None] = None) -> list[TemplateRead]:
        """The ledger's templates by name, up to 500."""
        return [TemplateRead.of(each) for each in await templates.list_templates(work, await get_ledger(work, ledger))]

    @post("/templates", operation_id="createVoucherTemplate", opt={"permission": "finance.voucher.create"})
    async def create_template(
        self, work: NamedDependency[Work], data: JSONBody[TemplateInput], ledger: FromQuery[UUID | None] = None
    ) -> TemplateRead:
        """Keep a voucher to begin with.  409 ``template_name_taken`` where the name is taken."""
        books = await get_ledger(work, ledger)
        return TemplateRead.of(await templates.keep_template(work, books, name=data.name, word=data.word, lines=data.lines))

    @put("/templates/{template_id:uuid}", operation_id="updateVoucherTemplate", opt={"permission": "finance.voucher.create"})
    async def update_template(
        self, work: NamedDependency[Work], template_id: FromPath[UUID], data: JSONBody[TemplateInput], ledger: FromQuery[UUID | None] = None
    ) -> TemplateRead:
        """Write a template anew."""
        books = await get_ledger(work, ledger)
        made = await templates.keep_template(work, books, name=data.name, word=data.word, lines=data.lines, template_id=template_id)
        return TemplateRead.of(made)

    @delete("/templates/{template_id:uuid}", operation_id="deleteVoucherTemplate", opt={"permission": "finance.voucher.create"})
    async def delete_template(
        self, work: NamedDependency[Work], template_id: FromPath[UUID], ledger: FromQuery[UUID | None] = None
    ) -> None:
        """Throw a template away; vouchers that began with it stay."""
        await templates.delete_template(work, await get_ledger(work, ledger), template_id)

    @post("/{voucher_id:uuid}/copy", operation_id="copyVoucher", opt={"permission": "finance.voucher.create"})
    async def copy(
        self, work: NamedDependency[Work], voucher_id: FromPath[UUID], data: JSONBody[CopyInput], ledger: FromQuery[UUID | None] = None
    ) -> CopyRead:
        """Copy a voucher to another ledger as a draft there; accounts are taken by their codes."""
        draft = await copy_to(work, await get_ledger(work, ledger), voucher_id, data.to, on=data.on)
        target = await get_ledger(work, data.to)
        unknown = await unknown_accounts(work, target, draft)
        return CopyRead(
            voucher=await whole(work, target, draft.id), unknown=[UnknownAccount(line=line, account=code) for line, code in unknown.items()]
        )
