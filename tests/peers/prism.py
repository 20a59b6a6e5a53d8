"""A vendor's own contract, served by Prism: what it forbids is refused, answers have its shape.

In: an OpenAPI document. Out: a server on loopback that knows the paths in use and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.peers.installed import npm_packages
from tests.peers.serving import free_port, listens, serving

SHOPWARE = "@shopware/api-client@1.6.0"  # holds the vendor's description of the Admin API
PACKAGES = ("@stoplight/prism-cli@5", SHOPWARE)


def template() -> Path:
    """The folder with Prism and what vendors publish on npm."""
    return npm_packages("prism", *PACKAGES)


def shopware() -> dict[str, Any]:
    """Shopware's own description of its Admin API."""
    place = template() / "node_modules" / "@shopware" / "api-client" / "api-types"
    document: dict[str, Any] = json.loads((place / "adminApiSchema.json").read_text())
    return document


def cut(
    document: Mapping[str, Any], paths: Mapping[str, Any], schemas: Collection[str]
) -> dict[str, Any]:
    """The document with these paths and schemas only, for the whole of Shopware's never starts.

    What refers to another schema, an association that nobody asks for, is left out.
    """
    components = {**document["components"]}
    components["schemas"] = {
        name: _without_references(components["schemas"][name], set(schemas)) for name in schemas
    }
    kept = {name: value for name, value in document.items() if name not in {"paths", "servers"}}
    return {**kept, "components": components, "paths": dict(paths)}


def _without_references(schema: Mapping[str, Any], schemas: set[str]) -> dict[str, Any]:
    properties = {
        name: field for name, field in schema.get("properties", {}).items()
        if _referred(field) <= schemas
    }  # fmt: skip
    return {**schema, "properties": properties} if properties else dict(schema)


def _referred(value: Any) -> set[str]:
    """The names of all schemas that a piece of the document refers to."""
    if isinstance(value, list):
        return set().union(*map(_referred, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
    return own.union(*(_referred(one) for one in value.values()))


@contextmanager
def mocking(document: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """The address of a server that keeps to the document."""
    file, port = folder / "openapi.json", free_port()
    file.write_text(json.dumps(document))
    prism = template() / "node_modules" / ".bin" / "prism"
    command = [str(prism), "mock", str(file), "--host", "127.0.0.1", "--port", str(port)]
    with serving(command, listens(port), folder / "prism.log"):
        yield f"http://127.0.0.1:{port}"
