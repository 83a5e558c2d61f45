"""Templates: names and nothing else, whoever writes them and whatever a customer is called."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Invalid
from messaging.channels import Channel
from messaging.wording.language import TemplateWrong, Variable, fill, parse
from messaging.wording.markup import blocks, to_html, to_text
from messaging.wording.service import TemplateInput, Wording, check

NAMES = {"customer.name", "orders.amount", "date.today", "custom.birthday"}

HOSTILE = [
    "{{ customer.name.__class__ }}",
    "{{ customer.__class__.__mro__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ self }}",
    "{{ config }}",
    "{{ request.application }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{{ lipsum.__globals__['os'] }}",
    "{{ namespace }}",
    "{{ customer.name | attr('__class__') }}",
    "{{ customer.name|format }}",
    '{{ customer.name | map: "upper" }}',
    "{{ 'a' * 100000000 }}",
    "{{ 7*7 }}",
    "{{ range(99999999) }}",
    "{{ customer.name() }}",
    "{{ customer['name'] }}",
    "{{ customer.delete }}",
    "{{ o.delete() }}",
    "{% for x in range(10**9) %}x{% endfor %}",
    "{% include '/etc/passwd' %}",
    "{% import os %}",
    "{# a comment #}",
    "{{",
    "}}",
    "{{ }}",
    "{{ {{ customer.name }} }}",
    '{{ customer.name | default: "{{ config }}" }}',
    "{{ customer.name | truncate: 9999 }}",
    "${7*7}#{7*7}{{=7*7}}",
    "{{customer.name\x00}}",
    "{{ CUSTOMER.NAME }}",
]


@pytest.mark.parametrize("source", HOSTILE)
def test_a_hostile_template_is_refused_when_it_is_saved(source):
    with pytest.raises(TemplateWrong) as caught:
        parse(source, NAMES)
    assert caught.value.errors[0].field == "body"


def test_the_line_is_named():
    with pytest.raises(TemplateWrong, match="3"):
        parse("one\ntwo\n{{ nobody }}", NAMES)


def test_a_template_is_bounded():
    for source in ("x" * 20_001, "{{ customer.name }}" * 201):
        with pytest.raises(TemplateWrong):
            parse(source, NAMES)
    parts = parse("{{ customer.name }}" * 200, NAMES)
    assert len(fill(parts, {"customer.name": "x" * 10_000})) == 200 * 500


def test_values_go_through_filters():
    parts = parse('{{ customer.name | default: "朋友" }} {{customer.name|upper|truncate:3}}', NAMES)
    assert parts[0] == Variable("customer.name", (("default", "朋友"),))
    assert fill(parts, {}) == "朋友 "
    assert fill(parts, {"customer.name": "abcdef"}) == "abcdef ABC"


def test_what_a_customer_is_called_is_never_read_as_template_or_markup():
    name = "{{ config }} <script>alert(1)</script> **x** [a](javascript:alert(1)) \n# h"
    parts = parse("您好 **{{ customer.name }}**\n\n[详情](https://example.com/?n={{ customer.name }})", NAMES)
    html = to_html(parts, {"customer.name": name}, "zh_CN")
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert "{{ config }}" in html
    assert "https://example.com/?n=%7B%7B%20config" in html
    assert html.count("<a ") == 1
    assert "\n# h" not in to_text(parts, {"customer.name": name}, "zh_CN")


BRINGING = (
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>)",
    '[x](https://a.example/" onmouseover="alert(1))',
    "<img src=x onerror=alert(1)>",
    '![x](https://a.example/x.png" onerror="alert(1))',
    "[<b>](https://a.example/)",
    "<a href='https://evil.example'>x</a>",
    "[x]({{ customer.name }})",
    "[x](https://{{ customer.name }}/)",
    "# <script>alert(1)</script>",
    "- </ul><script>",
)


@pytest.mark.parametrize("source", BRINGING)
def test_words_bring_no_markup_of_their_own(source):
    html = blocks(parse(source, NAMES), {"customer.name": "javascript:alert(1)"}, "en")
    for wrong in ("<script", ' onerror="', ' onmouseover="', 'href="javascript', 'href="data', "<img src=x"):
        assert wrong not in html
    assert "<a href='" not in html


def test_markup_becomes_html_and_text():
    source = "# 秋季上新\n\n您好，**{{ customer.name }}**\n- 不是列表\n\n- 一\n- 二\n\n[[去看看](https://shop.example/?a=1&b=2)]\n\n![图](https://shop.example/a.png)"
    parts = parse(source, NAMES)
    html = blocks(parts, {"customer.name": "王 & 李"}, "zh_CN")
    assert "<h2>秋季上新</h2>" in html
    assert "<b>王 &amp; 李</b>" in html
    assert "<ul><li>一</li><li>二</li></ul>" in html
    assert '<a href="https://shop.example/?a=1&amp;b=2" rel="noopener noreferrer">去看看</a>' in html
    assert '<img src="https://shop.example/a.png" alt="图">' in html
    text = to_text(parts, {"customer.name": "王 & 李"}, "zh_CN")
    assert text.startswith("秋季上新\n\n您好，王 & 李")
    assert "去看看: https://shop.example/?a=1&b=2" in text


@given(st.text(max_size=300), st.text(max_size=60))
def test_no_text_breaks_the_markup(source, name):
    cleaned = source.replace("{{", "").replace("}}", "").replace("{%", "").replace("%}", "").replace("{#", "").replace("#}", "")
    try:
        parts = parse(cleaned + " {{ customer.name }}", NAMES)
    except Invalid:
        return
    html = blocks(parts, {"customer.name": name}, "en")
    assert "<script" not in html.lower() or "&lt;script" in html.lower()
    to_text(parts, {"customer.name": name}, "en")


def test_reading_takes_no_time_to_speak_of():
    """Nothing in a template makes the reader go back and forth."""
    started = time.monotonic()
    for source in ("[" * 19_000, "**" * 9_000, "![" * 9_000, "{" * 19_000, "[[x](https://" * 1_400, "#" * 19_000, "- " * 9_000):
        try:
            blocks(parse(source, NAMES), {}, "en")
        except TemplateWrong:
            continue
    assert time.monotonic() - started < 20


def test_texts_are_checked_by_channel_and_language():
    mail = TemplateInput(
        name="x", channel=Channel.EMAIL, texts={"zh_CN": Wording(body="您好"), "en": Wording(subject="{{ x }}", body="Hi")}
    )
    with pytest.raises(Invalid) as caught:
        check(mail, NAMES)
    assert {error.field for error in caught.value.errors} == {"zh_CN.subject", "en.subject"}
    with pytest.raises(Invalid):
        check(TemplateInput(name="x", channel=Channel.SMS, texts={"zh_CN": Wording(body="长" * 501)}), NAMES)
    with pytest.raises(Invalid):
        check(TemplateInput(name="x", channel=Channel.SMS, texts={}), NAMES)
    with pytest.raises(Invalid):
        check(TemplateInput(name="x", channel=Channel.SMS, texts={"fr": Wording(body="x")}), NAMES)
