"""Text → plain ASCII lower case, the German way, so that string distances count letters.

ä→ae, ö→oe, ü→ue, ß→ss, ø→o; accents go; other scripts are written in Latin letters (Иван→ivan);
what is no letter or digit becomes one space.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_GERMAN = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "o", "å": "a", "æ": "ae", "œ": "oe",
     "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "’": "'", "`": "'", "´": "'",
     "−": "-"}
)  # fmt: skip
_OTHER = re.compile(r"[^a-z0-9]+")
_APOSTROPHE = re.compile(r"'")


def plain(text: str) -> str:
    """Lower case ASCII; punctuation stays."""
    if text.isascii():
        return text.lower().replace("`", "'")
    lowered = unicodedata.normalize("NFC", text).casefold().translate(_GERMAN)
    return lowered if lowered.isascii() else "".join(map(_ascii, lowered))


@lru_cache(maxsize=4096)
def _ascii(char: str) -> str:
    """A letter without its accent, or as another script's letter is read; no pictures."""
    from anyascii import anyascii

    base = "".join(c for c in unicodedata.normalize("NFKD", char) if c.isascii())
    if base or unicodedata.category(char)[0] not in "LMNP":
        return base.lower()
    return anyascii(char).lower()


def folded(text: str) -> str:
    """Lower case ASCII words with single spaces; `O'Neil` stays one word."""
    return _OTHER.sub(" ", _APOSTROPHE.sub("", plain(text))).strip()


_TRANSCRIBED = re.compile(r"(?<![aeq])ue|(?<![aeiou])oe|ae")


def without_umlauts(word: str) -> str:
    """A key under which Müller, Mueller and Muller are one: ae→a, oe→o, ue→u.

    Not after vowels (`neue`, `bauer`) or q, where `ue` is no umlaut.
    """
    if "ae" in word or "oe" in word or "ue" in word:  # few have any, and they are many
        return _TRANSCRIBED.sub(lambda found: found.group()[0], word)
    return word
