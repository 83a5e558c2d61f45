"""What makes a party acceptable: a true credit code, and no double of one that is already there."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.circles import circles
from master_data.parties import uscc
from master_data.parties.doubles import mail_domain, phone_key, rows_like, told
from master_data.parties.events import PartiesChanged, PartiesImported, PartyCreated, PartyUpdated
from master_data.parties.lifecycle import note_stages
from master_data.parties.model import Party, PartyKind
from master_data.parties.names import normalise
from master_data.search import search_text
from master_data.tags.service import remember_tags
from vertical import Candidate, RecordRules, RowProblem
from vertical.changes import last_written

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_TAX_NUMBER = re.compile(r"[0-9A-Z]{15,20}")


class CreditCodeWrong(Invalid):
    """Not 18 characters of GB 32100, or the check digit does not fit."""

    code = "credit_code_wrong"


class PartyRules(RecordRules):
    """Cleans what is typed, derives the keys for duplicates and search, and finds doubles."""

    def prepare(self, values: dict[str, Any]) -> dict[str, Any]:
        clean = values | {"name": " ".join(values["name"].split())}
        if not clean["name"]:
            raise Invalid(_("Please enter a name."), field="name")
        if code := values.get("credit_code"):
            clean["credit_code"] = _credit_code(code)
        if email := values.get("email"):
            clean["email"] = _email(email)
        if number := values.get("tax_number"):
            clean["tax_number"] = _tax_number(number)
        if values.get("payment_days", 0) < 0:
            raise Invalid(_("A payment term cannot be negative."), field="payment_days")
        key = normalise(clean["name"])
        text = search_text(clean["name"], clean.get("credit_code"), clean.get("phone"))
        return clean | {
            "name_key": key,
            "search_text": text,
            "phone_key": phone_key(clean.get("phone")),
            "mail_domain": mail_domain(clean.get("email")),
        }

    async def check(self, work: Work, candidates: Sequence[Candidate]) -> Sequence[RowProblem]:
        problems = [*_doubles_among(candidates)]
        told = {problem.position for problem in problems}
        present = await _look_alikes(work, candidates)
        by_code = {row["credit_code"]: row for row in present if row["credit_code"]}
        by_key: dict[str, list[Any]] = {}
        for row in present:
            by_key.setdefault(row["name_key"], []).append(row)
        message = _("A company cannot belong to itself or to one of its own subsidiaries.")
        problems_of_parents = await circles(work, "master_party", "parent_id", candidates, message)
        doubles = (_double_of(c, by_code, by_key) for c in candidates if c.position not in told)
        return [*problems, *problems_of_parents, *(problem for problem in doubles if problem)]

    def key(self, field: str, value: Any) -> Any:
        return uscc.clean(value) if field == "credit_code" else " ".join(value.split())

    async def doubts(self, work: Work, candidates: Sequence[Candidate]) -> Sequence[RowProblem]:
        """Parties under another name that have the phone or the company's own mail domain."""
        phones = {c.values["phone_key"] for c in candidates if c.values.get("phone_key")}
        domains = {c.values["mail_domain"] for c in candidates if c.values.get("mail_domain")}
        present = await rows_like(work, phones=sorted(phones), domains=sorted(domains)) if phones or domains else ()
        by_phone = {row["phone_key"]: row for row in present if row["phone_key"]}
        by_domain = {row["mail_domain"]: row for row in present if row["mail_domain"]}
        return [problem for c in candidates if (problem := _doubt(c, by_phone, by_domain))]

    async def written(self, work: Work, ids: Sequence[UUID], *, created: bool) -> None:
        values = last_written(work.session, Party.rights_stem, ids)
        if values is None or any(each.get("tags") for each in values):
            await remember_tags(work, Party, ids)
        await note_stages(work, ids)
        if not created and len(ids) > 1:
            await work.publish(PartiesChanged(party_ids=tuple(ids)))
        elif not created:
            await work.publish(PartyUpdated(party_id=ids[0]))
        elif len(ids) == 1:
            await work.publish(PartyCreated(party_id=ids[0]))
        else:
            await work.publish(PartiesImported(party_ids=tuple(ids)))


def _doubt(candidate: Candidate, by_phone: Mapping[str, Any], by_domain: Mapping[str, Any]) -> RowProblem | None:
    """Somebody else with the candidate's phone or mail domain."""
    values = candidate.values
    for field, row in (("phone", by_phone.get(values.get("phone_key") or "")), ("email", by_domain.get(values.get("mail_domain") or ""))):
        if row is None or row["id"] == candidate.id or row["name_key"] == values["name_key"]:
            continue
        name, _owner = told(row)
        if field == "phone":
            message = _("%(name)s has the same phone number; is it the same customer?", name=name)
        else:
            message = _("%(name)s has e-mail at the same domain; is it the same customer?", name=name)
        return RowProblem(position=candidate.position, field=field, message=message)
    return None


def _credit_code(code: str) -> str:
    clean = uscc.clean(code)
    if len(clean) != uscc.LENGTH:
        raise CreditCodeWrong(
            _("A unified social credit code has 18 characters; this one has %(count)s.", count=len(clean)), field="credit_code"
        )
    if not uscc.is_valid(clean):
        raise CreditCodeWrong(
            _("The check digit of %(credit_code)s does not fit: one of its characters is mistyped.", credit_code=clean), field="credit_code"
        )
    return clean


def _email(email: str) -> str:
    clean = email.strip()
    if not _EMAIL.fullmatch(clean):
        raise Invalid(_("Please enter an e-mail address, for example name@example.com."), field="email")
    return clean


def _tax_number(number: str) -> str:
    clean = number.replace(" ", "").upper()
    if not _TAX_NUMBER.fullmatch(clean):
        raise Invalid(_("A taxpayer number has 15 to 20 digits or capital letters."), field="tax_number")
    return clean


def _same_phone(a: str | None, b: str | None) -> bool:
    return bool(a and b) and _digits(a) == _digits(b)


def _digits(phone: str | None) -> str:
    return "".join(c for c in phone or "" if c.isdigit())[-11:]


def _unique_by_name(values: Mapping[str, Any]) -> bool:
    """Whether no other may have the name; people share names, companies do not."""
    return values.get("kind", PartyKind.ORGANISATION) == PartyKind.ORGANISATION and not values.get("same_name_allowed")


def _doubles_among(candidates: Sequence[Candidate]) -> Iterable[RowProblem]:
    """Rows of one file that repeat an earlier row."""
    codes: dict[str, int] = {}
    names: dict[str, int] = {}
    for candidate in candidates:
        values = candidate.values
        if (code := values.get("credit_code")) and code in codes:
            yield RowProblem(
                position=candidate.position,
                field="credit_code",
                message=_("The same credit code stands in row %(row)s.", row=codes[code] + 2),
            )
        elif _unique_by_name(values) and values["name_key"] in names:
            yield RowProblem(
                position=candidate.position,
                field="name",
                message=_("The same name stands in row %(row)s.", row=names[values["name_key"]] + 2),
            )
        else:
            if code:
                codes[code] = candidate.position
            if _unique_by_name(values):
                names[values["name_key"]] = candidate.position


async def _look_alikes(work: Work, candidates: Sequence[Candidate]) -> Sequence[Any]:
    """Parties with a code or a normalised name of the candidates, in one statement."""
    codes = sorted({c.values["credit_code"] for c in candidates if c.values.get("credit_code")})
    keys = sorted({c.values["name_key"] for c in candidates})
    return await rows_like(work, codes=codes, names=keys)


def _double_of(candidate: Candidate, by_code: dict[str, Any], by_key: dict[str, list[Any]]) -> RowProblem | None:
    values = candidate.values
    same_code = by_code.get(values.get("credit_code") or "")
    if same_code and same_code["id"] != candidate.id:
        return RowProblem(position=candidate.position, field="credit_code", message=_already(same_code))
    if values.get("same_name_allowed"):
        return None
    for row in by_key.get(values["name_key"], ()):
        if row["id"] == candidate.id or row["kind"] != values.get("kind", PartyKind.ORGANISATION):
            continue
        if row["kind"] == PartyKind.ORGANISATION and not row["same_name_allowed"]:
            return RowProblem(position=candidate.position, field="name", message=_already(row))
        if row["kind"] == PartyKind.PERSON and _same_phone(row["phone"], values.get("phone")):
            return RowProblem(position=candidate.position, field="name", message=_already(row))
    return None


def _already(row: Any) -> str:
    """Who it is, masked for somebody who may not see it."""
    name, owner = told(row)
    if owner:
        return _(
            "%(name)s is already there; %(owner)s looks after it. Use that one, or tick “Keep although another has the same name”.",
            name=name,
            owner=owner,
        )
    return _("%(name)s is already there. Use that one, or tick “Keep although another has the same name”.", name=name)
