"""Who is meant by ``@王丽`` in a note: members by their name, or by the name of the employee they are."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select

from identity.members.directory import colleagues
from kernel.work import Work
from master_data.organisation.model import Employee

SIGNS = ("@", "＠")


async def mentioned(work: Work, body: str) -> tuple[UUID, ...]:
    """The members whom a text names.  Two who are called the same are both meant."""
    text = body.replace("＠", "@")
    if "@" not in text:
        return ()
    members = await colleagues(work)
    names: dict[str, set[UUID]] = {}
    for member in members.values():
        names.setdefault(member.name, set()).add(member.person_id)
    named = select(Employee.name, Employee.person_id).where(
        Employee.person_id.is_not(None), Employee.left_on.is_(None), func.strpos(text, "@" + Employee.name) > 0
    )
    for name, person_id in await work.session.execute(named.limit(100)):
        if person_id is not None and person_id in members:
            names.setdefault(name, set()).add(person_id)
    return tuple(sorted({person for name in said(text, names) for person in names[name]}))


def said(text: str, names: Iterable[str]) -> set[str]:
    """The names that stand behind an ``@``.  The longest counts: ``@张伟明`` does not mean ``张伟``."""
    found: set[str] = set()
    ordered = sorted((name for name in names if name), key=len, reverse=True)
    for part in text.split("@")[1:]:
        name = next((name for name in ordered if part.casefold().startswith(name.casefold())), None)
        if name is not None:
            found.add(name)
    return found
