"""A small company to which rarer things happen than to that of `histories`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from dedupe.identity.memberships import follow_alias
from dedupe.judgement.record_aliases import state_aliases
from stamm.errors import UsageError
from tests.dedupe.increments.histories import DAY, FAMILY, FIRMS, ITS_OWN, Company

FULL_NAMES = ("Anna Huber", "Huber, Anna", "Dr. Lukas Gruber-Lang", "Huber", "Lang Sofia")
BOXES = ("anna.huber1@web.de", "Anna.Huber1@web.de", "a.huber@kranbau.example", "sofia@web.de",
         "info@kranbau.example", "lang@lang-software.example", "nix")  # fmt: skip
NUMBERS = ("030 554401", "030 554402", "+4930554403", "0049 30 554401")
NAMELESS = {"given_name": None, "family_name": None}


@dataclass
class HardCompany(Company):
    """Copies are judged and leave, keys come again, records become firms and people again."""

    judged: tuple[str, ...] = ()
    untold: tuple[tuple[str, str], ...] = ()

    def somebody(self) -> dict:
        draw, values = self.draw, super().somebody()
        for chance, news in (
            (0.35, {"emails": draw.sample(BOXES, draw.randrange(1, 4))}),
            (0.3, {"phones": draw.sample(NUMBERS, draw.randrange(1, 3))}),
            (0.1, {"given_name": values["family_name"], "family_name": values["given_name"]}),
            (0.1, {"family_name": draw.choice(("Gruber-Lang", "von Huber", "Lang-Lang"))}),
            (0.2, {**NAMELESS, "full_name": draw.choice(FULL_NAMES)}),
            (0.1, {"given_name": None, "full_name": draw.choice(FULL_NAMES)}),
            (0.1, NAMELESS),
            (0.1, {"title": "Dr."}),
        ):
            values |= news if draw.random() < chance else {}
        return values

    def day(self) -> None:
        """What happens elsewhere, and one to three of the rarer things."""
        super().day()
        for _ in range(self.draw.randrange(1, 4)):
            happens = self.draw.choice((
                self.turn, self.judge_copy, self.judge_copy, self.delete_judged, self.leave_first,
                self.rekey_onto, self.rekey_untold, self.tell_late, self.reuse_key,
            ))  # fmt: skip
            self.told.append(f"day {self.days}: {happens.__name__}")
            happens()

    def turn(self) -> None:
        """What was held to be a person is a firm, or the other way round."""
        row = self.any_row()
        if row["facet_of"]:
            return
        firm = {"party_type": "organisation", "company_name": self.draw.choice(FIRMS)}
        person = {"party_type": "person", "given_name": "Anna"}
        news = firm | {"organisation_key": None} if row["party_type"] == "person" else person
        self.rows[row["record_id"]] = row | {"family_name": self.draw.choice(FAMILY)} | news

    def judge_copy(self) -> None:
        groups = self._equal()
        if groups:
            one = self.draw.choice(self.draw.choice(groups))
            other = self.draw.choice(sorted(set(self.rows) - {one}))
            self.decide([one], [other], self.draw.choice(("different", "different", "same")))
            self.judged = (*self.judged, one, other)
        else:
            self.copy()

    def delete_judged(self) -> None:
        here = [name for name in self.judged if name in self.rows]
        if here and len(self.rows) > 15:
            self.gone.append(self.rows.pop(self.draw.choice(here)))

    def leave_first(self) -> None:
        """The first record of a content leaves its copies behind."""
        groups = self._equal()
        if groups:
            self.gone.append(self.rows.pop(min(self.draw.choice(groups))))

    def rekey_onto(self) -> None:
        """A record is said to be another one that there is; it may be there still."""
        old, new = self.draw.sample(sorted(n for n in self.rows if "#" not in n), 2)
        if self.draw.random() < 0.5:
            self.gone.append(self.rows.pop(old))
        self._state(old, new)

    def rekey_untold(self) -> None:
        """A new key, of which the source tells later."""
        old = self.draw.choice(sorted(name for name in self.rows if "#" not in name))
        row = self.rows.pop(old)
        new = self.add({"party_type": row["party_type"]})
        self.rows[new] = row | {"record_id": new}
        self.untold = (*self.untold, (old, new))

    def tell_late(self) -> None:
        for old, new in self.untold:
            self._state(old, new)
        self.untold = ()

    def reuse_key(self) -> None:
        """A key that a record had before is given to somebody else."""
        if self.store.has_table("record_aliases"):
            rows = self.store.query("select distinct old_record_id as old from record_aliases")
            free = sorted(row["old"] for row in rows if row["old"] not in self.rows)
            if free:
                name, key = self.add(self.somebody()), self.draw.choice(free)
                self.rows[key] = self.rows.pop(name) | {"record_id": key}

    def _state(self, old: str, new: str) -> None:
        try:
            state_aliases(self.store, [(old, new)], by="erp", at=DAY, reason="new keys")
        except UsageError:  # it would lead back to itself
            return
        follow_alias(self.store, old, new, run_id="alias", at=DAY)

    def _equal(self) -> list[list[str]]:
        """Names of records of one content."""
        found: dict[str, list[str]] = defaultdict(list)
        for name, row in sorted(self.rows.items()):
            content = {k: v for k, v in row.items() if k not in (*ITS_OWN, "facet_of")}
            found[repr(content)].append(name)
        return [names for names in found.values() if len(names) > 1]
