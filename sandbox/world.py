"""What every part of the generator needs at hand: dice, mess, words, time, records, counts.

`World.happens(rule)` flips the coin of one rule of `mess.yml` and counts it, so that the
shares that were really applied can be held against the file.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.dice import Dice
from sandbox.mess import Mess
from sandbox.records import Records
from sandbox.vocabulary import Vocabulary

DAY = 86_400_000  # all times inside the sandbox are epoch milliseconds, UTC


@dataclass
class World:
    """One chunk of the company in the making."""

    dice: Dice
    mess: Mess
    words: Vocabulary
    records: Records
    founded: int  # the begin of the company's history
    start: int  # of the time being told: at creation `founded`, later the former `now`
    now: int
    mailboxes: set[int] = field(default_factory=set)
    tally: dict[str, list[int]] = field(default_factory=dict)

    def happens(self, rule: str, share: float | None = None) -> bool:
        """Whether the mess of `rule` befalls this record."""
        hit = self.dice.uniform() < (self.mess.share(rule) if share is None else share)
        self.count(rule, hit)
        return hit

    def count(self, rule: str, hit: bool) -> None:
        """Count one occasion of `rule`, and whether it came true."""
        tried_applied = self.tally.setdefault(rule, [0, 0])
        tried_applied[0] += 1
        tried_applied[1] += hit

    def moment(self, after: int | None = None, before: int | None = None) -> int:
        """A moment between two, both within the company's history, by day in office hours."""
        low, high = after or self.start, before or self.now
        moment = low + int(self.dice.uniform() * max(high - low, 1))
        by_day = moment - moment % DAY + 6 * 3_600_000 + int(self.dice.uniform() * 14 * 3_600_000)
        moment = max(low, min(by_day, high))
        return moment - moment % 1000

    def entity_id(self, kind: str) -> str:
        """The truth's own name of a person ('P') or organisation ('O')."""
        return f"{kind}{self.records.next_id('entity_' + kind):08d}"

    def claim_mailbox(self, address: str) -> bool:
        """Whether nobody else of the company owns this address yet (kept as 64-bit hashes)."""
        digest = stable_hash(address)
        if digest in self.mailboxes:
            return False
        self.mailboxes.add(digest)
        return True


def stable_hash(text: str) -> int:
    """A 64-bit hash that is the same in every process."""
    from hashlib import blake2b

    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
