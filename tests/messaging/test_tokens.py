"""A token of a link has one spelling and cannot be altered."""

from uuid import UUID

from messaging.tokens import LENGTH, Subject, make_token, read_token

ABOUT = Subject(tenant_id=7, kind="t", id=UUID(int=5))
LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


def test_a_token_is_read_in_either_case():
    token = make_token("key", ABOUT)
    assert len(token) == LENGTH
    assert read_token("key", token) == read_token("key", token.upper()) == ABOUT


def test_no_letter_of_a_token_can_be_another():
    token = make_token("key", ABOUT)
    for place in (0, 20, LENGTH - 1):
        others = [token[:place] + letter + token[place + 1 :] for letter in LETTERS if letter != token[place]]
        assert [other for other in others if read_token("key", other)] == []
    assert read_token("other key", token) is None
