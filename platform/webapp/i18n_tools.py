"""Keeps every package's words in step with its code.

    python -m webapp.i18n_tools update core_finance     # after you wrote new words: adds them to the package's catalog
    python -m webapp.i18n_tools check [core_finance]     # what is missing, uncertain, inconsistent or forbidden
    python -m webapp.i18n_tools compile                  # .po -> .mo, for all packages

Messages are written in English, in Python as ``_("...")`` (``ngettext``, and ``N_`` where a label waits in data), in
templates as ``{{ _("...") }}``.  ``update`` writes ``<package>/locale/zh_CN/LC_MESSAGES/messages.po``: fill in the empty
``msgstr`` lines by hand, then run it again to compile.  What another package has translated already is taken over.
A literal per cent sign in a template is written ``%%``.
"""

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[2]
ROOTS = (ROOT / "platform", ROOT / "plugins")
LOCALE = "zh_CN"

TEMPLATES = ("**/templates/**.html", "**/templates/**.txt")
METHODS = [("**/template/**", "ignore"), ("**/static/**", "ignore"), ("**.py", "python"), *((name, "jinja2") for name in TEMPLATES)]
OPTIONS = {name: {"extensions": "jinja2.ext.do", "silent": "false"} for name in TEMPLATES}
KEYWORDS = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2)}

SHARED = "webapp"
"""Whose words all packages share.  From others only phrases are taken over: a single word means another thing elsewhere."""

FORBIDDEN = {"股票": "inventory is 库存; 股票 are shares"}
"""Chinese words that are wrong in this product, whatever they translate."""

Words = tuple[str, ...]

PLACEHOLDER = re.compile(r"%\((\w+)\)|\{(\w*)\}")
_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)  # a constant date in the header keeps catalogs free of noise


def packages() -> Mapping[str, Path]:
    """Every package of both source roots by its name."""
    return {path.parent.name: path.parent for root in ROOTS for path in sorted(root.glob("*/__init__.py"))}


def catalog_path(package: Path) -> Path:
    return package / "locale" / LOCALE / "LC_MESSAGES" / "messages.po"


def extract(package: Path) -> Catalog:
    """The messages that the package's code and templates contain."""
    template = Catalog(locale=LOCALE, project="Jingwei", creation_date=_LONG_AGO, fuzzy=False)
    found = extract_from_dir(str(package), METHODS, OPTIONS, keywords=KEYWORDS)
    for name, _line, message, comments, context in found:
        template.add(message, None, [(name, 0)], auto_comments=comments, context=context)
    return template


def read(package: Path) -> Catalog:
    """The package's catalog as it stands on disk; empty when there is none."""
    path = catalog_path(package)
    if not path.exists():
        return Catalog(locale=LOCALE, project="Jingwei", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=LOCALE)


def update(package: Path) -> list[str]:
    """Bring the package's catalog in step with its code; the messages that still want a translation."""
    template, catalog = extract(package), read(package)
    if not len(template):
        return []
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    memory = translations(name for name in packages() if name not in {package.name, SHARED})
    memory = {key: words for key, words in memory.items() if " " in key} | translations([SHARED])
    missing = []
    for message in _messages(catalog):
        if not _translated(message):
            message.string = _as_stored(memory.get(_key(message)), message)
        if not _translated(message):
            missing.append(_key(message))
    catalog.creation_date = catalog.revision_date = _LONG_AGO
    catalog.project, catalog.version, catalog.msgid_bugs_address = "Jingwei", "1", ""
    catalog.last_translator, catalog.language_team = "Jingwei", "Chinese"
    catalog.fuzzy = False
    catalog.header_comment = f"# Words of {package.name} in Chinese."
    path = catalog_path(package)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=140, include_lineno=False, sort_output=True, ignore_obsolete=True)
    compile_package(package)
    return missing


def compile_package(package: Path) -> None:
    path = catalog_path(package)
    if path.exists():
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, read(package))


def translations(names: Iterator[str] | Sequence[str]) -> dict[str, Words]:
    """What the named packages have translated, by English message."""
    found: dict[str, Words] = {}
    for name in names:
        for message in _messages(read(packages()[name])):
            if _translated(message) and not message.fuzzy:
                found.setdefault(_key(message), tuple(_strings(message)))
    return found


def check(package: Path) -> list[str]:
    """What is wrong with the package's catalog, one sentence each."""
    catalog = read(package)
    problems = []
    for wanted in _messages(extract(package)):
        message = catalog.get(wanted.id, wanted.context)
        if message is None or not _translated(message):
            problems.append(f"{package.name}: {_key(wanted)!r} has no translation")
        elif message.fuzzy:
            problems.append(f"{package.name}: the translation of {_key(wanted)!r} is marked fuzzy")
    for message in _messages(catalog):
        problems += [f"{package.name}: {_key(message)!r}: {fault}" for fault in _faults(message)]
    return problems


def inconsistent() -> list[str]:
    """Messages that two packages translate differently; at run time one of them would win by chance."""
    first: dict[str, tuple[str, Words]] = {}
    problems = []
    for name, package in packages().items():
        for message in _messages(read(package)):
            if not _translated(message):
                continue
            words = tuple(_strings(message))
            known, earlier = first.setdefault(_key(message), (name, words))
            if earlier != words:
                problems.append(f"{_key(message)!r} is {earlier} in {known} but {words} in {name}")
    return problems


def _messages(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)


def _key(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _strings(message: Message) -> Sequence[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def _as_stored(words: Words | None, message: Message) -> str | Words:
    """``words`` in the form of ``message``: one text, or one for each plural form."""
    if words is None:
        return "" if isinstance(message.id, str) else ("",)
    return words[0] if isinstance(message.id, str) else words


def _translated(message: Message) -> bool:
    return bool(message.string) and all(_strings(message))


def _faults(message: Message) -> Iterator[str]:
    wanted = _placeholders(_key(message))
    for string in _strings(message):
        if not string:
            continue
        if (_placeholders(string) ^ wanted) - {"num"}:  # "one line" may leave out its number
            yield f"{string!r} does not have the same placeholders"
        for word, reason in FORBIDDEN.items():
            if word in string:
                yield f"{string!r}: {reason}"


def _placeholders(text: str) -> set[str]:
    return {a or b for a, b in PLACEHOLDER.findall(text)}


def main(arguments: Sequence[str]) -> int:
    commands = {"update", "check", "compile"}
    if not arguments or arguments[0] not in commands or any(name not in packages() for name in arguments[1:]):
        sys.stderr.write(__doc__ or "")
        return 2
    command, names = arguments[0], list(arguments[1:]) or list(packages())
    if command == "compile":
        for name in names:
            compile_package(packages()[name])
        return 0
    if command == "check":
        problems = [problem for name in names for problem in check(packages()[name])] + inconsistent()
        sys.stderr.writelines(f"{problem}\n" for problem in problems)
        return 1 if problems else 0
    for name in names:
        for message in update(packages()[name]):
            sys.stderr.write(f"{name}: wants a translation: {message}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
