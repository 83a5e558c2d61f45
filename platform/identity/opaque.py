"""Secrets that mean nothing: session ids, links in mails, one-time codes.  Only their digests are stored."""

import hashlib
import hmac
import secrets


def new_secret() -> str:
    """256 random bits, safe in an address and in a cookie (43 characters)."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> bytes:
    """What is stored of ``secret``: SHA-256, which is enough for a value nobody can guess."""
    return hashlib.sha256(secret.encode()).digest()


def signature(key: str, message: str) -> str:
    """HMAC-SHA256 of ``message``, hexadecimal."""
    return hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()
