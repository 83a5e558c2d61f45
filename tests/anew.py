"""Writing a record anew as a careful program does: with the version that was just read."""

from collections.abc import Mapping
from typing import Any

import httpx


async def put_anew(client: httpx.AsyncClient, path: str, body: Mapping[str, Any]) -> httpx.Response:
    read = await client.get(path)
    return await client.put(path, json={**body, "version": read.json()["version"]})
