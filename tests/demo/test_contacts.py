"""The demo company talks to people, each with a part."""

import sqlalchemy as sa

from master_data.api import Contact, create_party
from webapp.demo.teamwork import _contacts


async def test_people_to_talk_to_are_entered(work):
    await create_party(work, name="育才小学")
    await _contacts(work)
    found = (await work.session.scalars(sa.select(Contact).order_by(Contact.phone))).all()
    assert [c.name for c in found] == ["郑校长", "吴老师", "冯会计", "褚工"]
    assert (found[0].decides, found[3].do_not_call) == (True, True)
