"""A company that sends: a mail server, and customers who agreed."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.messaging.post import PostOffice

from kernel.settings import Settings


@pytest.fixture
def office() -> Iterator[PostOffice]:
    running = PostOffice()
    running.controller.start()
    yield running
    running.controller.stop()


@pytest.fixture
def sending(settings: Settings, database, office, monkeypatch) -> Settings:
    """The installation's settings with that mail server, as jobs see them too."""
    changed = replace(
        settings, smtp_url=office.url, mail_from="Jingwei <no-reply@jingwei.example>", mail_intake_domain="in.jingwei.example"
    )
    monkeypatch.setattr(database, "settings", changed)
    return changed
