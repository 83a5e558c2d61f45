"""Articles are written in a few plain marks and shown as HTML in which nothing can run.

``# `` and ``## `` head a part, ``- `` and ``1. `` make lists, ``> `` a remark; **bold**, `code` and [words](https://...) within a line.
"""

import re
from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup, escape

_INLINE = re.compile(
    r"\*\*(?P<bold>[^*\n]+)\*\*|`(?P<code>[^`\n]+)`"
    r"|\[(?P<words>[^\]\n]{1,200})\]\((?P<link>(?:https?://|mailto:|/help/)[^\s()<>\"']{1,500})\)"
)
_LIST = re.compile(r"(?:(?P<dot>[-*])|(?P<number>\d{1,3})[.、])\s+(?P<rest>.+)")
_HEAD = re.compile(r"(?P<depth>#{1,3})\s+(?P<rest>.+)")


def as_html(text: str) -> Markup:
    """The text as HTML.  Everything that is no mark is escaped."""
    lines = [(_kind(line), line.strip()) for line in text.replace("\r\n", "\n").split("\n")]
    return Markup("\n").join(
        part for kind, group in groupby(lines, key=lambda pair: pair[0]) for part in _block(kind, [line for _k, line in group])
    )


def as_plain(text: str) -> str:
    """The words without marks, for a reply by mail; links keep their address."""

    def plain(match: re.Match[str]) -> str:
        return match["bold"] or match["code"] or f"{match['words']} {match['link']}"

    lines = [_INLINE.sub(plain, line) for line in text.replace("\r\n", "\n").split("\n")]
    return "\n".join(re.sub(r"^\s*(?:#{1,3}|>)\s+", "", line) for line in lines).strip()


def _kind(line: str) -> str:
    text = line.strip()
    if not text:
        return "blank"
    if _HEAD.fullmatch(text):
        return "head"
    if (found := _LIST.fullmatch(text)) is not None:
        return "ul" if found["dot"] else "ol"
    return "quote" if text.startswith("> ") else "p"


def _block(kind: str, lines: list[str]) -> Iterator[Markup]:
    if kind == "head":
        for line in lines:
            found = _HEAD.fullmatch(line)
            if found is not None:
                depth = len(found["depth"]) + 1
                yield Markup("<h{0}>{1}</h{0}>").format(depth, _line(found["rest"]))
    elif kind in ("ul", "ol"):
        items = [_line(found["rest"]) for line in lines if (found := _LIST.fullmatch(line)) is not None]
        yield Markup("<{0}>{1}</{0}>").format(kind, Markup("").join(Markup("<li>{}</li>").format(item) for item in items))
    elif kind == "quote":
        yield Markup("<blockquote>{}</blockquote>").format(Markup("<br>").join(_line(line[2:]) for line in lines))
    elif kind == "p":
        yield Markup("<p>{}</p>").format(Markup("<br>").join(_line(line) for line in lines))


def _line(text: str) -> Markup:
    parts: list[Markup] = []
    end = 0
    for found in _INLINE.finditer(text):
        parts.append(escape(text[end : found.start()]))
        end = found.end()
        if found["bold"]:
            parts.append(Markup("<strong>{}</strong>").format(found["bold"]))
        elif found["code"]:
            parts.append(Markup("<code>{}</code>").format(found["code"]))
        else:
            parts.append(Markup('<a class="link" href="{}" rel="noopener noreferrer">{}</a>').format(found["link"], found["words"]))
    return Markup("").join([*parts, escape(text[end:])])
