"""The same request with the same key is done once, however often and however fast it is sent again."""

import hashlib
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Any

import msgspec
from litestar import MediaType, Request, Response
from litestar.params import HeaderParameter
from sqlalchemy import delete, func, select

from kernel import clock
from kernel.errors import Invalid
from kernel.i18n import gettext as _
from kernel.work import Work
from master_data.repeats.model import KeptAnswer

KEPT = timedelta(hours=24)
_KEY = re.compile(r"[\x21-\x7e]{1,200}")

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="A key of your own, such as a UUID. Sent again within 24 hours with the same body, the request is answered as the "
        "first time and nothing is made twice; with another body it is refused.",
    ),
]


class KeyUnusable(Invalid):
    code = "idempotency_key_unusable"


class KeyMismatch(Invalid):
    """The key was used for another body."""

    code = "idempotency_mismatch"


async def once(request: Request[Any, Any, Any], work: Work, key: str | None, make: Callable[[], Awaitable[Response[Any]]]) -> Response[Any]:
    """What ``make`` answers, or with a key that was used before what it answered then.

    The answer is kept in the transaction of what was made: a request that failed may be sent again with its key.  Two at once
    wait for each other.

    Raises:
        KeyUnusable: it is empty, too long, or has characters that do not belong in a header.
        KeyMismatch
    """
    if key is None:
        return await make()
    if not _KEY.fullmatch(key):
        raise KeyUnusable(_("An idempotency key has 1 to 200 visible characters without spaces."), field="Idempotency-Key")
    caller, operation = f"{work.actor.kind}:{work.actor.id}", f"{request.method} {request.url.path.rstrip('/')}"[:200]
    body_hash = _hash(await request.body())
    named = f"{work.tenant.schema}|{caller}|{operation}|{key}"
    await work.session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(named, 0))))
    mine = (KeptAnswer.caller == caller, KeptAnswer.operation == operation, KeptAnswer.idempotency_key == key)
    kept = await work.session.scalar(select(KeptAnswer).where(*mine))
    if kept is not None and kept.created_at > clock.now() - KEPT:
        if kept.body_hash != body_hash:
            message = _("The idempotency key was used for another request; take a new key for a new request.")
            raise KeyMismatch(message, field="Idempotency-Key")
        return _again(kept)
    await work.session.execute(delete(KeptAnswer).where(*mine))
    answer = await make()
    content = answer.content if isinstance(answer.content, bytes) else msgspec.json.encode(answer.content)
    row = KeptAnswer(
        caller=caller, operation=operation, idempotency_key=key, body_hash=body_hash, status=answer.status_code or 201,
        location=answer.headers.get("Location"), body=content,
    )  # fmt: skip
    work.session.add(row)
    await work.session.flush()
    return answer


async def forget_answers(work: Work) -> None:
    """Answers older than a day go; run once a night."""
    await work.session.execute(delete(KeptAnswer).where(KeptAnswer.created_at < clock.now() - KEPT))


def _again(kept: KeptAnswer) -> Response[Any]:
    headers = {"Idempotent-Replayed": "true"} | ({"Location": kept.location} if kept.location else {})
    return Response(kept.body, status_code=kept.status, media_type=MediaType.JSON, headers=headers)


def _hash(body: bytes) -> str:
    """Of what the body says: spaces and the order of its fields do not count."""
    try:
        body = msgspec.json.encode(msgspec.json.decode(body), order="sorted")
    except msgspec.DecodeError:
        pass
    return hashlib.sha256(body).hexdigest()
