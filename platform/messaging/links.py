"""Plain text with its addresses made clickable."""

import re

from markupsafe import Markup, escape

# Characters that end a sentence rather than an address stay outside the link.
_ADDRESS = re.compile(r"https?://[^\s<>\"'（）。，；：！？、]+[^\s<>\"'（）。，；：！？、.,;:!?)\]]")


def with_links(text: str) -> Markup:
    """``text`` escaped, each ``http`` and ``https`` address a link. Nothing else of it becomes markup."""
    parts: list[Markup] = []
    end = 0
    for found in _ADDRESS.finditer(text):
        address = escape(found[0])
        parts += (escape(text[end : found.start()]), Markup('<a href="{0}" rel="noreferrer">{0}</a>').format(address))
        end = found.end()
    return Markup("").join([*parts, escape(text[end:])])
