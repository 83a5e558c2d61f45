"""The browser is held to our rules on every answer."""

from dataclasses import replace
from pathlib import Path

from kernel.settings import Settings
from webapp.headers import content_security_policy, security_headers

SETTINGS = Settings(database_url="postgresql+asyncpg://a/b", data_dir=Path("/x"), secret_key="k")


def test_scripts_come_from_here_and_are_never_inline() -> None:
    policy = dict(rule.split(" ", 1) for rule in content_security_policy(SETTINGS).split("; "))
    assert policy["default-src"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"


def test_forms_may_lead_to_a_company_and_back() -> None:
    policy = content_security_policy(replace(SETTINGS, base_url="https://jingwei.example"))
    assert "form-action 'self' https://jingwei.example https://*.jingwei.example" in policy


def test_https_is_insisted_on_where_there_is_https() -> None:
    assert "Strict-Transport-Security" not in security_headers(SETTINGS)
    assert "Strict-Transport-Security" in security_headers(replace(SETTINGS, base_url="https://jingwei.example"))


def test_no_template_has_inline_script_or_style() -> None:
    for folder in (Path(__file__).parents[2] / root for root in ("platform", "plugins")):
        for path in folder.rglob("templates/**/*.html"):
            if "mail" in path.parts or (path.parent.name == "messaging" and "mailbox" not in path.name):
                continue  # letters have no style sheets
            text = path.read_text()
            assert " style=" not in text, path
            assert "<style" not in text, path
            assert "onclick=" not in text, path
            for part in text.split("<script")[1:]:
                tag = part.split(">", 1)[0]
                assert "src=" in tag or "application/json" in tag, path
