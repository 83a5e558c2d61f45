"""A toast survives the redirect it was said with."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import pytest

from kernel.web import toast
from webapp.flash import CarryToasts


async def answer(status: int, headers: dict[str, str]) -> list[str]:
    sent: list[Any] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})

    async def send(message: Any) -> None:
        sent.append(message)

    await CarryToasts(app)({"type": "http"}, None, send)  # type: ignore[arg-type]
    given: Sequence[tuple[bytes, bytes]] = sent[0]["headers"]
    return [value.decode() for name, value in given if name.lower() == b"set-cookie"]


@pytest.mark.parametrize(("status", "leading"), [(303, {"Location": "/"}), (200, {"HX-Redirect": "/"}), (200, {"HX-Refresh": "true"})])
async def test_what_leads_away_carries_its_toast(status: int, leading: dict[str, str]) -> None:
    [cookie] = await answer(status, {**toast("凭证 记-1 已记账"), **leading})
    assert "凭证 记-1 已记账" in unquote(cookie)
    assert cookie.endswith("; Path=/; Max-Age=20; SameSite=Lax")


async def test_a_toast_that_htmx_reads_is_left_alone() -> None:
    assert await answer(200, toast("Saved")) == []


@pytest.mark.parametrize("trigger", ["", "close-dialog", "[]", '{"close-dialog": true}', '{"toast": {"text": "' + "x" * 4000 + '"}}'])
async def test_other_triggers_and_long_ones_make_no_cookie(trigger: str) -> None:
    assert await answer(303, {"HX-Trigger": trigger}) == []
