"""What became of handing a message over."""

from dataclasses import dataclass

from messaging.outgoing.model import Message, MessageState, Reason


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``QUEUED``: not now, try again."""

    state: MessageState
    reason: Reason = Reason.NONE
    answer: str = ""
    provider_id: str | None = None


def begin(message: Message) -> None:
    """From here on the other side may have it."""
    message.begun = True  # type: ignore[misc]


def sent(answer: str, provider_id: str | None = None) -> Outcome:
    return Outcome(state=MessageState.SENT, answer=answer, provider_id=provider_id)


def later(answer: str) -> Outcome:
    return Outcome(state=MessageState.QUEUED, answer=answer)


def failed(answer: str) -> Outcome:
    return Outcome(state=MessageState.FAILED, reason=Reason.REFUSED, answer=answer)


def bounced(answer: str) -> Outcome:
    return Outcome(state=MessageState.BOUNCED, reason=Reason.BOUNCED, answer=answer)


def unsure(answer: str) -> Outcome:
    return Outcome(state=MessageState.UNSURE, reason=Reason.INTERRUPTED, answer=answer)
