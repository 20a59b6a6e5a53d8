"""The report: one file that a browser reads whole, with every section, and nothing from outside."""

import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest

from dedupe.files import Options, dedupe_files

PEOPLE = """\
Vorname;Nachname;Geburtsdatum;E-Mail;Ort
Anna;Müller;12.03.1980;anna@web.de;Dresden
Anna;Mueller;12.03.1980;anna@web.de;Dresden
Jürgen;<script>alert(1)</script>;01.12.1975;j.gross@gmx.de;Köln & Bonn
Juergen;<script>alert(1)</script>;01.12.1975;j.gross@gmx.de;Köln & Bonn
Beate;Schäfer;30.07.1990;beate@web.de;Köln
Beate;Lang;01.01.1960;;Köln
"""
VOID = {"meta", "input", "line", "rect", "polyline", "br", "link", "img", "col"}
SECTIONS = ["unsure", "columns", "weights", "estimate", "pairs", "clusters", "rules"]


class Page(HTMLParser):
    """Reads a page, complains of tags that do not close, keeps what tests ask for."""

    def __init__(self, text):
        super().__init__()
        self.open, self.seen, self.texts = [], [], {}
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag, f"</{tag}> in line {self.getpos()[0]}"

    def handle_data(self, data):
        for tag in self.open:
            self.texts[tag] = self.texts.get(tag, "") + data

    def all(self, tag):
        return [attributes for name, attributes in self.seen if name == tag]


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    (folder / "kunden.csv").write_text(PEOPLE, encoding="utf-8")
    result = dedupe_files([folder / "kunden.csv"], Options(out=folder / "out"))
    return (result.out / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


def test_it_has_all_sections_and_links_to_each_of_them(page):
    assert [one["id"] for one in page.all("section")] == SECTIONS
    assert {one["href"][1:] for one in page.all("a")} <= set(SECTIONS)
    assert page.all("html") == [{"lang": "en"}]
    assert page.texts["h1"] == "Who is who in kunden.csv"


def test_it_loads_nothing_from_elsewhere(page, text):
    assert not [one for tag, one in page.seen if {"src", "srcset", "data"} & one.keys()]
    assert all(one["href"].startswith("#") for tag, one in page.seen if "href" in one)
    assert not re.search(r"https?://|@import|url\(", text)
    assert not page.all("link")


def test_what_the_files_hold_is_shown_and_never_run(page, text):
    assert "<script>alert" not in text
    assert "Köln & Bonn" in page.texts["td"]
    assert "<script>alert(1)</script>" in page.texts["td"]


def test_each_chart_has_a_title_and_a_table_beside_it(page):
    charts = [one for one in page.all("svg") if one.get("role") == "img"]
    assert len(charts) == 3  # weights, estimate, sizes
    assert len(page.all("desc")) == 3
    assert len(page.all("details")) == 3
    bars = [one for one in page.all("svg") if one.get("role") != "img"]
    assert all(one["aria-hidden"] == "true" for one in bars)  # beside the numbers of their row


def test_waterfalls_add_up(text):
    """Bits of all steps of a pair give its match weight, within rounding."""
    for article in re.findall(r'<article class="pair">(.*?)</article>', text, re.DOTALL):
        found = re.findall('class="number">([+\N{MINUS SIGN}][\\d.]+)<', article)
        *steps, total = [float(bits.replace("\N{MINUS SIGN}", "-")) for bits in found]
        assert total == pytest.approx(sum(steps), abs=0.005 * (len(steps) + 1))
    assert '<article class="pair">' in text


BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")
def test_a_real_browser_runs_the_slider_and_reaches_for_nothing(text, tmp_path):
    (tmp_path / "report.html").write_text(text, encoding="utf-8")
    done = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
         "--enable-logging=stderr",
         f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
         (tmp_path / "report.html").as_uri()],
        check=True, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    told = re.search(r"<output[^>]*>([^<]*)</output>", done.stdout)
    assert told is not None
    assert re.fullmatch(r"from \S+ bits on: precision .* %, recall .* %, \d+ pairs", told[1])
    assert "CONSOLE" not in done.stderr  # neither an error nor a refused request
