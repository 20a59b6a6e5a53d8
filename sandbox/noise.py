"""Records that are nobody: tests by staff, and nonsense typed to get past a form."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.dice import Weighted
from sandbox.world import World

TESTS = (("Test", "Test"), ("Max", "Mustermann"), ("Erika", "Mustermann"), ("Test", "Kunde"),
         ("Testvorname", "Testnachname"), ("Dummy", "Test"))  # fmt: skip
NONSENSE = (("asdf", "asdf"), ("xxx", "xxx"), ("qwertz", "uiop"), ("aaa", "bbb"), ("...", "..."),
            ("123", "456"), ("sdfg", "hjkl"))  # fmt: skip
TEST_DOMAINS = Weighted([("test.de", 3), ("example.com", 3), ("test.com", 2)])


@dataclass(frozen=True, slots=True)
class Nobody:
    """What stands in a test or nonsense record."""

    given: str
    family: str
    email: str


def maybe(world: World, system: str) -> None:
    """Beside one genuine record in `system`: a test or nonsense record, at their shares."""
    from sandbox import erp, helpdesk, newsletter, webshop

    writers = {
        "erp": erp.add_nobody, "webshop": webshop.add_nobody,
        "email": newsletter.add_nobody, "support": helpdesk.add_nobody,
    }  # fmt: skip
    for kind, names in (("test", TESTS), ("nonsense", NONSENSE)):
        if world.happens(f"noise_records.{kind}"):
            given, family = world.dice.choose(names)
            local = "test" if kind == "test" else "asdf"
            address = f"{local}{world.records.next_id('nobody')}@{world.dice.pick(TEST_DOMAINS)}"
            writers[system](world, Nobody(given, family, address))
