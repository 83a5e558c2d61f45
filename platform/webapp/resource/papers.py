"""Columns of a file of persons that hold the numbers of their identity papers: offered to who may keep such numbers."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Column, String

from kernel.errors import DomainError, Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _
from kernel.orm import choice
from kernel.work import Work
from master_data.api import PAPERS, WRITE_PAPERS, Filed, PaperKind, Party, PartyKind, clean_number, masked_value
from vertical import Resource
from webapp.resource.fields import Field, words_in_all_languages
from webapp.resource.own import gathered

NUMBER, KIND = "paper.number", "paper.kind"
_WORDS = ("身份证", "身份证号", "身份证号码", "证件号", "身份证件号码", "ID number", "ID card")

FIELDS = (
    Field(KIND, Column("paper_kind", choice(PaperKind), nullable=True, info={"label": N_("Kind of identity paper"), "choices": PAPERS})),
    Field(NUMBER, Column("paper_number", String(40), nullable=True, info={"label": N_("Number of identity paper"), "words": _WORDS})),
)


def paper_fields(work: Work, resource: Resource) -> list[Field]:
    """The columns, where the list is one of parties and who acts may keep numbers."""
    return list(FIELDS) if resource.model is Party and work.actor.may(WRITE_PAPERS) else []


def taken_apart(values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Values of a row that stand in the record, the company's own, and those of the paper, which are kept elsewhere and never here."""
    paper = {name: value for name, value in values.items() if name in (NUMBER, KIND)}
    plain, own = gathered({name: value for name, value in values.items() if name not in paper})
    return plain, own, paper


def read_paper(position: int, paper: Mapping[str, Any], record: Mapping[str, Any], party_id: Any) -> Filed | None:
    """The paper of a row; None where it has no number.

    Raises:
        Invalid: it is no person, or the number cannot be one.
    """
    if not paper.get(NUMBER):
        return None
    if record.get("kind") not in (PartyKind.PERSON, PartyKind.PERSON.value):
        raise Invalid(_("Only persons have identity papers."), field=NUMBER)
    kind = paper.get(KIND) or PaperKind.ID_CARD
    try:
        number = clean_number(kind, paper[NUMBER])
    except DomainError as error:
        raise Invalid(error.message, field=NUMBER) from None
    return Filed(position=position, name=str(record["name"]), kind=kind, number=number, party_id=party_id)


def masked_cells(header: Sequence[str], mapping: Mapping[int, str], row: Sequence[str]) -> list[str]:
    """A row as it is shown: numbers of papers keep their ends, whether or not their column is read."""
    known = _known()
    secret = {n for n, name in enumerate(header) if mapping.get(n) == NUMBER or _bare(name) in known}
    return [masked_value(cell.strip()) if n in secret and cell.strip() else cell for n, cell in enumerate(row)]


def _known() -> set[str]:
    return {_bare(word) for word in (*words_in_all_languages("Number of identity paper"), *_WORDS)}


def _bare(word: str) -> str:
    return "".join(word.casefold().replace("*", "").split()).replace("_", "")
