"""Parties that are likely one: by name, credit code, phone or the company's own mail domain (查重)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kernel.work import Work
from master_data.parties import uscc
from master_data.parties.model import Party
from master_data.parties.names import masked, normalise
from vertical.statements import Parameters, as_text, run

READ = "master.party.read"
DOUBLES_MAX = 5

# Anybody may have an address there, so it tells nothing about the company.
_FREE_MAIL = frozenset(
    {
        "qq.com", "vip.qq.com", "foxmail.com", "163.com", "vip.163.com", "126.com", "yeah.net", "sina.com", "sina.cn",
        "sohu.com", "139.com", "189.cn", "wo.cn", "aliyun.com", "21cn.com", "gmail.com", "outlook.com", "hotmail.com",
        "live.com", "icloud.com", "yahoo.com", "example.com",
    }
)  # fmt: skip
_MOBILE = re.compile(r"(?:86)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"(?:86)?0?([1-9]\d{8,10})")


@dataclass(frozen=True, kw_only=True)
class Double:
    """A party that may be the same.  Where the actor may not see it, ``id`` is None and the names are masked.

    ``reasons`` are of ``name``, ``credit_code``, ``phone`` and ``mail``.
    """

    id: UUID | None
    name: str
    owner: str
    reasons: tuple[str, ...]


def phone_key(phone: str | None) -> str | None:
    """The number in E.164, as far as a Chinese reader can tell: 138 0000 0001 is +8613800000001, 0571-8888 is None."""
    text = (phone or "").strip()
    digits = "".join(filter(str.isdigit, text))
    if text.startswith(("+", "00")) and not digits.lstrip("0").startswith("86"):
        digits = digits.lstrip("0")
        return f"+{digits}" if 7 <= len(digits) <= 15 else None
    digits = digits.removeprefix("00")
    if found := _MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits):
        return f"+86{found[1]}"
    return None


def mail_domain(email: str | None) -> str | None:
    """The domain of an address where it is a company's own."""
    domain = (email or "").rpartition("@")[2].strip().lower()
    return domain if domain and domain not in _FREE_MAIL else None


async def rows_like(
    work: Work, *, codes: Sequence[str] = (), names: Sequence[str] = (), phones: Sequence[str] = (), domains: Sequence[str] = ()
) -> Sequence[Mapping[str, Any]]:
    """Parties with one of the values, merged ones too, which stand for their survivor."""
    given, where = Parameters(), []
    for column, wanted in (("credit_code", codes), ("name_key", names), ("phone_key", phones), ("mail_domain", domains)):
        if wanted:
            where.append(f"p.{column} = ANY({given.bind(list(wanted))})")
    return await run(work, await _statement(work, given, " OR ".join(where)), given.values) if where else ()


async def likely_doubles(
    work: Work, *, name: str = "", credit_code: str = "", phone: str = "", email: str = "", besides: UUID | None = None
) -> Sequence[Double]:
    """The parties that what is typed may mean, those with most in common first."""
    wanted = {
        "name": normalise(name) if name.strip() else None,
        "credit_code": uscc.clean(credit_code) or None,
        "phone": phone_key(phone),
        "mail": mail_domain(email),
    }
    given = Parameters(list(wanted.values()))
    where = "p.name_key = $1 OR p.credit_code = $2 OR p.phone_key = $3 OR p.mail_domain = $4"
    rows = await run(work, f"{await _statement(work, given, where)} LIMIT 50", given.values)
    found: dict[UUID, tuple[Mapping[str, Any], set[str]]] = {}
    for row in rows:
        if row["id"] == besides:
            continue
        _row, reasons = found.setdefault(row["id"], (row, set()))
        keys = {"name": row["name_key"], "credit_code": row["credit_code"], "phone": row["phone_key"], "mail": row["mail_domain"]}
        reasons |= {reason for reason, value in keys.items() if value is not None and value == wanted[reason]}
    most = sorted(found.values(), key=lambda pair: (-len(pair[1]), pair[0]["name"]))[:DOUBLES_MAX]
    return [_double(row, reasons) for row, reasons in most]


def told(row: Mapping[str, Any]) -> tuple[str, str]:
    """The name of a double and of who looks after it, masked for somebody who may not see it."""
    name, owner = row["name"], row["owner"] or ""
    return (name, owner) if row["seen"] else (masked(name), masked(owner))


def _double(row: Mapping[str, Any], reasons: set[str]) -> Double:
    name, owner = told(row)
    return Double(id=row["id"] if row["seen"] else None, name=name, owner=owner, reasons=tuple(sorted(reasons)))


async def _statement(work: Work, given: Parameters, where: str) -> str:
    seen = "false"
    if work.actor.may(READ):
        seen = as_text(await Party.reach(work, "read"), given)
    return f"""
        SELECT coalesce(s.id, p.id) AS id, coalesce(s.name, p.name) AS name, p.name_key, p.credit_code, p.phone_key, p.mail_domain, p.kind,
               p.phone, p.same_name_allowed, coalesce(e.name, s.owner, p.owner) AS owner,
               EXISTS (SELECT FROM master_party WHERE master_party.id = coalesce(s.id, p.id) AND {seen}) AS seen
        FROM master_party p LEFT JOIN master_party s ON s.id = p.merged_into_id
        LEFT JOIN master_employee e ON e.id = coalesce(s.owner_id, p.owner_id)
        WHERE {where}
    """  # noqa: S608 - the condition is compiled from the models, its values are parameters
