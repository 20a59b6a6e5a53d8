"""Coming and going: one answer to every wrong login, sessions that end on the server, own forms."""

import re
import sqlite3

import pytest

from serving.desk import audit, sessions, throttle
from serving.desk.asking import SESSION_COOKIE
from serving.desk.users import add_user, close_user, let_in
from tests.serving.api.published import AT
from tests.serving.desk.desks import PASSWORD, Browser, later


def test_whoever_is_not_logged_in_is_led_to_the_login_and_then_where_they_wanted(visitor):
    shown = visitor.get("/password")
    assert (shown.url.path, shown.url.query) == ("/desk/login", b"next=/desk/password")
    done = visitor.send("/login", {"name": "m.winter", "password": PASSWORD,
                                   "next": "/desk/password"})  # fmt: skip
    assert done.url.path == "/desk/password"
    assert "Logged in: m.winter (steward)" in visitor.said


@pytest.mark.parametrize("path", ["https://evil.example/", "//evil.example", "/desk/../x//y",
                                  "/desk/\\evil", "/elsewhere"])  # fmt: skip
def test_the_login_leads_to_no_other_site(visitor, path):
    visitor.get("/login")
    visitor.client.follow_redirects = False
    done = visitor.send("/login", {"name": "m.winter", "password": PASSWORD, "next": path})
    assert done.headers["location"] == "/desk/review"


def test_a_wrong_password_and_an_unknown_name_get_one_answer(visitor):
    answers = [visitor.log_in(*who) for who in (("m.winter", "x"), ("nobody", PASSWORD))]
    assert [one.status_code for one in answers] == [401, 401]
    plain = [re.sub('value="[0-9a-f]{48}"', "", one.text) for one in answers]
    assert plain[0] == plain[1]
    assert "The name or the password is wrong." in visitor.said


def test_ten_wrong_tries_with_a_name_make_everybody_wait_and_no_other_name(desk, visitor):
    for _ in range(throttle.BY_NAME):
        assert visitor.log_in("m.winter", "wrong").status_code == 401
    locked = visitor.log_in("m.winter")
    assert (locked.status_code, locked.headers["retry-after"]) == (429, "901")
    assert "try again in 16 minutes" in visitor.said
    assert visitor.log_in("t.sommer").url.path == "/desk/review"
    later(desk, minutes=16)
    assert Browser(desk).log_in("m.winter").url.path == "/desk/review"


def test_an_address_that_tries_many_names_waits_too(desk, store):
    for number in range(throttle.BY_ADDRESS):
        throttle.failed(store, f"n{number}", "10.0.0.1", at=desk.now())
    assert throttle.seconds_to_wait(store, "new", "10.0.0.1", at=desk.now()) > 0
    assert throttle.seconds_to_wait(store, "new", "10.0.0.2", at=desk.now()) == 0


def test_what_was_typed_as_a_name_is_kept_nowhere(desk, visitor, home):
    visitor.log_in("my secret word by mistake", "x")
    kept = b"".join(path.read_bytes() for path in home.root.glob("state.db*"))
    assert b"my secret word" not in kept


def test_a_login_makes_a_new_session_and_ends_the_one_before(desk, visitor):
    visitor.log_in("m.winter")
    first = visitor.client.cookies[SESSION_COOKIE]
    visitor.log_in("m.winter")
    second = visitor.client.cookies[SESSION_COOKIE]
    assert first != second
    assert sessions.session_of(desk.store, first, at=desk.now()) is None
    assert sessions.session_of(desk.store, second, at=desk.now())


def test_a_token_that_the_browser_brought_along_is_never_taken_over(visitor, desk):
    visitor.client.cookies.set(
        SESSION_COOKIE, "chosen-by-an-attacker", domain="testserver.local", path="/desk"
    )
    visitor.log_in("m.winter")
    assert visitor.client.cookies.get(SESSION_COOKIE) != "chosen-by-an-attacker"
    assert sessions.session_of(desk.store, "chosen-by-an-attacker", at=desk.now()) is None


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites_and_only_its_hash_is_kept(
    visitor, home
):
    visitor.get("/login")
    visitor.client.follow_redirects = False
    done = visitor.send("/login", {"name": "m.winter", "password": PASSWORD})
    [cookie] = [one for one in done.headers.get_list("set-cookie") if SESSION_COOKIE + "=" in one]
    assert {"HttpOnly", "Path=/desk", "SameSite=strict"} <= set(cookie.split("; "))
    token = cookie.split("=")[1].split(";")[0]
    kept = b"".join(path.read_bytes() for path in home.root.glob("state.db*"))
    assert token.encode() not in kept


def test_behind_a_name_that_is_not_this_machine_the_cookie_needs_tls(visitor):
    visitor.client.base_url = "https://desk.example"
    done = visitor.get("/login")
    assert "Secure" in done.headers["set-cookie"]


def test_logging_out_ends_the_session_on_the_server(desk, steward):
    token = steward.client.cookies[SESSION_COOKIE]
    steward.send("/logout")
    thief = Browser(desk)
    thief.client.cookies.set(SESSION_COOKIE, token, domain="testserver.local", path="/desk")
    assert thief.get("/password").url.path == "/desk/login"


@pytest.mark.parametrize(("step", "steps"), [({"minutes": 31}, 1), ({"minutes": 29}, 17)])
def test_a_session_ends_when_it_is_idle_or_old(desk, steward, step, steps):
    for number in range(steps):
        later(desk, **step)
        ended = steward.get("/password").url.path == "/desk/login"
        assert ended == (number == steps - 1), number


def test_a_closed_user_is_out_with_the_next_request(desk, steward):
    close_user(desk.store, "m.winter", at=desk.now())
    assert steward.get("/password").url.path == "/desk/login"


def test_another_password_ends_every_other_session_of_the_user(desk, steward):
    other = Browser(desk).logged_in("m.winter")
    later(desk, seconds=1)
    steward.get("/password")
    assert (
        steward.send("/password", {"old": "x", "new": "sechs Hasen lesen Zeitung"}).status_code
        == 422
    )
    assert steward.send("/password", {"old": PASSWORD, "new": "short"}).status_code == 422
    done = steward.send("/password", {"old": PASSWORD, "new": "sechs Hasen lesen Zeitung"})
    assert done.url.path == "/desk/review"
    assert other.get("/password").url.path == "/desk/login"
    assert Browser(desk).log_in("m.winter").status_code == 401


@pytest.mark.parametrize("csrf", ["", "x", "0" * 48])
def test_a_form_without_the_token_of_its_session_does_nothing(steward, csrf):
    done = steward.send("/logout", {"csrf": csrf})
    assert done.status_code == 403
    assert steward.get("/password").url.path == "/desk/password"


def test_the_token_of_another_session_does_nothing(desk, steward):
    other = Browser(desk).logged_in("t.sommer")
    assert steward.send("/logout", {"csrf": other.csrf}).status_code == 403


def test_a_form_that_another_site_sends_does_nothing(steward):
    assert steward.send("/logout", **{"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert steward.get("/password").url.path == "/desk/password"


def test_a_login_form_needs_its_token_too(visitor):
    visitor.get("/login")
    done = visitor.send("/login", {"csrf": "x", "name": "m.winter", "password": PASSWORD})
    assert done.status_code == 403


def test_a_form_may_be_long_but_not_endless(steward):
    assert steward.send("/logout", {"x": "y" * 70_000}).status_code == 413


@pytest.mark.parametrize("path", ["/login", "/password", "/nowhere", "/static/desk.css"])
def test_each_answer_keeps_the_browser_to_itself(steward, path):
    shown = steward.get(path)
    policy = shown.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert shown.headers.get("cache-control") == (None if "static" in path else "no-store")


def test_no_page_holds_script_or_style_or_reaches_for_another_host(steward):
    for path in ("/login", "/password"):
        text = steward.get(path).text
        assert not re.search(r"<script(?! src=\"/desk/)|<style| style=| on\w+=|https?://", text)


def test_a_steward_sees_neither_users_nor_trail_and_the_try_is_noted(desk, steward):
    for path in ("/people", "/audit"):
        assert steward.get(path).status_code == 403
    assert [one.subject for one in audit.entries(desk.store, limit=2)] == [
        "/desk/audit",
        "/desk/people",
    ]
    assert steward.send("/people/close", {"name": "t.sommer"}).status_code == 403


def failing(store, tables):
    """From now on nothing is written to these."""
    with store.transaction() as db:
        for table in tables:
            db.execute(
                f"create trigger {table}_fails before insert on {table}"
                f" begin select raise(abort, 'no room'); end"
            )


def test_a_wrong_old_password_is_in_the_trail_and_changes_nothing(desk, steward):
    steward.get("/password")
    told = {"old": "not mine, I think", "new": "fünf Wölfe essen Kuchen"}
    assert steward.send("/password", told).status_code == 422
    entry = audit.entries(desk.store)[0]
    assert (entry.actor, entry.action, entry.subject) == (
        "m.winter", "gave a wrong old password", "m.winter")  # fmt: skip
    assert let_in(desk.store, "m.winter", PASSWORD)


def test_what_cannot_be_written_into_the_trail_is_not_done(desk, admin):
    before = [dict(row) for row in desk.store.query("select * from desk_users order by name")]
    failing(desk.store, ["desk_audit"])
    admin.get("/password")
    for path, told in {
        "/people/close": {"name": "t.sommer"},
        "/password": {"old": PASSWORD, "new": "fünf Wölfe essen Kuchen"},
        "/logout": {},
    }.items():
        csrf = {"csrf": admin.csrf}
        with pytest.raises(sqlite3.IntegrityError, match="no room"):
            admin.client.post(f"/desk{path}", data=told | csrf)
    with pytest.raises(sqlite3.IntegrityError, match="no room"):
        admin.client.post("/desk/password", data={"old": "x", "new": "y"} | csrf)
    with pytest.raises(sqlite3.IntegrityError, match="no room"):
        add_user(desk.store, "n.neu", "steward", PASSWORD, at=AT)
    after = [dict(row) for row in desk.store.query("select * from desk_users order by name")]
    assert after == before
    assert desk.store.query("select count(*) as n from desk_failures")[0]["n"] == 0
    assert admin.get("/password").status_code == 200  # still logged in


def test_an_admin_closes_others_but_not_the_own_access(desk, admin):
    admin.get("/people")
    assert admin.send("/people/close", {"name": "a.admin"}).status_code == 422
    admin.get("/people")
    admin.send("/people/close", {"name": "t.sommer"})
    assert Browser(desk).log_in("t.sommer").status_code == 401
    admin.get("/audit")
    assert "closed the user t.sommer" in admin.said
    assert "The chain is whole" in admin.said


def test_the_language_is_that_of_the_browser_until_another_is_chosen(desk):
    german = Browser(desk, "fr, de-AT;q=0.8, en;q=0.3")
    assert "Anmelden" in german.get("/login").text
    german.send("/language", {"language": "en", "back": "/desk/login"})
    assert "Log in" in german.get("/login").text
    german.logged_in("m.winter")
    german.send("/my-language", {"language": "de", "back": "/desk/password"})
    assert german.seen.url.path == "/desk/password"
    assert '<html lang="de">' in german.seen.text
