"""Names, places, streets, firm words and products as weighted tables.

Flow: `names/*.csv`, `products.csv` → `Vocabulary`. The lists follow the known frequencies of
German, Austrian and Swiss names; the long tail of family names is composed of place-like parts
(Hinter + berger), because two in three people bear a name outside the thousand commonest.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sandbox.dice import Weighted

NAMES = Path(__file__).with_name("names")
PRODUCTS = Path(__file__).with_name("products.csv")
COUNTRIES = ("DE", "AT", "CH")
COUNTRY_SHARES = Weighted([("DE", 0.74), ("AT", 0.15), ("CH", 0.11)])
ORIGINS = Weighted(
    [("native", 0.83), ("turkish", 0.045), ("slavic", 0.06), ("romance", 0.03), ("eastern", 0.035)]
)
PER = 100_000  # the weights of native family names are bearers per that many people
DECADES = tuple(range(1930, 2010, 10))


@dataclass(frozen=True)
class City:
    """A town with its range of postcodes and its dialling code."""

    name: str
    country: str
    region: str
    postcode_from: int
    postcode_to: int
    area_code: str


@dataclass(frozen=True)
class Product:
    """An article of the one catalogue that ERP and shop share."""

    number: str
    name: str
    category: str
    price: float
    peak_month: int


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """All tables, each ready for `Dice.pick`."""

    given: dict[tuple[str, str, int], Weighted[str]]
    family: dict[tuple[str, str], Weighted[str]]
    tail_front: Weighted[str]
    tail_back: Weighted[str]
    nicknames: dict[str, str]
    cities: dict[str, Weighted[City]]
    streets: Weighted[str]
    firm_words: dict[str, Weighted[str]]
    short_words: dict[str, str]
    products: dict[int, Weighted[Product]]


@lru_cache(maxsize=1)
def load_vocabulary() -> Vocabulary:
    """Read all lists (about 50 ms), once per process."""
    firm = _rows(NAMES / "firm_words.csv")
    parts = _rows(NAMES / "family_name_parts.csv")
    return Vocabulary(
        given=_given_names(),
        family=_family_names(),
        tail_front=_parts(parts, "front"),
        tail_back=_parts(parts, "back"),
        nicknames={r["name"]: r["nickname"] for r in _rows(NAMES / "nicknames.csv")},
        cities=_cities(),
        streets=Weighted((r["street"], float(r["weight"])) for r in _rows(NAMES / "streets.csv")),
        firm_words={
            kind: Weighted((r["word"], float(r["weight"])) for r in firm if r["kind"] == kind)
            for kind in ("trade", "invented", "legal_de", "legal_at", "legal_ch")
        },
        short_words={r["word"]: r["short"] for r in firm if r["short"]},
        products=_products(),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _parts(rows: list[dict[str, str]], place: str) -> Weighted[str]:
    return Weighted((r["part"], float(r["weight"])) for r in rows if r["place"] == place)


def _given_names() -> dict[tuple[str, str, int], Weighted[str]]:
    """By origin, sex and decade of birth: each name's popularity is a bell around its peak."""
    rows = _rows(NAMES / "given_names.csv")
    tables: dict[tuple[str, str, int], Weighted[str]] = {}
    for origin in ORIGINS.values:
        for sex in ("m", "f"):
            own = [r for r in rows if r["origin"] == origin and r["sex"] == sex]
            for decade in DECADES:
                tables[origin, sex, decade] = Weighted((r["name"], _bell(r, decade)) for r in own)
    return tables


def _bell(row: dict[str, str], decade: int) -> float:
    distance = (decade + 5 - int(row["peak_year"])) / (10 * float(row["spread_decades"]))
    return float(row["weight"]) * math.exp(-(distance**2) / 2)


def _family_names() -> dict[tuple[str, str], Weighted[str]]:
    """By origin and country. The empty name stands for 'compose one from the tail'."""
    rows = _rows(NAMES / "family_names.csv")
    tables: dict[tuple[str, str], Weighted[str]] = {}
    for country in COUNTRIES:
        for origin in ORIGINS.values:
            own = [
                (r["name"], float(r[country.lower()]))
                for r in rows
                if r["origin"] == origin and float(r[country.lower()]) > 0
            ]
            if origin == "native":
                own.append(("", PER - sum(weight for _, weight in own)))
            tables[origin, country] = Weighted(own)
    return tables


def _cities() -> dict[str, Weighted[City]]:
    rows = _rows(NAMES / "cities.csv")
    return {
        country: Weighted(
            (
                City(
                    r["city"],
                    country,
                    r["region"],
                    int(r["postcode_from"]),
                    int(r["postcode_to"]),
                    r["area_code"],
                ),
                float(r["population"]) ** 0.8,  # a list of towns misses the villages
            )
            for r in rows
            if r["country"] == country
        )
        for country in COUNTRIES
    }


def _products() -> dict[int, Weighted[Product]]:
    """By month: a product sells up to twice as well in the month of its peak."""
    catalogue = [
        Product(r["number"], r["name"], r["category"], float(r["price"]), int(r["peak_month"]))
        for r in _rows(PRODUCTS)
    ]
    return {
        month: Weighted(
            (p, (1 + math.cos((month - p.peak_month) * math.pi / 6) * 0.6) * 60 / (p.price + 40))
            for p in catalogue
        )
        for month in range(1, 13)
    }
