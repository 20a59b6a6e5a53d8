"""The stories in a real Chromium with the keyboard alone, and axe on every page."""

import threading
from contextlib import contextmanager
from unittest.mock import patch

import pytest

from dedupe.judgement.judgements import judgements
from dedupe.judgement.pins import pins
from tests.sandbox.contracts.npm import packed
from tests.serving.desk.browsing import (
    BROWSER,
    chromium,
    find,
    opened_page,
    served,
    tab_to,
    type_login,
    wait_for_focus,
)  # fmt: skip
from tests.serving.desk.desks import PASSWORD
from tests.serving.desk.test_customers import party_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine"),
]
AXE = "4.14.1"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture
def url(desk):
    with served(desk) as found:
        yield found


def violations(page, axe):
    page.evaluate(axe)
    found = page.evaluate("levels => axe.run({runOnly: levels})", LEVELS)
    assert len(found["passes"]) > 5  # it did look
    return [(one["id"], [n["html"] for n in one["nodes"]][:3]) for one in found["violations"]]


def decided(page, key):
    """Press one key on a case and wait for the next one."""
    with page.expect_navigation(url="**/desk/review?done=*"):
        page.keyboard.press(key)


def test_cases_are_decided_with_one_key_each_and_undone_with_another(desk, browser, url):
    page = opened_page(browser)
    type_login(page, url, "m.winter")
    for key in ("s", "d", "u"):
        decided(page, key)
    assert [one.verdict for one in judgements(desk.store)] == ["same", "different", "unsure"]
    with page.expect_navigation(url="**/desk/review/case?*"):
        page.keyboard.press("z")
    assert judgements(desk.store)[-1].reason == "undo of judgement 3"
    page.keyboard.press("r")
    page.keyboard.type("seen in store d")  # letters of a reason are no shortcuts
    assert len(judgements(desk.store)) == 4
    tab_to(page, "button[value=different]", 200)
    with page.expect_navigation(url="**/desk/review?done=*"):
        page.keyboard.press("Enter")
    assert judgements(desk.store)[-1].reason == "seen in store d"
    with page.expect_navigation(url="**/desk/review?skipped=1"):
        page.keyboard.press("n")


def test_keys_of_letters_can_be_turned_off(desk, browser, url):
    page = opened_page(browser)
    type_login(page, url, "m.winter")
    tab_to(page, "#keys")
    page.keyboard.press("Enter")
    assert page.inner_text("#keys") == "Shortcut keys are off"
    page.keyboard.press("s")
    page.reload()
    page.keyboard.press("s")
    page.wait_for_timeout(300)
    assert judgements(desk.store) == []


def test_two_people_on_one_case_are_told(desk, browser, url):
    one, other = opened_page(browser), opened_page(browser, "de-DE")
    type_login(one, url, "m.winter")
    type_login(other, url, "t.sommer")
    left, right = (one.input_value(f"input[name={side}]") for side in ("left", "right"))
    other.goto(f"{url}/review/case?left={left}&right={right}")
    assert "Auch offen bei: m.winter" in other.inner_text("main")
    decided(one, "d")
    with other.expect_navigation():
        other.keyboard.press("g")
    assert "m.winter hat diesen Fall inzwischen entschieden" in other.inner_text("main")
    assert [judged.verdict for judged in judgements(desk.store)] == ["different"]


def test_a_value_is_pinned_and_unpinned_with_the_keyboard(desk, browser, url, pytestconfig):
    page = opened_page(browser)
    type_login(page, url, "m.winter")
    find(page, url, "anna.huber0@web.de")
    tab_to(page, "details:has(#said-phone) > summary", 200)
    page.keyboard.press("Enter")
    tab_to(page, "#pin-phone-phone")
    page.keyboard.type("+49 30 998877")
    page.keyboard.press("Tab")
    page.keyboard.type("said so on the phone")
    with page.expect_navigation(url="**#pins"):
        page.keyboard.press("Enter")
    [kept] = pins(desk.store)
    assert (kept.values, kept.reason) == ({"phone": "+4930998877"}, "said so on the phone")
    axe = packed(pytestconfig.cache, "axe-core", AXE, "axe.min.js").decode()
    assert violations(page, axe) == []
    tab_to(page, "#unpin-1", 200)
    page.keyboard.type("a wrong number")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert pins(desk.store) == []


def test_a_customer_is_found_and_a_record_parted_with_the_keyboard(desk, browser, url):
    page = opened_page(browser)
    type_login(page, url, "m.winter")
    party = find(page, url, "anna.huber0@web.de")
    assert party == party_of(desk, "p0@erp")
    tab_to(page, "input[value='p0@mail']", 200)
    page.keyboard.press("Space")
    tab_to(page, "#unmerge-reason")
    page.keyboard.type("address of the son")
    with page.expect_navigation(url="**?done=1"):
        page.keyboard.press("Enter")
    [kept] = judgements(desk.store)
    assert (kept.verdict, len(kept.left), len(kept.right)) == ("different", 1, 2)


def test_two_customers_are_merged_with_the_keyboard_after_a_look_at_what_follows(
    desk, browser, url
):
    page = opened_page(browser)
    type_login(page, url, "m.winter")
    find(page, url, "anna.huber0@web.de")
    tab_to(page, "#other", 200)
    page.keyboard.type(party_of(desk, "p1@erp"))
    page.keyboard.press("Tab")
    page.keyboard.type("said so on the phone")
    with page.expect_navigation(url="**/merge"):
        page.keyboard.press("Enter")
    assert "199.80" in page.inner_text("main")
    tab_to(page, "button.main")
    with page.expect_navigation(url="**?done=1"):
        page.keyboard.press("Enter")
    assert [one.verdict for one in judgements(desk.store)] == ["same"]


def test_thresholds_are_tried_with_the_keyboard_and_the_result_comes_by_itself(desk, browser, url):
    page = opened_page(browser)
    type_login(page, url, "a.admin")
    page.goto(f"{url}/simulator")
    wait_for_focus(page, "#person")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("15")
    assert page.input_value("#person-slider") == "15"
    tab_to(page, "#organisation-slider")
    page.keyboard.press("ArrowRight")
    assert page.input_value("#organisation") == "-1.4"
    page.keyboard.press("Home")
    assert page.input_value("#organisation") == "-2.9"
    tab_to(page, "button.main")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=What the next run would do", timeout=60_000)
    assert desk.simulations.trial.thresholds == {"person": 15.0, "organisation": -2.9}
    link = page.locator("td a[href^='/desk/customers/P']").first.get_attribute("href")
    tab_to(page, f"a[href='{link}']")
    with page.expect_navigation(url="**/customers?wanted=P*"):
        page.keyboard.press("Enter")


def test_without_a_script_a_simulation_is_started_and_its_result_reloaded(desk, browser, url):
    context = browser.new_context(locale="en-GB", java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{url}/login?next=/desk/simulator")
    page.fill("#name", "a.admin")
    page.fill("#password", PASSWORD)
    with page.expect_navigation(url="**/desk/simulator"):
        page.press("#password", "Enter")
    assert not page.is_visible("#person-slider")
    page.fill("#person", "15")
    with page.expect_navigation(url="**/desk/simulator"):
        page.press("#person", "Enter")
    desk.simulations.wait()
    if page.is_visible("text=Reload"):
        with page.expect_navigation(url="**/desk/simulator"):
            page.click("text=Reload")
    assert "What the next run would do" in page.inner_text("main")


def test_logging_out_with_the_keyboard_ends_the_session(browser, url):
    page = opened_page(browser)
    type_login(page, url, "m.winter")
    tab_to(page, "form[action='/desk/logout'] button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/login")
    page.goto(f"{url}/review")
    assert "/desk/login" in page.url


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_no_page_violates_wcag_a_or_aa_or_reaches_outside(desk, browser, url, locale, pytestconfig):
    axe = packed(pytestconfig.cache, "axe-core", AXE, "axe.min.js").decode()
    page = opened_page(browser, locale)
    asked, complained = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda said: complained.append(said.text) if said.type == "error" else None)
    page.goto(f"{url}/login")
    found = {"login": violations(page, axe)}
    type_login(page, url, "a.admin")
    found["review"] = violations(page, axe)
    find(page, url, "anna.huber0@web.de")
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    found["customer"] = violations(page, axe)
    find(page, url, "huber", one=False)
    found["found"] = violations(page, axe)
    found |= of_the_simulator(desk, page, url, axe)
    for path in ("customers", "password", "health", "people", "audit"):
        page.goto(f"{url}/{path}")
        found[path] = violations(page, axe)
    assert not complained
    page.goto(f"{url}/nowhere")
    found["told"] = violations(page, axe)
    assert {name: faults for name, faults in found.items() if faults} == {}
    assert all(one.startswith(url) for one in asked)


@contextmanager
def held(predictor):
    """It begins to predict once the block has ended."""
    go, predict = threading.Event(), predictor.predict

    def predict_then(thresholds, tell):
        go.wait(300)
        return predict(thresholds, tell)

    with patch.object(predictor, "predict", predict_then):
        try:
            yield
        finally:
            go.set()


def of_the_simulator(desk, page, url, axe):
    """Before, meanwhile and afterwards; meanwhile it would be loaded anew under the eyes of axe."""
    page.goto(f"{url}/simulator")
    found = {"simulator": violations(page, axe)}
    page.add_init_script(
        "const own = setTimeout; window.setTimeout = (f, ms) => ms === 2000 ? 0 : own(f, ms)"
    )
    page.fill("#person", "15")
    with held(desk.simulations._predictor):
        page.press("#person", "Enter")
        page.wait_for_selector("[data-poll]")
        found["simulator at work"] = violations(page, axe)
    desk.simulations.wait()
    page.goto(f"{url}/simulator")
    found["simulated"] = violations(page, axe)
    return found
