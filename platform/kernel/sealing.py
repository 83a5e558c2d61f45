"""Secrets of companies, such as the password of their mail server, as they lie in the database: sealed with AES-256-GCM.

The key comes from the installation's secret key, so a copy of the database alone opens nothing.  ``purpose`` is bound in:
what was sealed for one company and place cannot be opened as another's.
"""

import base64
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12
_VERSION = "v1."


class SealBroken(Exception):
    """The sealed text was altered, is somebody else's, or the installation's secret key has changed."""


def seal(key: str, purpose: str, text: str) -> str:
    """``text`` sealed; ``key`` is hexadecimal, as ``Settings.derive`` gives it."""
    return _VERSION + base64.b64encode(seal_bytes(key, purpose, text.encode())).decode()


def unseal(key: str, purpose: str, sealed: str) -> str:
    """What ``seal`` was given.

    Raises:
        SealBroken
    """
    try:
        return unseal_bytes(key, purpose, base64.b64decode(sealed.removeprefix(_VERSION), validate=True)).decode()
    except ValueError as error:
        raise SealBroken("the sealed text cannot be opened") from error


def seal_bytes(key: str, purpose: str, content: bytes) -> bytes:
    """As ``seal``, for a file."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(bytes.fromhex(key)).encrypt(nonce, content, purpose.encode())


def unseal_bytes(key: str, purpose: str, sealed: bytes) -> bytes:
    """What ``seal_bytes`` was given.

    Raises:
        SealBroken
    """
    try:
        return AESGCM(bytes.fromhex(key)).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken("the sealed bytes cannot be opened") from error
