"""Company names → core name, first word, legal form; VAT ids → compact form."""

from __future__ import annotations

import re
from typing import NamedTuple

from dedupe.standardise.folding import folded, plain, without_umlauts

# Longest first: `gmbh co kg` must go before `kg`.
LEGAL_FORMS = (
    ("gmbh & co kg", r"g(es)?\s?mbh\s*(und|u|and)?\s*(co|compagnie|cie)"
                     r"\s*(kg|kommanditgesellschaft)(aa)?"),
    ("ag & co kg", r"ag\s*(und|u)?\s*co\s*(kg|ohg)(aa)?"),
    ("ug", r"ug\s*haftungsbeschrankt|unternehmergesellschaft(\s*haftungsbeschrankt)?|ug"),
    ("gmbh", r"gesellschaft mit beschrankter haftung|ges\s?m\s?b\s?h|gesmbh|g\s?m\s?b\s?h|ggmbh"
             r"|gmbh|sarl|s a r l"),
    ("kgaa", r"kg\s?aa"),
    ("ag", r"aktiengesellschaft|ag"),
    ("se", r"se"),
    ("ohg", r"o\s?h\s?g|offene handelsgesellschaft|og"),
    ("kg", r"k\s?g|kommanditgesellschaft"),
    ("gbr", r"g\s?b\s?r|gesellschaft burgerlichen rechts|gesbr"),
    ("ek", r"e\s?k|e\s?kfm|e\s?kfr|eingetragener kaufmann|eingetragene kauffrau|e\s?u"),
    ("eg", r"e\s?g|eingetragene genossenschaft|genossenschaft"),
    ("ev", r"e\s?v|eingetragener verein"),
    ("ltd", r"ltd|limited|llc|inc|corp|corporation|plc|s\s?a|s\s?r\s?l|b\s?v|n\s?v|oy|ab|spa"),
    ("einzelfirma", r"einzelfirma|einzelunternehmen|inh\s.*"),
)  # fmt: skip
_FORMS = [(name, re.compile(rf"\s({pattern})$")) for name, pattern in LEGAL_FORMS]
_FEWEST_DIGITS = 5  # of an id that has a country before it or letters behind
_KIN = frozenset(["gebr", "gebruder", "sohn", "sohne", "tochter", "partner", "co"])
_STOP = frozenset(["firma", "fa", "und", "u", "and", "die", "der", "das", "the"])


class Company(NamedTuple):
    """`core` is the name without its legal form, `compact` the same without blanks.

    `label` is its first and last telling word, as firms call their domains; `start` its first
    telling word and how the next one begins, as short forms of a name keep it.
    """

    core: str | None
    compact: str | None
    first_word: str | None
    legal_form: str | None
    label: str | None
    start: str | None


def company(text: str) -> Company:
    """`Müller & Söhne Bau KG` → (muller sohne bau, mullersohnebau, muller, kg, mullerbau, …)."""
    name = " " + " ".join(without_umlauts(word) for word in folded(text).split())
    form, stripped = None, name
    for known, pattern in _FORMS:
        stripped = pattern.sub("", name)
        if stripped != name and stripped.strip():
            form = known
            break
        stripped = name
    words = [word for word in stripped.split() if word not in _STOP] or stripped.split()
    if not words:
        return Company(None, None, None, form, None, None)
    telling = [word for word in words if word not in _KIN] or words
    ends = telling[0] if len(telling) == 1 else telling[0] + telling[-1]
    start = f"{telling[0]} {telling[1][:3]}" if len(telling) > 1 else telling[0]
    return Company(" ".join(words), "".join(words), words[0], form, ends, start)


def domain_label(domain: str) -> str | None:
    """`mueller-metallbau2.de` → mullermetallbau: what a domain says of the firm's name."""
    label = re.sub(r"[^a-z]", "", domain.split(".")[-2] if "." in domain else domain)
    return without_umlauts(label) or None


def vat_id(text: str, country: str | None) -> str | None:
    """Compact, with its country: `DE 136 695 976` → DE136695976, `CHE-…` without MWST.

    A wrong check digit is kept: the comparison sees how far two ids differ. Words (`beantragt`)
    and what only fills a field (`000000000`) are none.
    """
    code = re.sub(r"[^A-Z0-9]", "", plain(text).upper())
    code = re.sub(r"(MWST|TVA|IVA|HR)$", "", code)
    digits = [character for character in code if character.isdigit()]
    if len(code) < 7 or len(digits) < _FEWEST_DIGITS or len(set(digits)) == 1:
        return None
    return code if code[:2].isalpha() else f"{(country or 'DE').upper()}{code}"


def has_valid_check_digit(vat: str) -> bool:
    """By python-stdnum: EU ids by the rules of their country, Swiss ones as UID."""
    from stdnum.ch import uid
    from stdnum.eu import vat as eu

    return bool(uid.is_valid(vat) if vat.startswith("CHE") else eu.is_valid(vat))
