"""A range of account codes that a book is narrowed to."""

from dataclasses import dataclass

from kernel.errors import Invalid
from kernel.i18n import gettext as _


@dataclass(frozen=True)
class Codes:
    """From ``low`` to ``high``, with all that stands below them; empty ends are open."""

    low: str = ""
    high: str = ""

    @classmethod
    def between(cls, low: str, high: str) -> "Codes":
        """Raises:
        Invalid: an end is no code, or they stand in the wrong order.
        """
        ends = {"code_from": low.replace(".", "").strip(), "code_to": high.replace(".", "").strip()}
        for name, code in ends.items():
            if code and not (code.isascii() and code.isdecimal() and len(code) <= 30):
                raise Invalid(_("%(code)s is no account code; write one like 1002.", code=code), field=name)
        codes = cls(*ends.values())
        if codes.high and not codes.holds(codes.low):
            raise Invalid(_("The first account comes after the last; exchange them."), field="code_from")
        return codes

    def holds(self, code: str) -> bool:
        return code >= self.low and (not self.high or code <= self.high or code.startswith(self.high))


ALL = Codes()
