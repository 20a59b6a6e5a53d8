"""Case tables: how values as people write them become values that agree."""

import pytest

from dedupe.standardise import addresses, companies, contact_points, names
from dedupe.standardise.folding import folded, without_umlauts
from dedupe.standardise.phonetics import koelner_phonetik


@pytest.mark.parametrize(
    ("text", "plain_words"),
    [
        ("Müller", "mueller"),
        ("MÜLLER", "mueller"),
        ("Straße", "strasse"),
        ("Søren Ærø", "soren aero"),
        ("Łukasz", "lukasz"),
        ("Şimşek", "simsek"),
        ("O’Neil", "oneil"),
        ("  Anna-Lena  (alt) ", "anna lena alt"),
        ("Иван Петров", "ivan petrov"),
        ("Γιώργος", "giorgos"),
        ("12–14", "12 14"),
        ("Anna 😀", "anna"),
    ],
)
def test_text_is_folded_the_german_way(text, plain_words):
    assert folded(text) == plain_words


@pytest.mark.parametrize(
    "group",
    [("Müller", "Mueller", "Muller", "MÜLLER"), ("Jörg", "Joerg", "Jorg"), ("Groß", "Gross")],
)
def test_all_ways_to_write_an_umlaut_are_one_key(group):
    assert len({without_umlauts(folded(word)) for word in group}) == 1


@pytest.mark.parametrize("word", ["neue", "bauer", "quelle", "treue"])
def test_ue_that_is_no_umlaut_stays(word):
    assert without_umlauts(word) == word


@pytest.mark.parametrize(
    ("text", "given", "root"),
    [
        ("Anna", "anna", "anna"),
        ("Dr. Hans-Peter", "hans peter", "hans"),
        ("Herr Prof. Dr. Uwe", "uwe", "uwe"),
        ("Hans Peter", "hans peter", "hans"),
        ("A.", "a", None),
        ("Fräulein Anna", "anna", "anna"),
        ("Dr.med. Anna", "anna", "anna"),
        ("Hans C.", "hans c", "hans"),
        ("Ing-Marie", "ing marie", "ing"),
        ("Мария", "mariya", "mariya"),
    ],
)
def test_given_names_lose_titles_and_lead_to_their_first_name(text, given, root):
    assert names.given_name(text)[:2] == (given, root)


def test_nicknames_have_the_root_of_the_full_name():
    assert {names.given_name(n).given_root for n in ("Sepp", "Josef", "Joseph")} == {"josef"}


@pytest.mark.parametrize(
    ("text", "family", "parts"),
    [
        ("von Müller-Schmidt", "vonmullerschmidt", ["muller", "schmidt"]),
        ("Al-Hamad", "alhamad", ["hamad"]),
        ("Alhamad", "alhamad", ["alhamad"]),
        ("Müller jun.", "muller", ["muller"]),
        ("Ma", "ma", ["ma"]),
    ],
)
def test_family_names_are_one_word_and_their_parts(text, family, parts):
    assert names.family_name(text)[:2] == (family, parts)


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("Anna von Berg", ("Anna", "von Berg", None)),
        ("von Berg, Anna", ("Anna", "von Berg", None)),
        ("Frau Dr. Anna Berg", ("Anna", "Berg", None)),
        ("Berg", (None, None, "Berg")),
        ("Herr", (None, None, None)),
        ("Hans Berg, MBA", ("Hans", "Berg", None)),
        ("Dr. Hans Berg, M.A.", ("Hans", "Berg", None)),
        ("Hans Berg, Jr.", ("Hans", "Berg", None)),
        ("Berg, Anna, Dr.", ("Anna", "Berg", None)),
        ("Berg, Frau", (None, None, "Berg")),
        ("Frau Prof. Dr. h.c. Anna Berg", ("Anna", "Berg", None)),
        ("Mag.a Anna Berg", ("Anna", "Berg", None)),
        ("Dipl.-Ing. (FH) Anna Berg", ("Anna", "Berg", None)),
        ("DI Anna Berg MA", ("Anna", "Berg", None)),
        ("Dr. rer. nat. Anna Berg", ("Anna", "Berg", None)),
    ],
)
def test_one_field_with_a_whole_name_is_cut_in_two(text, split):
    assert names.full_name(text) == split


@pytest.mark.parametrize(
    ("text", "split"),
    [
        ("C. Berg", ("C.", "Berg", None)),
        ("Dr. H. Berg", ("H.", "Berg", None)),
        ("Jack Ma", ("Jack", "Ma", None)),
        ("MA, JACK", ("JACK", "MA", None)),
        ("Nat Berg", ("Nat", "Berg", None)),
        ("Phil Berg", ("Phil", "Berg", None)),
        ("Amartya Sen", ("Amartya", "Sen", None)),
    ],
)
def test_a_name_that_is_also_a_title_is_a_name_where_it_stands_or_is_written_like_one(text, split):
    assert names.full_name(text) == split


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("Herr Prof. Dr. Kurz", "prof dr"),
        ("Dr. h. c.", "dr h c"),
        ("MA", "ma"),
        ("Hans C. Berg", None),
        ("Anna Berg MA", "ma"),
    ],
)
def test_titles_are_told_folded(text, titles):
    assert names.title(text) == titles


# Published examples: Postel 1969, and the encyclopaedia article on the method.
@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("mullerludenscheidt", "65752682"),
        ("wikipedia", "3412"),
        ("breschnew", "17863"),
        ("heinz", "068"),
        ("meier", "67"),
        ("maier", "67"),
        ("", ""),
    ],
)
def test_koelner_phonetik_gives_the_published_codes(word, code):
    assert koelner_phonetik(word) == code


@pytest.mark.parametrize(
    ("text", "core", "form"),
    [
        ("Müller & Söhne GmbH & Co. KG", "muller sohne", "gmbh & co kg"),
        ("Huber Gesellschaft mit beschränkter Haftung", "huber", "gmbh"),
        ("Alpenblick Ges.m.b.H.", "alpenblick", "gmbh"),
        ("Muster UG (haftungsbeschränkt)", "muster", "ug"),
        ("Genève Sàrl", "geneve", "gmbh"),
        ("Firma Kurz e.K.", "kurz", "ek"),
        ("Nordbau AG", "nordbau", "ag"),
        ("GmbH", "gmbh", None),
    ],
)
def test_legal_forms_are_taken_off_and_named(text, core, form):
    found = companies.company(text)
    assert (found.core, found.legal_form) == (core, form)


def test_a_firm_is_called_like_its_domain():
    firm = companies.company("Gebr. Lang & Partner Verpackungen GmbH")
    assert firm.label == companies.domain_label("lang-verpackungen2.de") == "langverpackungen"


def test_short_forms_of_a_name_start_alike():
    starts = {companies.company(n).start for n in ("Rheinwerk Baustoffe AG", "Rheinwerk Baust.")}
    assert starts == {"rheinwerk bau"}


@pytest.mark.parametrize(
    ("text", "country", "compact"),
    [
        ("DE 136 695 976", "DE", "DE136695976"),
        ("136695976", "DE", "DE136695976"),
        ("CHE-123.456.788 MWST", "CH", "CHE123456788"),
        ("ATU 13585627", None, "ATU13585627"),
        ("n/a", "DE", None),
        ("beantragt", "DE", None),
        ("000000000", "DE", None),
    ],
)
def test_vat_ids_are_compact_with_their_country(text, country, compact):
    assert companies.vat_id(text, country) == compact


@pytest.mark.parametrize(
    ("vat", "valid"),
    [("DE136695976", True), ("DE136695978", False), ("ATU13585627", True), ("CHE100155212", True),
     ("CHE100155213", False)],
)  # fmt: skip
def test_vat_ids_prove_their_check_digit(vat, valid):
    assert companies.has_valid_check_digit(vat) is valid


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("030 1234567", "DE", "+49301234567"),
        ("+49 (0)30 1234567", None, "+49301234567"),
        ("0049 30/1234567", None, "+49301234567"),
        ("0664 1234567", "AT", "+436641234567"),
        ("044 668 18 00", "CH", "+41446681800"),
        ("030-1234567", None, "+49301234567"),
        ("12", "DE", None),
        ("keine", "DE", None),
        ("030 1234567 (privat)", "DE", "+49301234567"),
        ("0171 5556667 mobil", "DE", "+491715556667"),
        ("Tel. 030 1234567 Frau Berg", "DE", "+49301234567"),
        ("030 1234567 Durchwahl 5", "DE", "+49301234567"),
        ("0800 TELEKOM", "DE", "+498008353566"),
    ],
)
def test_phones_become_e164_by_the_country_of_their_record(text, country, number):
    assert contact_points.phone(text, country).phone == number


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("Anna.Huber@GMX.de ", "anna.huber@gmx.de"),
        ("anna.huber+shop@gmx.de", "anna.huber@gmx.de"),
        ("Anna.Huber@googlemail.com", "annahuber@gmail.com"),
        ("<anna@huber.at>", "anna@huber.at"),
        ("anna@", None),
    ],
)
def test_emails_have_one_spelling(text, address):
    assert contact_points.email(text).email == address


def test_a_domain_tells_a_firm_unless_it_is_a_mail_provider():
    assert contact_points.email("anna@huber.at").domain == "huber.at"
    assert contact_points.email("anna@gmx.at").domain is None
    assert contact_points.domain("https://www.Huber.at/shop") == "huber.at"


@pytest.mark.parametrize(
    ("local", "readings"),
    [
        ("anna.huber", ["anna|huber", "huber|anna"]),
        ("huber_anna75", ["huber|anna", "anna|huber"]),
        ("a.huber", ["a|huber", "huber|a"]),
        ("abcd", ["|abcd", "abcd|", "ab|cd", "cd|ab"]),
        ("anna.b.huber", None),
        ("007", None),
    ],
)
def test_a_mailbox_is_read_as_names_in_every_way(local, readings):
    assert contact_points.name_readings(local) == readings


def test_role_mailboxes_are_nobodys_name():
    assert contact_points.email("info@huber.at").role
    assert contact_points.readings("info@huber.at") is None
    assert contact_points.readings("anna.huber@huber.at") == ["anna|huber", "huber|anna"]


@pytest.mark.parametrize(
    ("text", "street", "number"),
    [
        ("Hauptstraße 12 a", "hauptstr", "12a"),
        ("Haupt-Strasse 12A", "hauptstr", "12a"),
        ("Hauptstr. 12", "hauptstr", "12"),
        ("Am Sportplatz", "amsportplatz", None),
        ("12 Via Alta", "viaalta", "12"),
        ("Hauptstr.12", "hauptstr", "12"),
        ("Hauptstr. Nr. 12", "hauptstr", "12"),
        ("Hauptstr. 12/3/4", "hauptstr", "12-3-4"),
        ("Straße des 17. Juni 135", "strdes17juni", "135"),
    ],
)
def test_streets_agree_however_they_are_cut_and_shortened(text, street, number):
    assert addresses.street(text) == (street, number)


@pytest.mark.parametrize(
    ("group", "number"),
    [
        (("12 A", "12a", "12-a", "Nr. 12a", "012a"), "12a"),
        (("12-14", "12 - 14", "12–14", "12/14"), "12-14"),
        (("1214", "1214.0"), "1214"),
        (("1/23",), "1-23"),
        (("123",), "123"),
        (("12/3",), "12-3"),
        (("-", "0"), None),
    ],
)
def test_house_numbers_are_one_however_written_and_doors_behind_them_others(group, number):
    assert {addresses.house_number(text) for text in group} == {number}


@pytest.mark.parametrize(
    ("text", "town"),
    [("Frankfurt am Main", "frankfurt"), ("St. Pölten", "sankt polten"), ("München", "munchen"),
     ("8010 Graz", "graz")],
)  # fmt: skip
def test_towns_have_one_name(text, town):
    assert addresses.city(text) == town


@pytest.mark.parametrize(("text", "code"), [("D-01067", "01067"), ("CH 8001", "8001"), ("-", None)])
def test_postcodes_lose_their_country(text, code):
    assert addresses.postcode(text) == code
