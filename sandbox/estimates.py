"""The file of estimated yearly spend per firm (share of wallet), as a salesperson keeps it."""

from __future__ import annotations

import csv
from pathlib import Path

from sandbox.firms import Firm
from sandbox.spelling import Scribe
from sandbox.wire import at
from sandbox.world import DAY, World

HEADER = ("Firma", "USt-IdNr", "PLZ", "Ort", "Geschätzter Jahresumsatz EUR", "Stand")
SHARE = 0.3
FILE = Path("files") / "spend_estimates.csv"


def estimate(world: World, firm: Firm) -> list[tuple[str, ...]]:
    """One row for some of the firms, none for the others."""
    if not world.dice.chance(SHARE):
        return []
    scribe = Scribe(world, "erp")
    spend = 500 + world.dice.gamma(0.8, 12_000)
    stand = at(world.now - world.dice.integer(10, 400) * DAY)
    return [
        (
            scribe.firm_name(firm),
            "" if world.dice.chance(0.3) else firm.vat_id,
            firm.address.postcode,
            firm.address.city,
            f"{spend:.2f}".replace(".", ","),
            f"{stand:%d.%m.%Y}",
        )
    ]


def write_estimates(folder: Path, rows: list[tuple[str, ...]]) -> None:
    """`files/spend_estimates.csv`: semicolons, decimal comma, each firm and postcode once."""
    path = folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    unique = {(row[0], row[2]): row for row in rows}
    with path.with_suffix(".tmp").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\n")
        writer.writerow(HEADER)
        writer.writerows(unique.values())
    path.with_suffix(".tmp").replace(path)


def add_estimates(folder: Path, rows: list[tuple[str, ...]]) -> None:
    """Rows beside those already in the file; the same rows again change nothing."""
    with (folder / FILE).open(encoding="utf-8", newline="") as file:
        known = [tuple(row) for row in csv.reader(file, delimiter=";")][1:]
    write_estimates(folder, known + rows)
