"""Identity papers: REST API, and the card on the page of a person."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.response import Template

from kernel.errors import DomainError
from kernel.i18n import gettext as _
from kernel.templates import render
from kernel.web import FormRefused, page
from kernel.work import Work
from master_data.papers.model import Paper
from master_data.papers.numbers import PAPERS, PaperKind
from master_data.papers.service import READ, WRITE, PaperNotFound, drop_paper, find_by_number, keep_paper, paper_of, show_number
from master_data.parties.access import may_edit, party_row
from master_data.parties.model import PartyKind
from vertical import Panel

CARD = "master_data/paper.html"
Number = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class PaperInput(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    kind: PaperKind = PaperKind.ID_CARD
    number: Number


class PaperRead(msgspec.Struct, kw_only=True):
    """``number`` is masked; the whole one is at ``/paper/number``."""

    kind: PaperKind
    number: str

    @classmethod
    def of(cls, paper: Paper) -> "PaperRead":
        return cls(kind=paper.kind, number=paper.shown)


class PaperNumber(msgspec.Struct, kw_only=True):
    number: str


class PaperFound(msgspec.Struct, kw_only=True):
    party_id: UUID | None


class PaperController(Controller):
    path = "/parties/{party_id:uuid}/paper"
    tags = ("Customers and suppliers",)

    @get("/", opt={"permission": "master.party.read"}, operation_id="ReadPartyPaper")
    async def read(self, work: NamedDependency[Work], party_id: FromPath[UUID]) -> PaperRead:
        """The person's identity paper, its number masked."""
        paper = await paper_of(work, party_id)
        if paper is None:
            raise PaperNotFound(_("No identity paper is kept for this person."))
        return PaperRead.of(paper)

    @get("/number", opt={"permission": READ}, operation_id="ReadPartyPaperNumber")
    async def number(self, work: NamedDependency[Work], party_id: FromPath[UUID]) -> PaperNumber:
        """The whole number.  The audit log keeps who read it."""
        return PaperNumber(number=await show_number(work, party_id))

    @put("/", opt={"permission": WRITE}, operation_id="WritePartyPaper")
    async def keep(self, work: NamedDependency[Work], party_id: FromPath[UUID], data: JSONBody[PaperInput]) -> PaperRead:
        """Keep the number of the person's paper; 409 ``paper_taken`` where somebody else has it."""
        return PaperRead.of(await keep_paper(work, party_id, data.kind, data.number))

    @delete("/", opt={"permission": WRITE}, operation_id="DeletePartyPaper")
    async def drop(self, work: NamedDependency[Work], party_id: FromPath[UUID]) -> None:
        """Forget the number."""
        await drop_paper(work, party_id)


class PaperSearchController(Controller):
    path = "/party-by-paper"
    tags = ("Customers and suppliers",)

    @post("/", opt={"permission": READ}, operation_id="FindPartyByPaper", status_code=200)
    async def find(self, work: NamedDependency[Work], data: JSONBody[PaperInput]) -> PaperFound:
        """The person with a number.  Sent in the body, so that it stands in no log."""
        return PaperFound(party_id=await find_by_number(work, data.kind, data.number))


class PaperPages(Controller):
    path = "/parties/{party_id:uuid}/paper"
    include_in_schema = False

    @post("/", opt={"permission": WRITE}, status_code=200)
    async def keep(self, request: Request[Any, Any, Any], work: NamedDependency[Work], party_id: FromPath[UUID]) -> Template:
        form = await request.form()
        kind, number = str(form.get("kind", "")), str(form.get("number", ""))[:40]
        try:
            await keep_paper(work, party_id, PaperKind(kind) if kind in set(PaperKind) else PaperKind.ID_CARD, number)
        except DomainError as error:
            context = await _context(work, party_id) | {"values": {"kind": kind, "number": number}, "open": True}
            raise FormRefused.because(error, CARD, **context) from error
        return page(CARD, **await _context(work, party_id))

    @post("/number", opt={"permission": READ}, status_code=200)
    async def show(self, work: NamedDependency[Work], party_id: FromPath[UUID]) -> Template:
        """A POST, as it is kept in the audit log."""
        return page(CARD, **await _context(work, party_id) | {"whole": await show_number(work, party_id)})

    @post("/delete", opt={"permission": WRITE}, status_code=200)
    async def drop(self, work: NamedDependency[Work], party_id: FromPath[UUID]) -> Template:
        await drop_paper(work, party_id)
        return page(CARD, **await _context(work, party_id))


async def draw_paper(work: Work, *, record: Mapping[str, Any], **_context_: Any) -> str:
    """The card of a person; companies have none."""
    if record["kind"] != PartyKind.PERSON:
        return ""
    return render(CARD, **await _context(work, record["id"]))


async def _context(work: Work, party_id: UUID) -> dict[str, Any]:
    paper = await paper_of(work, party_id)
    editable = work.actor.may(WRITE) and await may_edit(work, await party_row(work, party_id))
    return {
        "party_id": party_id,
        "paper": {"kind": _(PAPERS[paper.kind.value]), "number": paper.shown} if paper else None,
        "kinds": [(value, _(label)) for value, label in PAPERS.items()],
        "editable": editable,
        "may_show": work.actor.may(READ),
        "values": {},
    }


PAPER_PANELS = (Panel(slot="master.party.side", render=draw_paper, permission="master.party.read", order=25),)
