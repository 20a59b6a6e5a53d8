"""Tryton's JSON-RPC as its own clients speak it: a session, calls, wizards, and how it says no.

In: a method and its arguments. Out: its result, or a `Refusal` in the words of the server.
Source: `trytond/protocols` and `trytond/exceptions` of Tryton 8.2; verified against a running
server. A user application's key opens REST only, where neither a wizard nor several writes in one
transaction can be had.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from typing import Any

from connectors.http import HttpClient, Request
from connectors.sinks.reasons import without_values
from stamm.errors import ContractBroken, CredentialsRefused
from stamm.redaction import register_secret

_PATH = "rpc/"
# English, as the reasons go into our reports; archived rows too, as they may be ours.
_CONTEXT = {"language": "en", "active_test": False}
_NO_RIGHTS = ("You are not allowed to access", "You are not allowed to execute")
# A quotation that is well set off goes; then all between the quotes that are left, of others.
_QUOTED = re.compile(r"""(?<![^\s(])["“„](?=\S)[^"“”„]*(?<=\S)["”“](?![^\s.,;:)!?])""")
_QUOTING = re.compile(r"""["“„].*["”“]""", re.DOTALL)
_SAYS_NO = ("UserError", "UserWarning")  # what it would say of these values again


class Refusal(Exception):
    """The server did nothing. `text` is its own and may quote personal data; `reason` does not."""

    def __init__(self, kind: str, text: str, name: str = "") -> None:
        super().__init__(kind)
        self.text = text
        self.warning = name if kind == "UserWarning" else ""
        self.lasting = kind in _SAYS_NO

    def reason(self, values: Iterable[object]) -> str:
        """What it said, without anything it quotes and without these values."""
        if not self.lasting:
            return "the server failed on this row"
        return without_values(_unquoted(self.text), values)


def _unquoted(text: str) -> str:
    return " ".join(_QUOTING.sub("…", _QUOTED.sub("…", text)).split())


class Session:
    """A login that its server ends after some idle minutes and that is then begun anew."""

    renewable = True

    def __init__(self, user: str, password: str) -> None:
        register_secret(password)
        self._user = user
        self._password = password
        self._header = ""
        self.user_id = 0

    def ready(self) -> bool:
        return bool(self._header)

    def headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Session {self._header}"}

    def renewal(self) -> Request | None:
        return _asking("common.db.login", self._user, {"password": self._password}, "en")

    def renewed(self, answer: Any, headers: Mapping[str, str]) -> None:  # noqa: ARG002 - protocol
        try:
            self.user_id, token = int(answer["result"][0]), str(answer["result"][1])
        except (KeyError, TypeError, IndexError, ValueError) as failure:
            raise ContractBroken("common.db.login: expected a user and a token") from failure
        register_secret(token)
        login = f"{self._user}:{self.user_id}:{token}"
        self._header = base64.b64encode(login.encode()).decode()
        register_secret(self._header)


class Rpc:
    """Calls on one database of a server."""

    def __init__(self, client: HttpClient, session: Session) -> None:
        self._client = client
        self._session = session

    @property
    def me(self) -> int:
        """Our own user, once there was a call; what it created is what we sent."""
        return self._session.user_id

    def call(self, method: str, *arguments: Any) -> Any:
        """The result; raises `Refusal`, or an error of `stamm.errors` if no row is to blame."""
        try:
            answer = self._client.ask(_asking(method, *arguments, _CONTEXT))
        except ContractBroken as broken:
            raise _refusal(method, broken) from None  # the cause would quote the row
        if not isinstance(answer, dict) or "result" not in answer:
            raise ContractBroken(f"{method}: expected a result, found {type(answer).__name__}")
        return answer["result"]

    def found(self, model: str, domain: list[Any], fields: Iterable[str]) -> list[dict[str, Any]]:
        """The records of a domain."""
        return list(self.call(f"model.{model}.search_read", domain, 0, None, None, list(fields)))

    def run(self, wizard: str, state: str, asked: Mapping[str, int], agree: str = "\0") -> None:
        """Answer a wizard's question and let it go on; yes to warnings whose name begins so."""
        session = self.call(f"wizard.{wizard}.create")[0]
        try:
            self._agreeing(f"wizard.{wizard}.execute", (session, {"ask": asked}, state), agree)
        finally:
            self.call(f"wizard.{wizard}.delete", session)

    def _agreeing(self, method: str, arguments: tuple[Any, ...], agree: str) -> None:
        agreed: set[str] = set()
        while True:
            try:
                self.call(method, *arguments)
                return
            except Refusal as no:
                if not no.warning.startswith(agree) or no.warning in agreed:
                    raise
                agreed.add(no.warning)
                self.call("model.res.user.warning.skip", no.warning)

    def close(self) -> None:
        self._client.close()


def _asking(method: str, *parameters: Any) -> Request:
    return Request("POST", _PATH, body={"id": 0, "method": method, "params": list(parameters)})


def _refusal(method: str, broken: ContractBroken) -> Exception:
    """What an error in an answer means: `[kind, [message, …]]`, or any two texts of a failure."""
    errors = broken.facts.get("errors")
    if not isinstance(errors, list) or not errors:
        return broken
    kind, *rest = errors
    said = rest[0] if rest and isinstance(rest[0], list) else []
    texts = [str(part) for part in said if isinstance(part, str)]
    name = texts.pop(0) if kind == "UserWarning" and texts else ""
    text = " ".join(filter(None, texts))
    if text.startswith(_NO_RIGHTS):
        return CredentialsRefused(
            f"{method}: expected the right to do this, found: {_unquoted(text)}",
            hint="The account needs the groups that docs/sinks/tryton.md names.",
            status=200,
        )
    return Refusal(str(kind), text, name)
