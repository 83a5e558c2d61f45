"""REST API and addresses of the files of timeline entries, whatever record the entry is about."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, MultipartBody

from kernel.files import BODY_BYTES_MAX, handed_out, uploaded
from kernel.i18n import gettext as _
from kernel.web import SIGNED_IN
from kernel.work import Work
from master_data.timeline.files import FileNotFound, FileView, add_files, file_within_reach, files_of, remove_file
from master_data.timeline.service import activity_within_reach

OPT = {"permission": SIGNED_IN}
"""What is asked for is the right to read the record that the entry is about: the service looks at it."""


class ActivityFileRead(msgspec.Struct, kw_only=True):
    """A file or photograph of a timeline entry."""

    id: UUID
    activity_id: UUID
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    added_by: str
    added_at: datetime

    @classmethod
    def of(cls, file: FileView) -> "ActivityFileRead":
        return cls(**{name: getattr(file, name) for name in cls.__struct_fields__ if name != "added_at"}, added_at=file.created_at)


class ActivityFileController(Controller):
    path = "/activities/{activity_id:uuid}/files"
    tags = ("Timeline",)

    @get("/", opt=OPT, operation_id="ListActivityFiles")
    async def list_files(self, work: NamedDependency[Work], activity_id: FromPath[UUID]) -> list[ActivityFileRead]:
        """The files of an entry whose record one may read."""
        entry = await activity_within_reach(work, activity_id)
        return [ActivityFileRead.of(file) for file in (await files_of(work, [entry.id])).get(entry.id, ())]

    @post("/", opt=OPT, operation_id="AddActivityFile", request_max_body_size=BODY_BYTES_MAX)
    async def add(self, work: NamedDependency[Work], activity_id: FromPath[UUID], data: MultipartBody[dict[str, Any]]) -> ActivityFileRead:
        """Put the part ``file`` to an entry of one's own: PDF, OFD, XML, XLSX or a picture of at most 10 MB.

        A photograph loses the place where it was taken unless the part ``keep_location`` is ``1``.
        """
        entry = await activity_within_reach(work, activity_id)
        upload = await uploaded(data.get("file"))
        [file] = await add_files(work, entry, [upload], keep_location=str(data.get("keep_location", "")) == "1")
        return ActivityFileRead.of(file)


class OneActivityFileController(Controller):
    path = "/activity-files/{file_id:uuid}"
    tags = ("Timeline",)

    @get("/", opt=OPT, operation_id="ReadActivityFile")
    async def download(self, work: NamedDependency[Work], file_id: FromPath[UUID]) -> Response[bytes]:
        """The file itself, as a download."""
        file = await file_within_reach(work, file_id)
        return handed_out(file.name, file.media_type, file.content)

    @delete("/", opt=OPT, operation_id="RemoveActivityFile")
    async def remove(self, work: NamedDependency[Work], file_id: FromPath[UUID]) -> None:
        """Take a file of an entry of one's own away."""
        await remove_file(work, file_id)


class ActivityFilePages(Controller):
    path = "/timeline/files/{file_id:uuid}"
    include_in_schema = False

    @get("/", opt=OPT)
    async def show(self, work: NamedDependency[Work], file_id: FromPath[UUID]) -> Response[bytes]:
        """A picture to look at, anything else as a download."""
        file = await file_within_reach(work, file_id)
        return handed_out(file.name, file.media_type, file.content, inline=True)

    @get("/small", opt=OPT)
    async def show_small(self, request: Request[Any, Any, Any], work: NamedDependency[Work], file_id: FromPath[UUID]) -> Response[bytes]:
        """The picture as lists show it."""
        file = await file_within_reach(work, file_id, with_small=True, with_content=False)
        if file.small is None:
            raise FileNotFound(_("There is no such file."))
        # The server is asked each time whether the reader still may see it; the picture is sent once.
        etag = f'"{file.sha256[:24]}"'
        same = request.headers.get("if-none-match") == etag
        answer = handed_out(f"{file.name}.jpg", "image/jpeg", b"" if same else file.small, inline=True)
        answer.status_code = 304 if same else 200
        answer.headers |= {"Cache-Control": "private, no-cache", "ETag": etag}
        return answer

    @post("/delete", opt=OPT, status_code=200)
    async def remove(self, work: NamedDependency[Work], file_id: FromPath[UUID]) -> Response[str]:
        await remove_file(work, file_id)
        return Response("", media_type="text/html")
