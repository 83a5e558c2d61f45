"""The translators' tool finds what is missing and what is wrong."""

from pathlib import Path

from webapp import i18n_tools


def package(tmp_path: Path, source: str, catalog: str = "") -> Path:
    folder = tmp_path / "bakery"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "bread.py").write_text(source)
    if catalog:
        path = i18n_tools.catalog_path(folder)
        path.parent.mkdir(parents=True)
        path.write_text(f'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n{catalog}')
    return folder


def test_a_missing_translation_is_named(tmp_path: Path) -> None:
    [problem] = i18n_tools.check(package(tmp_path, '_("Loaf of rye")'))
    assert "'Loaf of rye' has no translation" in problem


def test_words_in_templates_and_waiting_labels_are_found(tmp_path: Path) -> None:
    folder = package(tmp_path, 'LABEL = N_("Rye bread")')
    (folder / "templates").mkdir()
    (folder / "templates/page.html").write_text('{{ _("Crust of %(b)s", b=1) }}{{ ngettext("one loaf", "%(num)s loaves", n) }}')
    assert sorted(i18n_tools.update(folder)) == ["Crust of %(b)s", "Rye bread", "one loaf"]


def test_an_update_keeps_translations_and_drops_what_is_gone(tmp_path: Path) -> None:
    folder = package(tmp_path, '_("Rye bread")', 'msgid "Rye bread"\nmsgstr "黑麦面包"\n\nmsgid "Gone"\nmsgstr "没了"\n')
    assert sorted(i18n_tools.update(folder)) == []
    text = i18n_tools.catalog_path(folder).read_text()
    assert "黑麦面包" in text
    assert "没了" not in text
    assert i18n_tools.catalog_path(folder).with_suffix(".mo").exists()


def test_placeholders_must_agree(tmp_path: Path) -> None:
    problems = i18n_tools.check(package(tmp_path, '_("Bake %(n)s")', 'msgid "Bake %(n)s"\nmsgstr "烤 %(m)s"\n'))
    assert any("same placeholders" in problem for problem in problems)


def test_shares_are_not_stock(tmp_path: Path) -> None:
    word = "股" + "票"
    problems = i18n_tools.check(package(tmp_path, '_("Inventory")', f'msgid "Inventory"\nmsgstr "{word}"\n'))
    assert any("库存" in problem for problem in problems)


def test_an_unsure_translation_does_not_count(tmp_path: Path) -> None:
    problems = i18n_tools.check(package(tmp_path, '_("Rye")', '#, fuzzy\nmsgid "Rye"\nmsgstr "黑麦"\n'))
    assert any("fuzzy" in problem for problem in problems)
