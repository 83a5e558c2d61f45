"""What is accepted as a password and how it is kept."""

import asyncio

import pytest

from identity.people import passwords
from identity.people.passwords import WeakPassword, check_strength, hash_password, needs_rehash, verify
from identity.people.service import InvalidEmail, clean_email


@pytest.mark.parametrize("password", ["correct horse battery", "四个汉字四个汉字密码", "x9$kPq2!", "p" * 3 + "q" * 250 + "rs"])
def test_long_ones_are_fine_without_rules_about_classes(password):
    check_strength(password)


@pytest.mark.parametrize(
    "password",
    ["short", "password", "Password123", "woaini1314", "１２３４５６７８", "abcdefgh", "87654321", "aaaaaaaaaa", "abababab", "x" * 257],
)
def test_what_attackers_try_first_is_refused(password):
    with pytest.raises(WeakPassword):
        check_strength(password)


@pytest.mark.parametrize("password", ["linwei2026", "Lin Wei!", "lin.wei@example.com", "qinghe-2026"])
def test_what_is_known_about_the_person_is_refused(password):
    with pytest.raises(WeakPassword):
        check_strength(password, hints=("Lin Wei", "linwei@example.com", "lin.wei@example.com", "Qinghe"))


async def test_the_hash_is_argon2id_with_owasps_parameters():
    stored = await hash_password("correct horse battery")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await verify("correct horse battery", stored)
    assert not await verify("correct horse batterz", stored)
    assert not needs_rehash(stored)


async def test_an_input_methods_digits_are_digits():
    assert await verify("pass１２３phrase", await hash_password("pass123phrase"))


async def test_nothing_matches_where_there_is_no_account_or_a_broken_hash():
    assert not await verify("no such person", None)
    assert not await verify("anything", "not a hash")


async def test_an_older_hash_is_renewed_at_the_next_sign_in(house):
    from argon2 import PasswordHasher

    from identity.people.model import Person
    from identity.people.service import authenticate

    person = await house.person()
    async with house.database.registry_session() as session:
        row = await session.get_one(Person, person.id)
        row.password_hash = PasswordHasher(memory_cost=8192, time_cost=1, parallelism=1).hash("an old password here")
    async with house.database.registry_session() as session:
        assert await authenticate(session, person.email, "an old password here")
    async with house.database.registry_session() as session:
        assert not needs_rehash((await session.get_one(Person, person.id)).password_hash)


async def test_hashing_leaves_the_event_loop_free(monkeypatch):
    beats = 0

    async def beat():
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(beat())
    await hash_password("correct horse battery")
    task.cancel()
    assert beats > 5
    assert passwords._threads._max_workers == 2


@pytest.mark.parametrize("text", ["Lin@Example.com", " lin@example.com ", "lin+tag@sub.example.com", "lin@intranet"])
def test_addresses_are_accepted(text):
    assert "@" in clean_email(text)


@pytest.mark.parametrize(
    "text", ["", "lin", "@example.com", "lin@", "lin@exa mple.com", "a@b.com\nBcc: c@d.com", "Lin <lin@example.com>", "a@b@c.d"]
)
def test_other_things_are_no_addresses(text):
    with pytest.raises(InvalidEmail):
        clean_email(text)
