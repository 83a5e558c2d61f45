"""Loading the demo company: once, with people who can sign in."""

from sqlalchemy import text

from identity.people.service import authenticate
from kernel.settings import Settings
from webapp import demo
from webapp.demo import names


async def test_the_demo_company_is_made_once_and_its_people_can_sign_in(database, catalog, tmp_path):
    settings = Settings(database_url=database.owner_url.render_as_string(hide_password=False), data_dir=tmp_path, secret_key="secret")
    said = []
    lines = await demo.load(database, catalog, settings, said.append)
    assert said == ["Loading the demo company ..."]
    assert await demo.load(database, catalog, settings, said.append) == lines
    assert len(said) == 1
    summary = demo.summary_of(settings)
    assert summary.address == "http://qinghe.localhost:8000/"
    assert summary.password in "".join(lines)
    async with database.registry_session() as session:
        for email in summary.emails:
            assert await authenticate(session, email, summary.password), email
        assert not await authenticate(session, summary.emails[0], "demo-0000000000")
        roles = await session.execute(
            text(
                "SELECT m.roles FROM identity_member m JOIN public.tenant t ON t.id = m.tenant_id"
                " JOIN identity_person p ON p.id = m.person_id WHERE t.slug = :slug ORDER BY p.email"
            ),
            {"slug": names.SLUG},
        )
        assert sorted(role for row in roles for role in row.roles) == ["accountant", "cashier", "owner", "sales"]


def test_another_installation_has_another_password(tmp_path):
    def password(secret):
        return demo.summary_of(Settings(database_url="postgresql://x/y", data_dir=tmp_path, secret_key=secret)).password

    assert password("one") != password("two")
