"""REST API of what helps to enter vouchers: kept summaries, templates, copies for another ledger."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody

from core_finance.chart.ledgers import get_ledger
from core_finance.chart.model import Ledger
from core_finance.chart.service import account_names
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


class PhraseUpdate(PhraseInput, kw_only=True, forbid_unknown_fields=True):
    """``version`` is that of the summary as it was read: 428 ``version_required`` without it."""

    version: int | None = None


class PhraseRead(msgspec.Struct, kw_only=True):
    """A kept summary; ``mnemonic`` are its initials in pinyin."""

    id: UUID
    code: str
    text: str
    mnemonic: str
    version: int

    @classmethod
    def of(cls, phrase: Phrase) -> "PhraseRead":
        return cls(**{name: getattr(phrase, name) for name in cls.__struct_fields__})


class NamedLine(TemplateLine, kw_only=True, forbid_unknown_fields=True):
    """A line of a template; ``account_name`` is told, and passed over where it is sent."""

    account_name: Annotated[str, msgspec.Meta(max_length=100)] = ""

    def bare(self) -> TemplateLine:
        return TemplateLine(**{name: getattr(self, name) for name in TemplateLine.__struct_fields__})


class TemplateInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    lines: Annotated[list[NamedLine], msgspec.Meta(min_length=1, max_length=500)]
    word: Annotated[str, msgspec.Meta(min_length=1, max_length=4)] = "记"


class TemplateUpdate(TemplateInput, kw_only=True, forbid_unknown_fields=True):
    """``version`` is that of the template as it was read: 428 ``version_required`` without it."""

    version: int | None = None


class TemplateRead(msgspec.Struct, kw_only=True):
    """A voucher to begin with."""

    id: UUID
    name: str
    word: str
    version: int
    lines: list[NamedLine]

    @classmethod
    def of(cls, template: VoucherTemplate, names: Mapping[str, str]) -> "TemplateRead":
        """``names`` are account names by code."""
        lines = [
            NamedLine(**msgspec.structs.asdict(line), account_name=names.get(line.account, "")) for line in templates.read_lines(template)
        ]
        return cls(id=template.id, name=template.name, word=template.word, version=template.version, lines=lines)


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
    async def update_phrase(self, work: NamedDependency[Work], phrase_id: FromPath[UUID], data: JSONBody[PhraseUpdate]) -> PhraseRead:
        """Give a kept summary another text and code.  Vouchers keep what they say.  409 ``phrase_changed`` for an old version."""
        await phrases.get_phrase(work, phrase_id)
        return PhraseRead.of(await phrases.keep_phrase(work, data.text, data.code, phrase_id=phrase_id, version=data.version))

    @delete("/phrases/{phrase_id:uuid}", operation_id="deleteVoucherPhrase", opt={"permission": "finance.voucher.create"})
    async def delete_phrase(self, work: NamedDependency[Work], phrase_id: FromPath[UUID]) -> None:
        """Keep a summary no longer.  Vouchers keep what they say."""
        await phrases.delete_phrase(work, phrase_id)

    @get("/templates", operation_id="listVoucherTemplates", opt={"permission": "finance.voucher.read"})
    async def list_templates(self, work: NamedDependency[Work], ledger: FromQuery[UUID | None] = None) -> list[TemplateRead]:
        """The ledger's templates by name, up to 500."""
        books = await get_ledger(work, ledger)
        return await _read(work, books, await templates.list_templates(work, books))

    @post("/templates", operation_id="createVoucherTemplate", opt={"permission": "finance.voucher.create"})
    async def create_template(
        self, work: NamedDependency[Work], data: JSONBody[TemplateInput], ledger: FromQuery[UUID | None] = None
    ) -> TemplateRead:
        """Keep a voucher to begin with.  409 ``template_name_taken`` where the name is taken."""
        books = await get_ledger(work, ledger)
        lines = [line.bare() for line in data.lines]
        return (await _read(work, books, [await templates.keep_template(work, books, name=data.name, word=data.word, lines=lines)]))[0]

    @put("/templates/{template_id:uuid}", operation_id="updateVoucherTemplate", opt={"permission": "finance.voucher.create"})
    async def update_template(
        self,
        work: NamedDependency[Work],
        template_id: FromPath[UUID],
        data: JSONBody[TemplateUpdate],
        ledger: FromQuery[UUID | None] = None,
    ) -> TemplateRead:
        """Write a template anew.  409 ``template_changed`` for an old version."""
        books = await get_ledger(work, ledger)
        await templates.get_template(work, books, template_id)
        lines = [line.bare() for line in data.lines]
        made = await templates.keep_template(
            work, books, name=data.name, word=data.word, lines=lines, template_id=template_id, version=data.version
        )
        return (await _read(work, books, [made]))[0]

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


async def _read(work: Work, ledger: Ledger, found: Sequence[VoucherTemplate]) -> list[TemplateRead]:
    names = await account_names(work, ledger, [line.account for each in found for line in templates.read_lines(each)])
    return [TemplateRead.of(each, names) for each in found]
