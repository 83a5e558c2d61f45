"""The unified social credit code (统一社会信用代码) of GB 32100-2015 and its check digit."""

# GB 32100-2015, table 1: I, O, S, V and Z are left out, as they look like digits or each other.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
LENGTH = 18

_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_WEIGHTS = tuple(pow(3, place, 31) for place in range(LENGTH - 1))
# Typed from paper or copied from a PDF: a code never holds these letters, so the digit was meant.
_LOOKALIKES = str.maketrans({"O": "0", "I": "1"})


def clean(text: str) -> str:
    """``text`` as it is stored: capital letters, no spaces or hyphens, full-width characters narrowed, O and I read as 0 and 1."""
    narrow = "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in text)
    return "".join(c for c in narrow.upper() if not c.isspace() and c not in "-_").translate(_LOOKALIKES)


def check_digit(first_17: str) -> str:
    """The 18th character that belongs to the first 17.

    Raises:
        KeyError: a character outside ``ALPHABET``.
    """
    total = sum(_VALUE[character] * weight for character, weight in zip(first_17, _WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def is_valid(code: str) -> bool:
    """Whether ``code``, already clean, is 18 characters of the alphabet with the right check digit."""
    if len(code) != LENGTH or any(character not in _VALUE for character in code):
        return False
    return check_digit(code[:-1]) == code[-1]
