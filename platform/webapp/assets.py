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

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException

from kernel.web import PUBLIC

STATIC = Path(__file__).parent / "static"
VENDOR = STATIC / "vendor"
FOREVER = "public, max-age=31536000, immutable"

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


@get("/static/{path:path}", opt={"permission": PUBLIC}, include_in_schema=False, sync_to_thread=False)
def static_file(request: Request[Any, Any, Any], path: str) -> Response[bytes]:
    """One file, compressed where the browser takes it."""
    file = ASSETS.find(path.lstrip("/"))
    if file is None:
        raise NotFoundException
    return answer(request, file, FOREVER)


@get("/sw.js", opt={"permission": PUBLIC}, include_in_schema=False, sync_to_thread=False)
def service_worker(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The offline notice; at the root, because a worker only serves what is below its address."""
    return answer(request, _existing("sw.js"), "no-cache")


@get("/favicon.ico", opt={"permission": PUBLIC}, include_in_schema=False, sync_to_thread=False)
def favicon(request: Request[Any, Any, Any]) -> Response[bytes]:
    return answer(request, _existing("icon.svg"), "public, max-age=86400")


def answer(request: Request[Any, Any, Any], file: StaticFile, cache_control: str) -> Response[bytes]:
    headers = {"Cache-Control": cache_control, "ETag": file.etag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == file.etag:
        return Response(b"", status_code=304, headers=headers, media_type=file.media_type)
    if file.gz is not None and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(file.gz, headers={**headers, "Content-Encoding": "gzip"}, media_type=file.media_type)
    return Response(file.body, headers=headers, media_type=file.media_type)


def _existing(name: str) -> StaticFile:
    file = ASSETS.find(f"app-/{name}")
    if file is None:
        raise NotFoundException
    return file


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:12]
