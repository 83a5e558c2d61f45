"""The audit log is read in words: what an act is called, and what of a thing changed."""

import re
from pathlib import Path

from identity.audit import words
from webapp.app import load_catalog

ROOT = Path(__file__).parents[2] / "platform"
_ACT = re.compile(r"\brecord\(\s*\w+,\s*\"([a-z_]+\.[a-z_]+)\"")


def test_every_act_has_words():
    load_catalog()
    acts = {act for path in ROOT.rglob("*.py") for act in _ACT.findall(path.read_text())}
    known = dict(words.actions())
    assert len(acts) > 100
    assert sorted(act for act in (*acts, "lead.disqualified", "lead.reopened") if act not in known) == []


def test_fields_of_what_companies_set_up_have_words():
    load_catalog()
    field = {
        "stem": "master.party", "code": "level", "options": [], "required": False, "only_once": False, "shown_if": None, "record_kind": "x",
        "match": "all", "warn_percent": 80, "first_minutes": 30, "resolve_minutes": 60, "around_clock": True, "reassign": True,
        "requester_email": "x", "condition": "won", "no": 1, "to": "x", "by": "x", "ip": "x", "custom": "x", "employee": "x",
    }  # fmt: skip
    plain = {name.replace("_", " ") for name in field}
    assert [line.field for line in words.differences(None, field) if line.field in plain] == []
