"""The house with identity and messaging only, on a real PostgreSQL, with a real mail server, and browsers to walk in."""

import re
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import unescape
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.controller import Controller
from litestar import Litestar
from sqlalchemy import text

from identity.members.model import Member
from identity.people.model import Person
from identity.people.service import create_person
from identity.signup.service import found_company
from kernel import templates
from kernel.database import Database
from kernel.embedded import EmbeddedPostgres
from kernel.events import Bus
from kernel.settings import Settings
from kernel.work import SYSTEM, Actor, Tenant
from messaging.mail import deliver
from tenancy import host
from tenancy.catalog import Catalog
from tenancy.setup import prepare
from webapp.app import create_app, load_catalog

BASE = "http://localhost:8000"
PASSWORD = "correct horse battery staple"
CORES = ("tenancy.plugin", "messaging.plugin", "identity.plugin")
_numbers = count(1)


class Post:
    """A mail server that keeps what it gets, and refuses on demand."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.refuse: str | None = None
        with socket.socket() as probe:  # aiosmtpd greets itself at the port it was given, so 0 will not do
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.refuse:
            return self.refuse
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 queued"

    def stop(self) -> None:
        self._controller.stop()


@dataclass
class House:
    settings: Settings
    database: Database
    catalog: Catalog
    app: Litestar
    post: Post
    browsers: list["Browser"] = field(default_factory=list)

    def browser(self, **headers: str) -> "Browser":
        """A browser without cookies."""
        return Browser(self, headers)

    async def person(self, email: str | None = None, *, verified: bool = True, password: str = PASSWORD) -> Person:
        email = email or f"person{next(_numbers)}@example.com"
        async with self.database.registry_session() as session:
            return await create_person(session, email=email, name="Lin Wei", password=password, locale="en", verified=verified)

    async def company(self, owner: Person, slug: str | None = None, name: str = "Qinghe") -> Tenant:
        async with self.database.registry_session() as session:
            tenant = await found_company(
                session, self.app.state.provisioner, owner.id, company=name, slug=slug or f"firm{next(_numbers)}", locale="en"
            )
        await self.app.state.lifecycle.open(tenant.id)
        return tenant

    async def member(self, tenant: Tenant, *roles: str, email: str | None = None) -> Person:
        person = await self.person(email)
        async with self.database.registry_session() as session:
            session.add(Member(tenant_id=tenant.id, person_id=person.id, roles=list(roles)))
        return person

    async def letters_to(self, address: str) -> list[EmailMessage]:
        """What has arrived for ``address``, after sending what waits."""
        while await deliver(self.database, self.settings):
            pass
        return [letter for letter in self.post.letters if letter["To"] == address]

    async def link_to(self, address: str) -> str:
        """The address in the latest letter."""
        letters = await self.letters_to(address)
        assert letters, f"no letter to {address}"
        body = letters[-1].get_body(("plain",))
        assert body is not None
        found = re.search(r"https?://\S+", body.get_content())
        assert found
        return found[0]

    def work(self, tenant: Tenant, actor: Actor = SYSTEM) -> Any:
        return self.database.work(tenant, actor)

    async def count(self, table: str, **where: Any) -> int:
        conditions = " AND ".join(f"{name} = :{name}" for name in where) or "true"
        async with self.database.registry_session() as session:
            return int(await session.scalar(text(f"SELECT count(*) FROM {table} WHERE {conditions}"), where) or 0)


class Browser:
    """Keeps cookies by host, sends the CSRF token of the page it looks at, follows redirects from host to host."""

    def __init__(self, house: House, headers: dict[str, str]) -> None:
        self.house = house
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=house.app, client=("203.0.113.7", 4711)),
            headers={"accept": "text/html", "accept-language": "en", "user-agent": "Test browser", **headers},
            follow_redirects=True,
        )
        self.page: httpx.Response | None = None

    async def open(self, address: str, **options: Any) -> httpx.Response:
        self.page = await self.client.get(address, **options)
        return self.page

    @property
    def token(self) -> str:
        assert self.page is not None
        found = re.search(r'name="csrf_token" value="([^"]*)"', self.page.text)
        assert found, f"no form on {self.page.url}: {self.page.status_code}"
        return unescape(found[1])

    async def send(self, address: str, *, follow: bool = True, **fields: Any) -> httpx.Response:
        """Submit a form of the page at hand."""
        answer = await self.client.post(address, data={"csrf_token": self.token, **fields}, follow_redirects=follow)
        self.page = answer
        return answer

    async def sign_in(self, person: Person, host: str = BASE, password: str = PASSWORD, **fields: str) -> httpx.Response:
        await self.open(f"{host}/signin")
        return await self.send(f"{host}/signin", email=person.email, password=password, **fields)

    async def json(self, method: str, address: str, body: Any = None, **headers: str) -> httpx.Response:
        """A request as the page's scripts make it."""
        if "authorization" not in headers:
            home = await self.client.get(httpx.URL(address).join("/account"), follow_redirects=False)
            found = re.search(r'name="csrf_token" value="([^"]*)"', home.text)
            headers = {"x-csrftoken": found[1] if found else "", **headers}
        return await self.client.request(
            method, address, json=body, headers={"accept": "application/json", **headers}, follow_redirects=False
        )


def at(tenant: Tenant, path: str = "") -> str:
    """The address of a page of a company."""
    return f"http://{tenant.slug}.localhost:8000{path}"


@pytest.fixture(scope="session")
def post() -> Iterator[Post]:
    running = Post()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(tmp_path_factory.mktemp("identity") / "pg", throwaway=True) as running:
        yield running


@pytest.fixture(scope="session")
async def house(server: EmbeddedPostgres, post: Post, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    server.create_database("identity_tests")
    settings = Settings(
        database_url=server.url("identity_tests"),
        data_dir=Path(tmp_path_factory.mktemp("data")),
        secret_key="0" * 64,
        base_url=BASE,
        smtp_url=f"smtp://127.0.0.1:{post.port}",
    )
    catalog = host.read([(name.partition(".")[0], import_module(name)) for name in CORES], [])
    load_catalog()  # all words: other tests of the process want theirs too
    database = Database(settings.database_url, pool_size=10)
    database.bus = Bus(catalog)
    await prepare(database)
    drawing = templates._environment
    app = create_app(settings, database, catalog)
    if drawing is not None:  # the whole platform's, which other tests of the process draw with
        templates.install(drawing)
    await app.state.provisioner.fill(6)
    yield House(settings, database, catalog, app, post)
    await database.close()


@pytest.fixture
async def owner(house: House) -> Person:
    return await house.person()


@pytest.fixture
async def tenant(house: House, owner: Person) -> Tenant:
    return await house.company(owner)


@pytest.fixture
async def other(house: House) -> Tenant:
    """A second company with another owner."""
    return await house.company(await house.person())


@pytest.fixture
async def browser(house: House) -> AsyncIterator[Browser]:
    made = house.browser()
    yield made
    await made.client.aclose()


@pytest.fixture
async def office(house: House, tenant: Tenant, owner: Person) -> AsyncIterator[Browser]:
    """A browser in which the owner is signed in at the company."""
    made = house.browser()
    await made.sign_in(owner, at(tenant))
    yield made
    await made.client.aclose()
