"""A real Vendure shop: installed, populated once, copied for each test, edited over its Admin API.

What it holds is told by its SQLite file, not by the API that the connector reads.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.peers.installed import cached, npm_packages, run
from tests.peers.serving import free_port, listens, serving

PROGRAMS = Path(__file__).with_name("vendure")
PACKAGES = ("@vendure/core@3.7", "better-sqlite3@12")
USER, PASSWORD = "superadmin", "muster-2026"
_LOGIN = "mutation ($u: String!, $p: String!) { login(username: $u, password: $p) { __typename } }"
_FAILED = "__typename ... on ErrorResult { errorCode message }"


@dataclass(frozen=True)
class Vendure:
    """A running shop."""

    url: str
    file: Path
    session: requests.Session

    def ask(self, query: str, **variables: Any) -> Any:
        """The only field of the answer's data."""
        body = {"query": query, "variables": variables}
        answer = self.session.post(f"{self.url}/admin-api", json=body, timeout=60)
        said = answer.json()
        assert "errors" not in said, f"{query}: {said}"
        (value,) = said["data"].values()
        assert not (isinstance(value, dict) and value.get("errorCode")), f"{query}: {value}"
        return value

    def customer(self, mail: str) -> str:
        given = {"firstName": "Anna", "lastName": "Muster", "emailAddress": mail}
        return self._id(
            "($given: CreateCustomerInput!)", "createCustomer(input: $given)",
            "... on Customer { id }", given=given,
        )  # fmt: skip

    def address(self, customer: str, **more: Any) -> str:
        given = {"streetLine1": "Hauptstraße 12", "city": "Köln", "countryCode": "DE", **more}
        return self._id(
            "($of: ID!, $given: CreateAddressInput!)",
            "createCustomerAddress(customerId: $of, input: $given)", "id", of=customer, given=given,
        )  # fmt: skip

    def variant(self, sku: str, cents: int) -> str:
        """Something to buy."""
        named = [{"languageCode": "en", "name": sku, "slug": sku.lower(), "description": ""}]
        product = self._id(
            "($given: CreateProductInput!)", "createProduct(input: $given)", "id",
            given={"translations": named},
        )  # fmt: skip
        given = {
            "productId": product, "sku": sku, "price": cents, "trackInventory": "FALSE",
            "translations": [{"languageCode": "en", "name": sku}],
        }  # fmt: skip
        return self._id(
            "($given: [CreateProductVariantInput!]!)", "createProductVariants(input: $given)", "id",
            given=[given],
        )  # fmt: skip

    def draft(self, customer: str, *variants: str) -> tuple[str, list[str]]:
        """An order in the making and its lines."""
        order = self._id("", "createDraftOrder", "id")
        self.draft_for(order, customer)
        for variant in variants:
            self.ask(
                "mutation ($of: ID!, $given: AddItemToDraftOrderInput!)"
                f" {{ addItemToDraftOrder(orderId: $of, input: $given) {{ {_FAILED} }} }}",
                of=order, given={"productVariantId": variant, "quantity": 1},
            )  # fmt: skip
        found = self.ask("query ($of: ID!) { order(id: $of) { lines { id } } }", of=order)
        return order, [line["id"] for line in found["lines"]]

    def draft_for(self, order: str, customer: str) -> None:
        self.ask(
            "mutation ($of: ID!, $customer: ID!)"
            f" {{ setCustomerForDraftOrder(orderId: $of, customerId: $customer) {{ {_FAILED} }} }}",
            of=order, customer=customer,
        )  # fmt: skip

    def update_customer(self, customer: str, **fields: Any) -> None:
        self.ask(
            "mutation ($given: UpdateCustomerInput!)"
            f" {{ updateCustomer(input: $given) {{ {_FAILED} }} }}",
            given={"id": customer, **fields},
        )

    def update_address(self, address: str, **fields: Any) -> None:
        self.ask(
            "mutation ($given: UpdateAddressInput!)"
            " { updateCustomerAddress(input: $given) { id } }",
            given={"id": address, **fields},
        )

    def set_quantity(self, order: str, line: str, quantity: int) -> None:
        self.ask(
            "mutation ($of: ID!, $given: AdjustDraftOrderLineInput!)"
            f" {{ adjustDraftOrderLine(orderId: $of, input: $given) {{ {_FAILED} }} }}",
            of=order, given={"orderLineId": line, "quantity": quantity},
        )  # fmt: skip

    def remove_line(self, order: str, line: str) -> None:
        self.ask(
            "mutation ($of: ID!, $line: ID!)"
            f" {{ removeDraftOrderLine(orderId: $of, orderLineId: $line) {{ {_FAILED} }} }}",
            of=order, line=line,
        )  # fmt: skip

    def place(self, order: str) -> None:
        """From the draft to a paid order."""
        to = {"streetLine1": "Weg 1", "city": "Bonn", "postalCode": "53111", "countryCode": "DE"}
        self.ask(
            "mutation ($of: ID!, $to: CreateAddressInput!)"
            " { setDraftOrderShippingAddress(orderId: $of, input: $to) { id } }", of=order, to=to,
        )  # fmt: skip
        self.ask(
            "mutation ($of: ID!) {"
            f" setDraftOrderShippingMethod(orderId: $of, shippingMethodId: 1) {{ {_FAILED} }} }}",
            of=order,
        )  # fmt: skip
        self.move(order, "ArrangingPayment")
        self.ask(
            "mutation ($given: ManualPaymentInput!)"
            f" {{ addManualPaymentToOrder(input: $given) {{ {_FAILED} }} }}",
            given={"orderId": order, "method": "invoice", "metadata": {}},
        )

    def move(self, order: str, state: str) -> None:
        self.ask(
            "mutation ($of: ID!, $state: String!)"
            f" {{ transitionOrderToState(id: $of, state: $state) {{ {_FAILED} }} }}",
            of=order, state=state,
        )  # fmt: skip

    def cancel(self, order: str) -> None:
        self.ask(
            "mutation ($given: CancelOrderInput!)"
            f" {{ cancelOrder(input: $given) {{ {_FAILED} }} }}",
            given={"orderId": order},
        )

    def delete(self, kind: str, record: str) -> None:
        """A Customer, CustomerAddress or ProductVariant."""
        answer = "success" if kind == "CustomerAddress" else "result"
        self.ask(f"mutation ($id: ID!) {{ delete{kind}(id: $id) {{ {answer} }} }}", id=record)

    def _id(self, declared: str, call: str, answer: str, **variables: Any) -> str:
        made = self.ask(f"mutation {declared} {{ {call} {{ {answer} }} }}", **variables)
        return str((made[0] if isinstance(made, list) else made)["id"])

    def end_newest_session(self) -> None:
        """What happens to whoever logged in last when his time is over."""
        (row,) = self.rows("select token from session order by id desc limit 1")
        answer = requests.post(
            f"{self.url}/admin-api", json={"query": "mutation { logout { success } }"}, timeout=60,
            headers={"Authorization": f"Bearer {row['token']}"},
        )  # fmt: skip
        assert answer.json()["data"]["logout"]["success"]

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """What the database itself says."""
        with closing(sqlite3.connect(self.file)) as con:
            con.row_factory = sqlite3.Row
            return [dict(row) for row in con.execute(sql)]

    def execute(self, *statements: str) -> None:
        """For what no request can bring about, such as ten thousand rows of one moment."""
        with closing(sqlite3.connect(self.file)) as con, con:
            for sql in statements:
                con.execute(sql)


@contextmanager
def running(folder: Path, *, tokens: str = "bearer", limit: int = 1000) -> Iterator[Vendure]:
    """A shop over a fresh copy; `limit` is the most that a page holds."""
    shutil.copy(template() / "shop.sqlite", folder / "shop.sqlite")
    port = free_port()
    env = _environment(folder, port) | {"SHOP_TOKENS": tokens, "SHOP_LIST_LIMIT": str(limit)}
    command = ["node", str(PROGRAMS / "serve.js")]
    with serving(command, listens(port), folder / "vendure.log", env=env):
        shop = Vendure(f"http://127.0.0.1:{port}", folder / "shop.sqlite", requests.Session())
        with shop.session as session:
            variables = {"u": USER, "p": PASSWORD}
            answer = session.post(
                f"{shop.url}/admin-api", json={"query": _LOGIN, "variables": variables}, timeout=60
            )
            if "vendure-auth-token" in answer.headers:
                token = answer.headers["vendure-auth-token"]
                session.headers["Authorization"] = f"Bearer {token}"
            yield shop


def _packages() -> Path:
    return npm_packages("vendure", *PACKAGES, built=("better-sqlite3",))


def template() -> Path:
    programs = [PROGRAMS / name for name in ("config.js", "populate.js")]

    def make(folder: Path) -> None:
        env = _environment(folder, free_port()) | {"SHOP_SYNCHRONIZE": "yes"}
        run("node", str(PROGRAMS / "populate.js"), env=env)

    key = " ".join([*PACKAGES, *(path.read_text() for path in programs)])
    return cached("vendure-shop", key, make)


def _environment(folder: Path, port: int) -> dict[str, str]:
    return {
        "NODE_PATH": str(_packages() / "node_modules"),
        "SHOP_FOLDER": str(folder),
        "SHOP_PORT": str(port),
        "SHOP_PASSWORD": PASSWORD,
        "VENDURE_DISABLE_TELEMETRY": "true",
    }
