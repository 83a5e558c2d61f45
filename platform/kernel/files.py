"""Files that people hand in: what they are by their first bytes, a name can say anything; and how they are handed out again."""

import io
import re
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from litestar import Response
from litestar.datastructures import UploadFile

from kernel.errors import Invalid
from kernel.i18n import gettext as _

SIZE_BYTES_MAX = 10 * 1024 * 1024
BODY_BYTES_MAX = 4 * SIZE_BYTES_MAX
"""Some files at once."""
NAME_MAX = 200
_NO_NAME = frozenset('<>:"|?*')
"""What some system does not take in a name."""

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
INLINE = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""Pictures that a browser draws and that cannot run anything."""


DOWNLOAD = "application/octet-stream"
"""What a file is called that anything may be in: a browser saves it and runs nothing."""


class FileTypeRefused(Invalid):
    code = "file_type_refused"


class FileTooLarge(Invalid):
    code = "file_too_large"


@dataclass(frozen=True)
class Upload:
    """A file as it was sent."""

    name: str
    content: bytes


async def uploaded(value: Any) -> Upload:
    """The file in a field of a form.

    Raises:
        FileTypeRefused: there is none, or it is empty.
    """
    if not isinstance(value, UploadFile) or not (content := await value.read()):
        raise FileTypeRefused(_("Choose a file that is not empty."), field="file")
    return Upload(value.filename, content)


def checked(upload: Upload, *, without: Collection[str] = (), field: str = "file") -> tuple[str, str]:
    """A plain name and the media type of a file that may be kept; ``without`` are media types that are not.

    Raises:
        FileTooLarge, FileTypeRefused: as said; what a file is tells its content, not its name.
    """
    if len(upload.content) > SIZE_BYTES_MAX:
        raise FileTooLarge(_("The file is larger than %(most)s MB; scan it smaller or split it.", most=SIZE_BYTES_MAX >> 20), field=field)
    name, known = plain_name(upload.name), sniff(upload.content)
    if known is None or known[0] in without or not name.lower().endswith(known[1]):
        raise FileTypeRefused(
            _("%(name)s is not what is kept here: PDF, OFD, XML, XLSX or a picture, under its own ending.", name=name), field=field
        )
    return name, known[0]


def handed_out(name: str, media_type: str, content: bytes, *, inline: bool = False) -> Response[bytes]:
    """The file as a download; ``inline`` lets the browser draw it, where it is a picture."""
    shown = "inline" if inline and media_type in INLINE else "attachment"
    headers: Mapping[str, str] = {
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=media_type, headers=headers)


def plain_name(name: str) -> str:
    """The last part of a path, without what no name should have."""
    bare = PurePosixPath(name.replace("\\", "/")).name
    clean = "".join(character for character in bare if character.isprintable() and character not in _NO_NAME).strip(" .")
    stem, dot, ending = clean.rpartition(".")
    short = f"{stem[: NAME_MAX - len(ending) - 1]}{dot}{ending}" if dot and len(ending) < 10 else clean[:NAME_MAX]
    return short or "file"


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
