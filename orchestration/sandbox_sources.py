"""The sources of the built-in sandbox company, as `stamm.yaml` would declare them."""

from __future__ import annotations

from typing import Any

from orchestration.project import Project
from stamm.settings import SourceSettings


def sandbox_sources(project: Project, base_url: str) -> dict[str, SourceSettings]:
    """One source per system of the sandbox, at `base_url` with its fixed credentials."""
    return {
        name: project.systems[raw["system"]].settings.model_validate({**raw, "name": name})
        for name, raw in declared(project, base_url).items()
        if raw["system"] in project.systems
    }


def declared(project: Project, base_url: str) -> dict[str, dict[str, Any]]:
    """The same as plain data."""
    from sandbox.server import credentials as known

    return {
        "erp": {
            "system": "s4",
            "url": f"{base_url}/erp",
            "username": known.S4_USER,
            "password": known.S4_PASSWORD,
            "insecure": True,
        },
        "shop": {
            "system": "shopware",
            "url": f"{base_url}/shop",
            "client_id": known.SHOPWARE_CLIENT_ID,
            "client_secret": known.SHOPWARE_CLIENT_SECRET,
            "insecure": True,
        },
        "mail": {
            "system": "brevo",
            "url": f"{base_url}/mail",
            "api_key": known.BREVO_API_KEY,
            "insecure": True,
        },
        "help": {
            "system": "zendesk",
            "url": f"{base_url}/help",
            "email": known.ZENDESK_EMAIL,
            "api_token": known.ZENDESK_API_TOKEN,
            "insecure": True,
        },
        "estimates": {
            "system": "files",
            "path": str(project.home.sandbox / "files" / "spend_estimates.csv"),
            "format": "csv",
            "stream": "spend_estimates",
            "delimiter": ";",
            "decimal": ",",
            "key": ["Firma", "PLZ"],
            "map": {
                "company_name": "Firma",
                "vat_id": "USt-IdNr",
                "postcode": "PLZ",
                "city": "Ort",
                "estimated_annual_spend_eur": "Geschätzter Jahresumsatz EUR",
                "estimated_on": "Stand",
            },
        },
    }
