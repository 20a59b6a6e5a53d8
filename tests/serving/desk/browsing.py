"""A real server and a real Chromium: what a person sees and presses."""

from __future__ import annotations

import shutil
import threading
import time
from contextlib import contextmanager

import uvicorn
from playwright.sync_api import sync_playwright

from serving.api.app import application
from tests.serving.desk.desks import PASSWORD

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@contextmanager
def served(desk):
    """The address of the desk."""
    app = application(desk.service, desk)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/desk"
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def chromium():
    """The system's own; nothing is downloaded."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield found
        found.close()


def opened_page(browser, locale="en-GB"):
    """A window of its own, with cookies of its own."""
    context = browser.new_context(locale=locale, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    return page


def type_login(page, url, name):
    """With the keyboard alone: the name has the focus already."""
    page.goto(f"{url}/login")
    wait_for_focus(page, "#name")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/review")


def find(page, url, typed, one=True):
    """Search with the keyboard; gives the id of the customer where one is found."""
    page.goto(f"{url}/customers")
    wait_for_focus(page, "#typed")
    page.keyboard.type(typed)
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("ticket 4711")
    with page.expect_navigation(url="**/customers/P*" if one else "**/customers"):
        page.keyboard.press("Enter")
    return page.url.rsplit("/", 1)[1]


def wait_for_focus(page, selector):
    """A browser gives `autofocus` its due with the first picture, which may come after `load`."""
    page.wait_for_selector(f"{selector}:focus")


def tab_to(page, selector, most=120):
    """Press Tab until this has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    raise AssertionError(f"{selector} was not reached with the Tab key")
