"""Signed words for addresses that strangers bring back: links to unsubscribe, where bounces and replies go.

A token says of which company and about what it is, and cannot be made or altered without the key.  It has only lower-case
letters and digits, because mail systems may change the case of an address, and 53 of them, because the part of an address
before the @ has at most 64 (RFC 5321 4.5.3.1.1).
"""

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

LENGTH = 53
_MAC_BYTES = 12
_HEAD = struct.Struct(">cI16s")


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a token is about.  ``kind`` is one letter, whose meaning is its maker's."""

    tenant_id: int
    kind: str
    id: UUID


def make_token(key: str, subject: Subject) -> str:
    """The token of ``subject``; always the same for the same key."""
    head = _HEAD.pack(subject.kind.encode("ascii"), subject.tenant_id, subject.id.bytes)
    return _spelt(head + _mac(key, head))


def read_token(key: str, token: str) -> Subject | None:
    """What ``make_token`` was given; None for anything else."""
    if len(token) != LENGTH:
        return None
    try:
        raw = base64.b32decode(token.upper() + "=" * (-LENGTH % 8))
    except (binascii.Error, ValueError):
        return None
    if _spelt(raw) != token.lower():  # the last letter holds a bit to spare: one token has one spelling
        return None
    head, mac = raw[: _HEAD.size], raw[_HEAD.size :]
    if not hmac.compare_digest(mac, _mac(key, head)):
        return None
    kind, tenant_id, raw_id = _HEAD.unpack(head)
    return Subject(tenant_id=tenant_id, kind=kind.decode("ascii", "replace"), id=UUID(bytes=raw_id))


def _spelt(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _mac(key: str, head: bytes) -> bytes:
    return hmac.new(key.encode(), head, sha256).digest()[:_MAC_BYTES]
