"""The JSON of an answer's body: quick where that is exact, and exact everywhere.

orjson is quick, but for one half of a surrogate pair, a NaN or a byte order mark it refuses the
whole body, and of whole numbers beyond 64 bits it makes floats: two ids become one. Python's own
parser reads them all.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

_FEWEST = 19  # digits of a number that 64 bits cannot hold; 20 without a sign
_BEYOND_64_BITS = re.compile(rb"[:\[,\s](?:-\d{19}|\d{20})")


def parsed(body: bytes) -> Any:
    """What the body says; NaN and Infinity, which JSON does not have, are no value.

    Raises ValueError if it is no JSON, RecursionError if it is nested too deep.
    """
    import orjson

    if not _may_exceed_64_bits(body):
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(body)
    return json.loads(body, parse_constant=lambda _: None)


def _may_exceed_64_bits(body: bytes) -> bool:
    """Whether a whole number may stand there that 64 bits cannot hold.

    Any 19 digits hold four words of four bytes that are digits alone (their upper half bytes are
    3). To look for those takes a twentieth of the time of parsing.
    """
    if len(body) < _FEWEST:
        return False
    import numpy as np

    words = np.frombuffer(body, np.uint32, len(body) // 4)
    digits = (words & np.uint32(0xF0F0F0F0)) == np.uint32(0x30303030)
    fours = digits[:-3] & digits[1:-2]
    fours &= digits[2:-1]
    fours &= digits[3:]
    places = (4 * np.flatnonzero(fours)).tolist()
    # The digits begin up to 3 bytes before their first whole word; a sign and a mark before them.
    return any(_BEYOND_64_BITS.search(body, max(0, at - 5), at + 20) for at in places)
