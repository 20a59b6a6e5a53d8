"""One application for the four vendors, each under its own prefix."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from sandbox.server import erp, helpdesk, mailing_tool, webshop
from sandbox.server.control import Control
from sandbox.server.misbehaviour import Misbehaving
from sandbox.server.shelf import Shelf


def application(folder: Path) -> ASGIApp:
    """The APIs over `<folder>/company.db`, with `/_sandbox/…` to control them."""
    shelf = Shelf(folder / "company.db")
    control = Control(folder.resolve())
    vendors = Starlette(
        routes=[
            Mount("/erp", routes=erp.routes(shelf)),
            Mount("/shop", routes=webshop.routes(shelf, {})),
            Mount("/mail", routes=mailing_tool.routes(shelf)),
            Mount("/help", routes=helpdesk.routes(shelf)),
            *control.routes(),
        ]
    )
    return Misbehaving(vendors, control)
