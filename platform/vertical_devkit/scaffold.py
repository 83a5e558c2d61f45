"""A new vertical on disk, from the packaged template."""

from pathlib import Path

from copier import run_copy

TEMPLATE = Path(__file__).parent / "template"


def scaffold(name: str, target: Path, *, title: str | None = None, publisher: str | None = None) -> Path:
    """Write the project of vertical ``name`` into ``target`` and answer it.  As generated it passes its own tests.

    copier, not a templating of our own, because ``copier update`` later carries changes of the template into the author's repository.
    """
    answers = {"name": name, "title": title, "publisher": publisher}
    run_copy(str(TEMPLATE), target, data={key: value for key, value in answers.items() if value is not None}, defaults=True, quiet=True)
    return target
