"""Numbers of identity papers, and what makes one true."""

import enum
import re
from datetime import date

from kernel.errors import Invalid
from kernel.i18n import N_
from kernel.i18n import gettext as _


class PaperKind(enum.StrEnum):
    """Papers that a Chinese company meets."""

    ID_CARD = "id_card"
    PASSPORT = "passport"
    HOME_RETURN = "home_return"
    TAIWAN = "taiwan"
    RESIDENCE = "residence"


PAPERS = {
    "id_card": N_("Resident identity card"),
    "passport": N_("Passport"),
    "home_return": N_("Permit for residents of Hong Kong and Macao"),
    "taiwan": N_("Permit for residents of Taiwan"),
    "residence": N_("Permanent residence card of foreigners"),
}

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"
_ID_CARD = re.compile(r"[1-9]\d{16}[\dX]")
_OTHER = re.compile(r"[0-9A-Z]{5,20}")


class PaperNumberWrong(Invalid):
    """It cannot be a number of such a paper."""

    code = "paper_number_wrong"


def clean(kind: PaperKind, number: str) -> str:
    """``number`` as it is kept: capital letters, no spaces.

    The number of an identity card has 18 characters: region, birthday, sequence and a check digit (GB 11643-1999, ISO 7064
    MOD 11-2).

    Raises:
        PaperNumberWrong
    """
    text = "".join(number.split()).upper()
    if kind is not PaperKind.ID_CARD:
        if not _OTHER.fullmatch(text):
            raise PaperNumberWrong(_("The number of such a paper has 5 to 20 letters and digits."), field="number")
        return text
    if not _ID_CARD.fullmatch(text):
        raise PaperNumberWrong(_("The number of an identity card has 18 characters: 17 digits, and a digit or X."), field="number")
    if check_digit(text[:17]) != text[17]:
        raise PaperNumberWrong(_("The last character of this number does not fit: one of its digits is mistyped."), field="number")
    if birthday(text) is None:
        raise PaperNumberWrong(_("Digits 7 to 14 of the number are a birthday; these are none."), field="number")
    return text


def check_digit(first: str) -> str:
    """The 18th character for the 17 digits of an identity card."""
    return _CHECKS[sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first, strict=True)) % 11]


def birthday(number: str) -> date | None:
    """The birthday in the number of an identity card, if it is one that has been."""
    try:
        found = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None
    return found if found.year >= 1850 else None
