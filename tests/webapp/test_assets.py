"""Static files: for ever in the browser's cache, compressed once, nothing but what is meant."""

import gzip
import re

from litestar.datastructures import Headers

from webapp.assets import ASSETS, FOREVER, STATIC, STYLES, response_to


def ask(path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    return response_to(path, Headers({name.replace("_", "-"): value for name, value in headers.items()}), method)


def test_addresses_carry_the_content_and_may_be_kept_for_ever() -> None:
    for name in ("app.css", "js/main.js", "htmx.js", "inter.woff2", "icon.svg"):
        url = ASSETS.url(name)
        assert re.search(r"[0-9a-f]{10}", url)
        status, headers, body = ask(url)
        assert (status, headers["cache-control"]) == (200, FOREVER)
        assert body


def test_what_compresses_comes_compressed() -> None:
    status, headers, body = ask(ASSETS.url("app.css"), accept_encoding="gzip, br")
    assert (status, headers["content-encoding"], headers["content-type"]) == (200, "gzip", "text/css")
    assert gzip.decompress(body) == ask(ASSETS.url("app.css"))[2]


def test_a_known_file_is_not_sent_again() -> None:
    etag = ask("/sw.js")[1]["etag"]
    assert ask("/sw.js", if_none_match=etag)[0] == 304
    assert ask("/sw.js")[1]["cache-control"] == "no-cache"


def test_an_address_of_an_earlier_release_still_works() -> None:
    assert ask("/static/app-000000000000/js/main.js")[0] == 200


def test_nothing_else_is_served() -> None:
    for path in (
        "/static/../app.py",
        "/static/vendor/../../app.py",
        "/static/app-1/%2e%2e/app.py",
        "/static/",
        "/static/vendor/manifest.json",
    ):
        assert ask(path)[0] == 404
    assert ask(ASSETS.url("app.css"), method="POST")[0] == 405


def test_every_style_sheet_is_in_the_bundle() -> None:
    assert {path.stem for path in (STATIC / "css").glob("*.css")} == set(STYLES)


def test_styles_and_scripts_have_nothing_from_elsewhere() -> None:
    own = [*(STATIC / "css").glob("*.css"), *(STATIC / "js").glob("*.js")]
    text = "".join(path.read_text() for path in own)
    assert "http://" not in text
    assert "https://" not in text
    assert "!important" not in text
    assert "eval(" not in text
