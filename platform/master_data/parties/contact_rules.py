"""What makes a contact acceptable: addresses that can be written to, a birthday that was, and a party that the actor may change."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import func, select

from kernel import clock
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.parties.model import Contact, Party
from vertical import Candidate, RecordRules, RowProblem

CONTACTS_MAX = 100
"""Of one party."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class ContactRules(RecordRules):
    """Cleans what is typed; whoever may change a party may change its contacts."""

    def prepare(self, values: dict[str, Any]) -> dict[str, Any]:
        clean = values | {"name": " ".join((values.get("name") or "").split())}
        if not clean["name"]:
            raise Invalid(_("Please enter a name."), field="name")
        if (email := clean.get("email")) and not _EMAIL.fullmatch(email):
            raise Invalid(_("Please enter an e-mail address, for example name@example.com."), field="email")
        born: date | None = clean.get("birthday_on")
        if born is not None and not date(1900, 1, 1) <= born <= clock.now().date():
            raise Invalid(_("A birthday lies between 1900 and today."), field="birthday_on")
        return clean

    async def check(self, work: Work, candidates: Sequence[Candidate]) -> Sequence[RowProblem]:
        parties = {c.values["party_id"] for c in candidates if c.values.get("party_id")}
        editable = set(await work.session.scalars(select(Party.id).where(Party.id.in_(parties), await Party.reach(work, "edit"))))
        counted = select(Contact.party_id, func.count()).where(Contact.party_id.in_(parties)).group_by(Contact.party_id)
        there: Counter[Any] = Counter({row[0]: row[1] for row in await work.session.execute(counted)})
        problems = []
        for candidate in candidates:
            party_id = candidate.values.get("party_id")
            if party_id is not None and party_id not in editable:
                message = _("You may not change this customer or supplier, or it does not exist.")
                problems.append(RowProblem(position=candidate.position, field="party_id", message=message))
            elif candidate.id is None and party_id is not None:
                there[party_id] += 1
                if there[party_id] > CONTACTS_MAX:
                    message = _("A party has at most %(most)s of these.", most=CONTACTS_MAX)
                    problems.append(RowProblem(position=candidate.position, field="party_id", message=message))
        return problems

    def key(self, field: str, value: Any) -> Any:
        return value.strip()
