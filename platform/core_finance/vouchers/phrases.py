"""Summaries kept for use (摘要库)."""

from collections.abc import Sequence
from uuid import UUID

import msgspec
from sqlalchemy import or_, select

from core_finance.vouchers.model import Phrase
from identity.audit import record
from kernel.errors import Conflict, Invalid, NotFound
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.api import initials

TEXT_MAX, CODE_MAX = 200, 20
CHOICES = 12


class PhraseTaken(Conflict):
    code = "phrase_taken"


class PhraseChanged(Conflict):
    code = "phrase_changed"


class PhraseNotFound(NotFound):
    code = "phrase_not_found"


class PhraseChoice(msgspec.Struct):
    n: str
    c: str


async def list_phrases(work: Work, text: str = "", *, limit: int = 500) -> Sequence[Phrase]:
    """Summaries whose code, text or initials begin so, by code and text."""
    query = select(Phrase)
    if text := text.strip()[:TEXT_MAX]:
        query = query.where(
            or_(
                Phrase.code.istartswith(text, autoescape=True), Phrase.text.icontains(text, autoescape=True),
                Phrase.mnemonic.startswith(text.lower(), autoescape=True),
            )
        )  # fmt: skip
    return (await work.session.scalars(query.order_by(Phrase.code, Phrase.text, Phrase.id).limit(limit))).all()


async def phrase_choices(work: Work, text: str) -> list[PhraseChoice]:
    """What the grid offers."""
    return [PhraseChoice(phrase.text, phrase.code) for phrase in await list_phrases(work, text, limit=CHOICES)]


async def keep_phrase(work: Work, text: str, code: str = "", *, phrase_id: UUID | None = None, version: int | None = None) -> Phrase:
    """A new summary, or another text and code for one, as of the ``version`` that was read.

    Raises:
        PhraseTaken: the text or the code is there already.
        PhraseNotFound: there is no such summary.
        PhraseChanged: somebody else changed it after it was read.
    """
    text, code = text.strip(), code.strip()
    if not text or len(text) > TEXT_MAX:
        raise Invalid(_("Give the summary 1 to %(most)s characters.", most=TEXT_MAX), field="text")
    if len(code) > CODE_MAX:
        raise Invalid(_("A code has at most %(most)s characters.", most=CODE_MAX), field="code")
    phrase = await get_phrase(work, phrase_id) if phrase_id else Phrase()
    if phrase_id and version is not None and version != phrase.version:
        raise PhraseChanged(_("Somebody changed this summary meanwhile; load it again."), field="version")
    same = Phrase.text == text if not code else or_(Phrase.text == text, Phrase.code == code)
    for other in await work.session.scalars(select(Phrase).where(same)):
        if other.id != phrase_id:
            field = "text" if other.text == text else "code"
            raise PhraseTaken(
                _("The summary %(text)s is kept already, with the code %(code)s.", text=other.text, code=other.code or "-"), field=field
            )
    before = {"text": phrase.text, "code": phrase.code} if phrase_id else None
    phrase.text, phrase.code, phrase.mnemonic = text, code, initials(text)[:TEXT_MAX]
    work.session.add(phrase)
    await work.session.flush()
    await record(work, "phrase.kept", f"phrase:{phrase.id}", name=text, before=before, after={"text": text, "code": code})
    return phrase


async def delete_phrase(work: Work, phrase_id: UUID) -> None:
    """Raises:
    PhraseNotFound: there is no such summary.
    """
    phrase = await get_phrase(work, phrase_id)
    await work.session.delete(phrase)
    await work.session.flush()
    await record(work, "phrase.deleted", f"phrase:{phrase_id}", name=phrase.text, before={"text": phrase.text, "code": phrase.code})


async def get_phrase(work: Work, phrase_id: UUID) -> Phrase:
    """Raises:
    PhraseNotFound: there is no such summary.
    """
    phrase = await work.session.get(Phrase, phrase_id)
    if phrase is None:
        raise PhraseNotFound(_("There is no such summary."))
    return phrase
