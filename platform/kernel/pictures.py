"""Photographs as phones make them: without what they tell about where they were taken, and small enough for a list."""

import io
import struct
import warnings
import zlib
from collections.abc import Iterator

from PIL import Image, ImageOps

from kernel.files import FileTypeRefused
from kernel.i18n import gettext as _

PIXELS_MAX = 60_000_000
SMALL = (480, 480)

_PNG_KEPT = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT")
)
_ORIENTATION = 0x0112
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, struct.error)


def without_traces(content: bytes, media_type: str) -> bytes:
    """The same picture, pixel by pixel, without place, camera and comments; how it is turned stays.

    Raises:
        FileTypeRefused: it is no such picture.
    """
    clean = {"image/jpeg": _clean_jpeg, "image/png": _clean_png, "image/webp": _clean_webp}.get(media_type)
    if clean is None:
        return content
    try:
        return clean(content)
    except (struct.error, IndexError, ValueError) as error:
        raise _unreadable() from error


def small(content: bytes) -> bytes:
    """A JPEG of the picture that fits ``SMALL``, turned as it is to be seen.

    Raises:
        FileTypeRefused: it cannot be read, or has too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "GIF", "WEBP")) as opened:
                if opened.width * opened.height > PIXELS_MAX:
                    raise _unreadable()
                opened.draft("RGB", (SMALL[0] * 2, SMALL[1] * 2))
                turned = ImageOps.exif_transpose(opened)
                turned.thumbnail(SMALL)
                drawn = turned.convert("RGBA")
    except (*_BROKEN, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _unreadable() from error
    paper = Image.new("RGB", drawn.size, "white")
    paper.paste(drawn, mask=drawn.getchannel("A"))
    out = io.BytesIO()
    paper.save(out, "JPEG", quality=80, optimize=True)
    return out.getvalue()


def _unreadable() -> FileTypeRefused:
    return FileTypeRefused(_("This picture cannot be read; take it again, or save it as JPEG or PNG."), field="file")


def _clean_jpeg(content: bytes) -> bytes:
    parts, turned = [b"\xff\xd8"], 1
    for marker, body in _jpeg_parts(content):
        if marker == 0xE1 and body[4:10] == b"Exif\x00\x00":
            turned = _orientation(body[10:])
        if marker == 0xE1 or marker in (0xED, 0xFE) or (marker == 0xE2 and not body[4:].startswith(b"ICC_PROFILE")):
            continue
        parts.append(body)
    if 2 <= turned <= 8:
        exif = b"Exif\x00\x00II*\x00" + struct.pack("<IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, turned, 0, 0)
        parts.insert(1, b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif)
    return b"".join(parts)


def _jpeg_parts(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and bytes of each part after the first, up to the end of the picture; what follows it, a film say, is left out."""
    place = 2
    while True:
        if content[place] != 0xFF:
            raise ValueError("no marker")
        marker = content[place + 1]
        if marker == 0xFF:
            place += 1
            continue
        if marker == 0xD9:
            yield marker, content[place : place + 2]
            return
        end = place + 2 + struct.unpack_from(">H", content, place + 2)[0]
        if marker == 0xDA:
            end = _end_of_scan(content, end)
        if end > len(content):
            raise ValueError("cut off")
        yield marker, content[place:end]
        place = end


def _end_of_scan(content: bytes, place: int) -> int:
    """Where the next marker stands: FF that is neither stuffed nor a restart."""
    while True:
        place = content.find(b"\xff", place)
        if place < 0:
            raise ValueError("cut off")
        if content[place + 1] not in (0x00, 0xFF) and not 0xD0 <= content[place + 1] <= 0xD7:
            return place
        place += 1 if content[place + 1] == 0xFF else 2


def _orientation(tiff: bytes) -> int:
    """How the camera was held, 1 to 8, by the first directory of the EXIF block; 1 where it cannot be read."""
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    try:
        if order is None:
            return 1
        start = struct.unpack_from(f"{order}I", tiff, 4)[0]
        count = struct.unpack_from(f"{order}H", tiff, start)[0]
        for entry in range(min(count, 200)):
            tag, kind = struct.unpack_from(f"{order}HH", tiff, start + 2 + entry * 12)
            if (tag, kind) == (_ORIENTATION, 3):
                return int(struct.unpack_from(f"{order}H", tiff, start + 2 + entry * 12 + 8)[0])
    except struct.error:
        return 1
    return 1


def _clean_png(content: bytes) -> bytes:
    parts, place = [content[:8]], 8
    while True:
        length, kind = struct.unpack_from(">I4s", content, place)
        end = place + 12 + length
        if end > len(content) or struct.unpack_from(">I", content, end - 4)[0] != zlib.crc32(content[place + 4 : end - 4]):
            raise ValueError("cut off")
        if kind in _PNG_KEPT:
            parts.append(content[place:end])
        if kind == b"IEND":
            return b"".join(parts)
        place = end


def _clean_webp(content: bytes) -> bytes:
    parts, place, whole = [], 12, min(len(content), 8 + struct.unpack_from("<I", content, 4)[0])
    while place < whole:
        kind, length = struct.unpack_from("<4sI", content, place)
        end = place + 8 + length + length % 2
        if place + 8 + length > whole:
            raise ValueError("cut off")
        part = content[place:end]
        if kind == b"VP8X":
            part = part[:8] + bytes([part[8] & ~0x0C]) + part[9:]
        if kind not in (b"EXIF", b"XMP "):
            parts.append(part)
        place = end
    body = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(body)) + body
