"""Passwords: what one must be, and the hash that is kept of it.

In: a password as typed. Out: an Argon2id hash, or whether it fits one. The rules are those of NIST
SP 800-63B-4 (3.1.1) and the OWASP cheat sheet: length, no rules of composition, no expiry, and a
list of what everybody chooses.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from itertools import pairwise
from pathlib import Path

from stamm.errors import UsageError

SHORTEST = 15  # NIST: where the password is the only factor
LONGEST = 256  # bounds the work of a hash; NIST asks for 64 at least
_COMMON = Path(__file__).with_name("common_passwords.txt")
_FEW_SIGNS = 5


def check(password: str, name: str) -> None:
    """Raise UsageError, which never repeats it, if this may not be `name`'s password."""
    typed = _normal(password)
    if not SHORTEST <= len(typed) <= LONGEST:
        raise UsageError(
            f"password: expected {SHORTEST} to {LONGEST} characters, found {len(typed)}",
            hint="Four or five words that do not belong together are easy to keep.",
        )
    if is_common(typed, name):
        raise UsageError(
            "password: expected one that is hard to guess, found a common one, "
            "a row of signs, or your name in it",
            hint="Four or five words that do not belong together are easy to keep.",
        )


def is_common(password: str, name: str) -> bool:
    """Whether it is among the first that anybody would try for this person."""
    told = password.casefold()
    plain = "".join(c for c in told if c.isalnum())
    own = "".join(c for c in name.casefold() if c.isalnum())
    return (
        len(set(told)) < _FEW_SIGNS
        or plain in _common()
        or any(plain.strip("0123456789") == word for word in _common())
        or _is_repeated(told)
        or _is_a_row(plain)
        or (len(own) > 3 and own in plain and len(plain.replace(own, "")) < SHORTEST // 2)
    )


def hashed(password: str) -> str:
    """Argon2id with its parameters and salt, as `argon2-cffi` recommends (RFC 9106, low memory)."""
    return str(_hasher().hash(_normal(password)))


def fits(kept: str | None, password: str) -> bool:
    """Whether the hash is this password's; without a hash it takes just as long to say no."""
    from argon2.exceptions import VerificationError

    try:
        return _hasher().verify(kept or _nobodys(), _normal(password)) and kept is not None
    except VerificationError:
        return False


def is_outdated(kept: str) -> bool:
    """Whether the hash was made with weaker parameters than are in use now."""
    return bool(_hasher().check_needs_rehash(kept))


@cache
def _hasher():  # type: ignore[no-untyped-def]  # its type is imported where it is used
    from argon2 import PasswordHasher, profiles

    return PasswordHasher.from_parameters(profiles.RFC_9106_LOW_MEMORY)


@cache
def _nobodys() -> str:
    return str(_hasher().hash("nobody's password"))


@cache
def _common() -> frozenset[str]:
    return frozenset(_COMMON.read_text(encoding="utf-8").split())


def _normal(password: str) -> str:
    """Equal however the keyboard composes accents (NIST asks for it)."""
    return unicodedata.normalize("NFKC", password)


def _is_repeated(text: str) -> bool:
    """`abcabcabc…`: found again inside its own double."""
    return text in (text + text)[1:-1]


def _is_a_row(text: str) -> bool:
    """Signs that mostly follow one another, as on a keyboard or in the alphabet."""
    rows = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop",
            "asdfghjkl", "yxcvbnm", "zxcvbnm")  # fmt: skip
    steps = sum(any(a + b in row or b + a in row for row in rows)
                for a, b in pairwise(text))  # fmt: skip
    return bool(text) and steps >= 0.75 * (len(text) - 1)
