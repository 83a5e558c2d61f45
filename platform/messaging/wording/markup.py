"""The body of a mail: paragraphs, headings, lists, bold words, links, buttons and pictures, as HTML and as plain text.

    # Heading        **bold**        - item        [words](https://...)        [[button](https://...)]        ![words](https://...png)

Everything else is words and is escaped.  Addresses begin with https:// or http:// in the template itself; a variable within one is
percent-encoded, so that no value can lead a reader somewhere else.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from markupsafe import escape

from messaging.wording.language import Part, Variable, value_of

# A variable travels through the reading of markup as one character of the private use area with its number.
_OPEN, _CLOSE = "\ue000", "\ue001"
_HELD = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_ADDRESS = r"(https?://[^\s()<>\"'\ue000/]+(?:/[^\s()<>\"']*)?)"
_PICTURE = re.compile(rf"!\[([^\]\n]{{0,200}})\]\({_ADDRESS}\)")
_BUTTON = re.compile(rf"\[\[([^\]\n]{{1,200}})\]\({_ADDRESS}\)\]")
_LINK = re.compile(rf"\[([^\]\n]{{1,200}})\]\({_ADDRESS}\)")
_BOLD = re.compile(r"\*\*([^*\n]{1,500})\*\*")

_STYLE = {
    "body": "margin:0;padding:24px;background:#f5f4f1;font:15px/24px 'PingFang SC','Microsoft YaHei',sans-serif;color:#1c1b18",
    "sheet": "max-width:600px;margin:0 auto;padding:24px;background:#ffffff;border:1px solid #e6e2db;border-radius:10px",
    "button": "display:inline-block;padding:10px 20px;background:#1d5bb8;color:#ffffff;border-radius:6px;text-decoration:none",
    "picture": "max-width:100%;height:auto",
    "link": "color:#1d5bb8",
}


def to_html(parts: Sequence[Part], values: Mapping[str, Any], locale: str) -> str:
    """The body as a whole HTML document, with the styles that mail programs understand."""
    language = "zh-CN" if locale.startswith("zh") else "en"
    inner = blocks(parts, values, locale, styled=True)
    head = f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"></head>'
    return f'{head}<body style="{_STYLE["body"]}"><div style="{_STYLE["sheet"]}">{inner}</div></body></html>'


def blocks(parts: Sequence[Part], values: Mapping[str, Any], locale: str, *, styled: bool = False) -> str:
    """The body as HTML to stand in a page."""
    source, held = _hold(parts)
    drawn = "".join(_block(lines, styled=styled) for lines in _paragraphs(source))
    return _put_back(drawn, held, lambda variable: str(escape(value_of(variable, values, locale))))


def to_text(parts: Sequence[Part], values: Mapping[str, Any], locale: str) -> str:
    """The body for who reads no HTML: links stand behind their words."""
    source, held = _hold(parts)
    source = _PICTURE.sub(r"\1", source)
    source = _BUTTON.sub(lambda m: f"{m[1]}: {_in_address(m[2])}", source)
    source = _LINK.sub(lambda m: f"{m[1]} ({_in_address(m[2])})", source)
    source = re.sub(r"^#{1,3} ", "", _BOLD.sub(r"\1", source), flags=re.MULTILINE)
    return _put_back(source, held, lambda variable: value_of(variable, values, locale)).strip() + "\n"


def _hold(parts: Sequence[Part]) -> tuple[str, list[Variable]]:
    held: list[Variable] = []
    source = []
    for part in parts:
        if isinstance(part, str):
            source.append(part.replace(_OPEN, "").replace(_CLOSE, "").replace("\x00", "").replace("\ue002", ""))
        else:
            source.append(f"{_OPEN}{len(held)}{_CLOSE}")
            held.append(part)
    return "".join(source).replace("\r\n", "\n"), held


def _put_back(text: str, held: Sequence[Variable], value: Callable[[Variable], str]) -> str:
    def drawn(found: re.Match[str]) -> str:
        encoded, number = found[1], int(found[2])
        words = value(held[number])
        return quote(words, safe="") if encoded else words

    return re.sub(f"(\ue002?){_OPEN}(\\d+){_CLOSE}", drawn, text)


def _in_address(address: str) -> str:
    """Variables in an address are marked, to be percent-encoded."""
    return _HELD.sub(lambda m: f"\ue002{m[0]}", address)


def _paragraphs(source: str) -> list[list[str]]:
    return [block.split("\n") for block in re.split(r"\n\s*\n", source.strip()) if block.strip()]


def _block(lines: Sequence[str], *, styled: bool) -> str:
    first = lines[0]
    if found := re.match(r"(#{1,3}) (.+)", first):
        level = len(found[1]) + 1
        rest = _block(lines[1:], styled=styled) if len(lines) > 1 else ""
        return f"<h{level}>{_inline(found[2], styled=styled)}</h{level}>{rest}"
    if all(line.startswith("- ") for line in lines):
        return "<ul>" + "".join(f"<li>{_inline(line[2:], styled=styled)}</li>" for line in lines) + "</ul>"
    return "<p>" + "<br>".join(_inline(line, styled=styled) for line in lines) + "</p>"


def _inline(text: str, *, styled: bool) -> str:
    """Markup is looked for in the escaped text; quotation marks are none of its signs, and addresses hold no ampersand unescaped."""
    kept: list[str] = []

    def keep(html: str) -> str:
        kept.append(html)
        return f"\x00{len(kept) - 1}\x00"

    def style(name: str) -> str:
        return f' style="{_STYLE[name]}"' if styled else ""

    def anchor(found: re.Match[str], name: str) -> str:
        address = escape(_in_address(found[2]))
        return keep(f'<a href="{address}"{style(name)} rel="noopener noreferrer">{escape(found[1])}</a>')

    text = _PICTURE.sub(lambda m: keep(f'<img src="{escape(_in_address(m[2]))}" alt="{escape(m[1])}"{style("picture")}>'), text)
    text = _BUTTON.sub(lambda m: anchor(m, "button"), text)
    text = _LINK.sub(lambda m: anchor(m, "link"), text)
    drawn = _BOLD.sub(r"<b>\1</b>", str(escape(text)))
    return re.sub(r"\x00(\d+)\x00", lambda m: kept[int(m[1])], drawn)
