"""What a file is, by its first bytes: a name can say anything."""

import io
import re
import zipfile

_STARTS = (
    (b"%PDF-", "application/pdf", (".pdf",)),
    (b"\x89PNG\r\n\x1a\n", "image/png", (".png",)),
    (b"\xff\xd8\xff", "image/jpeg", (".jpg", ".jpeg")),
    (b"GIF87a", "image/gif", (".gif",)),
    (b"GIF89a", "image/gif", (".gif",)),
    (b"II*\x00", "image/tiff", (".tif", ".tiff")),
    (b"MM\x00*", "image/tiff", (".tif", ".tiff")),
)
_PACKED = (
    ("OFD.xml", "application/ofd", (".ofd",)),
    ("xl/workbook.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (".xlsx",)),
)
_ROOT = re.compile(rb"(?:<\?.*?\?>|<!--.*?-->|\s)*<(?:[\w.-]+:)?([\w.-]+)", re.DOTALL)
_MARKUP = {b"html", b"svg", b"script", b"body", b"head"}
"""XML that a browser would run."""


def sniff(content: bytes) -> tuple[str, tuple[str, ...]] | None:
    """Media type and the endings that its names have; None for what is not taken."""
    for start, media_type, endings in _STARTS:
        if content.startswith(start):
            return media_type, endings
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp", (".webp",)
    if content.startswith(b"PK\x03\x04"):
        return _packed(content)
    return ("application/xml", (".xml",)) if _is_xml(content) else None


def _packed(content: bytes) -> tuple[str, tuple[str, ...]] | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None
    for member, media_type, endings in _PACKED:
        if member in names:
            return media_type, endings
    return None


def _is_xml(content: bytes) -> bool:
    text = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.startswith(b"<") or b"\x00" in text or b"<!DOCTYPE" in text[:4096].upper():
        return False
    root = _ROOT.match(text[:65536])
    return root is not None and root[1].lower() not in _MARKUP
