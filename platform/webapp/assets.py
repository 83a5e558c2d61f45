"""Static files: what the browser gets, under an address that changes with the content, so it may keep them for ever.

Our own style sheets are served as one, our scripts as modules that import each other by relative path; both below
``/static/app-<hash>/``.  Libraries are built into ``static/vendor`` by the build hook, verticals may bring files of their
own.  Everything is read once at start, compressed once, and served from memory.
"""

import gzip
import hashlib
import json
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send

STATIC = Path(__file__).parent / "static"
VENDOR = STATIC / "vendor"
FOREVER = "public, max-age=31536000, immutable"

AT_THE_ROOT = {"/sw.js": ("sw.js", "no-cache"), "/favicon.ico": ("icon.svg", "public, max-age=86400")}
"""Files that browsers want at a fixed address, and how long they may keep them."""

STYLES = ("tokens", "base", "layout", "controls", "forms", "surfaces", "overlays", "tables", "board", "voucher", "pages", "print")

mimetypes.add_type("text/javascript", ".js")
mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("application/manifest+json", ".webmanifest")
_COMPRESSED = (".css", ".js", ".svg", ".webmanifest", ".txt", ".json")


@dataclass(frozen=True)
class StaticFile:
    body: bytes
    media_type: str
    etag: str
    gz: bytes | None = None

    @classmethod
    def of(cls, name: str, body: bytes, gz: bytes | None = None) -> "StaticFile":
        media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        if gz is None and name.endswith(_COMPRESSED):
            gz = gzip.compress(body, 9, mtime=0)
        return cls(body, media_type, f'"{_digest(body)}"', gz if gz is not None and len(gz) < len(body) else None)


class Assets:
    """All static files of the process by their path below ``/static/``."""

    def __init__(self) -> None:
        self._extra: dict[str, StaticFile] = {}

    def url(self, name: str) -> str:
        """Address of a file by its plain name.

        Raises:
            LookupError: there is no such file.
        """
        if name in self.vendor:
            return f"/static/vendor/{self.vendor[name]}"
        if name in self._own:
            return f"/static/{self._prefix}/{name}"
        if name in self._extra:
            return f"/static/{name}?v={self._extra[name].etag.strip(chr(34))}"
        raise LookupError(f"there is no static file {name!r}")

    def find(self, path: str) -> StaticFile | None:
        """The file at ``path`` below ``/static/``; an address of an earlier release leads to today's file."""
        head, _, rest = path.partition("/")
        if head == "vendor":
            return self._vendor_files.get(rest)
        if head.startswith("app-"):
            return self._own.get(rest)
        return self._extra.get(path)

    def add_package(self, name: str, directory: Path) -> None:
        """Serve a vertical's files at ``/static/<name>/``."""
        for path in sorted(p for p in directory.rglob("*") if p.is_file()):
            key = f"{name}/{path.relative_to(directory).as_posix()}"
            self._extra[key] = StaticFile.of(key, path.read_bytes())

    @property
    def build(self) -> str:
        """Changes when a script or style changes."""
        return self._prefix.removeprefix("app-")

    @cached_property
    def vendor(self) -> Mapping[str, str]:
        """File names with their hash by plain name, as the build hook wrote them."""
        manifest: dict[str, Any] = json.loads((VENDOR / "manifest.json").read_text())
        return {name: entry["file"] for name, entry in manifest["files"].items()}

    @cached_property
    def _vendor_files(self) -> Mapping[str, StaticFile]:
        files = {}
        for name in (name for plain, name in self.vendor.items() if plain != "icons.json"):
            ready = VENDOR / f"{name}.gz"
            files[name] = StaticFile.of(name, (VENDOR / name).read_bytes(), ready.read_bytes() if ready.exists() else None)
        files["LICENSES.txt"] = StaticFile.of("LICENSES.txt", (VENDOR / "LICENSES.txt").read_bytes())
        return files

    @cached_property
    def _own(self) -> Mapping[str, StaticFile]:
        bodies = {"app.css": b"\n".join((STATIC / "css" / f"{name}.css").read_bytes() for name in STYLES)}
        for path in (*(STATIC / "js").glob("*.js"), *(p for p in STATIC.iterdir() if p.is_file())):
            bodies[path.relative_to(STATIC).as_posix()] = path.read_bytes()
        return {name: StaticFile.of(name, body) for name, body in sorted(bodies.items())}

    @cached_property
    def _prefix(self) -> str:
        return "app-" + _digest(b"".join(name.encode() + file.body for name, file in self._own.items()))


ASSETS = Assets()


class StaticFiles:
    """Answers addresses of static files before anybody asks whose host it is or who is there."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if scope["type"] != ScopeType.HTTP or not (path.startswith("/static/") or path in AT_THE_ROOT):
            await self.app(scope, receive, send)
            return
        status, headers, body = response_to(path, Headers.from_scope(scope), scope["method"])
        answer = ASGIResponse(
            body=body,
            status_code=status,
            headers=headers,
            media_type=headers.pop("content-type"),
            is_head_response=scope["method"] == "HEAD",
        )
        await answer(scope, receive, send)


def response_to(path: str, headers: Headers, method: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body: compressed where the browser takes it, nothing where it has the file already."""
    if method not in ("GET", "HEAD"):
        return 405, {"allow": "GET, HEAD", "content-type": "text/plain"}, b""
    name, cache_control = AT_THE_ROOT.get(path, ("", FOREVER))
    file = ASSETS.find(f"app-/{name}" if name else path.removeprefix("/static/"))
    if file is None:
        return 404, {"content-type": "text/plain", "cache-control": "no-store"}, b"There is no such file.\n"
    answer = {"content-type": file.media_type, "cache-control": cache_control, "etag": file.etag, "vary": "Accept-Encoding"}
    if headers.get("if-none-match") == file.etag:
        return 304, answer, b""
    if file.gz is not None and "gzip" in headers.get("accept-encoding", ""):
        return 200, {**answer, "content-encoding": "gzip"}, file.gz
    return 200, answer, file.body


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:12]
