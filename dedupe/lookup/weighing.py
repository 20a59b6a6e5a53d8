"""One pair in Python: levels, term frequencies, weight and the steps that explain it.

Says what `dedupe.linking.scoring` says in SQL, for the few pairs of a look-up; a test holds them
together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from dedupe.answers.explain import Step, alternative_step, prior_weight
from dedupe.linking.patterns import pack
from dedupe.linking.row_tests import level_of
from dedupe.linking.scoring import pattern_bits, weight_of
from dedupe.linking.term_frequencies import frequency_terms, is_strangers
from dedupe.lookup.index import listed
from dedupe.specification import Comparison
from dedupe.trained import Trained

Row = Sequence[Any]
# Column → value → bits: how much likelier than the average value a stranger holds this one.
TermBits = dict[str, dict[str, float]]


class Weigher:
    """Weighs pairs of records held as tuples of `columns`."""

    def __init__(self, trained: Trained, columns: Iterable[str]) -> None:
        self.trained = trained
        self._place = {name: i for i, name in enumerate(columns)}
        comparisons = trained.specification.comparisons
        self._levels = [level_of(comparison, self._place) for comparison in comparisons]
        self._needs = [[self._place[column] for column in one.needs] for one in comparisons]
        self._alike = [i for i, one in enumerate(comparisons) if is_strangers(trained, one)]
        self._terms = [
            (comparisons.index(c), c.code(level.name), level.term_frequency)
            for c, level in frequency_terms(trained)
        ]
        self._bits = lru_cache(maxsize=100_000)(lambda codes: pattern_bits(trained, pack(codes)))

    def codes_of(self, ours: Row) -> Callable[[Row], list[int]]:
        """The level's code of each comparison, of this record with any other.

        A card says little: what it does not say is not asked of each candidate.
        """
        telling = [
            (place, level)
            for place, (level, needs) in enumerate(zip(self._levels, self._needs, strict=True))
            if all(ours[i] is not None for i in needs)
        ]
        silent = [0] * len(self._levels)

        def codes(theirs: Row) -> list[int]:
            found = silent.copy()
            for place, level in telling:
                found[place] = level(ours, theirs)
            return found

        return codes

    def terms(self, codes: Sequence[int], ours: Row, theirs: Row, bits: TermBits) -> list[float]:
        """Bits per comparison for the value that both hold, the rarest of several."""
        found = [0.0] * len(codes)
        for place, code, column in self._terms:
            if codes[place] == code:
                i = self._place[column]
                shared = set(listed(ours[i])).intersection(listed(theirs[i]))
                found[place] = min((bits[column][value] for value in shared), default=0.0)
        return found

    def weight(self, codes: Sequence[int], terms: Sequence[float]) -> float:
        """Bits, the prior included."""
        total = self._bits(tuple(codes))
        alike = sum(terms[place] for place in self._alike)
        return weight_of(total.match, total.stranger + sum(terms), total.alternative + alike)

    def steps(
        self, codes: Sequence[int], terms: Sequence[float], ours: Row, theirs: Row
    ) -> tuple[Step, ...]:
        """What each comparison saw and weighs, without missing ones; with the prior they add up."""
        found = [
            self._step(place, comparison, codes[place], terms[place], ours, theirs)
            for place, comparison in enumerate(self.trained.specification.comparisons)
            if codes[place]
        ]
        if self.trained.specification.alternative:
            rest = self.weight(codes, terms) - prior_weight(self.trained)
            found.append(alternative_step(self.trained, rest - sum(s.weight for s in found)))
        return tuple(found)

    def _step(
        self, place: int, comparison: Comparison, code: int, term: float, ours: Row, theirs: Row
    ) -> Step:
        level = comparison.level(code)
        weight = self.trained.level_bits(place, code - 1) - term
        column = self._place[comparison.levels[0].when[0].column]
        left, right = (", ".join(listed(side[column])) for side in (ours, theirs))
        return Step(comparison.name, level.name if level else "missing", left, right, weight)
