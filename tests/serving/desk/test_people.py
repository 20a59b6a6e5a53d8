"""Users and passwords: who may be one, and what is kept."""

import pytest

from serving.desk import passwords
from serving.desk.users import add_user, close_user, let_in, set_password, user, users
from stamm.errors import UsageError
from tests.serving.api.published import AT
from tests.serving.desk.desks import PASSWORD


def test_a_user_is_let_in_by_the_password_and_only_its_slow_hash_is_kept(
    slow_hashes, store, tmp_path
):
    made = add_user(store, "m.winter", "steward", PASSWORD, at=AT)
    assert let_in(store, "m.winter", PASSWORD) == made
    assert let_in(store, "m.winter", PASSWORD + "x") is None
    assert let_in(store, "nobody", PASSWORD) is None
    [kept] = store.query("select hash from desk_users")
    assert kept["hash"].startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PASSWORD.encode() not in b"".join(f.read_bytes() for f in tmp_path.iterdir())


@pytest.mark.parametrize(
    "password",
    ["", "short", "fourteen signs", "passwordpassword", "Passwort12345678901",
     "aaaaaaaaaaaaaaaaaaaa", "abcabcabcabcabcabc", "123456789012345", "qwertzuiopasdfghjkl",
     "m.winter.m.winter",
     "x" * 257],
)  # fmt: skip
def test_what_is_short_common_a_row_or_the_own_name_is_no_password(store, password):
    with pytest.raises(UsageError, match="expected") as refused:
        add_user(store, "m.winter", "steward", password, at=AT)
    assert not password or f"'{password}'" not in str(refused.value)
    assert users(store) == []


@pytest.mark.parametrize(
    "password",
    [
        PASSWORD,
        "korrekt pferd batterie",
        "🦡🦡🦡 trinken Tee um vier",
        "Grüße aus dem Moor",
    ],
)
def test_words_without_any_rule_of_composition_are(store, password):
    assert passwords.check(password, "m.winter") is None


def test_how_the_keyboard_composes_an_accent_makes_no_difference(store):
    add_user(store, "m.winter", "steward", "Gru\u0308ße aus dem Moor", at=AT)
    assert let_in(store, "m.winter", "Grüße aus dem Moor")


@pytest.mark.parametrize(("name", "role"), [("M Winter", "steward"), ("", "admin"), ("-x", "admin"),
                                            ("m.winter", "root")])  # fmt: skip
def test_a_user_needs_a_plain_name_and_a_known_role(store, name, role):
    with pytest.raises(UsageError, match="expected"):
        add_user(store, name, role, PASSWORD, at=AT)


def test_a_name_is_given_once_and_a_user_is_closed_never_deleted(store):
    add_user(store, "m.winter", "steward", PASSWORD, at=AT)
    with pytest.raises(UsageError, match="taken"):
        add_user(store, "m.winter", "admin", PASSWORD, at=AT)
    close_user(store, "m.winter", at=AT)
    assert let_in(store, "m.winter", PASSWORD) is None
    assert user(store, "m.winter").closed_at == AT
    with pytest.raises(UsageError, match="taken"):
        add_user(store, "m.winter", "admin", PASSWORD, at=AT)
    with pytest.raises(Exception, match="never deleted"), store.transaction() as db:
        db.execute("delete from desk_users")


def test_another_password_replaces_the_first(store):
    add_user(store, "m.winter", "steward", PASSWORD, at=AT)
    set_password(store, "m.winter", "fünf Wölfe essen Kuchen", at=AT)
    assert let_in(store, "m.winter", PASSWORD) is None
    assert let_in(store, "m.winter", "fünf Wölfe essen Kuchen")
    with pytest.raises(UsageError, match="desk user list"):
        set_password(store, "nobody", PASSWORD, at=AT)
