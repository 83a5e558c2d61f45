"""The ways to reach somebody, and their addresses in the one form in which two spellings of the same are equal."""

import enum
import re

from kernel.i18n import N_

_EMAIL = re.compile(r"[^@\s\x00-\x1f<>,;:\"()\[\]\\]{1,64}@[^@\s\x00-\x1f<>,;:\"()\[\]\\]+\.[^@\s\x00-\x1f<>,;:\"()\[\]\\]+")
_CHINESE_MOBILE = re.compile(r"(?:\+?86)?(1[3-9]\d{9})")
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_LOOSE = re.compile(r"[\s()（）./-]+")
EMAIL_LENGTH_MAX = 254


class Channel(enum.StrEnum):
    EMAIL = "email"
    SMS = "sms"


CHANNELS = {Channel.EMAIL: N_("E-mail"), Channel.SMS: N_("Text message")}


def address_key(channel: Channel, address: str | None) -> str | None:
    """``address`` as it is compared and sent to: an e-mail address in lower case, a mobile number as +8613800000001.

    None where nothing could be sent there: no address, a landline, two addresses in one field.
    """
    text = (address or "").strip()
    if channel is Channel.EMAIL:
        fits = len(text) <= EMAIL_LENGTH_MAX and text.isascii() and _EMAIL.fullmatch(text)
        return text.lower() if fits else None
    digits = _LOOSE.sub("", text)
    if digits.startswith("00"):
        digits = f"+{digits[2:]}"
    if found := _CHINESE_MOBILE.fullmatch(digits):
        return f"+86{found[1]}"
    return digits if _E164.fullmatch(digits) and not digits.startswith("+86") else None


def masked_address(address: str) -> str:
    """Enough of an address to recognise it: l***@example.com, +86138****0001."""
    name, at, domain = address.partition("@")
    return f"{name[:1]}***@{domain}" if at else f"{address[:-8]}****{address[-4:]}"
