"""Clock, language, problems and logs."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from kernel import clock, i18n
from kernel.errors import FieldError, Invalid, NotFound, problem_body
from kernel.ids import new_id
from kernel.logs import scrub


def test_ids_are_version_7_and_ordered() -> None:
    ids = [new_id() for _ in range(100)]
    assert {i.version for i in ids} == {7}
    assert ids == sorted(ids)


def test_the_day_is_the_tenants_day() -> None:
    with clock.frozen(datetime(2026, 12, 31, 17, 0, tzinfo=UTC)):
        assert clock.today("Asia/Shanghai") == date(2027, 1, 1)
        assert clock.today("Europe/London") == date(2026, 12, 31)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"), clock.frozen(datetime(2026, 1, 1)):  # noqa: DTZ001
        pass


@pytest.mark.parametrize(
    ("cookie", "accept", "chosen"),
    [
        ("en", "zh-CN", "en"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "zh-TW,en;q=0.5", "zh_CN"),
        ("fr", "fr", "zh_CN"),
        (None, None, "zh_CN"),
    ],
)
def test_the_language_of_a_browser(cookie: str | None, accept: str | None, chosen: str) -> None:
    assert i18n.choose(cookie, accept) == chosen


def test_words_come_in_the_language_of_the_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = Catalog(locale="zh_CN")
    catalog.add("Period %(period)s is closed", "期间 %(period)s 已结账")
    target = tmp_path / "zh_CN/LC_MESSAGES/messages.mo"
    target.parent.mkdir(parents=True)
    with target.open("wb") as out:
        write_mo(out, catalog)
    monkeypatch.setattr(i18n, "_catalogs", {})
    i18n.load([tmp_path])
    with i18n.using("zh_CN"):
        assert i18n.gettext("Period %(period)s is closed", period="2026-03") == "期间 2026-03 已结账"
    with i18n.using("en"):
        assert i18n.gettext("Period %(period)s is closed", period="2026-03") == "Period 2026-03 is closed"


def test_a_problem_names_its_code_and_fields() -> None:
    body = problem_body(Invalid("Two things are wrong", errors=[FieldError("lines.0.amount", "Give an amount")]), "/api/v1/vouchers")
    assert (body["type"], body["status"], body["instance"]) == ("/problems/invalid", 422, "/api/v1/vouchers")
    assert body["errors"] == [{"field": "lines.0.amount", "message": "Give an amount"}]
    assert "errors" not in problem_body(NotFound("No such order"), "/x")


def test_secrets_do_not_reach_the_log() -> None:
    line = scrub(None, "info", {"password": "hunter2", "url": "postgresql://me:hunter2@db/x", "event": "ok"})
    assert "hunter2" not in str(line)
    assert line["event"] == "ok"
